// Every cell of the table of sessions, how a surplus is shared, and what holds for any day (INV-20).
import { expect } from 'chai';
import fc from 'fast-check';
import { dayReduction, type DayReduction, type SessionTimes } from './day-reduction.policy.ts';
import type { SessionCounters, SiteDay } from './site-day.ts';

const NOW = new Date('2026-12-01T04:00:00Z');
const AHEAD = { startsAt: '2026-12-01T12:00:00Z', endsAt: '2026-12-01T14:00:00Z' };
const LATER = { startsAt: '2026-12-01T23:00:00+08:00', endsAt: '2026-12-01T23:30:00+08:00' };
const BEGUN = { startsAt: '2026-12-01T04:00:00Z', endsAt: '2026-12-01T06:00:00Z' };
const OVER = { startsAt: '2026-12-01T01:00:00Z', endsAt: '2026-12-01T04:00:00Z' };

type Session = Partial<SessionCounters> & { readonly times?: Omit<SessionTimes, 'id'> | 'none' };
/** Sessions a, b, c … ahead of us, with nothing free unless said. */
function reduction(
  limit: number,
  sessions: readonly Session[],
  capacities?: Readonly<Record<string, number>>,
): DayReduction {
  const named = sessions.map(({ times = AHEAD, ...more }, index) => {
    const { held = 0, sold = 0 } = more;
    const id = String.fromCodePoint(97 + index);
    return {
      id,
      times,
      counters: { capacity: held + sold, available: 0, status: 'open' as const, ...more, held, sold },
    };
  });
  const counted = named.filter(({ counters }) => counters.outsideDay !== true);
  const held = counted.reduce((sum, { counters }) => sum + counters.held, 0);
  const sold = counted.reduce((sum, { counters }) => sum + counters.sold, 0);
  const siteDay: Pick<SiteDay, 'day' | 'limits' | 'sessions'> = {
    day: { capacity: Math.max(limit, held + sold), available: Math.max(0, limit - held - sold), held, sold },
    limits: { site: limit, cal_1: 1_000 },
    sessions: Object.fromEntries(named.map(({ id, counters }) => [id, counters])),
  };
  const known = named.flatMap(({ id, times }) => (times === 'none' ? [] : [{ id, ...times }]));
  const most = capacities === undefined ? undefined : new Map(Object.entries(capacities));
  return dayReduction(siteDay, known, NOW, most);
}
const gives = ({ sessions }: DayReduction): Record<string, number> =>
  Object.fromEntries(sessions.map((one) => [one.id, one.gives]));

describe('INV-20 reduction of a day', () => {
  describe('the table, every cell', () => {
    const other: Session = { sold: 10 };
    it('ahead, open or closed: what shrinks is on its way out, held and sold places may be given up', () => {
      for (const status of ['open', 'closed'] as const)
        expect(reduction(0, [{ held: 2, sold: 6, shrink: 3, status }])).to.deep.equal({
          over: 8,
          going: 3,
          sessions: [{ id: 'a', gives: 5, capacity: 0 }],
          left: 0,
        });
    });
    it('begun: what shrinks is on its way out, nothing is given up', () => {
      const found = reduction(15, [{ sold: 10, shrink: 2, times: BEGUN }, other]);
      expect(found).to.deep.equal({ over: 5, going: 2, sessions: [{ id: 'b', gives: 3, capacity: 7 }], left: 0 });
      expect(reduction(5, [{ sold: 10, times: BEGUN }])).to.deep.equal({ over: 5, going: 0, sessions: [], left: 5 });
    });
    it('over, or without a document: nothing is on its way out, nothing is given up', () => {
      for (const times of [OVER, 'none'] as const) {
        const found = reduction(15, [{ sold: 10, shrink: 2, times }, other]);
        expect(found).to.deep.equal({ over: 5, going: 0, sessions: [{ id: 'b', gives: 5, capacity: 5 }], left: 0 });
      }
    });
    it('cancelled: all that the day counts is on its way out, whenever it is', () => {
      for (const times of [AHEAD, BEGUN, OVER]) {
        const found = reduction(5, [{ held: 1, sold: 2, status: 'cancelled', times }, other]);
        expect(found).to.deep.equal({ over: 8, going: 3, sessions: [{ id: 'b', gives: 5, capacity: 5 }], left: 0 });
      }
      const apart = reduction(5, [{ held: 1, sold: 2, status: 'cancelled', outsideDay: true }, other]);
      expect(apart).to.deep.equal({ over: 5, going: 0, sessions: [{ id: 'b', gives: 5, capacity: 5 }], left: 0 });
    });
  });

  describe('how the surplus is shared', () => {
    it('a day within its limit, or without one, gives up nothing', () => {
      expect(reduction(10, [{ sold: 10 }])).to.deep.equal({ over: 0, going: 0, sessions: [], left: 0 });
      const unbounded = {
        day: undefined,
        sessions: { a: { capacity: 5, available: 0, held: 0, sold: 5, status: 'open' } },
      };
      expect(dayReduction(unbounded as never, [{ id: 'a', ...AHEAD }], NOW).sessions).to.deep.equal([]);
    });
    it('in proportion to the sold places that would stay', () => {
      expect(gives(reduction(50, [{ sold: 60 }, { sold: 30 }, { sold: 10 }]))).to.deep.equal({ a: 30, b: 15, c: 5 });
      expect(gives(reduction(55, [{ sold: 60, shrink: 30 }, { sold: 30 }]))).to.deep.equal({ a: 3, b: 2 });
    });
    it('what is left of whole places goes to the largest remainders', () => {
      // Exactly 3.55, 0.95 and 0.5.
      expect(gives(reduction(95, [{ sold: 71 }, { sold: 19 }, { sold: 10 }]))).to.deep.equal({ a: 4, b: 1 });
      expect(gives(reduction(9, [{ sold: 4 }, { sold: 4 }, { sold: 3 }]))).to.deep.equal({ a: 1, b: 1 });
    });
    it('between equal remainders to the session that starts later, whatever it is called', () => {
      expect(gives(reduction(9, [{ sold: 5, times: LATER }, { sold: 5 }]))).to.deep.equal({ a: 1 });
      expect(gives(reduction(9, [{ sold: 5 }, { sold: 5, times: LATER }]))).to.deep.equal({ b: 1 });
      expect(gives(reduction(9, [{ sold: 5 }, { sold: 5 }]))).to.deep.equal({ a: 1 });
    });
    it('held places go before any sold one', () => {
      expect(gives(reduction(10, [{ held: 10 }, { sold: 10 }]))).to.deep.equal({ a: 10 });
      expect(gives(reduction(8, [{ held: 4, sold: 4 }, { sold: 4 }]))).to.deep.equal({ a: 4 });
      expect(gives(reduction(6, [{ held: 4, sold: 4 }, { sold: 4 }]))).to.deep.equal({ a: 5, b: 1 });
    });
    it('held places that shrink already are not given up twice', () => {
      expect(reduction(5, [{ held: 4, sold: 4, shrink: 3 }])).to.deep.equal({
        over: 3,
        going: 3,
        sessions: [],
        left: 0,
      });
      expect(gives(reduction(4, [{ held: 4, sold: 4, shrink: 3 }, { held: 2 }]))).to.deep.equal({ a: 1, b: 2 });
    });
    it('the capacity comes to what stays taken: free places go with it', () => {
      const [only] = reduction(6, [{ sold: 8, capacity: 20, available: 12 }]).sessions;
      expect(only).to.deep.equal({ id: 'a', gives: 2, capacity: 6 });
    });
    it('with proposed capacities only their sessions give up places, and none more than was proposed', () => {
      const day = [{ sold: 10 }, { held: 2, sold: 8 }, { sold: 10 }];
      expect(gives(reduction(20, day, { a: 6, b: 4 }))).to.deep.equal({ a: 4, b: 6 });
      expect(gives(reduction(25, day, { a: 6, b: 4 }))).to.deep.equal({ a: 2, b: 3 });
      expect(reduction(10, day, { a: 6, b: 4 })).to.deep.include({ left: 10 });
      expect(gives(reduction(29, day, { a: 10, b: 12, c: 9 }))).to.deep.equal({ c: 1 });
    });
  });

  it('never gives up more than stays, brings the day to its limit or says what is left, and a second one does nothing', () => {
    const session = fc.record({
      held: fc.nat(30),
      sold: fc.nat(300),
      shrinks: fc.nat(5),
      status: fc.constantFrom('open' as const, 'closed' as const, 'cancelled' as const),
      times: fc.constantFrom(AHEAD, LATER, BEGUN, OVER),
      apart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(session, { maxLength: 8 }), fc.nat(1_500), (drawn, limit) => {
        const before = drawn.map(({ shrinks, apart, ...rest }): Session => {
          const shrink = Math.min(shrinks, rest.held + rest.sold);
          const outside = apart && rest.status === 'cancelled' ? { outsideDay: true } : {};
          return { ...rest, ...outside, ...(shrink === 0 ? {} : { shrink }) };
        });
        const { over, going, sessions, left } = reduction(limit, before);
        const given = sessions.reduce((sum, one) => sum + one.gives, 0);
        expect(given + left).to.equal(over - going);
        const byId = new Map(sessions.map((one) => [one.id, one]));
        const after = before.map((one, index): Session => {
          const own = byId.get(String.fromCodePoint(97 + index));
          if (own === undefined) return one;
          const stays = (one.held ?? 0) + (one.sold ?? 0) - (one.shrink ?? 0);
          expect(own.gives).to.be.within(1, stays);
          expect(own.capacity).to.equal(stays - own.gives);
          return { ...one, shrink: (one.shrink ?? 0) + own.gives };
        });
        const again = reduction(limit, after);
        expect([again.sessions, again.left]).to.deep.equal([[], left]);
        expect(reduction(limit, before)).to.deep.equal(reduction(limit, before));
      }),
      { numRuns: 300 },
    );
  });
});
