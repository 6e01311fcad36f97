// Refunds beyond the rules on disk. At most one is open for a right: the unique index refuses a second one that comes at the same moment.
import { isFen, type Fen } from '@tongpiao/kernel';
import type { AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import { exceptionDecider } from './refund-exception.decider.ts';
import { exceptionMessages } from './refund-exception.messages.ts';
import type { ExceptionCommand, ExceptionEvent, ExceptionState } from './refund-exception.ts';

const fenSchema = z.custom<Fen>(isFen, 'not an amount in fen');

const exceptionState: z.ZodType<ExceptionState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.enum(['requested', 'approved', 'refused', 'withdrawn', 'done', 'failed']),
    rightId: z.string(),
    orderId: z.string(),
    productId: z.string(),
    ticketNumber: z.string(),
    revision: z.number().int(),
    price: fenSchema,
    amount: fenSchema,
    reason: z.string(),
    used: z.literal(true).optional(),
    requestedBy: z.string(),
    requester: z.enum(['staff', 'customer']),
    requestedAt: z.string(),
    openFor: z.string().optional(),
    decision: z.object({ by: z.string(), approved: z.boolean(), remark: z.string(), at: z.string() }).optional(),
    failure: z.string().optional(),
    instead: z.object({ reason: z.enum(['session-cancelled', 'session-reduced']), returned: fenSchema }).optional(),
    endedAt: z.string().optional(),
  }),
]);

export const exceptionSpec: AggregateSpec<ExceptionState, ExceptionCommand, ExceptionEvent> = {
  service: 'sales',
  collection: 'refund_exceptions',
  decider: exceptionDecider,
  state: exceptionState,
  messages: exceptionMessages,
  personal: ['requestedBy', 'reason'],
  indexes: [
    { fields: { 'state.openFor': 1 }, unique: true, where: { 'state.openFor': { $exists: true } } },
    { fields: { 'state.requestedAt': -1, _id: -1 } },
    { fields: { 'state.status': 1, 'state.requestedAt': -1 } },
    { fields: { 'state.ticketNumber': 1 } },
    // PLA-12: they go with their order.
    { fields: { 'state.orderId': 1 } },
  ],
};
