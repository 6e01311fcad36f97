// SAL-52 on real servers: gates open before the start, so people are inside when their session is cancelled. They had nothing of it: they are
// told, and get everything back, out of what their entry has earned; whoever is inside stays counted.
import { sessionCancelled } from '@tongpiao/contracts';
import { newId } from '@tongpiao/persistence';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import {
  codeOf,
  GATES,
  inDays,
  openSalesHouse,
  SITE,
  TENANT,
  type Offer,
  type Placed,
  type Reply,
  type SalesHouse,
} from '../sales-house.fixture.ts';

const progressShape = z.looseObject({ status: z.string(), counts: z.record(z.string(), z.number()) });
const exceptionShape = z.looseObject({
  id: z.string(),
  status: z.string(),
  failure: z.string().optional(),
  used: z.boolean().optional(),
  instead: z.unknown().optional(),
});
const HOUR_MS = 3_600_000;
const all = { amount: 12_000, currency: 'CNY' };

describe('SAL-52 sales: let in before the start of a session that is then cancelled', function () {
  this.timeout(90_000);
  let house: SalesHouse;
  let single: Offer;
  let double: Offer;

  before(async () => {
    house = await openSalesHouse();
    await house.start();
    // A session of tomorrow lets people in all day today.
    const validity = { opensMinutesBefore: 1_440, closesMinutesAfter: 0 };
    single = await house.offer({}, 1, { validity });
    double = await house.offer({}, 2, { validity });
  });
  after(async () => house.stop());

  type Bought = Placed & { readonly number: string; readonly qr: string };
  const session = (of: Offer, days = 1): Promise<string> => house.session(of.productId, 50, { date: inDays(days) });
  async function bought(sessionId: string, of: Offer): Promise<Bought> {
    const order = await house.placed([{ sessionId, ticketTypeId: of.types['adult'] ?? '', quantity: 1 }]);
    await house.pay(order);
    const { tickets } = await house.becomes(order, 'fulfilled');
    const [{ number, qr } = { number: '', qr: '' }] = tickets;
    return { ...order, number, qr };
  }
  async function enter({ qr }: Bought): Promise<void> {
    const json = { gateId: GATES[0], credential: { qr } };
    const reply = await house.call('/api/v1/check-ins', { apiKey: house.keys.gates[0] ?? '', json });
    expect(reply.body, reply.text).to.include({ outcome: 'admitted' });
  }
  /** By a gate without network, whose clock shows the time of the place. */
  async function entered({ qr }: Bought): Promise<void> {
    const at = `${new Date(Date.now() + 8 * HOUR_MS).toISOString().slice(0, 19)}+08:00`;
    const scans = [{ scanId: freshKey(), at, credential: { qr }, decided: 'admitted' }];
    const json = { sentAt: new Date().toISOString(), scans };
    const path = `/api/v1/gates/${GATES[0]}/uploads`;
    const reply = await house.call(path, { apiKey: house.keys.gates[0] ?? '', json });
    expect(reply.body, reply.text).to.have.nested.property('scans[0].truth', 'admissible');
  }
  async function cancel(sessionId: string, hours: number): Promise<string> {
    const disruptionId = newId('dis', TENANT);
    const { productId = '', date = '', startsAt = '', endsAt = '' } = house.sessions.get(sessionId)?.data ?? {};
    await house.tell('inventory', sessionCancelled, {
      ...{ disruptionId, sessionId, productId, siteId: SITE, date, startsAt, endsAt },
      reason: '大风停航',
      decideBy: new Date(Date.now() + hours * HOUR_MS).toISOString(),
    });
    return disruptionId;
  }
  const becomes = (id: string, status: string): Promise<z.output<typeof progressShape>> =>
    eventually(
      `disruption ${status}`,
      async () => {
        const { body } = await house.call(`/api/v1/session-cancellations/${id}`, { apiKey: house.keys.manager });
        const seen = progressShape.safeParse(body);
        return seen.data?.status === status ? seen.data : Promise.reject(new Error(JSON.stringify(body)));
      },
      { withinMs: 30_000 },
    );
  const statusOf = async (order: Placed): Promise<string | undefined> => (await house.look(order)).tickets[0]?.status;
  const sentBack = async (order: Placed): Promise<number> =>
    (await house.look(order)).refunds.reduce((sum, { amount }) => sum + amount.amount, 0);
  const heard = (order: Placed, type: string): number =>
    new Set(house.heard(order.id).flatMap((said) => (said.type === type ? [said.id] : []))).size;
  const refunded = (order: Placed): unknown =>
    house.heard(order.id).find(({ type }) => type === 'sales.ticket.refunded.v1')?.data;
  async function inside(): Promise<unknown> {
    const { body } = await house.call(`/api/v1/sites/${SITE}/occupancy`, { apiKey: house.keys.manager });
    return z.looseObject({ figures: z.looseObject({ inside: z.int(), entered: z.int() }) }).parse(body).figures;
  }
  const post = (path: string, ask: Parameters<SalesHouse['call']>[1]): Promise<Reply> =>
    house.call(path, { method: 'POST', wait: 10, ...ask });
  async function requested({ number }: Placed & { number: string }, amount: number): Promise<string> {
    const json = { reason: '游客突发疾病', amount };
    const reply = await post(`/api/v1/tickets/${number}/refund-exceptions`, { apiKey: house.keys.clerk, json });
    expect(reply.status, reply.text).to.equal(201);
    return exceptionShape.parse(reply.body).id;
  }
  async function approved(id: string): Promise<z.output<typeof exceptionShape>> {
    const json = { approve: true, remark: '情况属实' };
    const reply = await post(`/api/v1/refund-exceptions/${id}/decision`, { apiKey: house.keys.manager, json });
    return exceptionShape.parse(reply.body);
  }

  it('INV-21 all of them are told once and get everything back at the deadline; the site counts them as before', async () => {
    const [gone, other] = [await session(single), await session(double)];
    const [used, offline, waiting] = [
      await bought(gone, single),
      await bought(gone, single),
      await bought(gone, single),
    ];
    const [once, twice] = [await bought(other, double), await bought(other, double)];
    await enter(used);
    await entered(offline);
    for (const ticket of [once, twice, twice]) await enter(ticket);
    expect([await statusOf(used), await statusOf(offline), await statusOf(twice)]).to.deep.equal([
      ...['used', 'used', 'used'],
    ]);
    const before = await settled('people', async () => JSON.stringify(await inside()));
    const ids = [await cancel(gone, -1), await cancel(other, -1)] as const;
    const [first, second] = [await becomes(ids[0], 'done'), await becomes(ids[1], 'done')];
    const nobody = { exchanged: 0, used: 0, undecided: 0, kept: 0, untold: 0 };
    expect(first.counts).to.deep.equal({ ...nobody, tickets: 3, told: 3, orders: 3, refunded: 3 });
    expect(second.counts).to.deep.equal({ ...nobody, tickets: 2, told: 2, orders: 2, refunded: 2 });
    for (const order of [used, offline, waiting, once, twice]) {
      await house.becomes(order, 'refunded');
      await eventually('the money', async () => (await sentBack(order)) === 12_000);
      await eventually('the holder is told', () => heard(order, 'sales.order.session-disrupted.v1') === 1);
    }
    for (const order of [used, offline, twice])
      expect(refunded(order)).to.include({ reason: 'session-cancelled', fee: 0, returned: 12_000, outOf: 'earned' });
    for (const order of [waiting, once]) expect(refunded(order)).to.include({ outOf: 'deferred', returned: 12_000 });
    expect(await settled('people', async () => JSON.stringify(await inside()))).to.equal(before);
    await eventually('places of those outside are back', () => house.sessions.get(gone)?.free === 48);
  });

  it('while there is time its holder may take the money, but no other session; a gate knows it as used', async () => {
    const [gone, other] = [await session(single), await session(single, 3)];
    const order = await bought(gone, single);
    await enter(order);
    const path = `/api/v1/tickets/${order.number}`;
    const early = await post(`${path}/refund-quote`, { token: order.token });
    expect([early.status, codeOf(early)]).to.deep.equal([409, 'sales.ticket-used']);
    const id = await cancel(gone, 6);
    expect((await becomes(id, 'open')).counts).to.include({ told: 1, used: 0, undecided: 1 });
    const moved = await post(`${path}/exchanges`, { token: order.token, json: { sessionId: other } });
    expect([moved.status, codeOf(moved)]).to.deep.equal([409, 'sales.ticket-used']);
    const json = { gateId: GATES[0], credential: { qr: order.qr } };
    const again = await house.call('/api/v1/check-ins', { apiKey: house.keys.gates[0] ?? '', json });
    expect(again.body).to.include({ outcome: 'refused', reason: 'already-used' });
    const back = await post(`${path}/refunds`, { token: order.token });
    expect([back.status, back.body]).to.deep.include(201);
    expect(back.body).to.deep.include({ reason: 'session-cancelled', amount: all });
    expect((await becomes(id, 'open')).counts).to.include({ refunded: 1, undecided: 0 });
  });

  it('SAL-51 a used ticket is given back as an exception, out of what was earned; the request says that it was used', async () => {
    const order = await bought(await session(single), single);
    await enter(order);
    const id = await requested(order, 9_000);
    const open = await house.call(`/api/v1/refund-exceptions/${id}`, { apiKey: house.keys.manager });
    expect(exceptionShape.parse(open.body)).to.include({ used: true });
    expect(await approved(id)).to.include({ status: 'done' });
    await house.becomes(order, 'refunded');
    await eventually('the money', async () => (await sentBack(order)) === 9_000);
    expect(refunded(order)).to.include({ reason: 'exception', fee: 3_000, returned: 9_000, outOf: 'earned' });
  });

  it('SAL-51 asked for a part before it was cancelled: the approval gives everything back and says so, let in or not', async () => {
    const gone = await session(single);
    const [outside, within] = [await bought(gone, single), await bought(gone, single)];
    const asked = [await requested(outside, 3_000), await requested(within, 3_000)];
    await enter(within);
    const id = await cancel(gone, 6);
    await becomes(id, 'open');
    for (const request of asked) {
      const seen = await approved(request);
      expect(seen).to.deep.include({ status: 'done', instead: { reason: 'session-cancelled', amount: all } });
    }
    for (const order of [outside, within]) {
      await house.becomes(order, 'refunded');
      await eventually('the money', async () => (await sentBack(order)) === 12_000);
      await settled('the money', () => sentBack(order));
      expect(await sentBack(order), 'once').to.equal(12_000);
    }
    expect((await becomes(id, 'open')).counts).to.include({ refunded: 2, undecided: 0 });
  });
});
