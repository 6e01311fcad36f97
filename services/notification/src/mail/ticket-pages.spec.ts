import { expect } from 'chai';
import { orderFulfilled, tenantChanged } from '@tongpiao/contracts';
import { PAGES_MAX, ticketPages } from './ticket-pages.ts';

const { orderId, tickets } = orderFulfilled.data.parse(orderFulfilled.example);
const [ticket] = tickets;
if (ticket === undefined) throw new Error('the example has no ticket');
const plain: Readonly<Record<string, string>> = { name: '张三丰', idNumber: '11010519491231002X' };
const named = { name: 'name', idType: 'id_card', idNumber: 'idNumber' } as const;
const withTraveller = {
  ...ticket,
  ...(ticket.page === undefined ? {} : { page: { ...ticket.page, traveller: named } }),
};
const facts = { tenant: tenantChanged.example, open: (sealed: string): string => plain[sealed] ?? '' };

describe('SAL-32 pages of an order’s mail', () => {
  it('show what was told, under the names of tenant and site', () => {
    const [page] = ticketPages(orderId, [ticket], facts);
    expect(page).to.deep.include({
      orderId,
      issuer: { zh: '云台山景区', en: 'Yuntai Mountain' },
      site: { zh: '主入口', en: 'Main entrance' },
      product: { zh: '分时入园门票', en: 'Timed entry' },
      qr: ticket.qr,
      amount: 12_000,
      timeZone: 'Asia/Shanghai',
    });
  });

  it('PLA-11 hold the traveller masked', () => {
    const [page] = ticketPages(orderId, [withTraveller], facts);
    expect(page?.traveller).to.deep.equal({ name: '张*', idType: 'id_card', idNumber: '1101**********002X' });
    expect(JSON.stringify(page)).to.not.contain('张三');
  });

  it('are as many as one attachment bears, and none for a ticket whose page is not told', () => {
    expect(ticketPages(orderId, Array<typeof ticket>(PAGES_MAX + 1).fill(ticket), facts).length).to.equal(PAGES_MAX);
    const { page: _page, ...untold } = ticket;
    expect(ticketPages(orderId, [untold], facts)).to.deep.equal([]);
  });
});
