// Payments on disk.
import { paymentMethodSchema } from '@tongpiao/contracts';
import { isFen, type Fen } from '@tongpiao/kernel';
import type { AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import { paymentDecider } from './payment.decider.ts';
import { paymentMessages } from './payment.messages.ts';
import type { PaymentCommand, PaymentEvent, PaymentState } from './payment.ts';

const fenSchema = z.custom<Fen>(isFen, 'not an amount in fen');
const capture = z.object({ transactionId: z.string(), amount: fenSchema, at: z.string() });

const live = {
  orderId: z.string(),
  amount: fenSchema,
  method: paymentMethodSchema,
  description: z.string(),
  expiresAt: z.string(),
  requestedAt: z.string(),
  takenBy: z.string().optional(),
  refunds: z.array(
    z.object({
      id: z.string(),
      amount: fenSchema,
      reason: z.enum(['late-payment', 'double-payment', 'cancelled', 'refund', 'compensation']),
      status: z.enum(['requested', 'accepted', 'done', 'failed', 'abnormal', 'refused', 'to-hand-over']),
      transactionId: z.string(),
      requestedAt: z.string(),
      asked: z.number().int().nonnegative(),
      attempt: z.number().int().positive().optional(),
      providerRefundId: z.string().optional(),
      refundedAt: z.string().optional(),
      paidOutBy: z.string().optional(),
      problem: z.string().optional(),
    }),
  ),
  surplus: z.array(capture),
  closing: z.boolean(),
  asked: z.number().int().nonnegative(),
  payUrl: z.string().optional(),
};

const paymentState: z.ZodType<PaymentState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none'), closedFor: z.string().optional() }),
  z.object({ ...live, status: z.enum(['requested', 'opened', 'closed']) }),
  z.object({ ...live, status: z.literal('captured'), capture }),
  z.object({ ...live, status: z.literal('failed'), reason: z.string() }),
]);

export const paymentSpec: AggregateSpec<PaymentState, PaymentCommand, PaymentEvent> = {
  service: 'finance',
  collection: 'payments',
  decider: paymentDecider,
  state: paymentState,
  messages: paymentMessages,
  indexes: [
    { fields: { 'state.orderId': 1 } },
    // `_id` breaks ties, so that a page can start exactly where the last one ended.
    { fields: { 'state.status': 1, 'state.requestedAt': -1, _id: -1 } },
    // Small: payments with refunds only, and those of them that wait for a person.
    { fields: { 'state.refunds.id': 1 }, where: { 'state.refunds.id': { $exists: true } } },
    {
      fields: { 'state.refunds.status': 1, 'state.requestedAt': -1, _id: -1 },
      where: { 'state.refunds.problem': { $exists: true } },
    },
  ],
};
