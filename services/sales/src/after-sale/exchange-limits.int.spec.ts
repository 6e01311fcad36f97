// What an exchange may be for, on real servers (SAL-53): its traveller and the limits of a document, and what is refused before anything
// is held.
import { sessionChanged } from '@tongpiao/contracts';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { codeOf, FOREIGN, inDays, orderOf } from '../sales-house.fixture.ts';
import { documentOf, exchangeOf, type Bought } from './after-sale-house.fixture.ts';
import { openExchangeHouse, type ExchangeHouse } from './exchange-house.fixture.ts';

describe('SAL-53 sales: what a ticket may be exchanged for', function () {
  this.timeout(60_000);
  let shop: ExchangeHouse;

  before(async () => {
    shop = await openExchangeHouse();
  });
  after(async () => shop.stop());

  it('the time to pay ends with the ticket that it replaces', async () => {
    const ladder = shop.rules.exchanges.map((rule) => ({
      ...rule,
      countsTo: 'end',
      productIds: [shop.dear.productId],
    }));
    const flow = await shop.house.offer({}, 1, { ...shop.rules, exchanges: ladder });
    const old = await shop.places(flow, 2);
    const order = await shop.bought(old, { of: flow });
    const { validUntil } = z
      .looseObject({ validUntil: z.string() })
      .parse((await shop.house.call(`/api/v1/tickets/${order.number}`, { token: order.token })).body);
    shop.time.aheadMs = Date.parse(validUntil) - Date.now() - 5 * 60_000;
    const begun = await shop.begin(order, await shop.places(shop.dear, 9), shop.dear);
    shop.time.aheadMs = 0;
    expect(begun).to.include({ status: 'awaiting_payment', expiresAt: new Date(validUntil).toISOString() });
  });

  describe('real names', () => {
    it('the traveller stays, the age counts on the new day', async () => {
      const [year = '', month = '', day = ''] = inDays(6).split('-');
      const birthDay = `${Number(year) - 6}${month}${day}`;
      const children = await shop.house.offer({}, 1, {
        ...shop.rules,
        ticketTypes: [
          {
            ...{ code: 'named', name: { zh: '儿童票', en: 'Child' }, realName: true, entries: 1, limits: {} },
            ...{ eligibility: [{ maxAge: 5 }], accompanied: false },
          },
        ],
        prices: [{ ticketType: 'named', amount: 5_000 }],
      });
      const child = documentOf(5, birthDay);
      const order = await shop.bought(await shop.session(3, 10, children), { of: children, documents: [child] });
      const tooOld = await shop.exchange(order.number, await shop.session(8, 10, children), { token: order.token });
      expect([tooOld.status, codeOf(tooOld)]).to.deep.equal([422, 'sales.not-eligible']);
      const young = await shop.exchange(order.number, await shop.session(4, 10, children), { token: order.token });
      const number = exchangeOf(young).newTicketNumber ?? '';
      const revealed = await shop.house.call(`/api/v1/tickets/${number}/reveal`, {
        apiKey: shop.house.keys.manager,
        json: { purpose: 'lost property office' },
      });
      expect(revealed.body).to.deep.equal({ name: '张三丰', idType: 'id_card', idNumber: child });
    });
    const travellers = (document: string): { name: string; idType: string; idNumber: string }[] => [
      { name: '张三丰', idType: 'id_card', idNumber: document },
    ];
    const buys = async (session: string, document: string): Promise<string | undefined> => {
      const ticketTypeId = shop.from.types['named'] ?? '';
      const { status, reason } = orderOf(
        await shop.house.place([{ sessionId: session, ticketTypeId, travellers: travellers(document) }]),
      );
      return reason ?? status;
    };
    it('SAL-25 the document takes the new session and leaves the old one free', async () => {
      const document = documentOf(6);
      const [old, next] = [await shop.places(shop.from, 5, 10), await shop.places(shop.from, 6, 10)];
      const order = await shop.bought(old, { of: shop.from, documents: [document] });
      expect(exchangeOf(await shop.exchange(order.number, next, { token: order.token })).status).to.equal('done');
      expect(await buys(next, document)).to.equal('sales.document-has-ticket');
      expect(await buys(old, document)).to.equal('awaiting_payment');
    });
    it('SAL-25 not to a session that the document has a ticket for, of another order or of this one', async () => {
      const document = documentOf(7);
      const [one, two] = [await shop.places(shop.from, 5, 10), await shop.places(shop.from, 6, 10)];
      const ticketTypeId = shop.from.types['named'] ?? '';
      const line = { ticketTypeId, travellers: travellers(document) };
      const order = await shop.withTickets(
        await shop.house.placed([
          { ...line, sessionId: one },
          { ...line, sessionId: two },
        ]),
      );
      const own = await shop.exchange(order.number, two, { token: order.token });
      expect([own.status, codeOf(own)]).to.deep.equal([409, 'sales.document-has-ticket']);
      const three = await shop.places(shop.from, 7);
      await shop.bought(three, { of: shop.from, documents: [document] });
      const other = await shop.exchange(order.number, three, { token: order.token });
      expect([other.status, codeOf(other)]).to.deep.equal([409, 'sales.document-has-ticket']);
    });
    it('SAL-25 both tickets of one document to one session at once: one gets there', async () => {
      const document = documentOf(8);
      const [one, two, three] = [
        await shop.places(shop.from, 5),
        await shop.places(shop.from, 6),
        await shop.places(shop.from, 7),
      ];
      const line = { ticketTypeId: shop.from.types['named'] ?? '', travellers: travellers(document) };
      const order = await shop.withTickets(
        await shop.house.placed([
          { ...line, sessionId: one },
          { ...line, sessionId: two },
        ]),
      );
      const replies = await Promise.all(
        order.tickets.map(({ number }) => shop.exchange(number, three, { token: order.token })),
      );
      expect(replies.map(({ status }) => status).sort()).to.deep.equal([201, 409]);
      await shop.hasFree(three, 99);
    });
    it('SAL-25 an exchange that came to nothing leaves the document free', async () => {
      const document = documentOf(9);
      const order = await shop.bought(await shop.places(shop.from, 5), { of: shop.from, documents: [document] });
      const session = await shop.places(shop.dear);
      const begun = exchangeOf(
        await shop.exchange(order.number, session, { token: order.token }, shop.dear.types['named'] ?? ''),
      );
      const wish = {
        sessionId: session,
        ticketTypeId: shop.dear.types['named'] ?? '',
        travellers: travellers(document),
      };
      expect(orderOf(await shop.house.place([wish])).reason).to.equal('sales.document-has-ticket');
      await shop.endExchange(order, begun.id);
      expect(orderOf(await shop.house.place([wish])).status).to.equal('awaiting_payment');
    });
  });

  describe('what it may not be', () => {
    const refused = async (order: Bought, session: string, type?: string): Promise<readonly [number, string]> => {
      const replies = [
        await shop.exchangeQuote(order.number, session, { token: order.token }, type),
        await shop.exchange(order.number, session, { token: order.token }, type),
      ];
      const [quote, reply] = replies.map((one) => [one.status, codeOf(one)] as const);
      expect(quote).to.deep.equal(reply);
      return quote ?? [0, ''];
    };
    it('to the same session, an unknown one, one that is closed or past, or another tenant’s', async () => {
      const session = await shop.places(shop.from, 5);
      const order = await shop.ticket(session);
      expect(await refused(order, session)).to.deep.equal([422, 'sales.exchange-to-the-same']);
      expect(await refused(order, 'ses_0000000000000000000000')).to.deep.equal([422, 'sales.unknown-session']);
      const closed = await shop.places(shop.from, 7);
      const known = shop.house.sessions.get(closed)?.data;
      if (known === undefined) throw new Error('no session');
      await shop.house.tell('inventory', sessionChanged, { ...known, status: 'closed' }, { sequence: 2 });
      await eventually('it is closed', async () => (await refused(order, closed))[1] === 'sales.session-closed');
      const foreign = await shop.house.session(shop.from.productId, 5, { tenantId: FOREIGN });
      await eventually('the other tenant’s session is known', async () => {
        const [status, code] = await refused(order, foreign);
        return status === 422 && code.startsWith('sales.unknown-');
      });
    });
    it('to a product that the rules do not name, or another number of people', async () => {
      const stranger = await shop.priced(12_000);
      const order = await shop.ticket();
      expect(await refused(order, await shop.places(stranger), shop.typeOf(stranger))).to.deep.equal([
        422,
        'sales.exchange-not-to-this-product',
      ]);
      expect(await refused(order, await shop.places(shop.from, 6), 'tty_0000000000000000000000')).to.deep.equal([
        422,
        'sales.unknown-ticket-type',
      ]);
    });
    it('to another ticket type, where the rules keep it', async () => {
      const type = (code: string): unknown => ({
        ...{ code, name: { zh: code, en: code }, realName: false, entries: 1, eligibility: [], limits: {} },
        accompanied: false,
      });
      const strict = await shop.house.offer({}, 1, {
        ...shop.rules,
        exchanges: shop.rules.exchanges.map((rules) => ({ ...rules, otherTicketTypes: false })),
        ticketTypes: [type('adult'), type('senior')],
        prices: ['adult', 'senior'].map((ticketType) => ({ ticketType, amount: 12_000 })),
      });
      const order = await shop.bought(await shop.places(strict, 5), { of: strict });
      expect(await refused(order, await shop.places(strict, 6), strict.types['senior'])).to.deep.equal([
        422,
        'sales.exchange-not-to-this-type',
      ]);
    });
    it('begun again and again and never paid', async () => {
      const { order, session, exchange } = await shop.toPay();
      await shop.endExchange(order, exchange.id);
      for (let begun = 1; begun < 20; begun += 1)
        await shop.endExchange(order, (await shop.begin(order, session, shop.dear)).id);
      const reply = await shop.exchange(order.number, session, { token: order.token }, shop.typeOf(shop.dear));
      expect([reply.status, codeOf(reply)]).to.deep.equal([409, 'sales.too-many-exchanges']);
    });
    it('of a ticket that was used, or given back', async () => {
      const used = await shop.ticket(await shop.places(shop.from, 0));
      await shop.scan(used.tickets[0]?.qr ?? '');
      expect(await refused(used, await shop.places(shop.from, 6))).to.deep.equal([409, 'sales.ticket-used']);
      const back = await shop.ticket();
      await shop.giveBack(back.number, { token: back.token });
      expect(await refused(back, await shop.places(shop.from, 6))).to.deep.equal([409, 'sales.ticket-not-living']);
    });
    it('after its start', async () => {
      const today = await shop.ticket(await shop.places(shop.from, 0));
      expect(await refused(today, await shop.places(shop.from, 6))).to.deep.equal([409, 'sales.exchange-window-over']);
    });
  });
});
