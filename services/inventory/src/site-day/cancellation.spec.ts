// Every cell of the table of cancellations, and what holds of a day and its sessions for any order of requests and cancellations.
import { expect } from 'chai';
import fc from 'fast-check';
import { cancelledIn } from './cancellation.policy.ts';
import { applyChange, balanced } from './counters.policy.ts';
import { boundedDay } from './day-limits.policy.ts';
import { decideBatch } from './site-day.decider.ts';
import { confirm, giveBack, hold, place, record, refund, release, returned, siteDay } from './site-day.fixture.ts';
import type { Counters, HoldRecord, HoldRequest, SessionCounters, SiteDay } from './site-day.ts';
import { undoing } from './tally.policy.ts';

const NOW = new Date('2026-12-01T04:00:00Z');
const AHEAD = '2026-12-01T12:00:01+08:00';
const BEGUN = '2026-12-01T12:00:00+08:00';
const full: Counters = { capacity: 12, available: 0, held: 4, sold: 8 };
const session = (more: Partial<SessionCounters> = {}): SessionCounters => ({
  ...{ capacity: 10, available: 1, held: 3, sold: 6, status: 'open' },
  ...more,
});

describe('INV-21 a session is cancelled', () => {
  describe('the table, every cell', () => {
    it('ahead, the day is bounded: its held and sold places leave the day', () => {
      for (const status of ['open', 'closed'] as const)
        expect(cancelledIn({ day: full }, session({ status }), AHEAD, NOW)).to.deep.equal({
          counters: session({ status: 'cancelled', outsideDay: true }),
          day: { capacity: 12, available: 9, held: 1, sold: 2 },
        });
    });
    it('ahead, the day is not bounded: a limit that is named later does not count them', () => {
      const { counters, day } = cancelledIn({ day: undefined }, session(), AHEAD, NOW);
      expect([counters, day]).to.deep.equal([session({ status: 'cancelled', outsideDay: true }), undefined]);
      const sessions = { a: counters, b: session() };
      const later = { capacity: 9, available: 0, held: 3, sold: 6 };
      expect(boundedDay({ day, sessions }, { cal_1: 9 })).to.deep.equal(later);
    });
    it('begun: counted until they come back', () => {
      const counters = session({ status: 'cancelled' });
      for (const day of [full, undefined])
        expect(cancelledIn({ day }, session(), BEGUN, NOW)).to.deep.equal({ counters, day });
    });
    it('cancelled: as it is, also where that was before there was this rule', () => {
      for (const more of [{}, { outsideDay: true }]) {
        const counters = session({ status: 'cancelled', ...more });
        for (const day of [full, undefined])
          expect(cancelledIn({ day }, counters, AHEAD, NOW)).to.deep.equal({ counters, day });
      }
    });
    it('what it still had to shrink by stays with it', () => {
      const { counters } = cancelledIn({ day: full }, session({ shrink: 2, planned: 1 }), AHEAD, NOW);
      expect(counters).to.include({ shrink: 2, planned: 1, outsideDay: true });
    });
  });

  describe('what comes of its places afterwards', () => {
    /** 2 held and 2 sold of a session of 10; the day takes 10. */
    const cancelled = (startsAt: string): SiteDay => {
      const before = siteDay({ day: 10 });
      const own = before.sessions['ses_1'];
      if (own === undefined) throw new Error('no session');
      const { counters, day } = cancelledIn(before, own, startsAt, NOW);
      return { ...before, day, sessions: { ses_1: counters } };
    };
    const REQUESTS = {
      confirm: ['held', confirm(), { held: 0, sold: 4 }],
      release: ['held', release(), { held: 0, sold: 2 }],
      refund: ['confirmed', refund(), { held: 2, sold: 0 }],
      return: ['confirmed', giveBack(), { held: 2, sold: 1 }],
    } as const;
    for (const [name, [status, request, figures]] of Object.entries(REQUESTS)) {
      const after = (startsAt: string): SiteDay => {
        const { change } = decideBatch(cancelled(startsAt), () => record(status), [request]);
        if (change === undefined) throw new Error('nothing moved');
        return applyChange(cancelled(startsAt), change);
      };
      it(`${name}: its own counters move and the day’s do not`, () => {
        const { day, sessions } = after(AHEAD);
        expect(sessions['ses_1']).to.include(figures);
        expect(day).to.deep.equal({ capacity: 10, available: 10, held: 0, sold: 0 });
      });
      it(`${name}, where the day counts it: both move`, () => {
        const { day, sessions } = after(BEGUN);
        expect(sessions['ses_1']).to.include(figures);
        expect(day).to.include(figures);
      });
    }
    it('a place that is taken back: the day is left alone', () => {
      const before = cancelled(AHEAD);
      const after = applyChange(before, undoing(before, hold()));
      expect([after.sessions['ses_1']?.held, after.day?.held]).to.deep.equal([0, 0]);
    });
    it('INV-05 SAL-50 who holds its ticket finds room in another session of a day that was full', () => {
      const other = { capacity: 10, available: 9, held: 0, sold: 1, status: 'open' as const };
      const before = siteDay({ day: 5 });
      const day = { capacity: 5, available: 0, held: 2, sold: 3 };
      const bothOpen = { ...before, day, sessions: { ...before.sessions, ses_2: other } };
      const wish = place(hold('hld_x', 1, 'ses_2'));
      const none = (): undefined => undefined;
      expect(decideBatch(bothOpen, none, [wish]).outcomes[0]).to.include({ reason: 'day-full' });
      const own = before.sessions['ses_1'];
      if (own === undefined) throw new Error('no session');
      const { counters, day: relieved } = cancelledIn(bothOpen, own, AHEAD, NOW);
      const after = { ...bothOpen, day: relieved, sessions: { ses_1: counters, ses_2: other } };
      expect(decideBatch(after, none, [wish]).outcomes[0]).to.include({ kind: 'complete' });
    });
  });

  it('INV-05 INV-11 in any order the day holds what its sessions hold without the cancelled ones, within its limit', () => {
    const request = fc
      .tuple(fc.constantFrom('place', 'place', 'confirm', 'release', 'refund', 'return'), fc.nat({ max: 11 }))
      .map(([kind, id]): HoldRequest => {
        const sessionId = `ses_${1 + (id % 3)}`;
        const facts = hold(`hld_${id}`, 1 + (id % 2), sessionId);
        if (kind === 'place') return place(facts);
        if (kind === 'confirm') return confirm(facts);
        if (kind === 'return') return giveBack(returned('rfd_1', 1, sessionId), facts);
        return kind === 'release' ? release(facts) : refund(facts);
      });
    const round = fc.tuple(
      fc.array(request, { maxLength: 8 }),
      fc.option(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('ahead', 'begun', 'before the rule'))),
    );
    const AFTER = { place: 'held', confirm: 'confirmed', release: 'released', reject: 'released' } as const;
    const empty = { capacity: 6, available: 6, held: 0, sold: 0, status: 'open' as const };
    fc.assert(
      fc.property(fc.array(round, { maxLength: 12 }), (rounds) => {
        let now: SiteDay = {
          ...siteDay({ capacity: 6, held: 0, sold: 0, day: 8 }),
          limits: { site: 8 },
          sessions: { ses_1: empty, ses_2: empty, ses_3: empty },
        };
        const records = new Map<string, HoldRecord>();
        for (const [requests, cancellation] of rounds) {
          if (cancellation !== null) {
            const [number, when] = cancellation;
            const id = `ses_${number}`;
            const own = now.sessions[id] ?? empty;
            const { counters, day } =
              when === 'before the rule'
                ? { counters: { ...own, status: 'cancelled' as const }, day: now.day }
                : cancelledIn(now, own, when === 'ahead' ? AHEAD : BEGUN, NOW);
            now = { ...now, day, sessions: { ...now.sessions, [id]: counters } };
          }
          const { outcomes, change } = decideBatch(now, (id) => records.get(id), requests);
          if (change !== undefined) now = applyChange(now, change);
          for (const outcome of outcomes) {
            if (outcome.kind !== 'complete') continue;
            const { holdId } = outcome.hold;
            const { returns = [] } = records.get(holdId) ?? {};
            if (outcome.step === 'return')
              records.set(holdId, { status: 'confirmed', returns: [...returns, outcome.returned] });
            else records.set(holdId, { status: AFTER[outcome.step], returns });
          }
          now = { ...now, pending: [] };
          const { day } = now;
          if (day === undefined) throw new Error('no day');
          const counted = Object.values(now.sessions).filter(({ outsideDay }) => outsideDay !== true);
          expect([day, ...Object.values(now.sessions)].every(balanced)).to.equal(true);
          expect([day.held, day.sold]).to.deep.equal([
            counted.reduce((sum, { held }) => sum + held, 0),
            counted.reduce((sum, { sold }) => sum + sold, 0),
          ]);
          expect(day.held + day.sold).to.be.at.most(8);
        }
      }),
      { numRuns: 500 },
    );
  });
});
