// What a change of a product may do to its fee rules (SAL-50, SAL-53): a ticket keeps the rules of the day on which it was sold, so
// those that have begun stay as they are, and what is new begins later. Pure.
import { DomainError } from '@tongpiao/kernel';
import type { ExchangeRules, RefundRules } from './fee-rules.ts';

type Rules = RefundRules | ExchangeRules;
export type FeeRules = {
  readonly refunds?: readonly RefundRules[] | undefined;
  readonly exchanges?: readonly ExchangeRules[] | undefined;
};

const KINDS = ['refunds', 'exchanges'] as const;

/** @throws DomainError naming the first version that is in force and would change or go, or that would be in force at once */
export function refuseRewrittenRules(before: FeeRules, after: FeeRules, at: string): void {
  const now = Date.parse(at);
  const begun = ({ effectiveFrom }: Rules): boolean => Date.parse(effectiveFrom) <= now;
  for (const kind of KINDS) {
    const inForce = (before[kind] ?? []).filter(begun);
    const wanted = (after[kind] ?? []).filter(begun);
    const rewritten = inForce.find((rules) => !wanted.some((other) => sameRules(rules, other)));
    if (rewritten !== undefined)
      throw new DomainError('sales.fee-rules-in-force', 'Fee rules that have begun can neither change nor go.', {
        kind,
        effectiveFrom: rewritten.effectiveFrom,
      });
    const early = wanted.find((rules) => !inForce.some((other) => sameRules(rules, other)));
    if (early !== undefined)
      throw new DomainError('sales.fee-rules-too-early', 'New fee rules begin in the future.', {
        kind,
        effectiveFrom: early.effectiveFrom,
      });
  }
}

function sameRules(one: Rules, other: Rules): boolean {
  return spelled(one) === spelled(other);
}

/** Whatever the order of its keys, and in whichever zone its beginning is written. */
function spelled(rules: Rules): string {
  const { effectiveFrom, steps, rounding, countsTo = 'start', keepsStepOfExchange = false } = rules;
  const ladder = steps
    .map(({ minutesBefore, feePercent, feeMinimum }) => [minutesBefore, feePercent, feeMinimum])
    .sort(([a = 0], [b = 0]) => b - a);
  const limits =
    'timesMax' in rules ? [rules.timesMax, rules.otherTicketTypes, [...(rules.productIds ?? [])].sort()] : [];
  const counted = [rounding.unit, rounding.direction, countsTo, keepsStepOfExchange];
  return JSON.stringify([Date.parse(effectiveFrom), ladder, ...counted, limits]);
}
