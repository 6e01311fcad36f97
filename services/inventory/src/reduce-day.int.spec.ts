// A day whose maximum falls below what is given out for it (INV-05, INV-20), as inventory runs: over HTTP, in two instances, proposed
// and approved, and with a crash between one session's reduction and the next.
import { addDays } from '@tongpiao/kernel';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { InventoryHouse, PRODUCT, SITE, today, type Reply } from './inventory-house.fixture.ts';

const sessionShape = z.object({
  id: z.string(),
  capacity: z.number(),
  available: z.number(),
  held: z.number(),
  sold: z.number(),
  shrink: z.number(),
  planned: z.number(),
});
const dayShape = z.object({ over: z.number(), balanced: z.boolean(), sessions: z.array(sessionShape) });
const answerShape = z.object({
  sessions: z.array(z.object({ id: z.string(), capacity: z.number(), disruptionId: z.string(), places: z.number() })),
});
const proposalShape = z.object({ id: z.string(), by: z.string(), sessions: z.array(z.unknown()) });

type More = { readonly key?: string; readonly apiKey?: string; readonly instance?: number; readonly language?: string };
type Day = { readonly date: string; readonly ids: readonly string[] };

describe('INV-20 inventory: a day over its maximum', function () {
  this.timeout(60_000);
  const house = new InventoryHouse();
  const deaths = new Map<string, number>();
  let days = 0;
  before(() =>
    house.open(2, {
      stepFaults: {
        at(point) {
          const left = deaths.get(point) ?? 0;
          if (left === 0) return;
          deaths.set(point, left - 1);
          throw new Error(`killed ${point}`);
        },
      },
    }),
  );
  after(() => house.close());

  async function calendar(name: string, date: string, json: Record<string, unknown>): Promise<string[]> {
    const weekdays = [1, 2, 3, 4, 5, 6, 7];
    const slots = ['09', '12', '15'].map((hour) => ({ from: `${hour}:00`, to: `${hour}:50`, capacity: 10 }));
    const { capacity, ...policy } = json;
    const weekly = [{ weekdays, slots: capacity === undefined ? slots : [{ from: '20:00', to: '21:00', capacity }] }];
    const productId = `${PRODUCT}${name}`;
    const facts = { productId, siteId: SITE, weekly, exceptions: [], from: date, until: date, horizonDays: 400 };
    const { status } = await house.call('/api/v1/session-calendars', { json: { ...facts, ...policy } });
    expect(status).to.equal(201);
    const path = `/api/v1/sessions?productId=${productId}&from=${date}&to=${date}`;
    const { items } = z
      .object({ items: z.array(z.looseObject({ id: z.string() })) })
      .parse((await house.call(path)).body);
    return items.map(({ id }) => id);
  }
  /** A day of its own with three sessions of ten places, and so many sold in each. */
  async function day(name: string, sold: readonly number[], policy: Record<string, unknown> = {}): Promise<Day> {
    const date = addDays(today, 20 + (days += 1));
    const ids = await calendar(name, date, { approvalAbovePercent: 100, ...policy });
    const holds = await Promise.all(ids.map(async (id, index) => house.placed(id, sold[index] ?? 0)));
    for (const hold of holds) await house.confirm(hold);
    const all = sold.reduce((sum, count) => sum + count, 0);
    await eventually('sold', async () => {
      const { sessions } = await counters({ date, ids });
      return sessions.reduce((sum, session) => sum + session.sold, 0) === all;
    });
    return { date, ids };
  }
  const lowered = ({ date }: Day, dayCapacity: number): Promise<unknown> =>
    calendar(`max${dayCapacity}${date.replaceAll('-', '')}`, date, { dayCapacity, capacity: 1 });

  const at = ({ date }: Pick<Day, 'date'>): string => `/api/v1/site-days/${SITE}/${date}`;
  const reduce = (of: Pick<Day, 'date'>, more: More = {}): Promise<Reply> =>
    house.call(`${at(of)}/reductions`, { json: { reason: 'works' }, ...more });
  const propose = (of: Day, more: More = {}): Promise<Reply> =>
    house.call(`${at(of)}/reduction-proposals`, { json: { reason: 'works', decideWithinHours: 12 }, ...more });
  const approve = (of: Day, id: string, apiKey: string, instance = 0): Promise<Reply> =>
    house.call(`${at(of)}/reduction-proposals/${id}/approval`, { method: 'POST', apiKey, instance });
  const plan = async (of: Day): Promise<unknown> => (await house.call(`${at(of)}/reduction-plan`)).body;
  async function counters(of: Day): Promise<z.output<typeof dayShape>> {
    const found = dayShape.parse((await house.call(at(of))).body);
    expect(found.balanced, 'balanced').to.equal(true);
    const sessions = of.ids.flatMap((id) => found.sessions.filter((session) => session.id === id));
    return { ...found, sessions };
  }
  const told = ({ ids }: Day): number[] =>
    ids.map((id) => house.reduced.filter(({ sessionId }) => sessionId === id).length);
  const onceEach = async (of: Day, wanted: readonly number[]): Promise<void> => {
    await eventually('told', () => told(of).join() === wanted.join());
    expect((await settled('told once', () => told(of).join(), 300)).split(',').map(Number)).to.deep.equal(wanted);
  };
  const code = ({ status, body }: Reply): readonly unknown[] => [
    status,
    z.looseObject({ code: z.string() }).parse(body).code,
  ];

  it('INV-05 sells nothing more meanwhile, gives up what is over in proportion, once, and shows how far it is', async () => {
    const of = await day('pro', [8, 4, 4]);
    await lowered(of, 12);
    const [first = '', second = '', third = ''] = of.ids;
    const refused = await house.place(second, 1);
    await eventually('the day is full', () => house.answers.get(refused) === 'day-full');
    expect(await plan(of))
      .to.deep.include({ over: 4, going: 0, left: 0 })
      .and.nested.include({ 'sessions[0].id': first, 'sessions[0].from': 10, 'sessions[0].capacity': 6 })
      .and.nested.include({ 'sessions[0].gives': 2, 'sessions[0].places': 2, 'sessions[0].needsApproval': false });
    expect((await counters(of)).sessions[0], 'a plan writes nothing').to.include({ capacity: 10, shrink: 0 });
    const key = freshKey();
    const answers = await Promise.all([0, 1, 0].map((instance) => reduce(of, { key, instance })));
    expect(answers.map(({ status }) => status)).to.deep.equal([201, 201, 201]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).to.equal(1);
    const { sessions } = answerShape.parse(answers[0]?.body);
    expect(sessions.map(({ id, capacity, places }) => ({ id, capacity, places }))).to.deep.equal([
      { id: first, capacity: 6, places: 2 },
      { id: second, capacity: 3, places: 1 },
      { id: third, capacity: 3, places: 1 },
    ]);
    expect((await counters(of)).sessions.map(({ shrink, planned }) => [shrink, planned])).to.deep.equal([
      [2, 2],
      [1, 1],
      [1, 1],
    ]);
    await onceEach(of, [1, 1, 1]);
    for (const { id, disruptionId, places } of sessions)
      expect(house.reduced.find(({ sessionId }) => sessionId === id)).to.include({ disruptionId, places });
    expect(await plan(of)).to.deep.equal({ over: 4, going: 4, left: 0, sessions: [] });
    const another = await reduce(of, { instance: 1 });
    expect(code(another)).to.deep.equal([409, 'inventory.day-not-over']);
    expect(another.body).to.include({ over: 4, going: 4 });
    await onceEach(of, [1, 1, 1]);
  });

  it('comes within its maximum as places come back, and sells again only then', async () => {
    const date = addDays(today, 20 + (days += 1));
    const ids = await calendar('bac', date, { approvalAbovePercent: 100 });
    const of = { date, ids };
    const [first = '', second = ''] = ids;
    const holds = [await house.placed(first, 1), await house.placed(first, 3), await house.placed(second, 2)];
    for (const hold of holds.slice(1)) await house.confirm(hold);
    await eventually(
      'sold',
      async () =>
        (await counters(of)).sessions
          .slice(0, 2)
          .map(({ sold }) => sold)
          .join() === '3,2',
    );
    await lowered(of, 4);
    // The held place first, then the larger of the two.
    const { sessions } = answerShape.parse((await reduce(of)).body);
    expect(sessions.map(({ id, capacity, places }) => [id, capacity, places])).to.deep.equal([[first, 2, 1]]);
    await house.release(holds[0] ?? '');
    await eventually('one is gone', async () => (await counters(of)).over === 1);
    expect(await plan(of)).to.deep.equal({ over: 1, going: 1, left: 0, sessions: [] });
    await house.release(holds[1] ?? '', 'refunded');
    await eventually('within', async () => (await counters(of)).over === 0);
    const again = await house.placed(second, 2);
    expect(house.answers.get(again)).to.equal('granted');
  });

  it('more than one person may decide is refused with the share, proposed by one and carried out by another, once', async () => {
    const of = await day('two', [9, 9, 9], { approvalAbovePercent: 30 });
    await lowered(of, 15);
    const alone = await reduce(of);
    expect(code(alone)).to.deep.equal([409, 'inventory.capacity-needs-approval']);
    expect(alone.body).to.include({ percent: 30 });
    expect((await propose(of, { apiKey: house.clerk })).status).to.equal(403);
    const key = freshKey();
    deaths.set('afterStep', 1);
    expect((await propose(of, { key })).status).to.equal(500);
    const [proposed, again] = [await propose(of, { key, instance: 1 }), await propose(of, { key })];
    expect([proposed.status, again]).to.deep.equal([201, proposed]);
    const { id, sessions } = proposalShape.parse(proposed.body);
    expect(sessions).to.deep.equal(of.ids.map((session) => ({ id: session, capacity: 5 })));
    const reused = await house.call(`${at(of)}/reduction-proposals`, { json: { reason: 'another' }, key });
    expect(code(reused)).to.deep.equal([422, 'platform.idempotency-key-reused']);
    expect(
      (await counters(of)).sessions.map(({ shrink }) => shrink),
      'nothing is lowered yet',
    ).to.deep.equal([0, 0, 0]);
    expect(code(await approve(of, id, house.manager))).to.deep.equal([409, 'inventory.own-proposal']);
    expect(code(await approve(of, 'cpr_0a1b', house.otherManager))).to.deep.equal([404, 'inventory.unknown-proposal']);
    expect((await approve(of, id, house.clerk)).status).to.equal(403);
    expect((await approve(of, id, house.foreigner)).status).to.equal(404);
    deaths.set('afterStep', 1);
    expect((await approve(of, id, house.otherManager)).status).to.equal(500);
    const answers = await Promise.all([0, 1].map((instance) => approve(of, id, house.otherManager, instance)));
    expect(answers.map(({ status }) => status)).to.deep.equal([201, 201]);
    expect(answerShape.parse(answers[0]?.body).sessions.map(({ capacity }) => capacity)).to.deep.equal([5, 5, 5]);
    expect(answers[1]?.body).to.deep.equal(answers[0]?.body);
    await onceEach(of, [1, 1, 1]);
    expect((await counters(of)).sessions.map(({ shrink, planned }) => [shrink, planned])).to.deep.equal([
      [4, 4],
      [4, 4],
      [4, 4],
    ]);
  });

  it('an approval takes no more than is over when it comes, and a plain proposal is not a plan', async () => {
    const date = addDays(today, 20 + (days += 1));
    const ids = await calendar('les', date, {});
    const of = { date, ids };
    const holds = [];
    for (const id of ids.slice(0, 2)) holds.push(await house.placed(id, 8), await house.placed(id, 2));
    for (const hold of holds) await house.confirm(hold);
    await eventually('sold', async () => (await counters(of)).sessions.slice(0, 2).every(({ sold }) => sold === 10));
    await lowered(of, 8);
    const { id } = proposalShape.parse((await propose(of)).body);
    await house.release(holds[1] ?? '', 'refunded');
    await house.release(holds[3] ?? '', 'refunded');
    await eventually('fewer are over', async () => (await counters(of)).over === 8);
    const { sessions } = answerShape.parse((await approve(of, id, house.otherManager)).body);
    expect(sessions.map(({ capacity, places }) => [capacity, places])).to.deep.equal([
      [4, 4],
      [4, 4],
    ]);
    const plain = await house.call(`/api/v1/sessions/${ids[2]}/capacity-proposals`, {
      json: { capacity: 1, reason: 'works' },
    });
    const refused = await approve(of, z.looseObject({ id: z.string() }).parse(plain.body).id, house.otherManager);
    expect(code(refused)).to.deep.equal([404, 'inventory.unknown-proposal']);
  });

  it('PLA-41 killed after the first of three sessions, the same request completes the rest, and none twice', async () => {
    const of = await day('die', [6, 6, 6]);
    await lowered(of, 9);
    const key = freshKey();
    deaths.set('afterStep', 1);
    expect((await reduce(of, { key })).status).to.equal(500);
    expect(
      (await counters(of)).sessions.map(({ shrink }) => shrink),
      'decided as a whole',
    ).to.deep.equal([3, 3, 3]);
    expect(await settled('one is told', () => told(of).join(), 300)).to.equal('1,0,0');
    const answers = await Promise.all([0, 1].map((instance) => reduce(of, { key, instance })));
    expect(answers.map(({ status }) => status)).to.deep.equal([201, 201]);
    expect(answerShape.parse(answers[0]?.body).sessions).to.have.length(3);
    await onceEach(of, [1, 1, 1]);
    expect((await counters(of)).sessions.map(({ shrink }) => shrink)).to.deep.equal([3, 3, 3]);
  });

  it('killed before any session has followed, whoever asks next completes it and reduces nothing besides', async () => {
    const of = await day('nex', [6, 6, 6]);
    await lowered(of, 9);
    deaths.set('afterCounters', 1);
    expect((await reduce(of)).status).to.equal(500);
    expect(code(await reduce(of, { instance: 1 }))).to.deep.equal([409, 'inventory.day-not-over']);
    await onceEach(of, [1, 1, 1]);
  });

  it('two people at the same moment reduce it once', async () => {
    const of = await day('rac', [6, 6, 6]);
    await lowered(of, 9);
    const apiKeys = [house.manager, house.otherManager];
    const answers = await Promise.all(apiKeys.map((apiKey, instance) => reduce(of, { apiKey, instance })));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).to.deep.equal([201, 409]);
    await onceEach(of, [1, 1, 1]);
    expect((await counters(of)).sessions.map(({ shrink }) => shrink)).to.deep.equal([3, 3, 3]);
  });

  it('PLA-31 a day that is not over, not there, or another tenant’s, and a key for another wish, are refused', async () => {
    const of = await day('ref', [2, 2, 2]);
    for (const [language, text] of [
      ['zh-CN', '该日超出最大承载量 0 个名额，其中 0 个已有减容或取消安排。'],
      ['en', '0 places are given out beyond the day’s maximum, and 0 of them are on their way out already.'],
    ] as const) {
      const refused = await reduce(of, { language });
      expect(code(refused)).to.deep.equal([409, 'inventory.day-not-over']);
      expect(refused.body).to.include({ detail: text });
    }
    expect(code(await propose(of))).to.deep.equal([409, 'inventory.day-not-over']);
    expect(code(await reduce({ date: '2020-01-01' }))).to.deep.equal([404, 'platform.not-found']);
    const elsewhere = await house.call(`/api/v1/site-days/sit_0000/${of.date}/reductions`, {
      json: { reason: 'works' },
    });
    expect(code(elsewhere)).to.deep.equal([404, 'platform.not-found']);
    await lowered(of, 3);
    expect(code(await reduce(of, { apiKey: house.foreigner }))).to.deep.equal([404, 'platform.not-found']);
    expect((await house.call(`${at(of)}/reduction-plan`, { apiKey: house.foreigner })).status).to.equal(404);
    expect((await reduce(of, { apiKey: house.clerk })).status).to.equal(403);
    const key = freshKey();
    expect((await reduce(of, { key })).status).to.equal(201);
    const reused = await house.call(`${at(of)}/reductions`, { json: { reason: 'flood' }, key });
    expect(code(reused)).to.deep.equal([422, 'platform.idempotency-key-reused']);
  });

  describe('when time has passed', () => {
    const HOUR = 3_600_000;
    // The last ones: instances whose clocks are ahead also send and ask ahead of time.
    it('sessions that have begun give up nothing, and none is asked when all have', async () => {
      const of = await day('beg', [4, 4, 4]);
      await lowered(of, 9);
      const from = (time: string): number => new Date(`${of.date}T${time}:00+08:00`).getTime() - Date.now();
      const [noon, evening] = [from('12:30'), from('20:30')];
      await house.start('inventory-3', { clock: () => new Date(Date.now() + noon) });
      await house.start('inventory-4', { clock: () => new Date(Date.now() + evening) });
      const none = await reduce(of, { instance: 3 });
      expect(code(none)).to.deep.equal([409, 'inventory.no-session-ahead']);
      expect(none.body).to.include({ over: 3 });
      const { sessions } = answerShape.parse((await reduce(of, { instance: 2 })).body);
      expect(sessions.map(({ id, capacity }) => [id, capacity])).to.deep.equal([[of.ids[2], 1]]);
    });

    it('a day that is past is not reduced', async () => {
      const of = await day('pas', [4, 4, 4]);
      await lowered(of, 9);
      await house.start('inventory-5', { clock: () => new Date(Date.now() + 60 * 24 * HOUR) });
      const refused = await reduce(of, { instance: 4 });
      expect(code(refused)).to.deep.equal([409, 'inventory.day-past']);
      expect(code(await propose(of, { instance: 4 }))).to.deep.equal([409, 'inventory.day-past']);
      expect((await counters(of)).sessions.map(({ shrink }) => shrink)).to.deep.equal([0, 0, 0]);
    });
  });
});
