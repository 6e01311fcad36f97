// A reduction meets what else happens on the counters (INV-20): holds being granted, a line being served, held places that are paid for
// after all. Each race is placed exactly, with the guard on, and off, where it must show.
import { DomainError } from '@tongpiao/kernel';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { disruptionOf } from '../session/session.decider.ts';
import { loweredDay } from '../session/reduction.policy.ts';
import { completeSteps, decideOnCounters, decideOnDay, type CountersParts } from '../session/session-steps.ts';
import { reducedTo, unplannedOf, withPlan } from '../site-day/capacity.policy.ts';
import { balanced } from '../site-day/counters.policy.ts';
import { decideBatch } from '../site-day/site-day.decider.ts';
import type { HoldRequest, SessionCounters, SessionStep, SiteDay } from '../site-day/site-day.ts';
import type { SiteDayStore } from '../site-day/site-day.store.ts';
import {
  confirm,
  DATE,
  giveBack,
  HoldsTrial,
  nothingTakenBack,
  logger,
  origin,
  place,
  placeOrWait,
  scope,
  type Instance,
} from './holds-trial.fixture.ts';
import { Scope } from '@tongpiao/persistence';
import { completePending } from './complete-pending.ts';
import { planReductions } from './plan-reductions.ts';

const NOW = new Date('2026-11-20T08:00:00Z');

describe('reductions meet holds', function () {
  this.timeout(60_000);
  const trial = new HoldsTrial();
  before(() => trial.open());
  afterEach(() => trial.rest());
  after(() => trial.close());

  const countersOf = (siteDay: SiteDay, sessionId: string): SessionCounters => {
    const counters = siteDay.sessions[sessionId];
    if (counters === undefined) throw new Error('no session');
    return counters;
  };
  const reducedBy = (counters: SessionCounters, target: number): SessionCounters => {
    const reduced = reducedTo(counters, target);
    if (reduced === 'cancelled') throw new Error('cancelled');
    return reduced;
  };
  const parts = (instance: Instance): CountersParts => ({
    sessions: instance.sessions,
    siteDays: instance.siteDays,
    moved: () => undefined,
    clock: () => NOW,
  });

  it('INV-20 taken back while a ticket comes back: both are counted once, and who completes it late changes nothing', async () => {
    const instance = await trial.start();
    const sessionId = await trial.session(instance, 'bak', 4);
    const ids = ['baka', 'bakb', 'bakc', 'bakd'];
    await trial.send(ids.map((id) => place(id, [{ sessionId, quantity: 1 }])));
    await trial.answered(ids);
    await trial.send(ids.map((id) => confirm(id)));
    await eventually('sold', async () => countersOf(await trial.counters(instance, 'bak'), sessionId).sold === 4);
    const before = await trial.quiet(instance, 'bak');
    const reduced = withPlan(reducedBy(countersOf(before, sessionId), 1), 3);
    const plan = { reason: 'works', decideWithinHours: 48, decideBy: NOW.toISOString(), fingerprint: 'f' };
    const command = { type: 'ReduceSession', disruptionId: 'dis_b', capacity: 1, places: 3, ...plan } as const;
    const step = { id: 'dis_b', sessionId, command, origin };
    expect(await instance.siteDays.rewrite(scope, before, [{ sessionId, counters: reduced, step }], NOW)).to.equal(
      true,
    );
    await completeSteps(parts(instance), scope, await trial.counters(instance, 'bak'));
    const back = (takenBack: number): SessionStep => {
      const restored = { restoreId: 'rst_b', places: takenBack };
      return {
        id: 'rst_b',
        sessionId,
        origin,
        command: { type: 'ChangeCapacity', capacity: 3, reason: 'done', restored },
      };
    };
    await Promise.all([
      trial.send([giveBack('baka', sessionId, 1, 'rfd_1')]),
      instance.siteDays.changeCapacity(scope, before.id, sessionId, 1, 3, back),
    ]);
    const after = await trial.quiet(instance, 'bak');
    const { capacity, available, sold, planned = 0 } = countersOf(after, sessionId);
    expect([capacity, available, sold, planned]).to.deep.equal([3, 0, 3, 0]);
    for (let times = 0; times < 2; times += 1) await completeSteps(parts(instance), scope, after);
    await instance.sessions.handle(scope, sessionId, { type: 'ChangeCapacity', capacity: 4, reason: 'more' });
    await completeSteps(parts(instance), scope, after);
    expect((await instance.sessions.load(scope, sessionId))?.state).to.include({ capacity: 4 });
    // Three were asked for, one has come back: taken back are two or three, whichever of the two was counted first.
    await eventually('told', () => trial.restored.length > 0);
    await settled('told once', () => trial.restored.length, 300);
    expect(trial.restored).to.have.length(1);
    expect(trial.restored[0]?.places).to.be.within(2, 3);
  });

  for (const guard of ['on', 'off'] as const) {
    const control = guard === 'off' ? 'negative control: with the guard off, ' : 'INV-20 ';
    it(`${control}capacity lowered while holds are being granted: ${guard === 'on' ? 'the later of the two decides again' : 'the counters break'}`, async () => {
      const name = `low${guard}`;
      const instance = await trial.start({ guard });
      const sessionId = await trial.session(instance, name, 5);
      await trial.send([place(`${name}a`, [{ sessionId, quantity: 3 }])]);
      await trial.answered([`${name}a`]);
      const before = await trial.quiet(instance, name);
      const hold = {
        holdId: 'hld_b',
        orderId: 'ord_b',
        channel: 'web',
        expiresAt: NOW.toISOString(),
        lines: [{ sessionId, siteDay: before.id, quantity: 2 }],
      };
      const request: HoldRequest = { kind: 'place', hold };
      const { change } = decideBatch(before, () => undefined, [request]);
      const counters = reducedBy(countersOf(before, sessionId), 1);
      expect(await instance.siteDays.rewrite(scope, before, [{ sessionId, counters }], NOW)).to.equal(true);
      const granted = change !== undefined && (await instance.siteDays.decide(scope, before, change, NOW));
      expect(granted).to.equal(guard === 'off');
      const after = await trial.counters(instance, name);
      expect(balanced(countersOf(after, sessionId))).to.equal(guard === 'on');
      if (guard === 'off') return;
      expect(decideBatch(after, () => undefined, [request]).outcomes[0]).to.include({ reason: 'sold-out' });
      expect(countersOf(after, sessionId)).to.include({ capacity: 3, available: 0, held: 3, shrink: 2 });
    });

    it(`${control}reduction while the line is served: ${guard === 'on' ? 'the later of the two decides again' : 'the served place is lost'}`, async () => {
      const name = `lin${guard}`;
      const instance = await trial.start({ guard });
      const sessionId = await trial.session(instance, name, 2);
      await trial.send([
        place(`${name}a`, [{ sessionId, quantity: 2 }]),
        placeOrWait(`${name}b`, [{ sessionId, quantity: 1 }]),
      ]);
      await trial.answered([`${name}a`, `${name}b`]);
      const full = await trial.quiet(instance, name);
      await instance.siteDays.changeCapacity(scope, full.id, sessionId, 2, 3, nothingTakenBack);
      const before = await trial.counters(instance, name);
      const counters = reducedBy(countersOf(before, sessionId), 1);
      const { change } = decideBatch(before, () => undefined, []);
      expect(change !== undefined && (await instance.siteDays.decide(scope, before, change, NOW))).to.equal(true);
      const reduced = await instance.siteDays.rewrite(scope, before, [{ sessionId, counters }], NOW);
      expect(reduced).to.equal(guard === 'off');
      const after = await trial.counters(instance, name);
      // Three are promised a place; with the guard off the counters know of two.
      expect(countersOf(after, sessionId).held).to.equal(guard === 'on' ? 3 : 2);
      if (guard === 'off') return;
      const again = reducedBy(countersOf(after, sessionId), 1);
      expect(await instance.siteDays.rewrite(scope, after, [{ sessionId, counters: again }], NOW)).to.equal(true);
      expect(countersOf(await trial.counters(instance, name), sessionId)).to.include({
        capacity: 3,
        available: 0,
        held: 3,
        shrink: 2,
      });
    });
  }

  /** Sold four of four in each session, and the day's maximum lowered. */
  async function overfull(instance: Instance, names: readonly string[], dayMax: number): Promise<readonly string[]> {
    const [beside = ''] = names;
    const ids: string[] = [];
    for (const name of names) ids.push(await trial.session(instance, name, 4, { beside, dayCapacity: 100 }));
    await trial.send(ids.map((sessionId, index) => place(`${beside}${index}`, [{ sessionId, quantity: 4 }])));
    await trial.answered(ids.map((_, index) => `${beside}${index}`));
    await trial.send(ids.map((_, index) => confirm(`${beside}${index}`)));
    await eventually('sold', async () => (await trial.counters(instance, beside)).day?.sold === ids.length * 4);
    const { id } = await trial.quiet(instance, beside);
    await instance.siteDays.limitDay(scope, id, { site: dayMax });
    return ids;
  }
  const reduceDay = (
    on: CountersParts,
    day: string,
    by: string,
    meanwhile?: () => Promise<unknown>,
  ): Promise<unknown> =>
    decideOnDay(
      on,
      scope,
      day,
      (sessions) =>
        sessions.filter((state) => disruptionOf(state, `${by}:${state.id}`) !== undefined).length || undefined,
      async (siteDay, sessions) => {
        const at = { now: NOW, today: '2026-11-20', date: DATE };
        const lower = loweredDay(siteDay, sessions, at);
        await meanwhile?.();
        return lower.map(({ session, counters, capacity, places }) => {
          const id = `${by}:${session.id}`;
          const plan = { disruptionId: id, capacity, places, reason: 'works', decideWithinHours: 48, fingerprint: by };
          const command = { type: 'ReduceSession', ...plan, decideBy: NOW.toISOString() } as const;
          return { sessionId: session.id, id, counters, command };
        });
      },
    );
  const killed = {
    at(point: string): void {
      if (point === 'afterStep') throw new Error('killed');
    },
  };
  const toldOf = (ids: readonly string[]): readonly number[] =>
    ids.map((id) => trial.reduced.filter(({ sessionId }) => sessionId === id).length);

  for (const guard of ['on', 'off'] as const) {
    const control = guard === 'off' ? 'negative control: with the guard off, ' : 'INV-20 ';
    it(`${control}a day reduced by two people at once: ${guard === 'on' ? 'the later one finds nothing over' : 'its holders are sent home twice'}`, async () => {
      const instance = await trial.start({ guard });
      const ids = await overfull(instance, [`day${guard}a`, `day${guard}b`], 4);
      const { id: day } = await trial.counters(instance, `day${guard}a`);
      const another = (): Promise<unknown> => reduceDay(parts(instance), day, `second${guard}`);
      const first = reduceDay(parts(instance), day, `first${guard}`, another).then(
        () => 'reduced',
        (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
      );
      expect(await first).to.equal(guard === 'on' ? 'inventory.day-not-over' : 'reduced');
      const times = guard === 'on' ? 1 : 2;
      await eventually('told', () => toldOf(ids).every((count) => count === times));
    });
  }

  it('PLA-41 a reduction of a day that died after its first session is completed by the sweep, though nobody asks again', async () => {
    const instance = await trial.start();
    const ids = await overfull(instance, ['swea', 'sweb', 'swec'], 6);
    const { id: day } = await trial.counters(instance, 'swea');
    const death = await reduceDay({ ...parts(instance), faults: killed }, day, 'sweep').catch(
      (error: unknown) => error,
    );
    expect(death).to.be.instanceOf(Error).and.include({ message: 'killed' });
    await eventually('one is told', () => toldOf(ids).join() === '1,0,0');
    let round: (() => Promise<void>) | undefined;
    const { siteDays, holds, sessions } = instance;
    completePending(
      {
        logger,
        clock: () => new Date(NOW.getTime() + 120_000),
        acrossTenants: (reason) => Scope.acrossTenants(reason, origin, logger),
        every: (_name, _everyMs, task) => {
          round = task;
        },
      },
      { siteDays, holds, sessions, moved: () => undefined },
    );
    await round?.();
    await eventually('all are told', () => toldOf(ids).join() === '1,1,1');
    await round?.();
    const after = await trial.quiet(instance, 'swea');
    expect(after.steps ?? []).to.deep.equal([]);
    expect(ids.map((id) => countersOf(after, id))).to.deep.equal(
      ids.map(() => ({ capacity: 4, available: 0, held: 0, sold: 4, status: 'open', shrink: 2, planned: 2 })),
    );
    expect(toldOf(ids)).to.deep.equal([1, 1, 1]);
  });

  it('PLA-32 the same request that looks while only one session of the day has followed answers for all of them', async () => {
    const instance = await trial.start();
    const ids = await overfull(instance, ['sama', 'samb', 'samc'], 6);
    const { id: day } = await trial.counters(instance, 'sama');
    let meanwhile: Promise<unknown> | undefined;
    const load: SiteDayStore['load'] = async (...asked) => {
      const found = await instance.siteDays.load(...asked);
      meanwhile ??= reduceDay({ ...parts(instance), faults: killed }, day, 'same').catch(() => undefined);
      await meanwhile;
      return found;
    };
    const late = { ...parts(instance), siteDays: { ...instance.siteDays, load } };
    expect(await reduceDay(late, day, 'same')).to.equal(3);
    await eventually('all are told', () => toldOf(ids).join() === '1,1,1');
  });

  it('INV-20 held places that are paid for after all get a plan as well, and a session that has shrunk is checked off', async () => {
    const instance = await trial.start();
    const sessionId = await trial.session(instance, 'pla', 4);
    const ids = ['plaa', 'plab', 'plac', 'plad'];
    await trial.send(ids.map((id) => place(id, [{ sessionId, quantity: 1 }])));
    await trial.answered(ids);
    await trial.send(ids.slice(0, 2).map((id) => confirm(id)));
    await eventually('sold', async () => countersOf(await trial.counters(instance, 'pla'), sessionId).sold === 2);
    await trial.quiet(instance, 'pla');
    const facts = {
      disruptionId: 'dis_1',
      capacity: 1,
      reason: 'works',
      decideBy: NOW.toISOString(),
      fingerprint: 'f',
    };
    await decideOnCounters(
      parts(instance),
      scope,
      { sessionId, id: 'dis_1' },
      (state) => disruptionOf(state, 'dis_1'),
      (_state, counters) => {
        const reduced = reducedBy(counters, 1);
        const places = unplannedOf(reduced);
        return {
          counters: withPlan(reduced, places),
          command: { type: 'ReduceSession', ...facts, decideWithinHours: 48, places },
        };
      },
    );
    await eventually('one is told', () => trial.reduced.some(({ places }) => places === 1));
    let round: (() => Promise<void>) | undefined;
    planReductions(
      {
        acrossTenants: (reason) => Scope.acrossTenants(reason, origin, logger),
        every: (_name, _everyMs, task) => {
          round = task;
        },
      },
      parts(instance),
    );
    await round?.();
    expect(countersOf(await trial.counters(instance, 'pla'), sessionId)).to.include({ shrink: 3, planned: 1, held: 2 });
    await trial.send(ids.slice(2).map((id) => confirm(id)));
    await eventually('paid', async () => countersOf(await trial.counters(instance, 'pla'), sessionId).sold === 4);
    await round?.();
    await round?.();
    await eventually('two more are told', () => trial.reduced.some(({ places }) => places === 2));
    expect(trial.reduced.filter((one) => one.sessionId === sessionId)).to.have.length(2);
    const told = trial.reduced.find(({ places }) => places === 2);
    expect(told).to.include({ reason: 'works', decideBy: '2026-11-22T08:00:00.000Z' });
    await trial.quiet(instance, 'pla');
    expect(countersOf(await trial.counters(instance, 'pla'), sessionId)).to.include({ shrink: 3, planned: 3 });
    await trial.send(ids.slice(0, 3).map((id) => giveBack(id, sessionId, 1, `rfd_${id}`)));
    await eventually('shrunk', async () => countersOf(await trial.counters(instance, 'pla'), sessionId).capacity === 1);
    await round?.();
    const { siteDays } = instance;
    expect((await siteDays.shrinking(scope, DATE, 10)).map(({ siteDay }) => siteDay.id)).to.not.include(
      trial.dayOf('pla'),
    );
    const end = countersOf(await trial.quiet(instance, 'pla'), sessionId);
    expect(end).to.deep.equal({ capacity: 1, available: 0, held: 0, sold: 1, status: 'open' });
  });
});
