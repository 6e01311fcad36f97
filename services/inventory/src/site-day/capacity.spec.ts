// Every cell of the table of capacities, how counters shrink, and what holds for any order of changes, holds and returns (INV-20).
import { expect } from 'chai';
import fc from 'fast-check';
import { changedTo, reducedTo, takenBackBy, targetOf, unplannedOf, withPlan } from './capacity.policy.ts';
import { applyChange, balanced } from './counters.policy.ts';
import { decideBatch } from './site-day.decider.ts';
import {
  confirm,
  giveBack,
  hold,
  noRecord,
  place,
  placeOrWait,
  record,
  refund,
  release,
  returned,
  siteDay,
} from './site-day.fixture.ts';
import type { HoldRecord, HoldRequest, SessionCounters, SiteDay } from './site-day.ts';
import { undoing } from './tally.policy.ts';

/** Held 4, sold 6 of so many; with `shrink`, all of them are taken. */
const session = (capacity: number, more: Partial<SessionCounters> = {}): SessionCounters => ({
  capacity,
  available: capacity - 10,
  held: 4,
  sold: 6,
  status: 'open',
  ...more,
});
const shrinking = (shrink: number, planned?: number): SessionCounters =>
  session(10, { shrink, ...(planned === undefined ? {} : { planned }) });

describe('INV-20 capacity', () => {
  describe('the table, every cell', () => {
    it('whole, at least what is taken: changed, with or without a plan', () => {
      for (const change of [changedTo, reducedTo]) {
        expect(change(session(15), 10)).to.deep.equal(session(10));
        expect(change(session(15), 20)).to.deep.equal(session(20));
      }
    });
    it('whole, less than is taken: too low', () => expect(changedTo(session(15), 9)).to.equal('too-low'));
    it('whole, less than is taken, with a plan: what is taken stays, the rest has to go', () => {
      expect(reducedTo(session(15), 3)).to.deep.equal(shrinking(7));
    });
    it('shrinking, at least what is taken: it shrinks no more', () => {
      for (const change of [changedTo, reducedTo]) expect(change(shrinking(7, 3), 12)).to.deep.equal(session(12));
    });
    it('shrinking, less than is taken but no less than was decided: it shrinks less', () => {
      for (const change of [changedTo, reducedTo]) {
        expect(change(shrinking(7, 3), 5)).to.deep.equal(shrinking(5, 1));
        expect(change(shrinking(7, 3), 8)).to.deep.equal(shrinking(2));
        expect(change(shrinking(7, 1), 4)).to.deep.equal(shrinking(6, 1));
        expect(change(shrinking(7), 3)).to.deep.equal(shrinking(7));
      }
    });
    it('shrinking, less than was decided: too low', () => expect(changedTo(shrinking(7), 2)).to.equal('too-low'));
    it('shrinking, less than was decided, with a plan: reduced further, what is planned stays planned', () => {
      expect(reducedTo(shrinking(7, 3), 1)).to.deep.equal(shrinking(9, 3));
    });
    it('cancelled: cancelled', () => {
      const cancelled = session(15, { status: 'cancelled' });
      for (const change of [changedTo, reducedTo])
        for (const to of [20, 5]) expect(change(cancelled, to)).to.equal('cancelled');
    });
    it('a closed session is changed like an open one', () => {
      expect(reducedTo(session(15, { status: 'closed' }), 3)).to.deep.equal({ ...shrinking(7), status: 'closed' });
    });
  });

  describe('who has to be looked after', () => {
    it('sold places that have to go even when all held ones are let go', () => {
      expect([2, 4, 5, 10].map((shrink) => unplannedOf(shrinking(shrink)))).to.deep.equal([0, 0, 1, 6]);
    });
    it('without those that are planned already', () => {
      expect([unplannedOf(shrinking(10, 4)), unplannedOf(shrinking(10, 6)), unplannedOf(session(10))]).to.deep.equal([
        2, 0, 0,
      ]);
      expect(unplannedOf(shrinking(2, 3))).to.equal(0);
      expect(withPlan(shrinking(10, 4), 2)).to.deep.equal(shrinking(10, 6));
      expect(withPlan(shrinking(3), 0)).to.deep.equal(shrinking(3));
    });
  });

  it('whoever has not to go any more is taken back, and nobody by a reduction', () => {
    const takenBack = (before: SessionCounters, target: number): number => {
      const after = reducedTo(before, target);
      return after === 'cancelled' ? Number.NaN : takenBackBy(before, after);
    };
    expect([12, 10, 8, 5, 4, 3].map((target) => takenBack(shrinking(7, 3), target))).to.deep.equal([3, 3, 3, 2, 1, 0]);
    expect([takenBack(shrinking(7, 3), 1), takenBack(shrinking(7), 12), takenBack(session(15), 3)]).to.deep.equal([
      0, 0, 0,
    ]);
  });

  describe('what comes back goes', () => {
    const day = (shrink: number, planned?: number): SiteDay => ({
      ...siteDay({ day: 20, capacity: 4 }),
      sessions: {
        ses_1: {
          capacity: 4,
          available: 0,
          held: 2,
          sold: 2,
          status: 'open',
          shrink,
          ...(planned === undefined ? {} : { planned }),
        },
      },
    });
    const after = (before: SiteDay, status: 'held' | 'confirmed', ...requests: HoldRequest[]): SiteDay => {
      const { change } = decideBatch(before, () => record(status), requests);
      return change === undefined ? before : applyChange(before, change);
    };
    it('a held place first, and only the rest becomes free; the day gets all of it', () => {
      const next = after(day(1), 'held', release());
      expect(next.sessions['ses_1']).to.deep.equal({ capacity: 3, available: 1, held: 0, sold: 2, status: 'open' });
      expect(next.day).to.deep.equal({ capacity: 20, available: 18, held: 0, sold: 2 });
    });
    it('sold places as well, and their plan with them', () => {
      expect(after(day(3, 3), 'confirmed', refund()).sessions['ses_1']).to.deep.equal({
        capacity: 2,
        available: 0,
        held: 2,
        sold: 0,
        status: 'open',
        shrink: 1,
        planned: 1,
      });
    });
    it('held places leave the plan as it is', () => {
      expect(after(day(3, 1), 'held', release()).sessions['ses_1']).to.include({ shrink: 1, planned: 1 });
    });
    it('several in one batch are counted together', () => {
      const parts = [giveBack(returned('a', 1)), giveBack(returned('b', 1)), refund()];
      expect(after(day(1, 1), 'confirmed', ...parts).sessions['ses_1']).to.deep.equal({
        capacity: 3,
        available: 1,
        held: 2,
        sold: 0,
        status: 'open',
      });
    });
    it('a newcomer gets nothing of it, and nobody in line either', () => {
      const before = { ...day(2), waiting: siteDay({ waiting: [hold('w', 1)] }).waiting };
      const { outcomes, change } = decideBatch(before, (id) => record(id === 'hld_1' ? 'held' : 'none'), [
        release(),
        place(hold('new', 1)),
      ]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'rejected']);
      expect(change?.line).to.equal(undefined);
    });
    it('a place that is taken back goes as well', () => {
      expect(applyChange(day(2), undoing(day(2), hold())).sessions['ses_1']).to.deep.equal({
        capacity: 2,
        available: 0,
        held: 0,
        sold: 2,
        status: 'open',
      });
    });
    it('to a cancelled session it comes back, but nobody gets it', () => {
      const before = siteDay({ capacity: 4, status: 'cancelled' });
      const next = after(before, 'confirmed', refund());
      expect(next.sessions['ses_1']).to.include({ capacity: 4, available: 2 });
      expect(decideBatch(next, noRecord, [place(hold('new', 1))]).outcomes[0]).to.include({ reason: 'session-closed' });
    });
  });

  it('INV-11 in any order of changes, holds and returns the counters balance, nothing is free while a session shrinks, and sales looks after as many as have to go', () => {
    const request = fc
      .tuple(fc.constantFrom('place', 'wait', 'confirm', 'release', 'refund', 'return'), fc.integer({ min: 0, max: 9 }))
      .map(([kind, id]): HoldRequest => {
        const facts = hold(`hld_${id}`, 1 + (id % 3));
        if (kind === 'place') return place(facts);
        if (kind === 'wait') return placeOrWait(facts);
        if (kind === 'confirm') return confirm(facts);
        if (kind === 'return') return giveBack(returned('rfd_1', 1), facts);
        return kind === 'release' ? release(facts) : refund(facts);
      });
    const round = fc.tuple(
      fc.array(request, { maxLength: 8 }),
      fc.option(fc.tuple(fc.constantFrom('change', 'reduce'), fc.integer({ min: 0, max: 14 }))),
    );
    fc.assert(
      fc.property(fc.array(round, { maxLength: 12 }), (rounds) => {
        let day = siteDay({ capacity: 10, day: 12, held: 0, sold: 0 });
        let target = 10;
        /** What sales was told of, less what has come back since and was counted. */
        let asked = 0;
        const records = new Map<string, HoldRecord>();
        const AFTER = { place: 'held', confirm: 'confirmed', release: 'released', reject: 'released' } as const;
        for (const [requests, staff] of rounds) {
          const before = day.sessions['ses_1'];
          if (before === undefined) throw new Error('no session');
          if (staff !== null) {
            const [how, to] = staff;
            const counters = how === 'change' ? changedTo(before, to) : reducedTo(before, to);
            if (typeof counters !== 'string') {
              target = to;
              const places = unplannedOf(counters);
              asked += places - takenBackBy(before, counters);
              day = { ...day, sessions: { ses_1: withPlan(counters, places) } };
            }
          }
          const { change } = decideBatch(day, (id) => records.get(id), requests);
          if (change !== undefined) day = applyChange(day, change);
          asked -= change?.sessions['ses_1']?.relieved ?? 0;
          for (const step of day.pending) {
            const { holdId } = step.hold;
            const { returns = [] } = records.get(holdId) ?? {};
            if (step.step === 'return')
              records.set(holdId, { status: 'confirmed', returns: [...returns, step.returned] });
            else records.set(holdId, { status: AFTER[step.step], returns });
          }
          for (const one of requests)
            if (one.kind === 'release' && !records.has(one.hold.holdId))
              if (day.waiting?.some((entry) => entry.hold.holdId === one.hold.holdId) !== true)
                records.set(one.hold.holdId, { status: 'released', returns: [] });
          day = { ...day, pending: [] };
          const now = day.sessions['ses_1'];
          if (now === undefined || day.day === undefined) throw new Error('no counters');
          expect(balanced(now) && balanced(day.day)).to.equal(true);
          expect(targetOf(now)).to.equal(target);
          expect(now.planned ?? 0).to.equal(asked);
          expect(asked).to.be.within(0, Math.max(0, (now.shrink ?? 0) - now.held));
          if (now.shrink !== undefined) {
            expect(now.available).to.equal(0);
            expect(now.shrink).to.be.above(0);
            expect(now.planned ?? 1).to.be.above(0);
          } else expect(now.planned).to.equal(undefined);
        }
      }),
      { numRuns: 500 },
    );
  });
});
