// What a ticket is worth today (SAL-50): fee and money that goes back, or why nothing does. Pure; the quote shows it and the refund
// computes it again at the moment of the decision.
import type { RefundReason } from '@tongpiao/contracts';
import { DomainError, fen, ZERO_FEN, type Fen } from '@tongpiao/kernel';
import { owed } from '../right/disrupted.policy.ts';
import { isLiving, used } from '../right/right.decider.ts';
import type { SoldRight } from '../right/right.ts';
import {
  DEFAULT_REFUND_RULES,
  feeOf,
  goodUntil,
  rulesAt,
  stepAt,
  stepOfExchange,
  type RefundRules,
} from './fee-rules.ts';

export type RefundQuote = {
  readonly reason: Exclude<RefundReason, 'exception'>;
  readonly price: Fen;
  readonly fee: Fen;
  readonly returned: Fen;
  /** When the next, dearer step begins, or the quote is too old to be confirmed. */
  readonly goodUntil: string;
};

/** @throws DomainError with why nothing goes back */
export function refundQuote(right: SoldRight, rules: readonly RefundRules[] | undefined, at: string): RefundQuote {
  const { startsAt, amount } = right;
  const promised = owed(right);
  // Who came in although there were fewer places has chosen to come.
  if (promised === undefined && (right.status === 'used' || right.status === 'checked_in')) throw used(right);
  if (right.status === 'frozen' || (promised === undefined && !isLiving(right)))
    throw new DomainError('sales.ticket-not-living', 'The ticket is not valid any more.', { status: right.status });
  // SAL-52: the tenant took the session away; whatever the ladder says, everything goes back that was not used.
  if (promised !== undefined) return { ...promised, price: amount, goodUntil: goodUntil(at, right, {}, undefined) };
  const version = rulesAt(rules, right.ruledFrom ?? right.soldAt, DEFAULT_REFUND_RULES);
  const step = stepAt(version, right, at);
  if (step === undefined)
    throw new DomainError('sales.refund-window-over', 'The time to give this ticket back is over.', { startsAt });
  const fee = fen(Math.max(feeOf(step, version.rounding, amount), feeOfExchanges(right, version)));
  return {
    reason: 'customer',
    price: amount,
    fee,
    returned: fen(amount - fee),
    goodUntil: goodUntil(at, right, version, step),
  };
}

/** What giving it back would have cost when it was exchanged, where the rules keep that. */
function feeOfExchanges({ past, amount }: SoldRight, rules: RefundRules): number {
  const fees = past.map(({ status, disruptionId, startsAt, endsAt, at }) => {
    if (status !== 'exchanged' || disruptionId !== undefined || startsAt === undefined || endsAt === undefined)
      return ZERO_FEN;
    const step = stepOfExchange(rules, { startsAt, endsAt }, at);
    return step === undefined ? ZERO_FEN : feeOf(step, rules.rounding, amount);
  });
  return Math.max(ZERO_FEN, ...fees);
}
