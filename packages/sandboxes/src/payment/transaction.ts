// What the stand-in providers remember: one record per merchant order number, changed only by journal entries.
// `apply` is the one place where a record changes, at run time and when the journal is read back.
import { z } from 'zod';

export const Refund = z.object({
  outRefundNo: z.string(),
  refundId: z.string(),
  amountFen: z.int().positive(),
  reason: z.string(),
  notifyUrl: z.string(),
  createdAt: z.int(),
  status: z.enum(['processing', 'succeeded', 'abnormal', 'closed']),
  settledAt: z.int(),
  told: z.boolean(),
});
export type Refund = z.infer<typeof Refund>;

export const Transaction = z.object({
  provider: z.enum(['wechat', 'alipay']),
  outTradeNo: z.string(),
  amountFen: z.int().positive(),
  description: z.string(),
  attach: z.string(),
  notifyUrl: z.string(),
  tradeType: z.string(),
  createdAt: z.int(),
  /** Milliseconds since 1970; 0 = never. */
  expiresAt: z.int(),
  status: z.enum(['not_paid', 'paid', 'closed', 'failed']),
  transactionId: z.string(),
  paidAt: z.int(),
  /** The merchant has acknowledged the call-back of the payment, or it was given up. */
  told: z.boolean(),
  refunds: z.array(Refund),
});
export type Transaction = z.infer<typeof Transaction>;
export type ProviderName = Transaction['provider'];

export const Entry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('created'), transaction: Transaction }),
  z.object({ type: z.literal('paid'), key: z.string(), transactionId: z.string(), at: z.int() }),
  z.object({ type: z.literal('failed'), key: z.string() }),
  z.object({ type: z.literal('closed'), key: z.string() }),
  z.object({ type: z.literal('told'), key: z.string(), outRefundNo: z.string().optional() }),
  z.object({ type: z.literal('refund-requested'), key: z.string(), refund: Refund }),
  z.object({
    type: z.literal('refund-settled'),
    key: z.string(),
    outRefundNo: z.string(),
    status: z.enum(['succeeded', 'abnormal', 'closed']),
    at: z.int(),
  }),
]);
export type Entry = z.infer<typeof Entry>;

export const keyOf = (provider: ProviderName, outTradeNo: string): string => `${provider}-${outTradeNo}`;

export const refundedFen = (transaction: Transaction): number =>
  transaction.refunds.reduce(
    (sum, refund) => sum + (refund.status === 'abnormal' || refund.status === 'closed' ? 0 : refund.amountFen),
    0,
  );

const changeRefund = (transaction: Transaction, outRefundNo: string, change: Partial<Refund>): Transaction => ({
  ...transaction,
  refunds: transaction.refunds.map((refund) =>
    refund.outRefundNo === outRefundNo ? { ...refund, ...change } : refund,
  ),
});

/** @returns the record after the entry; entries about unknown records change nothing */
export const apply = (before: Transaction | undefined, entry: Entry): Transaction | undefined => {
  if (entry.type === 'created') return entry.transaction;
  if (before === undefined) return undefined;
  switch (entry.type) {
    case 'paid':
      return { ...before, status: 'paid', transactionId: entry.transactionId, paidAt: entry.at };
    case 'failed':
      return { ...before, status: 'failed' };
    case 'closed':
      return { ...before, status: 'closed' };
    case 'told':
      return entry.outRefundNo === undefined
        ? { ...before, told: true }
        : changeRefund(before, entry.outRefundNo, { told: true });
    case 'refund-requested':
      return { ...before, refunds: [...before.refunds, entry.refund] };
    case 'refund-settled':
      return changeRefund(before, entry.outRefundNo, { status: entry.status, settledAt: entry.at });
  }
};
