// Sessions on disk: a generation number and no token, see `refresh-token.ts`.
import type { AggregateSpec, AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { sessionDecider } from './session.decider.ts';
import { sessionMessages } from './session.messages.ts';
import type { SessionCommand, SessionEvent, SessionState } from './session.ts';

const method = z.enum(['password', 'password-totp', 'password-recovery-code', 'sms-code', 'email-code']);
const reason = z.enum(['signed-out', 'token-reused', 'account-closed']);

const sessionState: z.ZodType<SessionState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.literal('open'),
    userId: z.string(),
    method,
    openedAt: z.string(),
    expiresAt: z.string(),
    generation: z.int().positive(),
  }),
  z.object({ status: z.literal('ended'), userId: z.string(), reason, endedAt: z.string() }),
]);

export type SessionStore = AggregateStore<SessionState, SessionCommand, SessionEvent>;

export const sessionSpec: AggregateSpec<SessionState, SessionCommand, SessionEvent> = {
  service: 'identity',
  collection: 'sessions',
  decider: sessionDecider,
  state: sessionState,
  messages: sessionMessages,
  indexes: [{ fields: { 'state.userId': 1 } }, { fields: { changedAt: 1 }, acrossTenants: true }],
  forgettable: true,
};
