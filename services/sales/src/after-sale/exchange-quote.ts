// What exchanging a ticket for another session costs, and whether it may be (SAL-53): fee by the ladder of the day of the sale, price
// difference either way. Pure; the new price comes from the same quote that sells (quote.ts).
import { addFen, DomainError, fen, ZERO_FEN, type Fen } from '@tongpiao/kernel';
import { isLiving, used } from '../right/right.decider.ts';
import type { RightState, SoldRight } from '../right/right.ts';
import { DEFAULT_EXCHANGE_RULES, feeOf, goodUntil, rulesAt, stepAt, type ExchangeRules } from './fee-rules.ts';

/** The place that is wished for, priced. */
export type NewPlace = {
  readonly productId: string;
  readonly ticketTypeId: string;
  readonly sessionId: string;
  readonly amount: Fen;
  readonly admits: number;
};

export type ExchangeQuote = {
  readonly price: Fen;
  readonly newPrice: Fen;
  readonly fee: Fen;
  /** To be paid before the ticket is replaced; never together with `returned`. */
  readonly due: Fen;
  readonly returned: Fen;
  /** When the next, dearer step begins, or the quote is too old to be confirmed. */
  readonly goodUntil: string;
};

/** @throws DomainError with the first reason against it */
export function exchangeQuote(
  right: Exclude<RightState, { status: 'none' }>,
  wished: NewPlace,
  rules: readonly ExchangeRules[] | undefined,
  at: string,
): ExchangeQuote {
  mayBeExchanged(right);
  const free = right.offer !== undefined;
  const version = rulesAt(rules, right.ruledFrom ?? right.soldAt, DEFAULT_EXCHANGE_RULES);
  const step = stepAt(version, right, at);
  if (wished.sessionId === right.sessionId && wished.ticketTypeId === right.ticketTypeId)
    throw new DomainError('sales.exchange-to-the-same', 'The ticket is for this session already.');
  if (!free) {
    // SAL-52: one that the tenant made necessary is not the customer's.
    const before = right.past.filter(
      ({ status, disruptionId }) => status === 'exchanged' && disruptionId === undefined,
    ).length;
    if (before >= version.timesMax)
      throw new DomainError('sales.exchange-limit', 'The ticket was exchanged as often as it may be.', {
        limit: version.timesMax,
      });
    // Until the sweep has been there its ticket is living, but good for nothing.
    if (step === undefined || Date.parse(at) > Date.parse(right.validUntil))
      throw new DomainError('sales.exchange-window-over', 'The time to exchange this ticket is over.', {
        startsAt: right.startsAt,
      });
  }
  const otherProduct = wished.productId !== right.productId && version.productIds?.includes(wished.productId) !== true;
  if (otherProduct)
    throw new DomainError('sales.exchange-not-to-this-product', 'The ticket cannot be exchanged to this product.');
  const otherType = wished.productId === right.productId && wished.ticketTypeId !== right.ticketTypeId;
  if (otherType && !version.otherTicketTypes)
    throw new DomainError('sales.exchange-not-to-this-type', 'The ticket type cannot be changed.');
  if (wished.admits !== right.admits)
    throw new DomainError('sales.exchange-not-to-this-type', 'The new ticket is for another number of people.');
  const fee = free || step === undefined ? ZERO_FEN : feeOf(step, version.rounding, right.amount);
  const difference = addFen(wished.amount, fee) - right.amount;
  return {
    price: right.amount,
    newPrice: wished.amount,
    fee,
    due: difference > 0 ? fen(difference) : ZERO_FEN,
    returned: difference < 0 ? fen(-difference) : ZERO_FEN,
    goodUntil: goodUntil(at, right, version, free ? undefined : step),
  };
}

function mayBeExchanged(right: SoldRight): void {
  if (right.status === 'used' || right.status === 'checked_in') throw used(right);
  if (!isLiving(right))
    throw new DomainError('sales.ticket-not-living', 'The ticket is not valid any more.', { status: right.status });
}
