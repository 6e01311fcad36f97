// What the specs of the payment share: its events and commands, and the histories that lead to each of its states.
import { fen } from '@tongpiao/kernel';
import { specify } from '@tongpiao/testing';
import { paymentDecider } from './payment.decider.ts';
import type { Capture, PaymentCommand, PaymentEvent, PaymentFacts } from './payment.ts';

export const AT = '2026-12-01T02:00:00.000Z';
export const ASK = '2026-12-01T02:00:30.000Z';
export const LATER = '2026-12-01T02:05:00.000Z';
export const OVERDUE = '2026-12-01T02:20:00.000Z';
export const PAY_URL = 'weixin://wxpay/bizpayurl?pr=example';

export const facts: PaymentFacts = {
  orderId: 'ord_1',
  amount: fen(24_000),
  method: 'wechat',
  description: '门票',
  expiresAt: '2026-12-01T02:15:00.000Z',
  requestedAt: AT,
};
export const money: Capture = { transactionId: 'tx-1', amount: fen(24_000), at: AT };
export const other: Capture = { transactionId: 'tx-2', amount: fen(24_000), at: LATER };

export const requested: PaymentEvent = { type: 'PaymentRequested', facts, at: AT };
export const opened: PaymentEvent = { type: 'PaymentOpened', payUrl: PAY_URL, askAt: ASK, at: AT };
export const openedLate: PaymentEvent = { type: 'PaymentOpenedLate', askAt: ASK, at: AT };
export const failed: PaymentEvent = { type: 'PaymentFailed', reason: 'refused', at: AT };
export const captured: PaymentEvent = { type: 'PaymentCaptured', capture: money, at: AT };
export const closing: PaymentEvent = { type: 'CloseRequested', askAt: ASK, at: AT };
export const forbidden: PaymentEvent = { type: 'PaymentForbidden', orderId: 'ord_1', at: AT };
export const failedForbidden: PaymentEvent = { type: 'PaymentFailed', reason: 'closed-before-requested', at: AT };
export const closed: PaymentEvent = { type: 'PaymentClosed', at: AT };
export const stillUnpaid = (askAt: string): PaymentEvent => ({ type: 'PaymentStillUnpaid', askAt, at: AT });
export const refundAsked = (id = 'rfd_1', amount = 10_000): PaymentEvent => ({
  type: 'RefundRequested',
  refund: { id, amount: fen(amount), reason: 'refund', transactionId: 'tx-1' },
  askAt: ASK,
  at: AT,
});
export const accepted: PaymentEvent = { type: 'RefundAccepted', refundId: 'rfd_1', providerRefundId: 'p-1', at: AT };
export const refundDone: PaymentEvent = { type: 'RefundDone', refundId: 'rfd_1', refundedAt: AT, at: AT };
export const toHandOver: PaymentEvent = { type: 'RefundToHandOver', refundId: 'rfd_1', at: AT };
export const refundFailed = (final: boolean): PaymentEvent => ({
  type: 'RefundFailed',
  refundId: 'rfd_1',
  problem: 'no',
  final,
  at: AT,
});
export const refused = (id = 'rfd_1', problem = 'nothing-captured', amount = 10_000): PaymentEvent => ({
  type: 'RefundRefused',
  refund: { id, amount: fen(amount), reason: 'refund' },
  problem,
  at: AT,
});

export const request: Extract<PaymentCommand, { type: 'RequestPayment' }> = { type: 'RequestPayment', facts };
export const open: PaymentCommand = { type: 'OpenPayment', payUrl: PAY_URL, at: AT };
export const refuse: PaymentCommand = { type: 'RefusePayment', reason: 'refused', at: AT };
export const capture = (received: Capture): PaymentCommand => ({
  type: 'CapturePayment',
  capture: received,
  surplusRefundId: `rfd_of_${received.transactionId}`,
  at: AT,
});
export const close: PaymentCommand = { type: 'ClosePayment', orderId: 'ord_1', at: AT };
export const confirmClosed: PaymentCommand = { type: 'ConfirmClosed', at: AT };
export const reportUnpaid = (at = AT): PaymentCommand => ({ type: 'ReportUnpaid', at });
export const requestRefund = (amount = 10_000, refundId = 'rfd_1'): PaymentCommand => ({
  type: 'RequestRefund',
  refundId,
  amount: fen(amount),
  reason: 'refund',
  at: AT,
});
const about = (attempt: number) => ({ refundId: 'rfd_1', attempt, at: AT });
export const confirmRefund = (attempt = 1): PaymentCommand => ({
  type: 'ConfirmRefund',
  ...about(attempt),
  refundedAt: AT,
});
export const failRefund = (final = true, attempt = 1): PaymentCommand => ({
  type: 'FailRefund',
  ...about(attempt),
  problem: 'no',
  final,
});
export const reportPending = (attempt = 1): PaymentCommand => ({ type: 'ReportRefundPending', ...about(attempt) });
export const reportTaken = (attempt = 1): PaymentCommand => ({
  type: 'ReportRefundPending',
  ...about(attempt),
  providerRefundId: 'p-1',
});
export const retryRefund: PaymentCommand = { type: 'RetryRefund', refundId: 'rfd_1', at: AT };

export const payOut: PaymentCommand = { type: 'PayOutRefund', refundId: 'rfd_1', by: 'usr_2', at: AT };

export const STATES = {
  none: [],
  'none, closed': [forbidden],
  requested: [requested],
  'requested, closing': [requested, closing],
  opened: [requested, opened],
  'opened, closing': [requested, opened, closing],
  captured: [requested, opened, captured],
  failed: [requested, failed],
  'failed, closing again': [requested, failed, openedLate],
  closed: [requested, opened, closed],
  'closed, closing again': [requested, closing, closed, openedLate],
} satisfies Record<string, readonly PaymentEvent[]>;
export type StateName = keyof typeof STATES;

export const REFUNDS = {
  unknown: [],
  requested: [refundAsked()],
  accepted: [refundAsked(), accepted],
  done: [refundAsked(), refundDone],
  failed: [refundAsked(), refundFailed(true)],
  abnormal: [refundAsked(), refundFailed(false)],
  refused: [refused('rfd_1', 'exceeds-captured')],
  'to-hand-over': [refundAsked(), toHandOver],
} satisfies Record<string, readonly PaymentEvent[]>;
export type RefundName = keyof typeof REFUNDS;

/** Events, `-` for nothing, or the code of a refusal. */
export type Cell = readonly PaymentEvent[] | string;
export const given = specify(paymentDecider);

export function check(events: readonly PaymentEvent[], command: PaymentCommand, cell: Cell): void {
  const then = given(...events).when(command);
  if (cell === '-') then.thenNothing();
  else if (typeof cell === 'string') then.thenRefused(cell);
  else then.then(...cell);
}

export function nameOfCell(cell: Cell): string {
  if (typeof cell === 'string') return cell === '-' ? 'nothing' : cell;
  return cell.map(({ type }) => type).join(' + ');
}
