// FIN-12 on real servers: tickets whose time is over expire and earn their price, once, whoever sweeps and whatever dies; tickets whose
// holders may still choose do not; and what an exception gives back afterwards comes out of what was earned. The sweeping instances
// live two days ahead.
import { sessionCancelled } from '@tongpiao/contracts';
import { newId } from '@tongpiao/persistence';
import type { Running } from '@tongpiao/service-shell';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
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

  it('SAL-52 a holder who may choose between money and another session does not lose the ticket to the end of it', async () => {
    const gone = await house.session(offer.productId, 10, { date: inDays(0) });
    const [order, control] = [await bought(gone), await bought()];
    const disruptionId = newId('dis', TENANT);
    const { date = '', startsAt = '', endsAt = '', productId = '' } = house.sessions.get(gone)?.data ?? {};
    await house.tell('inventory', sessionCancelled, {
      ...{ disruptionId, sessionId: gone, productId, siteId: SITE, date, startsAt, endsAt },
      reason: '停电',
      decideBy: new Date(Date.now() + 20 * DAY_MS).toISOString(),
    });
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
