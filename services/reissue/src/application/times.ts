// Moments of a case: deadlines that follow from its policy, and what an approval sets going. Pure.
import type { Policy } from '../policy/policy.ts';
import type { ApplicationEvent, Assessment, DecideBy, Decision, Desk } from './application.ts';
import { afterOpenMinutes, afterWorkingDays, ZERO_FEN, type CountedDay } from '@tongpiao/kernel';

/** Clocks of two instances differ by less: a timer that rings this much early still counts. */
const CLOCKS_DIFFER_MS = 1_000;

export function later(at: string, byMs: number): string {
  return new Date(Date.parse(at) + byMs).toISOString();
}

export function passed(moment: string, at: string): boolean {
  return Date.parse(at) + CLOCKS_DIFFER_MS >= Date.parse(moment);
}

/** REI-42: machines verify, by day and by night. */
export function verifyWithin({ deadlines }: Pick<Policy, 'deadlines'>, from: string): string {
  return later(from, deadlines.verifyMinutes * 60_000);
}

/** REI-42: an ordinary case in hours of the open office, any other in working days. */
export function decideWithin(policy: Pick<Policy, 'calendar' | 'deadlines'>, desk: Desk, from: string): DecideBy {
  const { calendar, deadlines } = policy;
  const start = new Date(Date.parse(from));
  if (desk === 'operator')
    return { decideBy: afterOpenMinutes(calendar, start, deadlines.decideMinutes).toISOString() };
  const { at, provisional } = afterWorkingDays(calendar, start, deadlines.reviewWorkingDays);
  return { decideBy: at.toISOString(), ...(provisional ? { provisional } : {}) };
}

/** PLA-46: how the deadline was counted, day by day; nothing to explain where hours are counted. */
export function countedDays(policy: Policy, desk: Desk, from: string): readonly CountedDay[] {
  if (desk === 'operator') return [];
  return afterWorkingDays(policy.calendar, new Date(Date.parse(from)), policy.deadlines.reviewWorkingDays).days;
}

export function approval(
  policy: Policy,
  decision: Decision,
  code: string,
  assessment: Pick<Assessment, 'fee' | 'waivedFor'>,
  ourFault = false,
): Extract<ApplicationEvent, { type: 'CaseApproved' }> {
  const { fee, waivedFor } = ourFault && assessment.fee > 0 ? { fee: ZERO_FEN, waivedFor: 'our-fault' } : assessment;
  const payBy = later(decision.at, policy.deadlines.payHours * 3_600_000);
  return {
    type: 'CaseApproved',
    payBy,
    approval: { ...decision, code, fee, ...(waivedFor === undefined ? {} : { waivedFor }) },
  };
}
