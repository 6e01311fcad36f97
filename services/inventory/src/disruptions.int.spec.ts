// Cancelling and reducing sessions that people hold tickets for (INV-20, INV-21), as inventory runs: over HTTP, in two instances, with
// holds being granted meanwhile and with a crash between the counters and the session.
import { addDays } from '@tongpiao/kernel';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { InventoryHouse, PRODUCT, SITE, today, type Item, type Reply } from './inventory-house.fixture.ts';

const countersShape = z.object({
  balanced: z.boolean(),
  pending: z.number(),
  sessions: z.array(z.looseObject({ id: z.string(), status: z.string() })),
});
const reductionShape = z.object({ disruptionId: z.string(), decideBy: z.string(), places: z.number().optional() });

/** Calendars that let one person lower a session as far as they like. */
const ALONE = { approvalAbovePercent: 100 };

describe('inventory: disruptions', function () {
  this.timeout(60_000);
  const house = new InventoryHouse();
  let deaths = 0;
  before(() =>
    house.open(2, {
      stepFaults: {
        at() {
          if (deaths === 0) return;
          deaths -= 1;
          throw new Error('killed after the counters');
        },
      },
    }),
  );
  after(() => house.close());

  const post = (
    item: Item,
    what: string,
    json: unknown,
    more: { key?: string; apiKey?: string; instance?: number } = {},
  ): Promise<Reply> => house.call(`/api/v1/sessions/${item.id}/${what}`, { json, ...more });
  const cancel = (item: Item, more: { key?: string; apiKey?: string; instance?: number } = {}): Promise<Reply> =>
    post(item, 'cancellation', { reason: 'gale' }, more);
  const reduce = (item: Item, capacity: number, more: { key?: string; instance?: number } = {}): Promise<Reply> =>
    post(item, 'reductions', { capacity, reason: 'works' }, more);
  async function counters(item: Item): Promise<Record<string, unknown>> {
    const { body } = await house.call(`/api/v1/site-days/${SITE}/${item.date}`);
    const { sessions, balanced } = countersShape.parse(body);
    expect(balanced, 'balanced').to.equal(true);
    const found = sessions.find(({ id }) => id === item.id);
    if (found === undefined) throw new Error('no session');
    return found;
  }
  async function sold(item: Item, count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) ids.push(await house.placed(item.id));
    for (const id of ids) await house.confirm(id);
    await eventually('sold', async () => (await counters(item))['sold'] === count);
    return ids;
  }

  describe('INV-21 cancellation', () => {
    it('closes for good, refuses the line, tells sales, and answers the same however often it is asked', async () => {
      const item = await house.one('can', 3, true);
      const [first = ''] = await sold(item, 2);
      await house.placed(item.id);
      const waiting = await house.place(item.id, 1, true);
      await eventually('in line', () => house.answers.get(waiting) === 'queued');
      const key = freshKey();
      const asked = await Promise.all([0, 1, 0].map((instance) => cancel(item, { key, instance })));
      const other = await cancel(item);
      expect([...asked, other].map(({ status }) => status)).to.deep.equal([201, 201, 201, 201]);
      expect(new Set([...asked, other].map(({ body }) => JSON.stringify(body))).size).to.equal(1);
      await eventually('told', () => house.cancelled.some(({ sessionId }) => sessionId === item.id));
      const told = house.cancelled.filter(({ sessionId }) => sessionId === item.id);
      const { disruptionId, decideBy } = reductionShape.parse(other.body);
      expect(told).to.have.length(1);
      expect(told[0]).to.include({ disruptionId, decideBy, reason: 'gale', date: item.date, startsAt: item.startsAt });
      const hours = (new Date(decideBy).getTime() - Date.now()) / 3_600_000;
      expect(hours).to.be.within(0, 48);
      expect(new Date(decideBy).getTime()).to.be.at.most(new Date(item.startsAt).getTime());
      expect(house.changes.findLast(({ sessionId }) => sessionId === item.id)).to.include({
        status: 'closed',
        cancelled: true,
      });
      await eventually('the line is refused', () => house.answers.get(waiting) === 'session-closed');
      await house.release(first, 'refunded');
      await eventually('a place came back', async () => (await counters(item))['sold'] === 1);
      const late = await house.place(item.id, 1, true);
      await eventually('nobody gets it', () => house.answers.get(late) === 'session-closed');
      expect(await counters(item)).to.include({ status: 'cancelled', capacity: 3, available: 1, held: 1, waiting: 0 });
      expect((await house.again('can')).status).to.equal('cancelled');
      const shown = house.figures.findLast(({ sessions }) => sessions.some(({ sessionId }) => sessionId === item.id));
      expect(shown?.sessions.find(({ sessionId }) => sessionId === item.id)?.available).to.equal(0);
    });

    it('INV-05 frees the places of a full day at once for its other sessions, and the day and all figures say so', async () => {
      const date = addDays(today, 25);
      const slots = [0, 1].map((slot) => ({ from: `1${slot}:00`, to: `1${slot}:50`, capacity: 10 }));
      const weekly = [{ weekdays: [1, 2, 3, 4, 5, 6, 7], slots }];
      const productId = `${PRODUCT}day`;
      const facts = { productId, siteId: SITE, weekly, exceptions: [], from: date, until: date, horizonDays: 400 };
      const opened = await house.call('/api/v1/session-calendars', { json: { ...facts, dayCapacity: 3 } });
      expect(opened.status).to.equal(201);
      const [gone, other] = await house.list(productId);
      if (gone === undefined || other === undefined) throw new Error('two sessions');
      await sold(gone, 2);
      await house.placed(gone.id);
      const refused = await house.place(other.id);
      await eventually('the day is full', () => house.answers.get(refused) === 'day-full');
      expect((await cancel(gone)).status).to.equal(201);
      expect(await counters(gone)).to.include({ status: 'cancelled', held: 1, sold: 2, outsideDay: true });
      const dayShape = z.looseObject({ day: z.unknown(), over: z.number() });
      const shown = dayShape.parse((await house.call(`/api/v1/site-days/${SITE}/${date}`)).body);
      expect(shown).to.deep.include({ day: { capacity: 3, available: 3, held: 0, sold: 0 }, over: 0 });
      const figure = (): unknown =>
        house.figures.flatMap(({ sessions }) => sessions).findLast(({ sessionId }) => sessionId === other.id)
          ?.available;
      await eventually('others see it', () => figure() === 3);
      await house.placed(other.id, 3);
      const beyond = await house.place(other.id);
      await eventually('and no more than the day takes', () => house.answers.get(beyond) === 'day-full');
    });

    it('cannot be undone or changed afterwards', async () => {
      const item = await house.one('fin', 3, true);
      await cancel(item);
      const now = await house.again('fin');
      const code = 'inventory.session-cancelled';
      expect((await house.patch(now, { status: 'open', reason: 'calm' })).body).to.include({ code });
      expect((await house.patch(now, { capacity: 9, reason: 'calm' })).body).to.include({ code });
      expect((await reduce(now, 1)).body).to.include({ code });
    });

    it('is refused for a session that is unknown or another tenant’s, and to who may not', async () => {
      const item = await house.one('ref', 3, true);
      const unknown = await post({ ...item, id: 'ses_0a1b2c3d4e5f6g7h8j9k' }, 'cancellation', { reason: 'gale' });
      expect(unknown).to.include({ status: 404 });
      expect(unknown.body).to.include({ code: 'inventory.unknown-session' });
      expect((await cancel(item, { apiKey: house.foreigner })).body).to.include({ code: 'inventory.unknown-session' });
      expect(await cancel(item, { apiKey: house.clerk })).to.include({ status: 403 });
      expect((await house.again('ref')).status).to.equal('open');
      expect(house.cancelled.some(({ sessionId }) => sessionId === item.id)).to.equal(false);
    });

    it('PLA-32 a key that was used for another wish is refused', async () => {
      const item = await house.one('key', 3, true);
      const key = freshKey();
      await post(item, 'cancellation', { reason: 'gale' }, { key });
      const again = await post(item, 'cancellation', { reason: 'flood' }, { key });
      expect(again.body).to.include({ code: 'platform.idempotency-key-reused' });
    });

    it('PLA-41 killed between the counters and the session, the next to ask completes what was decided', async () => {
      const item = await house.one('die', 3, true);
      deaths = 1;
      expect(await cancel(item)).to.include({ status: 500 });
      expect([(await counters(item))['status'], (await house.again('die')).status]).to.deep.equal([
        'cancelled',
        'open',
      ]);
      expect(await house.patch(await house.again('die'), { capacity: 9, reason: 'demand' })).to.include({
        status: 412,
      });
      expect((await house.again('die')).status).to.equal('cancelled');
      await eventually('told', () => house.cancelled.filter(({ sessionId }) => sessionId === item.id).length === 1);
      expect(await cancel(item)).to.include({ status: 201 });
    });
  });

  describe('INV-20 reduction', () => {
    it('takes what is free at once, and what is taken as it comes back; sales looks after sold places', async () => {
      const item = await house.one('red', 10, true, ALONE);
      const holders = await sold(item, 6);
      const held = [await house.placed(item.id), await house.placed(item.id)];
      expect((await house.patch(await house.again('red'), { capacity: 7, reason: 'works' })).body).to.include({
        code: 'inventory.capacity-below-sold',
      });
      const key = freshKey();
      const [answer, again] = [await reduce(item, 5, { key }), await reduce(item, 5, { key, instance: 1 })];
      expect(answer).to.include({ status: 201 });
      expect(again).to.deep.equal(answer);
      expect(answer.body).to.include({ capacity: 5, places: 1 });
      expect(await counters(item)).to.include({ capacity: 8, available: 0, held: 2, sold: 6, shrink: 3, planned: 1 });
      await eventually('told', () => house.reduced.filter(({ sessionId }) => sessionId === item.id).length === 1);
      const { disruptionId } = reductionShape.parse(answer.body);
      expect(house.reduced.find(({ sessionId }) => sessionId === item.id)).to.include({ disruptionId, places: 1 });
      for (const id of held) await house.release(id);
      await eventually('two are gone', async () => (await counters(item))['capacity'] === 6);
      await house.release(holders[0] ?? '', 'refunded');
      await eventually('it has shrunk', async () => (await counters(item))['capacity'] === 5);
      expect(await counters(item)).to.include({ available: 0, held: 0, sold: 5, shrink: 0, planned: 0 });
      await house.release(holders[1] ?? '', 'refunded');
      await eventually('free again', async () => (await counters(item))['available'] === 1);
      expect((await house.again('red')).capacity).to.equal(5);
    });

    it('without anybody in the way is a change of capacity, and disturbs nobody', async () => {
      const item = await house.one('fre', 10, true, ALONE);
      expect((await reduce(item, 6)).body).to.include({ capacity: 6, places: 0 });
      expect(await counters(item)).to.include({ capacity: 6, available: 6, shrink: 0 });
      const refused = await reduce(item, 6);
      expect(refused.body).to.include({ code: 'inventory.capacity-not-lower' });
      expect(house.reduced.some(({ sessionId }) => sessionId === item.id)).to.equal(false);
    });

    it('a large one is proposed with its plan by one person and carried out by the approval of another, once', async () => {
      const item = await house.one('two', 10, true);
      await sold(item, 6);
      const alone = await reduce(item, 5);
      expect(alone).to.include({ status: 409 });
      expect(alone.body).to.include({ code: 'inventory.capacity-needs-approval', percent: 30 });
      const json = { capacity: 5, reason: 'works', decideWithinHours: 12 };
      const proposal = z.looseObject({ id: z.string() }).parse((await post(item, 'capacity-proposals', json)).body);
      expect(proposal).to.include({ capacity: 5, decideWithinHours: 12 });
      expect(await post(item, 'capacity-proposals', json, { apiKey: house.clerk })).to.include({ status: 403 });
      const approve = (apiKey: string, instance = 0): Promise<Reply> =>
        house.call(`/api/v1/sessions/${item.id}/capacity-proposals/${proposal.id}/approval`, {
          method: 'POST',
          apiKey,
          instance,
        });
      expect((await approve(house.manager)).body).to.include({ code: 'inventory.own-proposal' });
      deaths = 1;
      expect(await approve(house.otherManager)).to.include({ status: 500 });
      const answers = await Promise.all([0, 1].map((instance) => approve(house.otherManager, instance)));
      expect(answers.map(({ status }) => status)).to.deep.equal([201, 201]);
      expect(await counters(item)).to.include({ capacity: 6, available: 0, sold: 6, shrink: 1, planned: 1 });
      const told = (): number => house.reduced.filter(({ sessionId }) => sessionId === item.id).length;
      await eventually('told', () => told() === 1);
      expect(await settled('told once', told, 300)).to.equal(1);
      expect((await house.again('two')).proposal).to.equal(undefined);
      expect((await reduce(item, 4)).status, 'what was approved is the measure').to.equal(201);
    });

    /** What sales heard of a session: people to be looked after, and people who may stay after all. */
    const heard = (item: Item): { asked: number[]; back: number[] } => ({
      asked: house.reduced.filter(({ sessionId }) => sessionId === item.id).map(({ places }) => places),
      back: house.restored.filter(({ sessionId }) => sessionId === item.id).map(({ places }) => places),
    });
    const hears = async (item: Item, asked: readonly number[], back: readonly number[]): Promise<void> => {
      await eventually('told', () => {
        const { asked: some, back: others } = heard(item);
        return some.length >= asked.length && others.length >= back.length;
      });
      expect(JSON.parse(await settled('told once', () => JSON.stringify(heard(item)), 300))).to.deep.equal({
        asked,
        back,
      });
    };

    it('taken back and made again, sales looks after as many as are too many, and no more', async () => {
      const item = await house.one('bab', 10, true, ALONE);
      await sold(item, 10);
      await reduce(item, 8);
      expect((await house.patch(await house.again('bab'), { capacity: 10, reason: 'done' })).status).to.equal(200);
      expect(await counters(item)).to.include({ capacity: 10, available: 0, shrink: 0, planned: 0 });
      await hears(item, [2], [2]);
      await reduce(item, 8);
      expect(await counters(item)).to.include({ shrink: 2, planned: 2 });
      await hears(item, [2, 2], [2]);
      const [first, second] = house.reduced.filter(({ sessionId }) => sessionId === item.id);
      expect(house.restored.find(({ sessionId }) => sessionId === item.id)?.disruptionId).to.equal(first?.disruptionId);
      expect(second?.disruptionId).to.not.equal(first?.disruptionId);
    });

    it('taken back by a change that two people decide, sales hears of it as well', async () => {
      const item = await house.one('bat', 10, true);
      await sold(item, 10);
      await reduce(item, 7);
      const json = { capacity: 20, reason: 'more' };
      const { id } = z.looseObject({ id: z.string() }).parse((await post(item, 'capacity-proposals', json)).body);
      const approve = (instance = 0): Promise<Reply> =>
        house.call(`/api/v1/sessions/${item.id}/capacity-proposals/${id}/approval`, {
          method: 'POST',
          apiKey: house.otherManager,
          instance,
        });
      deaths = 1;
      expect(await approve()).to.include({ status: 500 });
      expect((await Promise.all([0, 1].map(approve))).map(({ status }) => status)).to.deep.equal([201, 201]);
      expect(await counters(item)).to.include({ capacity: 20, available: 10, shrink: 0, planned: 0 });
      await hears(item, [3], [3]);
    });

    it('PLA-41 killed between the counters and the session, whoever comes next tells what was taken back, once', async () => {
      const item = await house.one('bad', 6, true, ALONE);
      await sold(item, 6);
      await reduce(item, 2);
      const before = await house.again('bad');
      deaths = 1;
      expect(await house.patch(before, { capacity: 5, reason: 'done' })).to.include({ status: 500 });
      expect(await counters(item)).to.include({ shrink: 1, planned: 1 });
      expect(heard(item).back).to.deep.equal([]);
      const others = await Promise.all(
        [0, 1].map((instance) => house.patch(before, { capacity: 6, reason: 'done' }, instance)),
      );
      expect(others.map(({ status }) => status)).to.deep.equal([412, 412]);
      expect((await house.again('bad')).capacity).to.equal(5);
      await hears(item, [4], [3]);
    });

    it('can be taken back in part: the session shrinks less', async () => {
      const item = await house.one('bac', 6, true, ALONE);
      await sold(item, 6);
      await reduce(item, 2);
      expect((await house.patch(await house.again('bac'), { capacity: 5, reason: 'done' })).status).to.equal(200);
      expect(await counters(item)).to.include({ capacity: 6, available: 0, shrink: 1 });
      expect((await house.patch(await house.again('bac'), { capacity: 7, reason: 'done' })).status).to.equal(200);
      expect(await counters(item)).to.include({ capacity: 7, available: 1, shrink: 0 });
      await hears(item, [4], [3, 1]);
    });

    it('PLA-41 killed between the counters and the session, the same request completes what was decided, once', async () => {
      const item = await house.one('rdi', 6, true, ALONE);
      await sold(item, 4);
      const key = freshKey();
      deaths = 1;
      expect(await reduce(item, 3, { key })).to.include({ status: 500 });
      const answer = await reduce(item, 3, { key });
      expect(answer).to.include({ status: 201 });
      expect(answer.body).to.include({ capacity: 3, places: 1 });
      expect(await counters(item)).to.include({ capacity: 4, shrink: 1, planned: 1 });
      await eventually('told', () => house.reduced.some(({ sessionId }) => sessionId === item.id));
      await settled('told once', () => house.reduced.filter(({ sessionId }) => sessionId === item.id).length, 300);
      expect(house.reduced.filter(({ sessionId }) => sessionId === item.id)).to.have.length(1);
    });

    it('INV-20 capacity reduced while holds are being granted: what is taken stays, nothing is granted above it', async () => {
      const item = await house.one('rac', 100, true, ALONE);
      const asked: Promise<string>[] = [];
      let lowered = 100;
      for (let round = 0; round < 12; round += 1) {
        for (let index = 0; index < 6; index += 1) asked.push(house.place(item.id, 1, round % 2 === 0));
        const { status } = await reduce(item, lowered - 8, { instance: round % 2 });
        expect(status).to.equal(201);
        lowered -= 8;
        const now = await counters(item);
        expect(Number(now['capacity']) - Number(now['shrink']), 'the target').to.equal(lowered);
        if (Number(now['shrink']) > 0) expect(now['available']).to.equal(0);
      }
      const ids = await Promise.all(asked);
      await eventually('all are answered', () => ids.every((id) => house.answers.has(id)));
      const granted = ids.filter((id) => house.answers.get(id) === 'granted');
      expect((await counters(item))['held']).to.equal(granted.length);
      for (const id of granted) await house.release(id);
      const end = await eventually('nobody is in its way any more', async () => {
        const now = await counters(item);
        return now['shrink'] === 0 && Number(now['held']) + Number(now['available']) === 4 ? now : undefined;
      });
      expect(end).to.include({ capacity: 4 });
    });
  });

  describe('INV-21 a session that is over', () => {
    // The last one: an instance whose clock is ahead also sends and asks ahead of time.
    it('is neither cancelled nor reduced', async () => {
      const item = await house.one('ove', 3, true);
      await house.start('inventory-3', { clock: () => new Date(Date.now() + 5 * 86_400_000) });
      for (const answer of [await cancel(item, { instance: 2 }), await reduce(item, 1, { instance: 2 })]) {
        expect(answer).to.include({ status: 409 });
        expect(answer.body).to.include({ code: 'inventory.session-over' });
      }
      expect(await house.again('ove')).to.include({ status: 'open', capacity: 3 });
    });
  });
});
