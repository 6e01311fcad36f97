// Orders on disk.
import { languageSchema, paymentMethodSchema, refundReasonSchema, salesChannelSchema } from '@tongpiao/contracts';
import { isFen, type Fen } from '@tongpiao/kernel';
import { personalValueSchema, type AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import { orderDecider } from './order.decider.ts';
import { orderMessages } from './order.messages.ts';
import type { OrderCommand, OrderEvent, OrderState } from './order.ts';

const fenSchema = z.custom<Fen>(isFen, 'not an amount in fen');
const bilingual = z.object({ zh: z.string(), en: z.string() });
const endReason = z.enum(['expired', 'cancelled', 'session-cancelled']);

const newLine = {
  lineId: z.string(),
  productId: z.string(),
  productKind: z.literal('trip').optional(),
  productName: bilingual,
  ticketTypeId: z.string(),
  ticketTypeName: bilingual,
  sessionId: z.string(),
  siteId: z.string(),
  date: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  validFrom: z.string(),
  validUntil: z.string(),
  unitAmount: fenSchema,
  quantity: z.number().int().positive(),
  entries: z.number().int().positive(),
  admits: z.number().int().positive(),
  gateIds: z.array(z.string()).optional(),
  minutesBetweenEntries: z.number().int().positive().optional(),
  realName: z.boolean(),
  showAtGate: z.array(z.string()),
};
const lineSchema = z.object({
  ...newLine,
  travellers: z.array(z.object({ name: personalValueSchema, idType: z.string(), idNumber: personalValueSchema })),
});

const sold = {
  channel: salesChannelSchema,
  language: languageSchema,
  contact: z.object({ name: personalValueSchema, phone: personalValueSchema, email: personalValueSchema.optional() }),
  lines: z.array(lineSchema),
  total: fenSchema,
  placedAt: z.string(),
  expiresAt: z.string(),
  holdId: z.string(),
  accessHash: z.string(),
  userId: z.string().optional(),
  clerkId: z.string().optional(),
  addressIndex: z.string().optional(),
  payments: z.array(
    z.object({
      id: z.string(),
      method: paymentMethodSchema,
      amount: fenSchema,
      status: z.enum(['requested', 'opened', 'captured', 'failed', 'closed']),
      payUrl: z.string().optional(),
      requestedAt: z.string(),
      exchangeId: z.string().optional(),
    }),
  ),
  refunds: z.array(
    z.object({
      id: z.string(),
      paymentId: z.string(),
      amount: fenSchema,
      reason: z.enum(['late-payment', 'double-payment', 'cancelled', 'refund']),
      status: z.enum(['requested', 'done', 'failed']),
      of: z.string().optional(),
      covers: z.array(z.string()).optional(),
    }),
  ),
  exchanges: z.array(
    z.object({
      id: z.string(),
      rightId: z.string(),
      number: z.string(),
      revision: z.number().int(),
      holdId: z.string(),
      line: z.object(newLine),
      price: fenSchema,
      fee: fenSchema,
      due: fenSchema,
      returned: fenSchema,
      requestedAt: z.string(),
      expiresAt: z.string(),
      status: z.enum(['holding', 'awaiting_payment', 'replacing', 'done', 'failed']),
      closing: endReason.optional(),
      paidBy: z.string().optional(),
      newNumber: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
  returned: z.array(
    z.object({
      refundId: z.string(),
      rightId: z.string(),
      number: z.string(),
      fee: fenSchema,
      returned: fenSchema,
      reason: refundReasonSchema,
      at: z.string(),
    }),
  ),
  told: z.array(
    z.object({
      disruptionId: z.string(),
      kind: z.enum(['cancelled', 'reduced']),
      kept: z.literal(true).optional(),
      ticketNumbers: z.array(z.string()),
      startsAt: z.string(),
      reason: z.string(),
      decideBy: z.string(),
    }),
  ),
  prepaidBy: z.string().optional(),
  waiting: z
    .object({
      until: z.string(),
      prepaid: z.boolean(),
      payWithinMinutes: z.number(),
      lineMax: z.number().int().positive(),
    })
    .optional(),
};
const paid = { paidAt: z.string(), paidBy: z.string().optional() };

const orderState: z.ZodType<OrderState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ ...sold, status: z.literal('holding') }),
  z.object({ ...sold, status: z.literal('placed'), closing: endReason.optional() }),
  z.object({ ...sold, status: z.literal('awaiting_payment'), closing: endReason.optional() }),
  z.object({ ...sold, ...paid, status: z.literal('paid') }),
  z.object({
    ...sold,
    ...paid,
    status: z.enum(['fulfilled', 'partially_refunded', 'refunded']),
    tickets: z.array(z.object({ rightId: z.string(), number: z.string(), lineId: z.string() })),
    owed: z
      .object({
        items: z.array(z.object({ refundId: z.string(), of: z.string(), amount: fenSchema })),
        sendBy: z.string(),
      })
      .optional(),
    compensations: z.array(z.object({ refundId: z.string(), paymentId: z.string(), amount: fenSchema })).optional(),
  }),
  z.object({
    ...sold,
    status: z.enum(['rejected', 'expired', 'cancelled']),
    reason: z.string(),
    reasonData: z.record(z.string(), z.unknown()),
  }),
]);

export const orderSpec: AggregateSpec<OrderState, OrderCommand, OrderEvent> = {
  service: 'sales',
  collection: 'orders',
  decider: orderDecider,
  state: orderState,
  messages: orderMessages,
  // `document`: which one a limit has refused, as it was shown.
  personal: ['userId', 'accessHash', 'addressIndex', 'document'],
  indexes: [
    { fields: { 'state.status': 1, 'state.placedAt': -1 } },
    // PLA-12: those with somebody to erase, longest untouched first.
    { fields: { changedAt: 1 }, where: { key: { $exists: true } } },
    { fields: { 'state.contact.phone.index': 1, 'state.placedAt': -1 } },
    // Exchanges into a session that is cancelled before they are paid (SAL-52).
    { fields: { 'state.exchanges.line.sessionId': 1 }, where: { 'state.exchanges.status': 'awaiting_payment' } },
    { fields: { 'state.userId': 1, 'state.placedAt': -1 }, where: { 'state.userId': { $exists: true } } },
  ],
};
