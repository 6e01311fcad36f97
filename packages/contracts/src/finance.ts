// What finance is asked and what it says: payments and refunds. The ledger is its own business.
import { z } from 'zod';
import { amountSchema, defineCommand, defineEvent, instantSchema } from './define.ts';
import { idSchema, paymentMethodSchema } from './vocabulary.ts';

const PAYMENT = { paymentId: 'pay_0a5d8k2m7q9x3c6v1b4n', orderId: 'ord_0a5d8k2m7q9x3c6v1b4n' };
const payment = { paymentId: idSchema, orderId: idSchema };

export const requestPayment = defineCommand({
  type: 'finance.payment.request.v1',
  summary: 'Open a payment for an order at the chosen provider, or record cash that a clerk took.',
  data: z.object({
    ...payment,
    amount: amountSchema,
    method: paymentMethodSchema,
    description: z.string().min(1).max(120),
    expiresAt: instantSchema,
    /** Clerk who took the cash. */
    takenBy: idSchema.optional(),
  }),
  example: {
    ...PAYMENT,
    amount: 24_000,
    method: 'wechat',
    description: '分时入园门票 ×2',
    expiresAt: '2026-12-01T10:15:00+08:00',
  },
});

export const closePayment = defineCommand({
  type: 'finance.payment.close.v1',
  summary: 'The order ends unpaid: close the payment at the provider, or say that it was paid after all.',
  data: z.object(payment),
  example: PAYMENT,
});

export const refundPayment = defineCommand({
  type: 'finance.payment.refund.v1',
  summary: 'Send money back; several partial refunds never exceed what was captured.',
  data: z.object({
    ...payment,
    refundId: idSchema,
    amount: amountSchema,
    reason: z.enum(['late-payment', 'double-payment', 'cancelled', 'refund']),
  }),
  example: { ...PAYMENT, refundId: 'rfd_0a5d8k2m7q9x3c6v1b4n', amount: 24_000, reason: 'late-payment' },
});

const COMPENSATION = {
  compensationId: 'rfd_0a5d8k2m7q9x3c6v1b4p',
  orderId: PAYMENT.orderId,
  amount: 2_000,
};
const compensation = { compensationId: idSchema, orderId: idSchema, amount: amountSchema };

export const payCompensation = defineCommand({
  type: 'finance.compensation.pay.v1',
  summary:
    'Give a customer money for what went wrong, over the payment of their order; what became of it is told as a refund of that id.',
  data: z.object({
    ...compensation,
    /** Whose promise it is, e.g. the case of a reissue. */
    about: idSchema,
    approvedBy: idSchema,
  }),
  example: { ...COMPENSATION, about: 'rei_0a5d8k2m7q9x3c6v1b4n', approvedBy: 'usr_0a5d8k2m7q9x3c6v1b4n' },
});

export const compensationRefused = defineEvent({
  type: 'finance.compensation.refused.v1',
  summary: 'No payment of the order can carry this compensation: it has to find another way to the customer.',
  data: z.object({ ...compensation, about: idSchema, problem: z.enum(['no-payment', 'exceeds-payment']) }),
  example: { ...COMPENSATION, about: 'rei_0a5d8k2m7q9x3c6v1b4n', problem: 'no-payment' },
});

export const paymentOpened = defineEvent({
  type: 'finance.payment.opened.v1',
  summary: 'The provider waits for the payer.',
  data: z.object({ ...payment, method: paymentMethodSchema, payUrl: z.string().max(1_000).optional() }),
  example: { ...PAYMENT, method: 'wechat', payUrl: 'weixin://wxpay/bizpayurl?pr=example' },
});

export const paymentCaptured = defineEvent({
  type: 'finance.payment.captured.v1',
  summary: 'The money is there.',
  data: z.object({
    ...payment,
    amount: amountSchema,
    method: paymentMethodSchema,
    transactionId: z.string().max(100),
    capturedAt: instantSchema,
  }),
  example: {
    ...PAYMENT,
    amount: 24_000,
    method: 'wechat',
    transactionId: '4200001234202612010000000001',
    capturedAt: '2026-12-01T10:01:02+08:00',
  },
});

export const paymentFailed = defineEvent({
  type: 'finance.payment.failed.v1',
  summary: 'The payment can no longer succeed; another may be started.',
  data: z.object({ ...payment, reason: z.string().max(200) }),
  example: { ...PAYMENT, reason: 'provider-refused' },
});

export const paymentClosed = defineEvent({
  type: 'finance.payment.closed.v1',
  summary: 'The payment is closed at the provider and cannot be paid any more.',
  data: z.object(payment),
  example: PAYMENT,
});

export const paymentRefunded = defineEvent({
  type: 'finance.payment.refunded.v1',
  summary: 'The provider confirmed that money went back.',
  data: z.object({
    ...payment,
    refundId: idSchema,
    amount: amountSchema,
    method: paymentMethodSchema,
    reason: z.string(),
    refundedAt: instantSchema,
  }),
  example: {
    ...PAYMENT,
    refundId: 'rfd_0a5d8k2m7q9x3c6v1b4n',
    amount: 24_000,
    method: 'wechat',
    reason: 'late-payment',
    refundedAt: '2026-12-01T10:20:00+08:00',
  },
});

export const paymentSurplusReceived = defineEvent({
  type: 'finance.payment.surplus-received.v1',
  summary: 'Another transaction arrived for a payment that was captured already; finance sends it back by itself.',
  data: z.object({
    ...payment,
    amount: amountSchema,
    method: paymentMethodSchema,
    transactionId: z.string().max(100),
    capturedAt: instantSchema,
  }),
  example: {
    ...PAYMENT,
    amount: 24_000,
    method: 'wechat',
    transactionId: '4200001234202612010000000002',
    capturedAt: '2026-12-01T10:01:05+08:00',
  },
});

export const paymentRefundFailed = defineEvent({
  type: 'finance.payment.refund-failed.v1',
  summary: 'A refund was refused or did not arrive: a person has to look.',
  data: z.object({ ...payment, refundId: idSchema, amount: amountSchema, problem: z.string().max(200) }),
  example: { ...PAYMENT, refundId: 'rfd_0a5d8k2m7q9x3c6v1b4n', amount: 24_000, problem: 'exceeds-captured' },
});

export const queryPayment = defineCommand({
  type: 'finance.payment.query.v1',
  summary: 'Timer of finance to itself: an unconfirmed payment is asked for at the provider.',
  data: z.object(payment),
  example: PAYMENT,
});

export const queryRefund = defineCommand({
  type: 'finance.refund.query.v1',
  summary: 'Timer of finance to itself: an unconfirmed refund is asked for at the provider.',
  data: z.object({ paymentId: idSchema, refundId: idSchema }),
  example: { paymentId: PAYMENT.paymentId, refundId: 'rfd_0a5d8k2m7q9x3c6v1b4n' },
});

export const republishPayments = defineCommand({
  type: 'finance.payment.republish.v1',
  summary: 'Asks finance to tell the current state of every payment to one queue.',
  data: z.object({ replyQueue: z.string().min(1).max(200), since: instantSchema.optional() }),
  example: { replyQueue: 'insight.payments' },
});

export const paymentReported = defineEvent({
  type: 'finance.payment.reported.v1',
  summary: 'Current state of a payment, told on request.',
  data: z.object({
    ...payment,
    method: paymentMethodSchema,
    status: z.string(),
    amount: amountSchema,
    refunded: amountSchema,
  }),
  example: { ...PAYMENT, method: 'wechat', status: 'captured', amount: 24_000, refunded: 0 },
});
