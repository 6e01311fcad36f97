import { expect } from 'chai';
import { tenantChanged } from '@tongpiao/contracts';
import { ticketNumberOf, type TenantId } from '@tongpiao/kernel';
import { printableTicket } from './printable-ticket.ts';
import { soldRight, traveller } from './right.fixture.ts';

const tenant = tenantChanged.example;
const site = tenant.sites[0];

describe('SAL-32 a right as a ticket to draw', () => {
  it('shows the names of tenant and site, and the number in groups', () => {
    const number = ticketNumberOf(tenant.tenantId as TenantId, new Uint8Array(12));
    const drawn = printableTicket(soldRight({ number, siteId: site?.id ?? '' }), tenant);
    expect(drawn).to.deep.include({ issuer: tenant.name, site: site?.name, timeZone: 'Asia/Shanghai' });
    expect(drawn.printedNumber).to.match(/^0A00-0000-0000-00.$/);
  });

  it('PLA-11 shows the traveller masked', () => {
    const drawn = printableTicket(soldRight({ traveller }), tenant);
    expect(drawn.traveller).to.deep.equal({ name: '张*', idType: 'id_card', idNumber: '1***' });
    expect(JSON.stringify(drawn)).to.not.contain('sealed');
  });

  it('a site that is not told any more is left out, and so is a traveller who is not named', () => {
    const drawn = printableTicket(soldRight({ siteId: 'sit_gone' }), tenant);
    expect([drawn.site, drawn.traveller, drawn.serial]).to.deep.equal([undefined, undefined, undefined]);
  });

  it('on paper it shows the serial', () => {
    expect(printableTicket(soldRight(), tenant, 'A00123456').serial).to.equal('A00123456');
  });
});
