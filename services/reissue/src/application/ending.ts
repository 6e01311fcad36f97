// How a case comes to nothing: what it has begun is undone in the same step (the ticket thawed, REI-04).
import { DomainError } from '@tongpiao/kernel';
import type { ApplicationEvent, FeePayment, LiveApplication, Refusal } from './application.ts';

export function ended(): DomainError {
  return new DomainError('reissue.case-ended', 'The application is over.');
}

/** REI-02 */
export function documentNeeded(): DomainError {
  return new DomainError('reissue.document-needed', 'The document that was used at the purchase has to be shown.');
}

/** The payment of the fee that the case has, and that was not given back. */
export function paidFee({ paidBy, payments, refunds }: LiveApplication): FeePayment | undefined {
  const isBack = refunds.some(({ paymentId }) => paymentId === paidBy);
  return paidBy === undefined || isBack ? undefined : payments.find(({ id }) => id === paidBy);
}

/** REI-22: what was paid goes back when the case comes to nothing. */
export function feeBack(state: LiveApplication, refundId?: string): readonly ApplicationEvent[] {
  const paid = paidFee(state);
  const id = paid?.refundId ?? refundId;
  if (paid === undefined || id === undefined) return [];
  const { id: paymentId, amount } = paid;
  return [{ type: 'RefundRequested', refund: { id, paymentId, amount, reason: 'cancelled', status: 'requested' } }];
}

/** Refused by a fact rather than by a person: there is nothing to appeal against. */
export function refused(state: LiveApplication, reason: string, by: string, at: string): readonly ApplicationEvent[] {
  return refusedWith(state, { reason, by, at });
}

/** @param refundId for a payment of an earlier day, which does not name its own */
export function refusedWith(state: LiveApplication, refusal: Refusal, refundId?: string): readonly ApplicationEvent[] {
  return [{ type: 'CaseRefused', refusal, thaw: state.freeze !== 'none' }, ...feeBack(state, refundId)];
}

export function closed(state: LiveApplication, reason: string, at: string): readonly ApplicationEvent[] {
  return [{ type: 'CaseClosed', reason, at, thaw: state.freeze !== 'none' }, ...feeBack(state)];
}
