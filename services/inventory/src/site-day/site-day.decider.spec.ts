// Every cell of the table, what is pending beside what is stored, and what holds for any batch of requests.
import { expect } from 'chai';
import fc from 'fast-check';
import { applyChange, balanced, decideBatch } from './site-day.decider.ts';
import {
  pendingId,
  type HoldFacts,
  type HoldOutcome,
  type HoldRequest,
  type HoldStatus,
  type PendingStep,
  type SiteDay,
} from './site-day.ts';

const DAY = 'sit_1:2026-12-01';
type Figures = { available: number; held: number; sold: number };

function hold(id = 'hld_1', quantity = 2, sessionId = 'ses_1'): HoldFacts {
  return {
    holdId: id,
    orderId: `ord_${id}`,
    channel: 'web',
    expiresAt: '2026-12-01T02:15:00Z',
    lines: [{ sessionId, siteDay: DAY, quantity }],
  };
}
function siteDay(
  change: { capacity?: number; day?: number; pending?: readonly PendingStep[] } & Partial<Figures> = {},
): SiteDay {
  const { capacity = 10, held = 2, sold = 2, pending = [] } = change;
  const figures = { capacity, available: change.available ?? capacity - held - sold, held, sold };
  return {
    id: DAY,
    revision: 5,
    day:
      change.day === undefined ? undefined : { ...figures, capacity: change.day, available: change.day - held - sold },
    sessions: { ses_1: { ...figures, status: 'open' } },
    pending: pending.map((step) => ({ id: pendingId('hld_1', step), step, hold: hold() })),
  };
}
const place = (facts = hold()): HoldRequest => ({ kind: 'place', hold: facts });
const confirm = (facts = hold()): HoldRequest => ({ kind: 'confirm', hold: facts });
const release = (facts = hold()): HoldRequest => ({ kind: 'release', hold: facts, refund: false });
const refund = (facts = hold()): HoldRequest => ({ kind: 'release', hold: facts, refund: true });
const REQUESTS = { place: place(), confirm: confirm(), release: release(), refund: refund() } as const;

const PLACED: Figures = { available: -2, held: 2, sold: 0 };
const SOLD: Figures = { available: 0, held: -2, sold: 2 };
const FREED: Figures = { available: 2, held: -2, sold: 0 };
const RETURNED: Figures = { available: 2, held: 0, sold: -2 };
/** Outcome and how the counters move. */
type Cell = readonly [HoldOutcome['kind'], Figures?];
const CELLS: readonly {
  stands: string;
  status: HoldStatus;
  pending: readonly PendingStep[];
  cells: Readonly<Record<keyof typeof REQUESTS, Cell>>;
}[] = [
  {
    stands: 'none',
    status: 'none',
    pending: [],
    cells: { place: ['complete', PLACED], confirm: ['early'], release: ['complete'], refund: ['complete'] },
  },
  {
    stands: 'place pending',
    status: 'none',
    pending: ['place'],
    cells: {
      place: ['complete'],
      confirm: ['complete', SOLD],
      release: ['complete', FREED],
      refund: ['complete', FREED],
    },
  },
  {
    stands: 'held',
    status: 'held',
    pending: [],
    cells: {
      place: ['already'],
      confirm: ['complete', SOLD],
      release: ['complete', FREED],
      refund: ['complete', FREED],
    },
  },
  {
    stands: 'held, its place pending still',
    status: 'held',
    pending: ['place'],
    cells: {
      place: ['complete'],
      confirm: ['complete', SOLD],
      release: ['complete', FREED],
      refund: ['complete', FREED],
    },
  },
  {
    stands: 'confirm pending',
    status: 'held',
    pending: ['confirm'],
    cells: { place: ['already'], confirm: ['complete'], release: ['already'], refund: ['complete', RETURNED] },
  },
  {
    stands: 'confirmed',
    status: 'confirmed',
    pending: [],
    cells: { place: ['already'], confirm: ['already'], release: ['already'], refund: ['complete', RETURNED] },
  },
  {
    stands: 'confirmed, its place pending still',
    status: 'confirmed',
    pending: ['place'],
    cells: { place: ['complete'], confirm: ['already'], release: ['already'], refund: ['complete', RETURNED] },
  },
  {
    stands: 'confirmed, its confirm pending still',
    status: 'confirmed',
    pending: ['confirm'],
    cells: { place: ['already'], confirm: ['complete'], release: ['already'], refund: ['complete', RETURNED] },
  },
  {
    stands: 'release pending',
    status: 'held',
    pending: ['release'],
    cells: { place: ['already'], confirm: ['contradiction'], release: ['complete'], refund: ['complete'] },
  },
  {
    stands: 'released',
    status: 'released',
    pending: [],
    cells: { place: ['already'], confirm: ['contradiction'], release: ['already'], refund: ['already'] },
  },
  {
    stands: 'released, its place pending still',
    status: 'released',
    pending: ['place'],
    cells: { place: ['complete'], confirm: ['contradiction'], release: ['already'], refund: ['already'] },
  },
  {
    stands: 'released, its release pending still',
    status: 'released',
    pending: ['release'],
    cells: { place: ['already'], confirm: ['contradiction'], release: ['complete'], refund: ['complete'] },
  },
];

describe('site-day', () => {
  describe('INV-10 the table, every cell', () => {
    for (const { stands, status, pending, cells } of CELLS) {
      for (const [name, request] of Object.entries(REQUESTS)) {
        const [kind, moves] = cells[name as keyof typeof REQUESTS];
        it(`${name} when ${stands}: ${kind}${moves === undefined ? ', counters stay' : ''}`, () => {
          const { outcomes, change } = decideBatch(siteDay({ pending }), () => status, [request]);
          expect(outcomes.map((outcome) => outcome.kind)).to.deep.equal([kind]);
          expect(change?.sessions['ses_1']).to.deep.equal(moves);
          if (kind === 'complete') expect(outcomes[0]).to.include({ step: name === 'refund' ? 'release' : name });
        });
      }
    }
  });

  describe('refusals', () => {
    const refusalOf = (day: SiteDay, request: HoldRequest): unknown => {
      const { outcomes, change } = decideBatch(day, () => 'none', [request]);
      expect(change).to.equal(undefined);
      const [outcome] = outcomes;
      return outcome?.kind === 'rejected' ? [outcome.reason, outcome.available] : outcome?.kind;
    };
    it('sold out, with what is left', () => {
      expect(refusalOf(siteDay({ capacity: 5 }), place(hold('hld_2', 2)))).to.deep.equal(['sold-out', 1]);
    });
    it('the last place is sold, one more is not', () => {
      expect(decideBatch(siteDay(), () => 'none', [place(hold('hld_2', 6))]).outcomes[0]?.kind).to.equal('complete');
      expect(refusalOf(siteDay(), place(hold('hld_2', 7)))).to.deep.equal(['sold-out', 6]);
    });
    it('INV-05 the day is full although the session is not', () => {
      expect(refusalOf(siteDay({ day: 5 }), place(hold('hld_2', 2)))).to.deep.equal(['day-full', 1]);
    });
    it('a closed session', () => {
      const day = siteDay();
      const closed: SiteDay = {
        ...day,
        sessions: { ses_1: { capacity: 10, available: 6, held: 2, sold: 2, status: 'closed' } },
      };
      expect(refusalOf(closed, place(hold('hld_2')))).to.deep.equal(['session-closed', 0]);
      expect(
        decideBatch(closed, () => 'held', [confirm(), release(hold('hld_3'))]).outcomes.map(({ kind }) => kind),
      ).to.deep.equal(['complete', 'complete']);
    });
    it('a session that is not of this day', () => {
      expect(refusalOf(siteDay(), place(hold('hld_2', 1, 'ses_9')))).to.deep.equal(['unknown-session', 0]);
    });
    it('INV-10 two lines on one session are counted together', () => {
      const twice: HoldFacts = { ...hold('hld_2', 4), lines: [...hold('hld_2', 4).lines, ...hold('hld_2', 4).lines] };
      expect(refusalOf(siteDay(), place(twice))).to.deep.equal(['sold-out', 6]);
    });
  });

  describe('INV-12 a batch', () => {
    it('is decided in order of arrival', () => {
      const ids = ['a', 'b', 'c', 'd'];
      const quantities = [3, 4, 3, 1];
      const { outcomes } = decideBatch(
        siteDay(),
        () => 'none',
        ids.map((id, index) => place(hold(id, quantities[index]))),
      );
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'rejected', 'complete', 'rejected']);
    });
    it('sees its own earlier steps: placed, confirmed and confirmed again', () => {
      const { outcomes, change } = decideBatch(siteDay({ held: 0, sold: 0 }), () => 'none', [
        place(),
        confirm(),
        confirm(),
        place(),
      ]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'complete', 'complete', 'already']);
      expect(change?.sessions['ses_1']).to.deep.equal({ available: -2, held: 0, sold: 2 });
      expect(change?.pending.map(({ id }) => id)).to.deep.equal(['hld_1:place', 'hld_1:confirm']);
    });
    it('a release in it makes room for the next', () => {
      const { outcomes } = decideBatch(siteDay({ capacity: 4 }), (id) => (id === 'hld_1' ? 'held' : 'none'), [
        place(hold('early', 2)),
        release(),
        place(hold('late', 2)),
      ]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['rejected', 'complete', 'complete']);
    });
    it('a release that came before its place refuses it', () => {
      const { outcomes, change } = decideBatch(siteDay(), () => 'none', [release(hold('x')), place(hold('x'))]);
      expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['complete', 'already']);
      expect(change).to.equal(undefined);
    });
    it('without anything to write changes nothing', () => {
      expect(decideBatch(siteDay(), () => 'confirmed', [confirm()]).change).to.equal(undefined);
    });
  });

  describe('for any batches of requests', () => {
    const request = fc
      .tuple(fc.constantFrom('place', 'place', 'confirm', 'release', 'refund'), fc.integer({ min: 0, max: 9 }))
      .map(([kind, id]): HoldRequest => {
        const facts = hold(`hld_${id}`, 1 + (id % 3));
        if (kind === 'place') return place(facts);
        if (kind === 'confirm') return confirm(facts);
        return kind === 'release' ? release(facts) : refund(facts);
      });
    const batches = fc.array(fc.array(request, { maxLength: 12 }), { maxLength: 10 });
    const fresh = (): SiteDay => siteDay({ capacity: 12, day: 10, held: 0, sold: 0 });
    const AFTER = { place: 'held', confirm: 'confirmed', release: 'released' } as const;
    const balance = (day: SiteDay): boolean =>
      Object.values(day.sessions).every(balanced) && (day.day === undefined || balanced(day.day));

    /** Documents follow, or a crash comes first and leaves the entries pending, with or without the documents. */
    function follow(
      day: SiteDay,
      statuses: Map<string, HoldStatus>,
      outcomes: readonly HoldOutcome[],
      crash: 'none' | 'beforeDocuments' | 'beforeClearing',
    ): SiteDay {
      if (crash === 'beforeDocuments') return day;
      const done = new Set<string>();
      for (const outcome of outcomes) {
        if (outcome.kind !== 'complete') continue;
        const { holdId } = outcome.hold;
        if (outcome.step !== 'place' || !statuses.has(holdId))
          if (statuses.get(holdId) !== 'released') statuses.set(holdId, AFTER[outcome.step]);
        done.add(pendingId(holdId, outcome.step));
      }
      return crash === 'beforeClearing' ? day : { ...day, pending: day.pending.filter(({ id }) => !done.has(id)) };
    }

    it('INV-11 available + held + sold = capacity, none below zero, for the session and its day', () => {
      fc.assert(
        fc.property(batches, (list) => {
          let day = fresh();
          const statuses = new Map<string, HoldStatus>();
          for (const batch of list) {
            const { outcomes, change } = decideBatch(day, (id) => statuses.get(id) ?? 'none', batch);
            if (change !== undefined) day = applyChange(day, change);
            expect(balance(day)).to.equal(true);
            day = follow(day, statuses, outcomes, 'none');
          }
          expect(day.pending).to.deep.equal([]);
        }),
        { numRuns: 500 },
      );
    });

    it('PLA-41 a batch that comes again after a crash moves nothing twice', () => {
      const crash = fc.constantFrom('none', 'beforeDocuments', 'beforeClearing');
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.array(request, { maxLength: 8 }), crash), { maxLength: 10 }), (list) => {
          let day = fresh();
          const statuses = new Map<string, HoldStatus>();
          for (const [batch, crashed] of list) {
            for (const how of [crashed, 'none'] as const) {
              const { outcomes, change } = decideBatch(day, (id) => statuses.get(id) ?? 'none', batch);
              if (change !== undefined) day = applyChange(day, change);
              expect(balance(day)).to.equal(true);
              day = follow(day, statuses, outcomes, how);
            }
          }
          // What the documents say is what the counters say.
          const count = (status: HoldStatus): number =>
            [...statuses]
              .filter(([, now]) => now === status)
              .reduce((sum, [id]) => sum + 1 + (Number(id.slice(4)) % 3), 0);
          expect(day.sessions['ses_1']).to.include({ held: count('held'), sold: count('confirmed') });
        }),
        { numRuns: 1_000 },
      );
    });

    it('INV-11 the same batch twice is the same as once', () => {
      fc.assert(
        fc.property(fc.array(request, { maxLength: 20 }), (batch) => {
          const places = batch.filter(({ kind }) => kind === 'place');
          const statuses = new Map<string, HoldStatus>();
          const first = decideBatch(fresh(), () => 'none', places);
          let day = first.change === undefined ? fresh() : applyChange(fresh(), first.change);
          day = follow(day, statuses, first.outcomes, 'none');
          const granted = new Set(statuses.keys());
          const second = decideBatch(
            day,
            (id) => statuses.get(id) ?? 'none',
            places.filter(({ hold: { holdId } }) => granted.has(holdId)),
          );
          expect(second.change).to.equal(undefined);
        }),
      );
    });

    it('INV-10 a place is all or nothing', () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })), { maxLength: 8 }),
          (list) => {
            const two: SiteDay = {
              ...fresh(),
              day: undefined,
              sessions: {
                ses_1: { capacity: 9, available: 9, held: 0, sold: 0, status: 'open' },
                ses_2: { capacity: 7, available: 7, held: 0, sold: 0, status: 'open' },
              },
            };
            const requests = list.map(([one, other], index) =>
              place({ ...hold(`h${index}`, one), lines: [...hold('', one).lines, ...hold('', other, 'ses_2').lines] }),
            );
            const { outcomes, change } = decideBatch(two, () => 'none', requests);
            const granted = list.filter((_, index) => outcomes[index]?.kind === 'complete');
            const sum = (at: 0 | 1): number => granted.reduce((total, pair) => total + pair[at], 0);
            expect(change?.sessions['ses_1']?.held ?? 0).to.equal(sum(0));
            expect(change?.sessions['ses_2']?.held ?? 0).to.equal(sum(1));
          },
        ),
      );
    });

    it('INV-12 nobody is refused who would have been granted alone in their place in the queue', () => {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 20 }), (quantities) => {
          const { outcomes } = decideBatch(
            siteDay({ capacity: 12, held: 0, sold: 0 }),
            () => 'none',
            quantities.map((quantity, index) => place(hold(`h${index}`, quantity))),
          );
          let left = 12;
          quantities.forEach((quantity, index) => {
            expect(outcomes[index]?.kind).to.equal(quantity <= left ? 'complete' : 'rejected');
            if (quantity <= left) left -= quantity;
          });
        }),
      );
    });
  });
});
