// What holds for any batches of requests on a site-day, whatever comes twice and wherever a crash comes.
import { expect } from 'chai';
import fc from 'fast-check';
import { applyChange, balanced } from './counters.policy.ts';
import { decideBatch } from './site-day.decider.ts';
import { confirm, giveBack, hold, noRecord, place, refund, release, returned, siteDay } from './site-day.fixture.ts';
import { pendingId, type HoldOutcome, type HoldRecord, type HoldRequest, type SiteDay } from './site-day.ts';

const sizeOf = (id: string): number => 1 + (Number(id.slice(4)) % 3);
const request = fc
  .tuple(
    fc.constantFrom('place', 'place', 'confirm', 'confirm', 'release', 'refund', 'return', 'return'),
    fc.integer({ min: 0, max: 9 }),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([kind, id, part]): HoldRequest => {
    const facts = hold(`hld_${id}`, sizeOf(`hld_${id}`));
    if (kind === 'place') return place(facts);
    if (kind === 'confirm') return confirm(facts);
    // Three returns are possible for each hold, together more than the largest has.
    if (kind === 'return') return giveBack(returned(`rfd_${part}`, part > 2 ? 2 : 1), facts);
    return kind === 'release' ? release(facts) : refund(facts);
  });
const batches = fc.array(fc.array(request, { maxLength: 12 }), { maxLength: 10 });
const fresh = (): SiteDay => siteDay({ capacity: 12, day: 10, held: 0, sold: 0 });
const AFTER = { place: 'held', confirm: 'confirmed', release: 'released', reject: 'released' } as const;
const balance = (day: SiteDay): boolean =>
  Object.values(day.sessions).every(balanced) && (day.day === undefined || balanced(day.day));
type Documents = Map<string, HoldRecord>;

/** Documents follow, or a crash comes first and leaves the entries pending, with or without the documents. */
function follow(
  day: SiteDay,
  documents: Documents,
  outcomes: readonly HoldOutcome[],
  crash: 'none' | 'beforeDocuments' | 'beforeClearing',
): SiteDay {
  if (crash === 'beforeDocuments') return day;
  const done = new Set<string>();
  for (const outcome of outcomes) {
    if (outcome.kind !== 'complete') continue;
    const { holdId } = outcome.hold;
    const before = documents.get(holdId);
    if (outcome.step === 'return') {
      if (before !== undefined && !before.returns.some(({ id }) => id === outcome.returned.id))
        documents.set(holdId, { ...before, returns: [...before.returns, outcome.returned] });
    } else if (before?.status !== 'released' && (outcome.step !== 'place' || before === undefined))
      documents.set(holdId, { returns: before?.returns ?? [], status: AFTER[outcome.step] });
    done.add(pendingId(outcome));
  }
  return crash === 'beforeClearing' ? day : { ...day, pending: day.pending.filter(({ id }) => !done.has(id)) };
}

describe('site-day, for any batches of requests', () => {
  it('INV-11 available + held + sold = capacity, none below zero, for the session and its day', () => {
    fc.assert(
      fc.property(batches, (list) => {
        let day = fresh();
        const documents: Documents = new Map();
        for (const batch of list) {
          const { outcomes, change } = decideBatch(day, (id) => documents.get(id), batch);
          if (change !== undefined) day = applyChange(day, change);
          expect(balance(day)).to.equal(true);
          day = follow(day, documents, outcomes, 'none');
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
        const documents: Documents = new Map();
        for (const [batch, crashed] of list) {
          for (const how of [crashed, 'none'] as const) {
            const { outcomes, change } = decideBatch(day, (id) => documents.get(id), batch);
            if (change !== undefined) day = applyChange(day, change);
            expect(balance(day)).to.equal(true);
            day = follow(day, documents, outcomes, how);
          }
        }
        // What the documents say is what the counters say.
        let held = 0;
        let sold = 0;
        for (const [id, { status, returns }] of documents) {
          const back = returns.reduce((sum, { quantity }) => sum + quantity, 0);
          expect(back).to.be.at.most(sizeOf(id));
          if (status === 'held') held += sizeOf(id);
          if (status === 'confirmed') sold += sizeOf(id) - back;
        }
        expect(day.sessions['ses_1']).to.include({ held, sold });
      }),
      { numRuns: 1_000 },
    );
  });

  it('INV-11 the same batch twice is the same as once', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 20 }), (batch) => {
        const places = batch.filter(({ kind }) => kind === 'place');
        const documents: Documents = new Map();
        const first = decideBatch(fresh(), noRecord, places);
        let day = first.change === undefined ? fresh() : applyChange(fresh(), first.change);
        day = follow(day, documents, first.outcomes, 'none');
        const granted = new Set(documents.keys());
        const second = decideBatch(
          day,
          (id) => documents.get(id),
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
          const { outcomes, change } = decideBatch(two, noRecord, requests);
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
          noRecord,
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
