// Compensations on disk: one per id, whoever asks how often.
import { isFen, type Fen } from '@tongpiao/kernel';
import type { AggregateSpec, AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import {
  compensationDecider,
  type CompensationCommand,
  type CompensationEvent,
  type CompensationState,
} from './compensation.decider.ts';
import { compensationMessages } from './compensation.messages.ts';

const facts = {
  orderId: z.string(),
  amount: z.custom<Fen>(isFen, 'not an amount in fen'),
  about: z.string(),
  approvedBy: z.string(),
};
const stateSchema: z.ZodType<CompensationState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ ...facts, status: z.literal('placed'), paymentId: z.string() }),
  z.object({ ...facts, status: z.literal('refused'), problem: z.enum(['no-payment', 'exceeds-payment']) }),
]);

export const compensationSpec: AggregateSpec<CompensationState, CompensationCommand, CompensationEvent> = {
  service: 'finance',
  collection: 'compensations',
  decider: compensationDecider,
  state: stateSchema,
  messages: compensationMessages,
};
export type Compensations = AggregateStore<CompensationState, CompensationCommand, CompensationEvent>;
