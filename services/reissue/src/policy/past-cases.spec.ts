// A changed policy on past cases: what differs, factor by factor, and how it is counted.
import { fen } from '@tongpiao/kernel';
import { expect } from 'chai';
import { caseFacts, policy, quiet } from '../application/application.fixture.ts';
import { assess } from '../application/application.policy.ts';
import type { CaseFacts, History } from '../application/application.ts';
import type { Policy } from './policy.ts';
import { differenceOf, emptyTally, tally, type PastCase } from './past-cases.ts';

function past(history: History = quiet, facts: CaseFacts = caseFacts(), change: Partial<PastCase> = {}): PastCase {
  const judged = assess(policy(), facts, { identity: 'match', history, misses: 0 });
  return { id: 'rei_1', submittedAt: facts.submittedAt, status: 'reissued', facts, misses: 0, judged, ...change };
}
const withPoints = (points: Partial<Policy['risk']['points']>): Policy => {
  const { risk } = policy();
  return policy({ risk: { ...risk, points: { ...risk.points, ...points } } });
};

describe('trial of a policy', () => {
  it('REI-54 the rules of the day come out as they did', () => {
    expect(differenceOf(policy(), past({ ...quiet, sameDay: 2 }))).to.equal(undefined);
  });
  it('REI-54 other points are named factor by factor, with what was counted', () => {
    const difference = differenceOf(withPoints({ 'same-day': 30 }), past({ ...quiet, sameDay: 2, refused: 1 }));
    expect(difference?.factors).to.deep.equal([{ factor: 'same-day', value: 2, was: 40, would: 60 }]);
    expect(difference?.differs).to.deep.equal(['score']);
    expect(difference?.was).to.include({ score: 60, suspended: true, desk: 'reviewer' });
  });
  it('REI-54 a factor that is switched off, or on, changes desk and suspension', () => {
    const difference = differenceOf(withPoints({ 'same-ticket': 0 }), past({ ...quiet, sameTicket: 3 }));
    expect(difference).to.deep.include({ differs: ['desk', 'score'], escalatedFor: [] });
    expect(difference?.would).to.include({ desk: 'operator', score: 0 });
    const on = differenceOf(withPoints({ 'same-ticket': 40 }), past({ ...quiet, sameTicket: 3 }));
    expect(on?.differs).to.deep.equal(['suspended', 'score']);
  });
  it('REI-54 counts desks, suspensions, self-service, fees and factors', () => {
    const draft = policy({
      selfService: { on: true, sampleShare: 0 },
      fees: [{ kind: 'replacement', amount: fen(300) }],
      escalation: { reviewerFromAmount: fen(12_000), managerFromAmount: fen(200_000), classes: [] },
    });
    const cheap = caseFacts({ ticket: { ...caseFacts().ticket, amount: fen(5_000) } });
    const cases = [
      past(),
      past(quiet, cheap),
      past(quiet, cheap, { status: 'refused' }),
      past({ ...quiet, sameDay: 1 }),
    ];
    const counts = emptyTally();
    for (const one of cases) tally(counts, one, differenceOf(draft, one));
    expect({ ...counts, desks: [...counts.desks], factors: [...counts.factors] }).to.deep.equal({
      cases: 4,
      different: 4,
      desks: [['operator>reviewer', 1]],
      suspended: { newly: 0, noLonger: 0 },
      selfService: { newly: 2, noLonger: 0, newlyThoughRefused: 1 },
      fees: { before: 0, after: 1_200, raised: 4, lowered: 0 },
      factors: [],
    });
    const other = emptyTally();
    for (const one of cases) tally(other, one, differenceOf(withPoints({ 'same-day': 60 }), one));
    expect([...other.factors]).to.deep.equal([['same-day', { raised: 1, lowered: 0 }]]);
    expect(other).to.deep.include({ different: 1, suspended: { newly: 1, noLonger: 0 } });
  });
});
