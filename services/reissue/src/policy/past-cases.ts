// REI-54: a changed policy on past cases. Each is judged anew from what was known when it was judged, factor by factor, and what comes out
// differently is counted and shown. Pure, so that a trial can change nothing.
import { fen, type Fen } from '@tongpiao/kernel';
import { assess, type Judgeable } from '../application/application.policy.ts';
import type { Assessment, Desk } from '../application/application.ts';
import { RISK_FACTORS, type Policy, type RiskFactor } from './policy.ts';

export type PastCase = {
  readonly id: string;
  readonly submittedAt: string;
  /** How it stands, or ended. */
  readonly status: string;
  readonly facts: Judgeable;
  readonly misses: number;
  readonly judged: Assessment;
};

type Judgement = Pick<Assessment, 'desk' | 'suspended' | 'fee' | 'selfService' | 'score'>;
type Aspect = keyof Judgement;
const ASPECTS: readonly Aspect[] = ['desk', 'suspended', 'fee', 'selfService', 'score'];

export type Difference = {
  readonly id: string;
  readonly submittedAt: string;
  readonly status: string;
  readonly policyVersion: number;
  readonly differs: readonly Aspect[];
  readonly was: Judgement;
  readonly would: Judgement;
  /** Why it would lie on that desk. */
  readonly escalatedFor: readonly string[];
  /** Only the factors whose points differ. */
  readonly factors: readonly {
    readonly factor: RiskFactor;
    readonly value: number;
    readonly was: number;
    readonly would: number;
  }[];
};

const judgementOf = ({ desk, suspended, fee, selfService, score }: Assessment): Judgement => ({
  desk,
  suspended,
  fee,
  selfService,
  score,
});
const pointsOf = ({ findings }: Assessment, factor: RiskFactor): number =>
  findings.find((finding) => finding.factor === factor)?.points ?? 0;
const valueOf = ({ findings }: Assessment, factor: RiskFactor): number =>
  findings.find((finding) => finding.factor === factor)?.value ?? 0;

function rejudged(draft: Policy, { facts, misses, judged }: PastCase): Assessment {
  return assess(draft, facts, { identity: judged.identity, history: judged.history, misses });
}

/** @returns undefined where nothing comes out differently */
export function differenceOf(draft: Policy, past: PastCase): Difference | undefined {
  const { id, submittedAt, status, judged } = past;
  const anew = rejudged(draft, past);
  const [was, would] = [judgementOf(judged), judgementOf(anew)];
  const factors = RISK_FACTORS.flatMap((factor) => {
    const points = { was: pointsOf(judged, factor), would: pointsOf(anew, factor) };
    const value = Math.max(valueOf(judged, factor), valueOf(anew, factor));
    return points.was === points.would ? [] : [{ factor, value, ...points }];
  });
  const differs = ASPECTS.filter((aspect) => was[aspect] !== would[aspect]);
  if (differs.length === 0 && factors.length === 0) return undefined;
  const { policyVersion } = judged;
  return { id, submittedAt, status, policyVersion, differs, was, would, escalatedFor: anew.escalatedFor, factors };
}

export type Tally = {
  cases: number;
  different: number;
  /** `operator>reviewer`: so many. */
  readonly desks: Map<string, number>;
  readonly suspended: { newly: number; noLonger: number };
  readonly selfService: {
    newly: number;
    noLonger: number;
    /** What people have refused and the draft would have let through without them. */ newlyThoughRefused: number;
  };
  readonly fees: { before: Fen; after: Fen; raised: number; lowered: number };
  readonly factors: Map<RiskFactor, { raised: number; lowered: number }>;
};

export function emptyTally(): Tally {
  return {
    cases: 0,
    different: 0,
    desks: new Map<`${Desk}>${Desk}`, number>(),
    suspended: { newly: 0, noLonger: 0 },
    selfService: { newly: 0, noLonger: 0, newlyThoughRefused: 0 },
    fees: { before: fen(0), after: fen(0), raised: 0, lowered: 0 },
    factors: new Map(),
  };
}

/** Adds one case to the counts, in place: a trial has many. */
export function tally(into: Tally, past: PastCase, difference: Difference | undefined): void {
  into.cases += 1;
  const { was, would } = difference ?? { was: past.judged, would: past.judged };
  into.fees.before = fen(into.fees.before + was.fee);
  into.fees.after = fen(into.fees.after + would.fee);
  if (difference === undefined) return;
  into.different += 1;
  if (was.desk !== would.desk) {
    const way = `${was.desk}>${would.desk}`;
    into.desks.set(way, (into.desks.get(way) ?? 0) + 1);
  }
  if (was.suspended !== would.suspended) into.suspended[would.suspended ? 'newly' : 'noLonger'] += 1;
  if (was.selfService !== would.selfService) into.selfService[would.selfService ? 'newly' : 'noLonger'] += 1;
  if (would.selfService && !was.selfService && past.status === 'refused') into.selfService.newlyThoughRefused += 1;
  if (was.fee !== would.fee) into.fees[would.fee > was.fee ? 'raised' : 'lowered'] += 1;
  for (const { factor, was: before, would: after } of difference.factors) {
    const counted = into.factors.get(factor) ?? { raised: 0, lowered: 0 };
    counted[after > before ? 'raised' : 'lowered'] += 1;
    into.factors.set(factor, counted);
  }
}
