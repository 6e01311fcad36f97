// Errors of staff on disk: one record per case.
import { isFen, type Fen } from '@tongpiao/kernel';
import type { AggregateSpec, AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { staffErrorDecider } from './staff-error.decider.ts';
import { staffErrorMessages } from './staff-error.messages.ts';
import { ERROR_KINDS, type StaffErrorCommand, type StaffErrorEvent, type StaffErrorState } from './staff-error.ts';

const proposal = z.object({
  amount: z.custom<Fen>(isFen, 'not an amount in fen'),
  reason: z.string(),
  by: z.string(),
  at: z.string(),
});
const marked = {
  applicationId: z.string(),
  orderId: z.string(),
  whose: z.string(),
  kind: z.enum(ERROR_KINDS),
  words: z.string(),
  markedBy: z.string(),
  markedAt: z.string(),
  declined: z.array(proposal.extend({ declinedBy: z.string(), declinedFor: z.string() })),
};
const promised = {
  ...marked,
  proposal,
  approval: z.object({ by: z.string(), reason: z.string(), at: z.string() }),
  compensationId: z.string(),
};
const stateSchema: z.ZodType<StaffErrorState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ ...marked, status: z.literal('marked') }),
  z.object({ ...marked, status: z.literal('proposed'), proposal }),
  z.object({ ...promised, status: z.literal('paying') }),
  z.object({ ...promised, status: z.literal('paid'), paidAt: z.string() }),
  z.object({ ...promised, status: z.literal('failed'), problem: z.string() }),
]);

export const staffErrorSpec: AggregateSpec<StaffErrorState, StaffErrorCommand, StaffErrorEvent> = {
  service: 'reissue',
  collection: 'staff_errors',
  decider: staffErrorDecider,
  state: stateSchema,
  messages: staffErrorMessages,
  indexes: [
    { fields: { 'state.markedAt': -1, _id: -1 } },
    { fields: { 'state.status': 1, 'state.markedAt': -1 } },
    {
      fields: { 'state.compensationId': 1 },
      unique: true,
      where: { 'state.compensationId': { $exists: true } },
    },
  ],
};
export type StaffErrors = AggregateStore<StaffErrorState, StaffErrorCommand, StaffErrorEvent>;

/** One per case: its id is the case's under another name. */
export function staffErrorIdOf(applicationId: string): string {
  return applicationId.replace(/^rei_/, 'rer_');
}
