// Batches on disk. Their lines are records of their own (batch-lines.store.ts).
import type { AggregateSpec, AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { keptPolicySchema } from '../policy/policy.ts';
import { batchDecider } from './batch.decider.ts';
import { batchMessages } from './batch.messages.ts';
import type { BatchCommand, BatchEvent, BatchState } from './batch.ts';

const count = z.number().int().nonnegative();
const listed = {
  reason: z.enum(['system-fault', 'migration']),
  note: z.string(),
  lines: count,
  enteredBy: z.string(),
  enteredAt: z.string(),
  policy: keptPolicySchema,
  step: count,
  cursor: count,
  stuck: count,
  executing: count.optional(),
  nextAt: z.string().optional(),
};
const decided = z.object({
  by: z.string(),
  desk: z.enum(['operator', 'reviewer', 'manager']),
  reason: z.string(),
  at: z.string(),
});
const checked = { ...listed, ready: count };
const approved = { ...checked, approval: decided };

const batchState: z.ZodType<BatchState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ ...listed, status: z.literal('entering') }),
  z.object({ ...listed, status: z.literal('checking') }),
  z.object({ ...checked, status: z.literal('waiting') }),
  z.object({ ...checked, status: z.literal('rejected'), rejection: decided }),
  z.object({ ...approved, status: z.literal('running') }),
  z.object({ ...approved, status: z.literal('paused') }),
  z.object({ ...approved, status: z.literal('finishing') }),
  z.object({ ...approved, status: z.literal('done'), finishedAt: z.string() }),
  z.object({
    ...listed,
    status: z.literal('cancelled'),
    ready: count.optional(),
    approval: decided.optional(),
    cancellation: z.object({ by: z.string(), reason: z.string(), at: z.string() }),
  }),
]);

export type Batches = AggregateStore<BatchState, BatchCommand, BatchEvent>;

export const batchSpec: AggregateSpec<BatchState, BatchCommand, BatchEvent> = {
  service: 'reissue',
  collection: 'batches',
  decider: batchDecider,
  state: batchState,
  messages: batchMessages,
  indexes: [
    { fields: { 'state.enteredAt': -1, _id: -1 } },
    // PLA-12: those whose lines have something to erase.
    { fields: { changedAt: 1 }, where: { key: { $exists: true } } },
    // Work that stands still.
    { fields: { 'state.nextAt': 1 }, where: { 'state.nextAt': { $exists: true } } },
  ],
};
