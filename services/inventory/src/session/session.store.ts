// Sessions on disk.
import { z } from 'zod';
import type { AggregateSpec } from '@tongpiao/persistence';
import { sessionDecider } from './session.decider.ts';
import { sessionMessages } from './session.messages.ts';
import type { SessionCommand, SessionEvent, SessionState } from './session.ts';

const capacity = z.number().int().nonnegative();
const disruption = z.object({
  id: z.string(),
  kind: z.enum(['cancellation', 'reduction']),
  reason: z.string(),
  decideBy: z.string(),
  decideWithinHours: z.number(),
  places: z.number().int().nonnegative().optional(),
  capacity,
  fingerprint: z.string(),
});

const sessionState: z.ZodType<SessionState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.enum(['open', 'closed', 'cancelled']),
    calendarId: z.string(),
    productId: z.string(),
    siteId: z.string(),
    date: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    capacity,
    disruptions: z.array(disruption).optional(),
    restorations: z.array(z.string()).optional(),
    approvedCapacity: capacity.optional(),
    proposal: z
      .object({
        id: z.string(),
        capacity,
        reason: z.string(),
        by: z.string(),
        decideWithinHours: z.number().optional(),
      })
      .optional(),
    approved: z.object({ proposalId: z.string(), capacity, by: z.string() }).optional(),
  }),
]);

export const sessionSpec: AggregateSpec<SessionState, SessionCommand, SessionEvent> = {
  service: 'inventory',
  collection: 'sessions',
  decider: sessionDecider,
  state: sessionState,
  messages: sessionMessages,
  indexes: [{ fields: { 'state.productId': 1, 'state.startsAt': 1 } }],
};
