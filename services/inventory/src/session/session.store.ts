// Sessions on disk.
import { z } from 'zod';
import type { AggregateSpec } from '@tongpiao/persistence';
import { sessionDecider } from './session.decider.ts';
import { sessionMessages } from './session.messages.ts';
import type { SessionCommand, SessionEvent, SessionState } from './session.ts';

const sessionState: z.ZodType<SessionState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.enum(['open', 'closed']),
    calendarId: z.string(),
    productId: z.string(),
    siteId: z.string(),
    date: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    capacity: z.number().int().nonnegative(),
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
