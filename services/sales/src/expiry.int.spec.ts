// FIN-12 on real servers: tickets whose time is over expire and earn their price, once, whoever sweeps and whatever dies; tickets whose
// holders may still choose do not; and what an exception gives back afterwards comes out of what was earned. The sweeping instances
// live two days ahead.
import { expireExchange, sessionCancelled, workDisruption } from '@tongpiao/contracts';
import { connectBroker } from '@tongpiao/messaging';
import { newId } from '@tongpiao/persistence';
import type { Running } from '@tongpiao/service-shell';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { z } from 'zod';
import {
  GATES,
  inDays,
  openSalesHouse,
  SITE,
  TENANT,
  type Offer,
  type Placed,
  type SalesHouse,
} from './sales-house.fixture.ts';

const DAY_MS = 24 * 3_600_000;
const expiredShape = z.looseObject({ ticketNumber: z.string(), amount: z.number(), entriesUsed: z.number() });

describe('FIN-12 SAL-31 sales: tickets expire', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  let offer: Offer;
  let today: string;
  let now: Running;

  before(async () => {
    house = await openSalesHouse();
    now = await house.start();
    offer = await house.offer({}, 2);
    today = await house.session(offer.productId, 1_000, { date: inDays(0) });
  });
  afterEach(async () => {
    for (const instance of house.instances.filter((one) => one !== now)) {
      house.instances.splice(house.instances.indexOf(instance), 1);
      await instance.stop();
    }
  });
  after(async () => house.stop());

  /** Sweeps four times a second, two days from now; the last session sold is over then, and one of next week is not. */
  const sweeper = (faults?: Parameters<SalesHouse['start']>[0]): Promise<Running> =>
    house.start({
      clock: () => new Date(Date.now() + 2 * DAY_MS),
      settings: { EXPIRE_EVERY_SECONDS: '0.25' },
      ...faults,
    });
  async function bought(sessionId = today, quantity = 1): Promise<Placed & { readonly numbers: readonly string[] }> {
    const order = await house.placed([{ sessionId, ticketTypeId: offer.types['adult'] ?? '', quantity }]);
    await house.pay(order);
    const { tickets } = await house.becomes(order, 'fulfilled');
    return { ...order, numbers: tickets.map(({ number }) => number) };
  }
  const statusesOf = async (order: Placed): Promise<string[]> =>
    (await house.look(order)).tickets.map(({ status }) => status);
  const enter = async (order: Placed): Promise<void> => {
    const { tickets } = await house.look(order);
    const json = { gateId: GATES[0], credential: { qr: tickets[0]?.qr } };
    await house.call('/api/v1/check-ins', { apiKey: house.keys.gates[0] ?? '', json, instance: now });
  };
  const earned = (order: Placed): z.output<typeof expiredShape>[] => {
    const told = house.heard(order.id).filter(({ type }) => type === 'sales.ticket.expired.v1');
    const once = new Map(told.map((envelope) => [envelope.id, envelope.data]));
    return [...once.values()].map((data) => expiredShape.parse(data));
  };

  it('who did not come, or not as often as paid for; who used the ticket up or comes later keeps it; lists show it', async () => {
    const next = await house.session(offer.productId, 10, { date: inDays(7) });
    const [noShow, once, usedUp, later] = [await bought(today, 3), await bought(), await bought(), await bought(next)];
    await enter(once);
    await enter(usedUp);
    await enter(usedUp);
    await sweeper();
    await eventually('they expire', async () => (await statusesOf(noShow)).every((status) => status === 'expired'));
    await eventually('the other one expires', async () => (await statusesOf(once))[0] === 'expired');
    expect([await statusesOf(usedUp), await statusesOf(later)]).to.deep.equal([['used'], ['issued']]);
    await eventually('what is earned', () => earned(noShow).length === 3 && earned(once).length === 1);
    expect(earned(noShow).map(({ amount, entriesUsed }) => [amount, entriesUsed])).to.deep.equal([
      [12_000, 0],
      [12_000, 0],
      [12_000, 0],
    ]);
    expect(earned(once)[0]).to.include({ amount: 12_000, entriesUsed: 1 });
    const page = await house.call(`/api/v1/tickets/${once.numbers[0]}`, { token: once.token, instance: now });
    expect(page.body).to.deep.include({ status: 'expired' });
    expect((await house.look(noShow)).status).to.equal('fulfilled');
  });

  it('two instances sweep more than one page: each ticket once', async () => {
    const orders = await Promise.all(Array.from({ length: 15 }, () => bought(today, 15)));
    await Promise.all([sweeper(), sweeper()]);
    for (const order of orders)
      await eventually('all expire', async () => (await statusesOf(order)).every((status) => status === 'expired'), {
        withinMs: 20_000,
      });
    await settled('what is earned', () => orders.reduce((sum, order) => sum + earned(order).length, 0));
    expect(orders.map((order) => earned(order).length)).to.deep.equal(orders.map(() => 15));
  });

  for (const point of ['afterCommit', 'afterPublish'] as const) {
    it(`dies ${point} in the middle: the rest expires in the next round, each ticket once`, async () => {
      const orders = await Promise.all(Array.from({ length: 4 }, () => bought(today, 5)));
      let deaths = 0;
      // It is alone, since what is said two days from now is no business of an instance of today.
      house.instances.splice(house.instances.indexOf(now), 1);
      await now.stop();
      await sweeper({
        faults: {
          at(at, context) {
            if (at !== point || context.collection !== 'rights' || deaths >= 5) return;
            deaths += 1;
            throw new Error(`killed ${point}`);
          },
        },
      });
      await eventually('what is earned', () => orders.every((order) => earned(order).length === 5), {
        withinMs: 20_000,
      });
      for (const order of orders) expect(new Set(await statusesOf(order))).to.deep.equal(new Set(['expired']));
      expect(deaths).to.equal(5);
      now = await house.start();
    });
  }

  async function cancel(
    sessionId: string,
    wish: { id?: string; inDays?: number; of?: string; decidedAt?: string } = {},
  ): Promise<string> {
    const { id: disruptionId = newId('dis', TENANT), inDays: days = 20, of = sessionId, decidedAt } = wish;
    const { date = '', startsAt = '', endsAt = '', productId = '' } = house.sessions.get(of)?.data ?? {};
    const decideBy = new Date(Date.now() + days * DAY_MS).toISOString();
    const about = {
      disruptionId,
      sessionId,
      productId,
      siteId: SITE,
      date,
      startsAt,
      endsAt,
      reason: '停电',
      decideBy,
    };
    await house.tell('inventory', sessionCancelled, about, decidedAt === undefined ? {} : { time: decidedAt });
    return disruptionId;
  }
  const statusOf = async (id: string): Promise<string | undefined> => {
    const reply = await house.call(`/api/v1/session-cancellations/${id}`, { apiKey: house.keys.manager });
    return z.looseObject({ status: z.string().optional() }).parse(reply.body).status;
  };
  /** Nobody goes on with cancelled sessions until the returned function is called. */
  async function standsStill(): Promise<() => Promise<void>> {
    house.instances.splice(house.instances.indexOf(now), 1);
    await now.stop();
    const { RABBITMQ_URL: url, BROKER_PREFIX: prefix } = house.settings;
    const logger = pino({ level: 'silent' });
    const thief = await connectBroker({ url, service: 'sales', instance: 'thief', prefix, logger });
    const slice = { slice: 'on-disruption-work', definitions: [workDisruption], singleActive: true };
    await thief.consume({ ...slice, handle: async () => undefined });
    now = await house.start();
    return async () => thief.close();
  }

  it('SAL-52 whoever was paid after all were told, and is not told yet, does not lose the price to the end of the session', async () => {
    const gone = await house.session(offer.productId, 10, { date: inDays(0) });
    house.plays.close = 'silent';
    const order = await house.placed([{ sessionId: gone, ticketTypeId: offer.types['adult'] ?? '', quantity: 1 }]);
    const { id: paymentId } = z.looseObject({ id: z.string() }).parse((await house.pay(order, 'wechat')).body);
    const control = await bought();
    const id = await cancel(gone, { inDays: -1 });
    await eventually('it is over', async () => (await statusOf(id)) === 'done');
    const release = await standsStill();
    try {
      await house.capture(paymentId);
      await house.becomes(order, 'fulfilled');
      await sweeper();
      await eventually('the other expires', async () => (await statusesOf(control))[0] === 'expired');
      await settled('this one', async () => (await statusesOf(order)).join());
      expect(await statusesOf(order)).to.deep.equal(['issued']);
    } finally {
      house.plays.close = 'closed';
      await release();
    }
    await house.send(workDisruption, { disruptionId: id });
    await house.becomes(order, 'refunded', 30_000);
    expect(earned(order)).to.deep.equal([]);
  });

  it('SAL-52 nor does one of many sessions that are being cancelled, whichever is told first', async () => {
    const gone = await house.session(offer.productId, 10, { date: inDays(0) });
    const [order, control] = [await bought(gone), await bought()];
    const release = await standsStill();
    try {
      // One more than is read at a time, and the one that matters comes last.
      const ids = Array.from({ length: 151 }, () => newId('dis', TENANT)).sort();
      const [last = '', ...others] = ids.reverse();
      for (const id of others) await cancel(newId('ses', TENANT), { id, of: gone });
      await cancel(gone, { id: last });
      await eventually('sales knows', async () => (await statusOf(last)) === 'telling', { withinMs: 30_000 });
      await sweeper();
      await eventually('the other expires', async () => (await statusesOf(control))[0] === 'expired');
      await settled('this one', async () => (await statusesOf(order)).join());
      expect(await statusesOf(order)).to.deep.equal(['issued']);
    } finally {
      await release();
    }
  });

  it('SAL-52 who expired while the news of the cancellation was on its way is told, and gets the price back out of what it earned', async () => {
    const [gone, over] = [
      await house.session(offer.productId, 10, { date: inDays(0) }),
      await house.session(offer.productId, 10, { date: inDays(0) }),
    ];
    const [noShow, once, late] = [await bought(gone, 2), await bought(gone), await bought(over)];
    await enter(once);
    await sweeper();
    for (const order of [noShow, once, late])
      await eventually('it expires', async () => (await statusesOf(order))[0] === 'expired');
    // Of this one the end came first.
    const { endsAt = '' } = house.sessions.get(over)?.data ?? {};
    const ids = [await cancel(gone, { inDays: -1 }), await cancel(over, { inDays: -1, decidedAt: endsAt })];
    for (const id of ids)
      await eventually('the work ends', async () => (await statusOf(id)) === 'done', { withinMs: 30_000 });
    for (const order of [noShow, once]) {
      await house.becomes(order, 'refunded', 30_000);
      await eventually('the holder is told', () =>
        house.heard(order.id).some(({ type }) => type === 'sales.order.session-disrupted.v1'),
      );
    }
    const backOf = (order: Placed): unknown[] =>
      house.heard(order.id).flatMap(({ type, data }) => (type === 'sales.ticket.refunded.v1' ? [data] : []));
    await eventually('the books are told', () => backOf(noShow).length >= 2 && backOf(once).length >= 1);
    for (const told of backOf(noShow))
      expect(told).to.include({ reason: 'session-cancelled', outOf: 'earned', fee: 0, returned: 12_000 });
    expect(backOf(once)[0], 'who came once of twice').to.include({ outOf: 'earned', fee: 6_000, returned: 6_000 });
    await settled('the other one', async () => (await statusesOf(late)).join());
    expect([await statusesOf(late), backOf(late)]).to.deep.equal([['expired'], []]);
  });

  it('SAL-52 a session that is cancelled while a long sweep is under way is spared by the rest of it', async () => {
    const gone = await house.session(offer.productId, 10, { date: inDays(1) });
    // More than one page, and all of them are over before the one that matters.
    const others = await Promise.all(Array.from({ length: 11 }, () => bought(today, 15)));
    const order = await bought(gone);
    const release = await standsStill();
    const cancelled: string[] = [];
    try {
      await sweeper({
        // Long enough for all of it to be one sweep.
        settings: { EXPIRE_EVERY_SECONDS: '8' },
        faults: {
          async at(at, { collection }) {
            if (at !== 'afterCommit' || collection !== 'rights' || cancelled.length > 0) return;
            cancelled.push('being told');
            const id = await cancel(gone);
            await eventually('sales knows', async () => (await statusOf(id)) === 'telling', { withinMs: 10_000 });
          },
        },
      });
      for (const other of others)
        await eventually('the others expire', async () => (await statusesOf(other)).every((one) => one === 'expired'), {
          withinMs: 40_000,
        });
      await settled('this one', async () => (await statusesOf(order)).join());
      expect(await statusesOf(order)).to.deep.equal(['issued']);
    } finally {
      await release();
    }
  });

  it('SAL-53 a ticket whose exchange turns out paid after its time is exchanged; one whose exchange comes to nothing expires then', async () => {
    const ALWAYS = '2020-01-01T00:00:00Z';
    const prices = ['adult', 'named'].map((ticketType) => ({ ticketType, amount: 15_000 }));
    const dear = await house.offer({}, 1, { prices });
    const rule = {
      ...{
        effectiveFrom: ALWAYS,
        rounding: { unit: 'fen', direction: 'half-up' },
        timesMax: 1,
        otherTicketTypes: true,
      },
      steps: [{ minutesBefore: 0, feePercent: 0, feeMinimum: 0 }],
    };
    const from = await house.offer({}, 1, { exchanges: [{ ...rule, productIds: [dear.productId] }] });
    const [old, next] = [
      await house.session(from.productId, 10, { date: inDays(1) }),
      await house.session(dear.productId, 10, { date: inDays(9) }),
    ];
    const opened = z.looseObject({ id: z.string() });
    const exchanged = async (): Promise<{ order: Placed; exchangeId: string; paymentId: string }> => {
      const order = await house.placed([{ sessionId: old, ticketTypeId: from.types['adult'] ?? '', quantity: 1 }]);
      await house.pay(order);
      const { tickets } = await house.becomes(order, 'fulfilled');
      const { id: exchangeId } = opened.parse(
        (
          await house.call(`/api/v1/tickets/${tickets[0]?.number}/exchanges`, {
            ...{ token: order.token, wait: 10 },
            json: { sessionId: next, ticketTypeId: dear.types['adult'] },
          })
        ).body,
      );
      const asked = { token: order.token, wait: 10, json: { method: 'wechat' } };
      const reply = await house.call(`/api/v1/orders/${order.id}/exchanges/${exchangeId}/payments`, asked);
      return { order, exchangeId, paymentId: opened.parse(reply.body).id };
    };
    house.plays.close = 'silent';
    const [paid, unpaid] = [await exchanged(), await exchanged()];
    const control = await bought();
    for (const { order, exchangeId } of [paid, unpaid])
      await house.send(expireExchange, { orderId: order.id, exchangeId });
    await sweeper();
    await eventually('the other expires', async () => (await statusesOf(control))[0] === 'expired');
    await eventually('its provider is asked', () =>
      [paid, unpaid].every(({ order }) => house.askedOf(order.id).includes('finance.payment.close')),
    );
    await settled('the old tickets', async () => (await statusesOf(paid.order)).join());
    expect([await statusesOf(paid.order), await statusesOf(unpaid.order)]).to.deep.equal([['issued'], ['issued']]);
    await house.capture(paid.paymentId);
    await eventually('it is exchanged', async () => (await statusesOf(paid.order)).join() === 'exchanged,issued');
    expect(earned(paid.order)).to.deep.equal([]);
    await house.fail(unpaid.paymentId);
    await eventually('it expires', async () => (await statusesOf(unpaid.order))[0] === 'expired');
    await eventually('what is earned', () => earned(unpaid.order).length === 1);
    house.plays.close = 'closed';
  });

  it('SAL-52 a holder who may choose between money and another session does not lose the ticket to the end of it', async () => {
    const gone = await house.session(offer.productId, 10, { date: inDays(0) });
    const [order, control] = [await bought(gone), await bought()];
    await cancel(gone);
    await eventually('the offer', () =>
      house.heard(order.id).some(({ type }) => type === 'sales.order.session-disrupted.v1'),
    );
    await sweeper();
    await eventually('the other expires', async () => (await statusesOf(control))[0] === 'expired');
    await settled('this one', async () => (await statusesOf(order)).join());
    expect(await statusesOf(order)).to.deep.equal(['issued']);
  });

  it('SAL-51 an exception gives an expired ticket back, out of what it had earned', async () => {
    const order = await bought();
    const sweeping = await sweeper();
    await eventually('it expires', async () => (await statusesOf(order))[0] === 'expired');
    const path = `/api/v1/tickets/${order.numbers[0]}`;
    const byRules = await house.call(`${path}/refunds`, { token: order.token, method: 'POST', instance: now });
    expect(byRules.status).to.equal(409);
    const asked = await house.call(`${path}/refund-exceptions`, {
      ...{ apiKey: house.keys.clerk, instance: sweeping },
      json: { reason: '列车停运未能到达', amount: 12_000 },
    });
    const { id } = z.looseObject({ id: z.string() }).parse(asked.body);
    const decided = await house.call(`/api/v1/refund-exceptions/${id}/decision`, {
      ...{ apiKey: house.keys.manager, wait: 10 },
      json: { approve: true, remark: '情况属实' },
    });
    expect(decided.body).to.deep.include({ status: 'done' });
    await house.becomes(order, 'refunded');
    const told = await eventually('the books are told', () =>
      house.heard(order.id).find(({ type }) => type === 'sales.ticket.refunded.v1'),
    );
    expect(told.data).to.deep.include({ reason: 'exception', outOf: 'earned', returned: 12_000 });
  });
});
