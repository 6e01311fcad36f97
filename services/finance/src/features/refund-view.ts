// How staff see a refund: within its payment, and by itself.
import { paymentMethodSchema } from '@tongpiao/contracts';
import { z } from 'zod';
import { isRetryable, providerNumber } from '../payment/payment.policy.ts';
import type { LivePayment, Refund } from '../payment/payment.ts';

export const moneyView = z.object({ amount: z.int(), currency: z.literal('CNY') });

export function inYuan(amount: number): z.input<typeof moneyView> {
  return { amount, currency: 'CNY' };
}

const parts = {
  id: z.string(),
  amount: moneyView,
  reason: z.string(),
  status: z
    .enum(['requested', 'accepted', 'done', 'failed', 'abnormal', 'refused', 'to-hand-over'])
    .describe(
      'failed: it will not happen, the amount is free again. abnormal: neither, the amount stays set aside. refused: never asked for. to-hand-over: cash that waits for its owner at a counter.',
    ),
  requestedAt: z.string(),
  refundedAt: z.string().optional(),
  paidOutBy: z.string().optional().describe('Who handed the cash over.'),
  problem: z.string().optional(),
  retryable: z
    .boolean()
    .describe(
      'Another go may help. False for a refund that failed where its money went back under another one, or was never there.',
    ),
  providerNumber: z.string().describe('Under which the provider knows it.'),
};

/** Within its payment. */
export const refundPart = z.object(parts);

export const refundView = z
  .object({ ...parts, paymentId: z.string(), orderId: z.string(), method: paymentMethodSchema })
  .meta({ id: 'Refund' });

export function partOf(state: LivePayment, refund: Refund): z.input<typeof refundPart> {
  return {
    id: refund.id,
    amount: inYuan(refund.amount),
    reason: refund.reason,
    status: refund.status,
    requestedAt: refund.requestedAt,
    ...(refund.refundedAt === undefined ? {} : { refundedAt: refund.refundedAt }),
    ...(refund.paidOutBy === undefined ? {} : { paidOutBy: refund.paidOutBy }),
    ...(refund.problem === undefined ? {} : { problem: refund.problem }),
    retryable: isRetryable(state, refund),
    providerNumber: providerNumber(refund),
  };
}

export function viewRefund(paymentId: string, state: LivePayment, refund: Refund): z.input<typeof refundView> {
  return { ...partOf(state, refund), paymentId, orderId: state.orderId, method: state.method };
}
