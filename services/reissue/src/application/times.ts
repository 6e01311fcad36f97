// Moments of a case: deadlines that follow from its policy, and what an approval sets going. Pure.
import type { Policy } from '../policy/policy.ts';
import type { ApplicationEvent, Assessment, Decision, Desk } from './application.ts';
import { ZERO_FEN } from '@tongpiao/kernel';

/** Clocks of two instances differ by less: a timer that rings this much early still counts. */
const CLOCKS_DIFFER_MS = 1_000;

export function later(at: string, byMs: number): string {
  return new Date(Date.parse(at) + byMs).toISOString();
}

export function passed(moment: string, at: string): boolean {
  return Date.parse(at) + CLOCKS_DIFFER_MS >= Date.parse(moment);
}

/** REI-42 */
export function reviewBy(policy: Policy, desk: Desk, at: string): string {
  const { decideMinutes, reviewMinutes } = policy.deadlines;
  return later(at, (desk === 'operator' ? decideMinutes : reviewMinutes) * 60_000);
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
