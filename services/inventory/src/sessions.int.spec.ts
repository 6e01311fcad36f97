// Inventory as it runs, in two instances: sessions from calendars, changes of capacity while holds are being granted, lines that nobody
// touches, and how soon availability is told.
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { addDays } from '@tongpiao/kernel';
import { expect } from 'chai';
import { z } from 'zod';
import { InventoryHouse, PRODUCT, SITE, today, type Reply } from './inventory-house.fixture.ts';

describe('inventory: sessions', function () {
  this.timeout(60_000);
  const house = new InventoryHouse();
  before(() => house.open());
  after(() => house.close());

  it('INV-01 a calendar asked for in two instances at once makes each session once', async () => {
    const json = house.calendar(PRODUCT);
    const key = freshKey();
    const replies = await Promise.all(
      [0, 1, 0, 1].map((instance) => house.call('/api/v1/session-calendars', { json, key, instance })),
    );
    expect(replies.map(({ status }) => status)).to.deep.equal([201, 201, 201, 201]);
    const items = await house.list(PRODUCT);
    // Eleven days with two slots, one day of them closed.
    expect(items).to.have.length(20);
    expect(items.every(({ capacity, available }) => capacity === 50 && available === 50)).to.equal(true);
    await eventually(
      'each is told',
      () =>
        new Set(house.changes.filter(({ productId }) => productId === PRODUCT).map(({ sessionId }) => sessionId))
          .size === 20,
    );
    expect((await house.call('/api/v1/session-calendars', { json, key })).body).to.include({ sessions: 0 });
    expect(await house.list(PRODUCT, 1)).to.deep.equal(items);
  });

  it('INV-05 a second calendar bounds days that are open already; INV-01 calendars are listed and end', async () => {
    const product = `${PRODUCT}_bound`;
    const calendars = '/api/v1/session-calendars';
    const from = addDays(today, 20);
    const json = { ...house.calendar(product, 50, 22), from };
    const made = z.object({
      id: z.string(),
      sessions: z.number(),
      dayCapacities: z.array(z.object({ date: z.string(), capacity: z.number() })),
    });
    const create = async (dayCapacity?: number): Promise<z.output<typeof made>> =>
      made.parse((await house.call(calendars, { json: { ...json, dayCapacity } })).body);
    const first = await create(40);
    expect(first.dayCapacities.map(({ capacity }) => capacity)).to.deep.equal([40, 40, 40]);
    expect((await create(90)).dayCapacities.map(({ capacity }) => capacity)).to.deep.equal([40, 40, 40]);
    expect((await create(7)).dayCapacities.map(({ capacity }) => capacity)).to.deep.equal([7, 7, 7]);
    expect((await create()).dayCapacities.map(({ capacity }) => capacity)).to.deep.equal([7, 7, 7]);
    const listed = z
      .object({ items: z.array(z.looseObject({ id: z.string() })) })
      .parse((await house.call(`${calendars}?productId=${product}`)).body);
    expect(listed.items).to.have.length(4);
    const end = { json: { until: from, reason: 'works on the road' } };
    const ended = await house.call(`${calendars}/${first.id}/end`, end);
    expect(ended.status).to.equal(200);
    expect(ended.body).to.deep.include({ sessions: 0, sessionsAfter: (first.sessions / 3) * 2 });
    expect((await house.call(`${calendars}/${first.id}/end`, { ...end, apiKey: house.foreigner })).status).to.equal(
      404,
    );
    const unknown = await house.call(`${calendars}/cal_0nobodyknowsthis000/end`, end);
    expect(unknown.status).to.equal(404);
    expect(unknown.body).to.include({ code: 'inventory.unknown-calendar' });
    const past = await house.call(`${calendars}/${first.id}/end`, { json: { until: '2020-01-01', reason: 'late' } });
    expect(past.status).to.equal(422);
    expect(past.body).to.include({ code: 'inventory.calendar-end-past' });
    const later = { json: { until: addDays(today, 300), reason: 'done' } };
    expect((await house.call(`${calendars}/${first.id}/end`, later)).body).to.deep.include({ sessionsAfter: 0 });
  });

  it('PLA-02 another tenant sees none of them and has no calendar on this site', async () => {
    const foreign = await house.call(`/api/v1/sessions?productId=${PRODUCT}&from=${today}&to=${today}`, {
      apiKey: house.foreigner,
    });
    expect((foreign.body as { items: unknown }).items).to.deep.equal([]);
    const made = await house.call('/api/v1/session-calendars', {
      json: house.calendar(PRODUCT),
      apiKey: house.foreigner,
    });
    expect(made.status).to.equal(422);
    expect(made.body).to.include({ code: 'inventory.unknown-site' });
  });

  it('INV-20 capacity lowered while holds are being granted never falls below what is held', async () => {
    const session = await house.one('low', 100, false, { approvalAbovePercent: 100 });
    const asked: Promise<string>[] = [];
    let lowered = 0;
    for (let round = 0; round < 20; round += 1) {
      for (let index = 0; index < 5; index += 1) asked.push(house.place(session.id));
      const now = await house.again('low');
      const target = Math.max(0, now.capacity - 9);
      const { status } = await house.patch(now, { capacity: target, reason: 'works' }, round % 2);
      expect(status).to.be.oneOf([200, 409, 412]);
      if (status === 200) lowered += 1;
      const seen = await house.again('low');
      expect(seen.available, 'never below zero').to.be.at.least(0);
      expect(seen.held + seen.sold).to.be.at.most(seen.capacity);
    }
    const ids = await Promise.all(asked);
    await eventually('all are answered', () => ids.every((id) => house.answers.has(id)));
    const end = await settled('the session', () => house.again('low'));
    expect(end.available + end.held + end.sold).to.equal(end.capacity);
    expect(end.held).to.equal(ids.filter((id) => house.answers.get(id) === 'granted').length);
    expect(lowered).to.be.greaterThan(0);
    const refused = await house.patch(end, { capacity: end.held - 1, reason: 'works' });
    expect(refused.body).to.include({ code: 'inventory.capacity-below-sold' });
  });

  it('INV-20 a large change is proposed by one person and approved by another', async () => {
    const session = await house.one('app', 10, true);
    const path = `/api/v1/sessions/${session.id}/capacity-proposals`;
    const alone = await house.patch(session, { capacity: 20, reason: 'festival' });
    expect(alone).to.include({ status: 409 });
    expect(alone.body).to.include({ code: 'inventory.capacity-needs-approval', percent: 30 });
    const key = freshKey();
    const json = { capacity: 20, reason: 'festival' };
    const [proposed, again] = [
      await house.call(path, { json, key }),
      await house.call(path, { json, key, instance: 1 }),
    ];
    expect(proposed).to.include({ status: 201 });
    expect(again).to.deep.equal(proposed);
    expect((await house.call(path, { json: { ...json, capacity: 30 }, key })).status).to.equal(422);
    const { proposal } = await house.again('app');
    expect(proposal).to.include({ capacity: 20, by: 'desk_1' });
    const approve = (apiKey: string, instance = 0, id = proposal?.id ?? ''): Promise<Reply> =>
      house.call(`${path}/${id}/approval`, { method: 'POST', apiKey, instance });
    expect((await approve(house.manager)).body).to.include({ code: 'inventory.own-proposal' });
    expect((await approve(house.otherManager, 0, 'cpr_unknown')).body).to.include({
      code: 'inventory.unknown-proposal',
    });
    expect((await approve(house.clerk)).status).to.equal(403);
    expect((await approve(house.foreigner)).body).to.include({ code: 'inventory.unknown-session' });
    const replies = await Promise.all([0, 1, 0].map((instance) => approve(house.otherManager, instance)));
    expect(replies.map(({ status }) => status)).to.deep.equal([201, 201, 201]);
    expect(replies[0]?.body).to.include({ capacity: 20, approvedBy: 'desk_3' });
    const after = await house.again('app');
    expect(after).to.include({ capacity: 20, available: 20 });
    expect(after.proposal).to.equal(undefined);
    expect(await house.patch(after, { capacity: 26, reason: 'demand' })).to.include({ status: 200 });
  });

  it('INV-20 an approved change does not fall below what is held either', async () => {
    const session = await house.one('apl', 10, true);
    await house.placed(session.id, 6);
    const path = `/api/v1/sessions/${session.id}/capacity-proposals`;
    await house.call(path, { json: { capacity: 5, reason: 'works' } });
    const { proposal } = await house.again('apl');
    const reply = await house.call(`${path}/${proposal?.id ?? ''}/approval`, {
      method: 'POST',
      apiKey: house.otherManager,
    });
    expect(reply.body).to.include({ code: 'inventory.capacity-below-sold', capacity: 5 });
    expect((await house.again('apl')).capacity).to.equal(10);
  });

  it('PLA-34 two people who change one session at once: one of them has to look again', async () => {
    const session = await house.one('two', 100);
    const replies = await Promise.all([
      house.patch(session, { capacity: 80, reason: 'works' }, 0),
      house.patch(session, { capacity: 120, reason: 'demand' }, 1),
    ]);
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([200, 412]);
    const { capacity, available } = await house.again('two');
    expect([80, 120]).to.include(capacity);
    expect(available).to.equal(capacity);
  });

  it('INV-13 what moved is told within a second: holds, releases, capacity, closing', async () => {
    const session = await house.one('fig', 10);
    const told = (available: number, since: number): Promise<number> =>
      eventually(`${available} is told`, () => {
        const found = house.figures.find(
          ({ at, sessions }) =>
            at >= since && sessions.some((figure) => figure.sessionId === session.id && figure.available === available),
        );
        return found === undefined ? undefined : found.at - since + 1;
      });
    let since = Date.now();
    const holdId = await house.place(session.id, 4);
    expect(await told(6, since)).to.be.below(1_000);
    since = Date.now();
    await house.release(holdId);
    expect(await told(10, since)).to.be.below(1_000);
    since = Date.now();
    await house.patch(await house.again('fig'), { capacity: 7, reason: 'works' });
    expect(await told(7, since)).to.be.below(1_000);
    since = Date.now();
    await house.patch(await house.again('fig'), { status: 'closed', reason: 'storm' });
    expect(await told(0, since)).to.be.below(1_000);
    const refused = await house.place(session.id);
    await eventually('a closed session grants nothing', () => house.answers.get(refused) === 'session-closed');
  });

  it('SAL-26 raised capacity, and a reopened session, serve the line within three seconds, and the line is told', async () => {
    const session = await house.one('lin', 12);
    await house.placed(session.id, 12);
    const waiting = [await house.place(session.id, 1, true), await house.place(session.id, 1, true)];
    await eventually('they stand in line', () => waiting.every((id) => house.answers.get(id) === 'queued'));
    const told = (count: number, since: number): Promise<number> =>
      eventually(`a line of ${count} is told`, () => {
        const last = house.lines.findLast(({ sessionId }) => sessionId === session.id);
        return last?.orderIds.length === count && last.at >= since ? last.at - since + 1 : undefined;
      });
    const granted = (index: number): Promise<boolean> =>
      eventually('granted', () => house.answers.get(waiting[index] ?? '') === 'granted');
    await told(2, 0);
    let since = Date.now();
    expect(await house.patch(await house.again('lin'), { capacity: 13, reason: 'demand' })).to.include({ status: 200 });
    await granted(0);
    await told(1, since);
    await house.patch(await house.again('lin'), { status: 'closed', reason: 'storm' });
    await house.patch(await house.again('lin'), { capacity: 14, reason: 'demand' });
    const { body } = await house.call(`/api/v1/site-days/${SITE}/${session.date}`);
    expect((body as { sessions: unknown[] }).sessions).to.deep.include({
      id: session.id,
      status: 'closed',
      capacity: 14,
      available: 1,
      held: 13,
      sold: 0,
      shrink: 0,
      planned: 0,
      waiting: 1,
      outsideDay: false,
    });
    since = Date.now();
    await house.patch(await house.again('lin'), { status: 'open', reason: 'calm' });
    await granted(1);
    await told(0, since);
  });
});
