// SAL-26 on real servers: an order stands in line, is told its place, is served and paid or fulfilled by itself; it leaves, its time ends,
// its session closes; and whatever was prepaid comes back when nothing came of it.
import { expireOrder, holdGranted, paymentClosed, releaseHold } from '@tongpiao/contracts';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { openAfterSaleHouse, type AfterSaleHouse, type Bought } from '../after-sale/after-sale-house.fixture.ts';
import { codeOf, orderOf, type Ask, type Placed, type Reply } from '../sales-house.fixture.ts';

const HOUR_MS = 3_600_000;
const waitingShape = z.looseObject({
  waiting: z.looseObject({ until: z.string(), prepaid: z.boolean(), paid: z.boolean(), position: z.int().optional() }),
});
const idOf = (reply: Reply): string => z.looseObject({ id: z.string() }).parse(reply.body).id;

describe('SAL-26 sales: the waiting list', function () {
  this.timeout(60_000);
  let shop: AfterSaleHouse;

  before(async () => {
    shop = await openAfterSaleHouse();
  });
  afterEach(() => {
    shop.time.aheadMs = 0;
    Object.assign(shop.house.plays, { close: 'closed', line: 'on', twice: false });
  });
  after(async () => shop.stop());

  const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();
  const wish = (sessionId: string, quantity = 1): { sessionId: string; ticketTypeId: string; quantity: number }[] => [
    { sessionId, ticketTypeId: shop.offer.types['adult'] ?? '', quantity },
  ];
  /** A session without a place left, and who has the last ones. */
  async function soldOut(capacity = 1): Promise<{ session: string; seller: Bought }> {
    const session = await shop.session(4, capacity);
    return { session, seller: await shop.bought(session, { quantity: capacity }) };
  }
  const join = async (session: string, prepaid = false, ask: Ask & { phone?: string } = {}): Promise<Placed> => {
    const reply = await shop.house.place(wish(session), { ...ask, waitingList: { until: inHours(24), prepaid } });
    expect([reply.status, orderOf(reply).status], reply.text).to.deep.equal([201, 'placed']);
    const { id, accessToken = '' } = orderOf(reply);
    return { id, token: accessToken };
  };
  /** In line, and paid. */
  const joinPaid = async (session: string): Promise<Placed> => {
    const order = await join(session, true);
    const paid = await shop.house.pay(order);
    expect([paid.status, paid.body]).to.deep.include(201);
    expect(paid.body).to.include({ status: 'captured', orderStatus: 'placed' });
    return order;
  };
  const free = (seller: Bought, which = 0): Promise<Reply> =>
    shop.giveBack(seller.tickets[which]?.number ?? '', { token: seller.token });
  const leave = (order: Placed, ask: Ask = {}): Promise<Reply> =>
    shop.house.call(`/api/v1/orders/${order.id}/cancellation`, {
      token: order.token,
      method: 'POST',
      wait: 10,
      ...ask,
    });
  const waitingOf = async (order: Placed): Promise<z.output<typeof waitingShape>['waiting']> =>
    waitingShape.parse((await shop.house.call(`/api/v1/orders/${order.id}`, { token: order.token })).body).waiting;
  const hears = (order: Placed, type: string): Promise<unknown> =>
    eventually(type, () => shop.house.heard(order.id).find((message) => message.type === type)?.data);
  const releasesOf = (order: Placed): number =>
    new Set(
      shop.house.asked
        .filter(({ type, data }) => type === releaseHold.type && (data as { orderId: string }).orderId === order.id)
        .map(({ id }) => id),
    ).size;

  describe('joining', () => {
    it('where there is no place: in line, told its place and until when', async () => {
      const { session } = await soldOut();
      const [first, second] = [await join(session), await join(session)];
      await eventually('the places in line', async () => {
        const places = [(await waitingOf(first)).position, (await waitingOf(second)).position];
        return (places[0] === 1 && places[1] === 2) || Promise.reject(new Error(String(places)));
      });
      expect(await hears(second, 'sales.order.waiting-joined.v1')).to.include({ position: 2 });
      await leave(first);
      await eventually('the next is first', async () => (await waitingOf(second)).position === 1);
    });
    it('where there is a place: it is held, and the time to pay begins', async () => {
      const session = await shop.session(4, 1);
      const reply = await shop.house.place(wish(session), { waitingList: { until: inHours(24), prepaid: true } });
      expect(orderOf(reply).status).to.equal('awaiting_payment');
      const { expiresAt } = z.looseObject({ expiresAt: z.string() }).parse(reply.body);
      expect(Date.parse(expiresAt) - Date.now()).to.be.within(14 * 60_000, 15 * 60_000);
    });
    it('a line that is full is closed', async () => {
      const waiting = { lineMax: 1, payWithinMinutes: 15 };
      const short = await shop.house.offer({}, 1, { ...shop.rules, waiting });
      const session = await shop.session(4, 0, short);
      const one = { sessionId: session, ticketTypeId: short.types['adult'] ?? '', quantity: 1 };
      const waitingList = { until: inHours(24), prepaid: false };
      const replies = [await shop.house.place([one], { waitingList }), await shop.house.place([one], { waitingList })];
      expect(replies.map((reply) => orderOf(reply).status)).to.deep.equal(['placed', 'rejected']);
      expect(replies.map((reply) => orderOf(reply).reason)).to.deep.equal([undefined, 'sold-out']);
    });
    it('refused: no line for this product, two sessions, a deadline that is over or after the sale ends', async () => {
      const none = await shop.house.offer();
      const session = await shop.session(4, 0);
      const line = { sessionId: await shop.session(4, 0, none), ticketTypeId: none.types['adult'] ?? '', quantity: 1 };
      const waitingList = { until: inHours(24), prepaid: false };
      const closed = await shop.house.place([line], { waitingList });
      expect([closed.status, codeOf(closed)]).to.deep.equal([409, 'sales.waiting-list-closed']);
      const both = [...wish(session), ...wish(await shop.session(5, 0))];
      const two = await shop.house.place(both, { waitingList });
      expect([two.status, codeOf(two)]).to.deep.equal([422, 'sales.waiting-list-one-session']);
      for (const hours of [-1, 24 * 30]) {
        const wrong = await shop.house.place(wish(session), { waitingList: { until: inHours(hours), prepaid: false } });
        expect([wrong.status, codeOf(wrong)]).to.deep.equal([422, 'sales.waiting-list-deadline']);
        expect(wrong.body).to.include.keys('latest');
      }
    });
    it('PLA-32 a retry finds its order, also when its time in line is over', async () => {
      const { session } = await soldOut();
      const ask = { key: freshKey(), phone: '13900000077', waitingList: { until: inHours(24), prepaid: false } };
      const first = orderOf(await shop.house.place(wish(session), ask));
      expect(orderOf(await shop.house.place(wish(session), ask)).id).to.equal(first.id);
      shop.time.aheadMs = 25 * HOUR_MS;
      const again = await shop.house.place(wish(session), ask);
      expect([again.status, orderOf(again).id]).to.deep.equal([201, first.id]);
    });
    it('SAL-29 who stands in line unpaid counts as unpaid, who has prepaid does not', async () => {
      const own = await shop.house.offer({ unpaidPerPhone: 1 }, 1, shop.rules);
      const session = await shop.session(4, 0, own);
      const line = [{ sessionId: session, ticketTypeId: own.types['adult'] ?? '', quantity: 1 }];
      const ask = { phone: '13900000078', waitingList: { until: inHours(24), prepaid: true } };
      const order = await shop.house.placed(line, ask);
      expect(orderOf(await shop.house.place(line, ask)).reason).to.equal('sales.too-many-unpaid');
      await shop.house.pay(order);
      expect(orderOf(await shop.house.place(line, ask)).status).to.equal('placed');
    });
    it('PLA-02 nobody else sees it', async () => {
      const { session } = await soldOut();
      const order = await join(session);
      expect(
        (await shop.house.call(`/api/v1/orders/${order.id}`, { apiKey: shop.house.keys.foreign })).status,
      ).to.equal(404);
      expect((await leave(order, { token: (await join(session)).token })).status).to.equal(404);
    });
  });

  describe('being served', () => {
    it('unpaid: told to pay, pays in time, has its ticket; an earlier time than the line’s', async () => {
      const { session, seller } = await soldOut();
      const order = await join(session);
      expect(codeOf(await shop.house.pay(order))).to.equal('sales.order-not-payable-yet');
      await free(seller);
      const { expiresAt } = z
        .looseObject({ expiresAt: z.string() })
        .parse(await shop.house.becomes(order, 'awaiting_payment'));
      expect(Date.parse(expiresAt) - Date.now()).to.be.within(13 * 60_000, 15 * 60_000);
      expect(await hears(order, 'sales.order.waiting-served.v1')).to.include({ total: 12_000 });
      await shop.house.pay(order);
      await shop.house.becomes(order, 'fulfilled');
      await shop.keeps(order, 12_000);
      await shop.hasFree(session, 0);
    });
    it('not paid in time: the place goes to the next', async () => {
      const { session, seller } = await soldOut();
      const [first, second] = [await join(session), await join(session)];
      await free(seller);
      await shop.house.becomes(first, 'awaiting_payment');
      shop.time.aheadMs = 16 * 60_000;
      expect((await shop.house.becomes(first, 'expired')).reason).to.equal('unpaid');
      await shop.house.becomes(second, 'awaiting_payment');
    });
    it('prepaid: fulfilled by itself', async () => {
      const { session, seller } = await soldOut();
      const order = await joinPaid(session);
      expect(await waitingOf(order)).to.include({ prepaid: true, paid: true });
      await free(seller);
      const { tickets } = await shop.house.becomes(order, 'fulfilled');
      expect(tickets).to.have.length(1);
      await shop.keeps(order, 12_000);
      await hears(order, 'sales.order.fulfilled.v1');
    });
    it('prepaid, and its payment is still open when places come: it can still be paid', async () => {
      const { session, seller } = await soldOut();
      const order = await join(session, true);
      const paymentId = idOf(await shop.house.pay(order, 'wechat'));
      await free(seller);
      await shop.house.becomes(order, 'awaiting_payment');
      await shop.house.capture(paymentId);
      await shop.house.becomes(order, 'fulfilled');
      await shop.keeps(order, 12_000);
    });
    it('FIN-03 prepaid twice: one is kept, what is still open is closed', async () => {
      const { session } = await soldOut();
      const order = await join(session, true);
      shop.house.plays.close = 'silent';
      const [one, two, three] = [
        idOf(await shop.house.pay(order, 'wechat')),
        idOf(await shop.house.pay(order, 'alipay')),
        idOf(await shop.house.pay(order, 'wechat')),
      ];
      await shop.house.capture(one);
      await eventually('paid', async () => (await waitingOf(order)).paid);
      await eventually('the others are to be closed', () =>
        [two, three].every((id) =>
          shop.house.asked.some(
            ({ type, data }) => type === 'finance.payment.close.v1' && (data as { paymentId: string }).paymentId === id,
          ),
        ),
      );
      await shop.house.capture(two);
      await shop.house.tell('finance', paymentClosed, { paymentId: three, orderId: order.id });
      await shop.keeps(order, 12_000);
      expect(codeOf(await shop.house.pay(order))).to.equal('sales.order-already-paid');
    });
    it('every message twice, and a timer that was on its way: served once', async () => {
      shop.house.plays.twice = true;
      const { session, seller } = await soldOut();
      const order = await join(session);
      await free(seller);
      await shop.house.becomes(order, 'awaiting_payment');
      await shop.house.send(expireOrder, { orderId: order.id });
      await settled('the order', async () => (await shop.house.look(order)).status);
      expect((await shop.house.look(order)).status).to.equal('awaiting_payment');
      await shop.house.pay(order);
      await shop.house.becomes(order, 'fulfilled');
      await shop.keeps(order, 12_000);
    });
  });

  describe('leaving', () => {
    it('unpaid: it is cancelled, and not served any more; leaving twice is leaving', async () => {
      const { session, seller } = await soldOut();
      const [order, next] = [await join(session), await join(session)];
      expect([(await leave(order)).status, (await leave(order)).status]).to.deep.equal([200, 200]);
      await free(seller);
      await shop.house.becomes(next, 'awaiting_payment');
      expect((await shop.house.look(order)).status).to.equal('cancelled');
    });
    it('prepaid: the money comes back, once, and is told', async () => {
      const { session } = await soldOut();
      const order = await joinPaid(session);
      expect(orderOf(await leave(order)).status).to.equal('cancelled');
      await leave(order);
      await shop.keeps(order, 0);
      expect(await hears(order, 'sales.order.payment-returned.v1')).to.include({ amount: 12_000 });
      expect((await shop.house.look(order)).refunds).to.have.length(1);
    });
    it('a grant after leaving is let go', async () => {
      const { session } = await soldOut();
      const order = await join(session);
      await leave(order);
      await eventually('the first release', () => releasesOf(order) === 1);
      await shop.house.tell('inventory', holdGranted, { holdId: shop.house.holdOf(order.id), orderId: order.id });
      await eventually('the second release', () => releasesOf(order) === 2);
      expect((await shop.house.look(order)).status).to.equal('cancelled');
    });
    it('a grant while leaving is let go: the next in line gets the place, the money comes back', async () => {
      shop.house.plays.close = 'silent';
      const { session, seller } = await soldOut();
      const order = await join(session, true);
      const paymentId = idOf(await shop.house.pay(order, 'wechat'));
      expect((await leave(order, { wait: 0 })).status).to.equal(202);
      const next = await join(session);
      await free(seller);
      await shop.house.becomes(next, 'awaiting_payment');
      await shop.house.capture(paymentId);
      await shop.house.becomes(order, 'cancelled');
      await shop.keeps(order, 0);
    });
  });

  describe('its end', () => {
    it('the deadline: expired, told why, what was prepaid comes back, and nothing is served', async () => {
      const { session, seller } = await soldOut();
      const [order, unpaid] = [await joinPaid(session), await join(session)];
      shop.time.aheadMs = 25 * HOUR_MS;
      expect((await shop.house.becomes(order, 'expired')).reason).to.equal('waiting-over');
      await shop.house.becomes(unpaid, 'expired');
      shop.time.aheadMs = 0;
      await shop.keeps(order, 0);
      await free(seller);
      await shop.hasFree(session, 1);
      expect(await hears(order, 'sales.order.closed.v1')).to.include({ status: 'expired', reason: 'waiting-over' });
    });
    it('a hold expiring while its payment is captured: the deadline of the line, answered by the money, sends it back', async () => {
      shop.house.plays.close = 'captured';
      const { session } = await soldOut();
      const order = await join(session, true);
      await shop.house.pay(order, 'wechat');
      shop.time.aheadMs = 25 * HOUR_MS;
      await shop.house.becomes(order, 'expired');
      await shop.keeps(order, 0);
    });
    it('the session is closed: sent home with the money, open payments are closed', async () => {
      const { session } = await soldOut();
      const [paid, unpaid] = [await joinPaid(session), await join(session, true)];
      await shop.house.pay(unpaid, 'wechat');
      await shop.house.sendHome(session);
      for (const order of [paid, unpaid]) {
        expect((await shop.house.becomes(order, 'rejected')).reason).to.equal('session-closed');
        expect(await hears(order, 'sales.order.closed.v1')).to.include({
          status: 'rejected',
          reason: 'session-closed',
        });
        await shop.keeps(order, 0);
      }
      await eventually('it is closed at the provider', async () =>
        (await shop.house.look(unpaid)).payments.every(({ status }) => status === 'closed'),
      );
    });
    it('money that comes after it was sent home goes back', async () => {
      shop.house.plays.close = 'silent';
      const { session } = await soldOut();
      const order = await join(session, true);
      const paymentId = idOf(await shop.house.pay(order, 'wechat'));
      await shop.house.sendHome(session);
      await shop.house.becomes(order, 'rejected');
      await shop.house.capture(paymentId);
      await eventually('the refund', async () => (await shop.house.look(order)).refunds[0]?.status === 'done');
      await shop.keeps(order, 0);
    });
  });

  for (const point of ['afterCommit', 'afterPublish'] as const)
    it(`PLA-41 dies ${point} behind each write in turn: prepaid orders are served, others leave with their money`, async () => {
      const writes = new Map<string, number>();
      let deaths = 0;
      await shop.alone(
        {
          faults: {
            at(at, { id }) {
              const left = writes.get(id);
              if (at !== point || left === undefined) return;
              writes.set(id, left - 1);
              if (left !== 1) return;
              deaths += 1;
              throw new Error(`killed ${point} of ${id}`);
            },
          },
        },
        async () => undefined,
      );
      const { session, seller } = await soldOut(4);
      const served = await Promise.all(Array.from({ length: 4 }, () => joinPaid(session)));
      const leaving = await Promise.all(Array.from({ length: 2 }, () => joinPaid(session)));
      served.forEach(({ id }, index) => writes.set(id, index + 1));
      leaving.forEach(({ id }, index) => writes.set(id, index + 1));
      for (const order of leaving) {
        await eventually('left', async () => (await leave(order)).status === 200);
        await shop.house.becomes(order, 'cancelled', 30_000);
      }
      for (const which of [0, 1, 2, 3]) await free(seller, which);
      for (const order of served) {
        expect((await shop.house.becomes(order, 'fulfilled', 30_000)).tickets).to.have.length(1);
        await shop.keeps(order, 12_000);
      }
      for (const order of leaving) await shop.keeps(order, 0);
      await shop.hasFree(session, 0);
      expect(deaths).to.be.at.least(3);
    });
});
