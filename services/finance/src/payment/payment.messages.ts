// Own event → what others must hear, and the timers to ourselves. Pure and exhaustive.
import {
  paymentCaptured,
  paymentClosed,
  paymentFailed,
  paymentOpened,
  paymentRefunded,
  paymentRefundFailed,
  paymentSurplusReceived,
  queryPayment,
  queryRefund,
  type DataOf,
  type paymentReported,
} from '@tongpiao/contracts';
import { unreachable } from '@tongpiao/kernel';
import { remind, say, type Said } from '@tongpiao/persistence';
import { refundedAmount } from './payment.policy.ts';
import type { Capture, LivePayment, PaymentEvent, PaymentState } from './payment.ts';

const QUERY = 'query';
const queryOfRefund = (refundId: string): string => `query-refund-${refundId}`;

export function paymentMessages(event: PaymentEvent, facts: { id: string; state: PaymentState }): readonly Said[] {
  const { id: paymentId, state } = facts;
  if (event.type === 'PaymentForbidden') return [say(paymentClosed, { paymentId, orderId: event.orderId })];
  if (state.status === 'none') return [];
  const payment = { paymentId, orderId: state.orderId };
  const askAgain = (due: string): Said => remind(QUERY, due, queryPayment, payment);
  switch (event.type) {
    case 'PaymentRequested':
    case 'RefundAccepted':
      return [];
    case 'PaymentOpened':
      return [say(paymentOpened, { ...payment, method: state.method, payUrl: event.payUrl }), askAgain(event.askAt)];
    case 'PaymentOpenedLate':
    case 'CloseRequested':
    case 'PaymentStillUnpaid':
      return [askAgain(event.askAt)];
    case 'PaymentFailed':
      return [{ cancelTimer: QUERY }, say(paymentFailed, { ...payment, reason: event.reason })];
    case 'PaymentCaptured':
      return [{ cancelTimer: QUERY }, say(paymentCaptured, received(payment, state, event.capture))];
    case 'SurplusReceived':
      return [say(paymentSurplusReceived, received(payment, state, event.capture))];
    case 'PaymentClosed':
      return [{ cancelTimer: QUERY }, say(paymentClosed, payment)];
    case 'PaymentClosedAgain':
      return [{ cancelTimer: QUERY }];
    case 'RefundRequested': {
      const { id: refundId } = event.refund;
      return [remind(queryOfRefund(refundId), event.askAt, queryRefund, { paymentId, refundId })];
    }
    case 'RefundRetried':
    case 'RefundStillPending': {
      const { refundId, askAt } = event;
      return [remind(queryOfRefund(refundId), askAt, queryRefund, { paymentId, refundId })];
    }
    case 'RefundToHandOver':
      return [{ cancelTimer: queryOfRefund(event.refundId) }];
    case 'RefundRefused': {
      const { id: refundId, amount } = event.refund;
      return [say(paymentRefundFailed, { ...payment, refundId, amount, problem: event.problem })];
    }
    case 'RefundDone': {
      const { refundId, refundedAt } = event;
      const refund = state.refunds.find(({ id }) => id === refundId);
      if (refund === undefined) return [];
      const { amount, reason } = refund;
      const told = { ...payment, refundId, amount, method: state.method, reason, refundedAt };
      return [{ cancelTimer: queryOfRefund(refundId) }, say(paymentRefunded, told)];
    }
    case 'RefundFailed': {
      const { refundId, problem } = event;
      const amount = state.refunds.find(({ id }) => id === refundId)?.amount ?? 0;
      return [
        { cancelTimer: queryOfRefund(refundId) },
        say(paymentRefundFailed, { ...payment, refundId, amount, problem }),
      ];
    }
    default:
      return unreachable(event, 'payment event');
  }
}

function received(
  payment: { paymentId: string; orderId: string },
  { method }: LivePayment,
  { amount, transactionId, at }: Capture,
): DataOf<typeof paymentCaptured> {
  return { ...payment, amount, method, transactionId, capturedAt: at };
}

/** The whole current state, for those who rebuild what they know. */
export function reportOf(paymentId: string, state: LivePayment): DataOf<typeof paymentReported> {
  const { orderId, method, status } = state;
  const amount = state.status === 'captured' ? state.capture.amount : state.amount;
  return { paymentId, orderId, method, status, amount, refunded: refundedAmount(state) };
}
