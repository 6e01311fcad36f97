// A reduction meets what else happens on the counters (INV-20): holds being granted, a line being served, held places that are paid for
// after all. Each race is placed exactly, with the guard on, and off, where it must show.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { disruptionOf } from '../session/session.decider.ts';
import { decideOnCounters, type CountersParts } from '../session/session-steps.ts';
import { reducedTo, unplannedOf, withPlan } from '../site-day/capacity.policy.ts';
import { balanced } from '../site-day/counters.policy.ts';
import { decideBatch } from '../site-day/site-day.decider.ts';
import type { HoldRequest, SessionCounters, SiteDay } from '../site-day/site-day.ts';
import {
  confirm,
  DATE,
  giveBack,
  HoldsTrial,
  logger,
  origin,
  place,
  placeOrWait,
  scope,
  type Instance,
} from './holds-trial.fixture.ts';
import { Scope } from '@tongpiao/persistence';
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
      expect(await instance.siteDays.rewrite(scope, before, { sessionId, counters }, NOW)).to.equal(true);
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
      await instance.siteDays.changeCapacity(scope, full.id, sessionId, 2, 3);
      const before = await trial.counters(instance, name);
      const counters = reducedBy(countersOf(before, sessionId), 1);
      const { change } = decideBatch(before, () => undefined, []);
      expect(change !== undefined && (await instance.siteDays.decide(scope, before, change, NOW))).to.equal(true);
      const reduced = await instance.siteDays.rewrite(scope, before, { sessionId, counters }, NOW);
      expect(reduced).to.equal(guard === 'off');
      const after = await trial.counters(instance, name);
      // Three are promised a place; with the guard off the counters know of two.
      expect(countersOf(after, sessionId).held).to.equal(guard === 'on' ? 3 : 2);
      if (guard === 'off') return;
      const again = reducedBy(countersOf(after, sessionId), 1);
      expect(await instance.siteDays.rewrite(scope, after, { sessionId, counters: again }, NOW)).to.equal(true);
      expect(countersOf(await trial.counters(instance, name), sessionId)).to.include({
        capacity: 3,
        available: 0,
        held: 3,
        shrink: 2,
      });
    });
  }

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
