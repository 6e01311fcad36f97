// What a ticket is worth today (SAL-50): fee and money that goes back, or why nothing does. Pure; the quote shows it and the refund
// computes it again at the moment of the decision.
import { fen, ZERO_FEN, type Fen } from '@tongpiao/kernel';
import type { RefundReason } from '@tongpiao/contracts';
import { isLiving } from '../right/right.decider.ts';
import type { RightState, SoldRight } from '../right/right.ts';
import { DEFAULT_REFUND_RULES, feeOf, rulesAt, stepAt, type RefundRules } from './fee-rules.ts';

export type RefundQuote =
  | {
      readonly refundable: true;
      readonly reason: Extract<RefundReason, 'customer' | 'session-cancelled' | 'session-reduced'>;
      readonly price: Fen;
      readonly fee: Fen;
      readonly returned: Fen;
      /** When the next, dearer step begins. */
      readonly goodUntil: string;
    }
  | {
      readonly refundable: false;
      readonly code: 'sales.ticket-used' | 'sales.ticket-not-living' | 'sales.refund-window-over';
      readonly data: Readonly<Record<string, unknown>>;
    };

/** A quote is shown, read and confirmed within this time, unless its step ends sooner. */
const GOOD_FOR_MS = 5 * 60_000;

export function refundQuote(
  right: Exclude<RightState, { status: 'none' }>,
  rules: readonly RefundRules[] | undefined,
  at: string,
): RefundQuote {
  const offered = right.offer !== undefined && isLiving(right);
  if (right.status === 'used' || (right.status === 'checked_in' && !offered))
    return { refundable: false, code: 'sales.ticket-used', data: { ...right.uses[right.uses.length - 1] } };
  if (!isLiving(right)) return { refundable: false, code: 'sales.ticket-not-living', data: { status: right.status } };
  if (right.offer !== undefined) return atNoCost(right, right.offer.kind, at);
  const version = rulesAt(rules, right.soldAt, DEFAULT_REFUND_RULES);
  const step = stepAt(version, right.startsAt, at);
  if (step === undefined)
    return { refundable: false, code: 'sales.refund-window-over', data: { startsAt: right.startsAt } };
  const fee = feeOf(step, version.rounding, right.amount);
  const stepEnds = Date.parse(right.startsAt) - step.minutesBefore * 60_000;
  return {
    refundable: true,
    reason: 'customer',
    price: right.amount,
    fee,
    returned: fen(right.amount - fee),
    goodUntil: new Date(Math.min(Date.parse(at) + GOOD_FOR_MS, stepEnds)).toISOString(),
  };
}

/** SAL-52: the tenant took the session away; whatever the ladder says, everything goes back. */
function atNoCost(right: SoldRight, kind: 'cancelled' | 'reduced', at: string): RefundQuote {
  return {
    refundable: true,
    reason: kind === 'cancelled' ? 'session-cancelled' : 'session-reduced',
    price: right.amount,
    fee: ZERO_FEN,
    returned: right.amount,
    goodUntil: new Date(Date.parse(at) + GOOD_FOR_MS).toISOString(),
  };
}
