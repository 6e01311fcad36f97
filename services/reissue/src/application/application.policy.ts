// How a case is judged: risk factor by factor, whose desk it belongs on, what it costs, and whether anybody has to look at it at all.
// Pure over the case, its history and the policy that the case carries, so that a changed policy can be tried on past cases (REI-54).
import { ZERO_FEN, type Fen } from '@tongpiao/kernel';
import { RISK_FACTORS, type Policy, type RiskFactor } from '../policy/policy.ts';
import type { Assessment, CaseFacts, Decision, Desk, Finding, History, Identity, Refusal } from './application.ts';

/** Of a case, what judging it takes: a past one can be judged anew by this. */
export type Judgeable = Pick<CaseFacts, 'kind' | 'reason' | 'channel'> & {
  readonly ticket: Pick<
    CaseFacts['ticket'],
    'productId' | 'ticketTypeId' | 'amount' | 'realName' | 'road' | 'reissues'
  >;
  readonly correction?: unknown;
};

/** What is judged, beside the case's own facts. */
export type Evidence = { readonly identity: Identity; readonly history: History; readonly misses: number };

/** Counted up to here: the tenth time is as bad as the third. */
const COUNTED_MAX = 3;

const ADDRESS_SHARED_BY = 3;
/** One telephone applies for a couple and their child. */
const DEVICE_SHARED_BY = 2;

/** A gate that could not read it, or found another person on it, is why they apply. Who has lost it does not hold it up. */
const EXPLAINS_REFUSAL: ReadonlySet<CaseFacts['reason']> = new Set(['damaged', 'wrong-data', 'system-fault']);

type Measure = (facts: Judgeable, evidence: Evidence) => number;

/** What each factor counts. Its points are taken so many times. */
const MEASURES: Readonly<Record<RiskFactor, Measure>> = {
  'identity-mismatch': (_facts, { identity }) => (identity === 'mismatch' ? 1 : 0),
  'same-day': (_facts, { history }) => history.sameDay,
  'refused-before': (_facts, { history }) => history.refused,
  'same-ticket': (_facts, { history }) => history.sameTicket,
  // A family or an office has one address.
  'shared-address': (_facts, { history }) => Math.max(0, history.sharedAddress - ADDRESS_SHARED_BY),
  'shared-device': (_facts, { history }) => Math.max(0, history.sharedDevice - DEVICE_SHARED_BY),
  // One slip of the finger is no sign of anything.
  'failed-proofs': (_facts, { misses, history }) => Math.max(0, misses + history.failedChecks - 1),
  'reissued-before': ({ ticket }) => ticket.reissues,
  'scanned-since': ({ reason }, { history }) =>
    history.scansAdmitted + (EXPLAINS_REFUSAL.has(reason) ? 0 : history.scansRefused),
};

/** REI-54: every factor that counts, with what was counted and what it adds. */
function findingsOf(policy: Policy, facts: Judgeable, evidence: Evidence): readonly Finding[] {
  return RISK_FACTORS.flatMap((factor): Finding[] => {
    const value = MEASURES[factor](facts, evidence);
    const each = policy.risk.points[factor];
    // A factor without points is switched off.
    return value > 0 && each > 0 ? [{ factor, value, points: each * Math.min(value, COUNTED_MAX) }] : [];
  });
}

type Rule = { readonly name: string; readonly desk: Desk; readonly applies: (given: Given) => boolean };
type Given = {
  readonly policy: Policy;
  readonly facts: Judgeable;
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
};

/** REI-20: what is not an operator's. */
const ESCALATIONS: readonly Rule[] = [
  {
    name: 'amount-manager',
    desk: 'manager',
    applies: ({ policy, facts }) => facts.ticket.amount >= policy.escalation.managerFromAmount,
  },
  {
    name: 'amount',
    desk: 'reviewer',
    applies: ({ policy, facts }) => facts.ticket.amount >= policy.escalation.reviewerFromAmount,
  },
  {
    name: 'class',
    desk: 'reviewer',
    applies: ({ policy, facts }) => policy.escalation.classes.includes(facts.ticket.ticketTypeId),
  },
  { name: 'second-today', desk: 'reviewer', applies: ({ evidence }) => evidence.history.sameDay > 0 },
  { name: 'history', desk: 'reviewer', applies: ({ evidence }) => evidence.history.refused > 0 },
  { name: 'correction', desk: 'reviewer', applies: ({ facts }) => facts.correction !== undefined },
  { name: 'risk', desk: 'reviewer', applies: ({ findings }) => findings.length > 0 },
];

const RANK: Readonly<Record<Desk, number>> = { operator: 1, reviewer: 2, manager: 3 };

export const DESKS = ['operator', 'reviewer', 'manager'] as const;
/** REI-42: before it lies on a desk, machines are waited for; who is urged when they do not answer. */
export const VERIFYING = ['verifying', 'waiting_identity'] as const;
export const VERIFYING_DESK: Desk = 'operator';
/** Statuses in which staff have to decide. */
export const LYING = ['risk_check', 'deciding', 'reviewing', 'appealing'] as const;

export function ranksBelow(desk: Desk, other: Desk): boolean {
  return RANK[desk] < RANK[other];
}

export function higherOf(one: Desk, other: Desk): Desk {
  return ranksBelow(one, other) ? other : one;
}

/** REI-11: whose a case is that a ticket tried at a gate suspends; not below the desk on which it lies, or was approved. */
export function suspendedDeskOf(
  { desk }: Pick<Assessment, 'desk'>,
  state: { readonly desk: Desk } | { readonly approval: Pick<Decision, 'desk'> },
): Desk {
  const lay = 'desk' in state ? state.desk : state.approval.desk;
  return higherOf(higherOf(desk, 'reviewer'), lay ?? 'reviewer');
}

/** REI-41: not below the desk that has refused it, which a recommendation or a conflict may have raised (REI-20). */
export function appealDeskOf({ desk }: Pick<Assessment, 'desk'>, refusal: Pick<Refusal, 'desk'>): Desk {
  return higherOf(higherOf(desk, 'reviewer'), refusal.desk ?? 'reviewer');
}

/** Whoever is of the staff says what has gone wrong; an applicant, at whatever machine, only thinks so. */
const ENTERED_BY_STAFF: ReadonlySet<CaseFacts['channel']> = new Set(['counter', 'hotline', 'batch']);

/** REI-22: what the policy charges, and why it does not where it could. */
function feeOf(policy: Policy, facts: Judgeable): { readonly fee: Fen; readonly waivedFor?: string } {
  const line = policy.fees.find(
    ({ productId, kind }) => kind === facts.kind && (productId ?? facts.ticket.productId) === facts.ticket.productId,
  );
  if (line === undefined || line.amount === ZERO_FEN) return { fee: ZERO_FEN };
  if (facts.ticket.realName && facts.ticket.road) return { fee: ZERO_FEN, waivedFor: 'real-name-road-ticket' };
  // What we have spoiled, or never delivered, we put right for nothing; an applicant who says so is believed by whoever decides.
  if (ENTERED_BY_STAFF.has(facts.channel) && (facts.reason === 'system-fault' || facts.reason === 'not-received'))
    return { fee: ZERO_FEN, waivedFor: facts.reason };
  return { fee: line.amount };
}

export function assess(policy: Policy, facts: Judgeable, evidence: Evidence): Assessment {
  const findings = findingsOf(policy, facts, evidence);
  const score = findings.reduce((sum, { points }) => sum + points, 0);
  const rules = ESCALATIONS.filter(({ applies }) => applies({ policy, facts, evidence, findings }));
  const desk = rules.reduce<Desk>((highest, rule) => higherOf(highest, rule.desk), 'operator');
  // Whatever the points say: a document that is not this person's is looked at, and so is a ticket that somebody has used.
  const suspended =
    score >= policy.risk.suspendFrom ||
    evidence.identity === 'mismatch' ||
    findings.some(({ factor }) => factor === 'scanned-since');
  return {
    policyVersion: policy.version,
    identity: evidence.identity,
    history: evidence.history,
    findings,
    score,
    desk,
    escalatedFor: rules.map(({ name }) => name),
    suspended,
    ...feeOf(policy, facts),
    selfService:
      policy.selfService.on &&
      desk === 'operator' &&
      !suspended &&
      facts.kind === 'replacement' &&
      facts.ticket.realName &&
      evidence.identity === 'match',
  };
}

const NO_HISTORY: History = {
  ...{ sameDay: 0, refused: 0, sameTicket: 0, sharedAddress: 0, sharedDevice: 0 },
  ...{ failedChecks: 0, scansAdmitted: 0, scansRefused: 0 },
};
const BATCH_WAIVER = 'our-fault';

/** REI-53: a list is judged as a whole by whoever approves it, and its lines by what became of their tickets; persons are not suspects. */
export function assessedInBatch(
  policy: Policy,
  desk: Desk,
): { readonly assessment: Assessment; readonly waivedFor: string } {
  const assessment: Assessment = {
    policyVersion: policy.version,
    identity: 'not-needed',
    history: NO_HISTORY,
    findings: [],
    score: 0,
    desk,
    escalatedFor: [],
    suspended: false,
    fee: ZERO_FEN,
    waivedFor: BATCH_WAIVER,
    selfService: false,
  };
  return { assessment, waivedFor: BATCH_WAIVER };
}
