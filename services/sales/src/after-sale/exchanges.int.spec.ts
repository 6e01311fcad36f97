// SAL-53 on real servers: a ticket for another session, dearer, cheaper or alike; how it ends when nobody pays, too late, twice or not
// enough; and what becomes of the old ticket, its place and its money.
import { paymentClosed } from '@tongpiao/contracts';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { codeOf, type Offer, type Reply } from '../sales-house.fixture.ts';
import { exchangeOf, type Bought } from './after-sale-house.fixture.ts';
import { openExchangeHouse, type ExchangeHouse } from './exchange-house.fixture.ts';

const idOf = (reply: { readonly body: unknown }): string => z.looseObject({ id: z.string() }).parse(reply.body).id;

describe('SAL-53 sales: tickets that are exchanged', function () {
  this.timeout(60_000);
  let shop: ExchangeHouse;

  before(async () => {
    shop = await openExchangeHouse();
  });
  afterEach(() => {
    shop.time.aheadMs = 0;
    shop.house.plays.close = 'closed';
    shop.house.plays.twice = false;
  });
  after(async () => shop.stop());

  describe('the way it goes', () => {
    it('dearer: held, paid, replaced; the old number says exchanged, the new one is the ticket', async () => {
      const order = await shop.ticket();
      const session = await shop.places(shop.dear, 6, 10);
      const quote = await shop.exchangeQuote(order.number, session, { token: order.token }, shop.typeOf(shop.dear));
      expect(quote.body).to.deep.include({
        due: { amount: 3_000, currency: 'CNY' },
        fee: { amount: 0, currency: 'CNY' },
      });
      const exchange = await shop.begin(order, session, shop.dear);
      expect(exchange).to.include({ status: 'awaiting_payment', due: 3_000, returned: 0 });
      await shop.hasFree(session, 9);
      expect(await shop.numbersOf(order)).to.deep.equal({ [order.number]: 'issued' });
      const paid = await shop.payExchange(order, exchange.id);
      expect([paid.status, paid.body]).to.deep.include(201);
      expect(paid.body).to.include({ status: 'captured', exchangeId: exchange.id, orderStatus: 'fulfilled' });
      const done = await shop.exchangeBecomes(order, exchange.id, 'done');
      expect(await shop.numbersOf(order)).to.deep.equal({
        [order.number]: 'exchanged',
        [done.newTicketNumber ?? '']: 'issued',
      });
      await shop.keeps(order, 15_000);
      await shop.hasFree(session, 9);
      const told = await eventually('the news', () =>
        shop.house.heard(order.id).find(({ type }) => type === 'sales.order.exchange-completed.v1'),
      );
      expect(told.data).to.include({ previousNumber: order.number, exchangeId: exchange.id });
    });
    it('confirmed as it was quoted; what was quoted for something else, or costs another amount now, is shown anew', async () => {
      const order = await shop.ticket();
      const [wanted, other] = [await shop.places(shop.cheap), await shop.places(shop.from, 7)];
      const ask = { token: order.token };
      const shape = z.looseObject({ quoteId: z.string() });
      const { quoteId } = shape.parse(
        (await shop.exchangeQuote(order.number, wanted, ask, shop.typeOf(shop.cheap))).body,
      );
      const confirm = (sessionId: string, of: Offer): Promise<Reply> =>
        shop.house.call(`/api/v1/tickets/${order.number}/exchanges`, {
          method: 'POST',
          wait: 10,
          ...ask,
          json: { sessionId, ticketTypeId: shop.typeOf(of), quoteId },
        });
      const stale = await confirm(other, shop.from);
      expect(stale).to.include({ status: 409 });
      expect(stale.body).to.include({ code: 'sales.stale-refund-quote' });
      expect((await confirm(wanted, shop.cheap)).status).to.equal(201);
    });
    it('cheaper: replaced at once, the difference comes back', async () => {
      const order = await shop.ticket();
      const exchange = await shop.begin(order, await shop.places(shop.cheap), shop.cheap);
      expect(exchange).to.include({ status: 'done', due: 0, returned: 3_000 });
      await shop.keeps(order, 9_000);
      const [refund] = (await shop.house.look(order)).refunds;
      expect(refund?.amount.amount).to.equal(3_000);
    });
    it('the same price: replaced at once, nothing is paid', async () => {
      const old = await shop.places(shop.from, 5, 10);
      const order = await shop.ticket(old);
      const session = await shop.places(shop.from, 7, 10);
      expect(await shop.begin(order, session, shop.from)).to.include({ status: 'done', due: 0, returned: 0 });
      await shop.keeps(order, 12_000);
      await shop.hasFree(old, 10);
      await shop.hasFree(session, 9);
      expect((await shop.house.look(order)).refunds).to.deep.equal([]);
    });
    it('on the last day there is a fee; it is part of what is due', async () => {
      const order = await shop.ticket(await shop.places(shop.from, 1));
      const exchange = await shop.begin(order, await shop.places(shop.dear), shop.dear);
      expect(exchange).to.include({ fee: 600, due: 3_600 });
      await shop.payExchange(order, exchange.id);
      await shop.exchangeBecomes(order, exchange.id, 'done');
      await shop.keeps(order, 15_600);
    });
    it('at the gate: the old QR says exchanged, the new one opens', async () => {
      const order = await shop.ticket(await shop.places(shop.from, 3));
      const exchange = await shop.begin(order, await shop.places(shop.from, 0), shop.from);
      expect(exchange.status).to.equal('done');
      const { tickets } = await shop.house.look(order);
      const now = z
        .array(z.looseObject({ status: z.string(), qr: z.string().optional() }))
        .parse(tickets)
        .find(({ status }) => status === 'issued');
      expect(await shop.scan(order.tickets[0]?.qr ?? '')).to.equal('exchanged');
      expect(await shop.scan(now?.qr ?? '')).to.equal('admitted');
      expect(await shop.scan(order.tickets[0]?.qr ?? '')).to.equal('exchanged');
    });
    it('again and again, as often as the rules say; then each number leads to what became of it', async () => {
      const order = await shop.ticket();
      let number = order.number;
      for (let times = 0; times < 3; times += 1) {
        const reply = await shop.exchange(number, await shop.places(shop.from, 7 + times), { token: order.token });
        number = exchangeOf(reply).newTicketNumber ?? '';
      }
      const fourth = await shop.exchange(number, await shop.places(shop.from, 11), { token: order.token });
      expect([fourth.status, codeOf(fourth)]).to.deep.equal([409, 'sales.exchange-limit']);
      const old = await shop.exchange(order.number, await shop.places(shop.from, 11), { token: order.token });
      expect([old.status, codeOf(old)]).to.deep.equal([409, 'sales.ticket-not-living']);
      await shop.keeps(order, 12_000);
    });
    it('the token of the order opens it as long as its new day asks for', async () => {
      const order = await shop.ticket();
      await shop.begin(order, await shop.places(shop.from, 50), shop.from);
      // 90 days after the first day of use are over, 90 days after the new one are not.
      shop.time.aheadMs = 100 * 86_400_000;
      expect((await shop.house.call(`/api/v1/orders/${order.id}`, { token: order.token })).status).to.equal(200);
      shop.time.aheadMs = 145 * 86_400_000;
      expect((await shop.house.call(`/api/v1/orders/${order.id}`, { token: order.token })).status).to.equal(401);
    });
  });

  describe('SAL-24 at a counter', () => {
    it('a clerk exchanges a ticket that was bought elsewhere, takes the difference in cash, and follows it', async () => {
      const { clerk: apiKey, foreign } = shop.house.keys;
      const order = await shop.ticket();
      const session = await shop.places(shop.dear);
      const begun = exchangeOf(await shop.exchange(order.number, session, { apiKey }, shop.typeOf(shop.dear)));
      const path = `/api/v1/orders/${order.id}/exchanges/${begun.id}`;
      const pay = (key: string): Promise<Reply> =>
        shop.house.call(`${path}/payments`, { apiKey: key, wait: 10, json: { method: 'cash' } });
      expect((await pay(foreign)).status).to.be.oneOf([403, 404]);
      expect((await shop.house.call(`/api/v1/orders/${order.id}`, { apiKey })).status, 'the order itself').to.equal(
        404,
      );
      expect((await pay(apiKey)).status).to.equal(201);
      expect(exchangeOf(await shop.house.call(path, { apiKey })).status).to.equal('done');
      await shop.keeps(order, 15_000);
    });
    it('and takes one back', async () => {
      const { order, exchange } = await shop.toPay();
      const path = `/api/v1/orders/${order.id}/exchanges/${exchange.id}/cancellation`;
      const ended = await shop.house.call(path, { apiKey: shop.house.keys.clerk, method: 'POST', wait: 10 });
      expect([ended.status, exchangeOf(ended).reason]).to.deep.equal([200, 'cancelled']);
    });
  });

  describe('that comes to nothing: the old ticket stays as it was', () => {
    async function stays(order: Bought, reason: string, kept = 12_000): Promise<void> {
      await eventually('its end', async () => (await shop.exchangesOf(order))[0]?.status === 'failed');
      expect((await shop.exchangesOf(order))[0]?.reason).to.equal(reason);
      expect(await shop.numbersOf(order)).to.deep.equal({ [order.number]: 'issued' });
      await shop.keeps(order, kept);
      await eventually('the news', () =>
        shop.house.heard(order.id).some(({ type }) => type === 'sales.order.exchange-failed.v1'),
      );
    }

    it('sold out', async () => {
      const order = await shop.ticket();
      const session = await shop.places(shop.from, 6, 0);
      const reply = await shop.exchange(order.number, session, { token: order.token });
      expect([reply.status, exchangeOf(reply).status, exchangeOf(reply).reason]).to.deep.equal([
        201,
        'failed',
        'sold-out',
      ]);
      await stays(order, 'sold-out');
    });
    it('nobody pays in time: the place goes back', async () => {
      const { order, session, old } = await shop.toPay();
      shop.time.aheadMs = 16 * 60_000;
      await stays(order, 'expired');
      await shop.hasFree(session, 100);
      await shop.hasFree(old, 99);
      const { id } = (await shop.exchangesOf(order))[0] ?? { id: '' };
      expect(codeOf(await shop.payExchange(order, id))).to.equal('sales.exchange-ended');
    });
    it('the time is over while a payment is open: it is closed at the provider first', async () => {
      const { order, session, exchange } = await shop.toPay();
      await shop.payExchange(order, exchange.id, 'wechat');
      shop.time.aheadMs = 16 * 60_000;
      await stays(order, 'expired');
      await shop.hasFree(session, 100);
    });
    it('a hold expiring while its payment is captured: closing is answered by the money, and the exchange goes on', async () => {
      shop.house.plays.close = 'captured';
      const { order, session, exchange } = await shop.toPay();
      await shop.payExchange(order, exchange.id, 'wechat');
      shop.time.aheadMs = 16 * 60_000;
      await shop.exchangeBecomes(order, exchange.id, 'done');
      await shop.keeps(order, 15_000);
      await shop.hasFree(session, 99);
    });
    it('SAL-23 money that comes after it has failed goes back in full, once', async () => {
      const { order, exchange } = await shop.toPay();
      const paymentId = idOf(await shop.payExchange(order, exchange.id, 'wechat'));
      await shop.endExchange(order, exchange.id);
      await shop.exchangeBecomes(order, exchange.id, 'failed');
      shop.house.plays.twice = true;
      await shop.house.capture(paymentId);
      await eventually('the refund', async () => (await shop.house.look(order)).refunds[0]?.status === 'done');
      await stays(order, 'cancelled');
      expect((await shop.house.look(order)).refunds).to.have.length(1);
    });
    it('FIN-03 paid twice: one is kept', async () => {
      const { order, exchange } = await shop.toPay();
      shop.house.plays.close = 'silent';
      const first = idOf(await shop.payExchange(order, exchange.id, 'wechat'));
      const second = idOf(await shop.payExchange(order, exchange.id, 'alipay'));
      await Promise.all([shop.house.capture(first), shop.house.capture(second)]);
      await shop.exchangeBecomes(order, exchange.id, 'done');
      await shop.keeps(order, 15_000);
      expect((await shop.house.look(order)).refunds.map(({ amount }) => amount.amount)).to.deep.equal([3_000]);
    });
    it('another amount goes back, and it can still be paid', async () => {
      const { order, exchange } = await shop.toPay();
      const paymentId = idOf(await shop.payExchange(order, exchange.id, 'wechat'));
      await shop.house.capture(paymentId, { amount: 1 });
      await eventually('the refund', async () => (await shop.house.look(order)).refunds[0]?.status === 'done');
      expect((await shop.payExchange(order, exchange.id)).status).to.equal(201);
      await shop.exchangeBecomes(order, exchange.id, 'done');
      await shop.keeps(order, 15_000);
    });
    it('a payment that failed is followed by another', async () => {
      const { order, exchange } = await shop.toPay();
      await shop.house.fail(idOf(await shop.payExchange(order, exchange.id, 'wechat')));
      await eventually('the failure', async () =>
        (await shop.house.look(order)).payments.some(({ status }) => status === 'failed'),
      );
      await shop.payExchange(order, exchange.id);
      await shop.exchangeBecomes(order, exchange.id, 'done');
    });
    it('taken back by the customer: at once, or when the provider has closed; twice is once', async () => {
      const free = await shop.toPay();
      const ended = await shop.endExchange(free.order, free.exchange.id);
      expect([ended.status, exchangeOf(ended).status]).to.deep.equal([200, 'failed']);
      expect((await shop.endExchange(free.order, free.exchange.id)).status).to.equal(200);
      await stays(free.order, 'cancelled');
      await shop.hasFree(free.session, 100);

      shop.house.plays.close = 'silent';
      const open = await shop.toPay();
      const paymentId = idOf(await shop.payExchange(open.order, open.exchange.id, 'wechat'));
      const asked = await shop.endExchange(open.order, open.exchange.id, { wait: 0 });
      expect([asked.status, exchangeOf(asked).status]).to.deep.equal([202, 'awaiting_payment']);
      expect(codeOf(await shop.payExchange(open.order, open.exchange.id))).to.equal('sales.exchange-ended');
      await shop.house.tell('finance', paymentClosed, { paymentId, orderId: open.order.id });
      await stays(open.order, 'cancelled');
    });
    it('what was settled is not taken back', async () => {
      const order = await shop.ticket();
      const { id } = await shop.begin(order, await shop.places(shop.from, 7), shop.from);
      const reply = await shop.endExchange(order, id);
      expect([reply.status, codeOf(reply)]).to.deep.equal([409, 'sales.exchange-settled']);
    });
    it('after it has failed, another may be begun', async () => {
      const { order, exchange } = await shop.toPay();
      await shop.endExchange(order, exchange.id);
      expect(await shop.begin(order, await shop.places(shop.cheap), shop.cheap)).to.include({ status: 'done' });
      await shop.keeps(order, 9_000);
    });
  });

  describe('PLA-32 twice', () => {
    it('the same key: the same exchange, also both at once, also after it is done; the same payment likewise', async () => {
      const order = await shop.ticket();
      const session = await shop.places(shop.dear, 6, 10);
      const ask = { token: order.token, key: freshKey() };
      const both = await Promise.all(
        [1, 2].map(() => shop.exchange(order.number, session, ask, shop.typeOf(shop.dear))),
      );
      const [one, two] = both.map(exchangeOf);
      expect(one?.id).to.equal(two?.id);
      const pay = { key: freshKey() };
      const paid = await Promise.all([1, 2].map(() => shop.payExchange(order, one?.id ?? '', 'sandbox', pay)));
      await shop.exchangeBecomes(order, one?.id ?? '', 'done');
      const again = await shop.payExchange(order, one?.id ?? '', 'sandbox', pay);
      expect(again.status, again.text).to.equal(201);
      expect(new Set([...paid, again].map(idOf)).size).to.equal(1);
      expect(exchangeOf(await shop.exchange(order.number, session, ask, shop.typeOf(shop.dear)))).to.include({
        id: one?.id,
        status: 'done',
      });
      await shop.keeps(order, 15_000);
      await shop.hasFree(session, 9);
    });
    it('the same key with another session is another request, and is refused', async () => {
      const { order, exchange } = await shop.toPay();
      await shop.endExchange(order, exchange.id);
      const key = freshKey();
      await shop.begin(order, await shop.places(shop.from, 7), shop.from, key);
      const reply = await shop.exchange(
        order.number,
        await shop.places(shop.from, 8),
        { token: order.token, key },
        shop.typeOf(shop.from),
      );
      expect([reply.status, codeOf(reply)]).to.deep.equal([422, 'platform.idempotency-key-reused']);
    });
    it('every message twice: one new ticket, one difference', async () => {
      shop.house.plays.twice = true;
      const { order, exchange } = await shop.toPay();
      await shop.payExchange(order, exchange.id);
      await shop.exchangeBecomes(order, exchange.id, 'done');
      await shop.keeps(order, 15_000);
      expect(Object.keys(await shop.numbersOf(order))).to.have.length(2);
    });
  });
});
