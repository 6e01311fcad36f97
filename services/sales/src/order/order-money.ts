// Money of an order: which payments it keeps, and from which of them an amount goes back. Pure arithmetic that the purchase, the
// refund of a ticket and the exchange share, so that together they never send back more than came in.
import { fen, ZERO_FEN, type Fen } from '@tongpiao/kernel';
import type { LiveOrder, OrderCommand, OrderEvent, OrderPayment, OrderRefund } from './order.ts';

export function paymentOf(state: LiveOrder, paymentId: string): OrderPayment | undefined {
  return state.payments.find(({ id }) => id === paymentId);
}

export function isOpen(payment: OrderPayment | undefined): boolean {
  return payment?.status === 'requested' || payment?.status === 'opened';
}

/** What finance says of a payment that brings no money. */
export function paymentEnded(
  command: Extract<OrderCommand, { type: 'FailPayment' | 'ClosePayment' }>,
): Extract<OrderEvent, { type: 'PaymentFailed' | 'PaymentClosed' }> {
  return command.type === 'FailPayment'
    ? { type: 'PaymentFailed', paymentId: command.paymentId, reason: command.reason }
    : { type: 'PaymentClosed', paymentId: command.paymentId };
}

export function later(at: string, byMs: number): string {
  return new Date(Date.parse(at) + byMs).toISOString();
}

/** Payments whose money the order keeps: its own, and those of exchanges that came or are coming about. */
function keptPayments(state: LiveOrder): readonly OrderPayment[] {
  const own = 'paidBy' in state ? state.paidBy : state.prepaidBy;
  const ids = [
    own,
    ...state.exchanges.filter(({ status }) => status === 'replacing' || status === 'done').map(({ paidBy }) => paidBy),
  ];
  return ids.flatMap((id) => (id === undefined ? [] : (paymentOf(state, id) ?? [])));
}

/** Of a payment, before compensations. */
export function left(state: LiveOrder, payment: OrderPayment): number {
  const gone = state.refunds
    .filter(({ paymentId, of }) => paymentId === payment.id && of !== undefined)
    .reduce((sum, { amount }) => sum + amount, 0);
  return Math.max(0, payment.amount - gone);
}

/**
 * Refunds that together make an amount: from the order's first payment as far as it goes, then from those of its exchanges.
 * @param id of the whole; its first part has the same id, the others `-p2`, `-p3` … behind it
 * @param first payment to take from before all others
 */
export function moneyBack(
  state: LiveOrder,
  amount: Fen,
  id: string,
  reason: 'refund' | 'cancelled',
  of: string,
  first?: string,
): readonly Extract<OrderEvent, { type: 'RefundRequested' }>[] {
  const parts: OrderRefund[] = [];
  let missing: number = amount;
  const kept = keptPayments(state);
  for (const payment of [...kept.filter((one) => one.id === first), ...kept.filter((one) => one.id !== first)]) {
    const part = Math.min(missing, left(state, payment));
    if (part <= 0) continue;
    missing -= part;
    // Finance names a second attempt at `id` `<id>-2`, and a provider takes each name for one refund.
    const partId = parts.length === 0 ? id : `${id}-p${parts.length + 1}`;
    parts.push({ id: partId, paymentId: payment.id, amount: fen(part), reason, status: 'requested', of });
  }
  if (missing > ZERO_FEN) throw new Error(`an order was to send back ${missing} fen more than it has`);
  return parts.map((refund) => ({ type: 'RefundRequested', refund }));
}

/** SAL-23, FIN-03: money that came too late, twice or in the wrong amount goes back in full, once. */
export function lateMoney(
  state: LiveOrder,
  command: Extract<OrderCommand, { type: 'CapturePayment' }>,
  reason: 'late-payment' | 'double-payment',
): readonly OrderEvent[] {
  if (state.refunds.some((refund) => refund.paymentId === command.paymentId)) return [];
  const { refundId, paymentId, amount } = command;
  return [{ type: 'RefundRequested', refund: { id: refundId, paymentId, amount, reason, status: 'requested' } }];
}

/** Refunds that carry the money of a ticket that was given back, or of an exchange. */
export function refundsOf(state: LiveOrder, of: string): readonly OrderRefund[] {
  return state.refunds.filter((refund) => carries(refund, of));
}

export function carries(refund: OrderRefund, of: string): boolean {
  return refund.covers === undefined ? refund.of === of : refund.covers.includes(of);
}

/** A person at finance may try a refund again that has failed: then it is done after all. */
export function confirmRefund(state: LiveOrder, refundId: string): readonly OrderEvent[] {
  return state.refunds.some(({ id, status }) => id === refundId && status !== 'done')
    ? [{ type: 'RefundDone', refundId }]
    : [];
}

export function failRefund(state: LiveOrder, refundId: string): readonly OrderEvent[] {
  return state.refunds.some(({ id, status }) => id === refundId && status === 'requested')
    ? [{ type: 'RefundFailed', refundId }]
    : [];
}
