// Codes on disk: one document per receiver, named by the receiver's keyed hash.
import type { AggregateSpec, AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { challengeDecider } from './challenge.decider.ts';
import { challengeMessages } from './challenge.messages.ts';
import type { ChallengeCommand, ChallengeEvent, ChallengeState } from './challenge.ts';

const challengeState: z.ZodType<ChallengeState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.literal('known'),
    sentAt: z.array(z.string()),
    pending: z.object({ hash: z.string(), expiresAt: z.string(), triesLeft: z.int().nonnegative() }).optional(),
  }),
]);

export type ChallengeStore = AggregateStore<ChallengeState, ChallengeCommand, ChallengeEvent>;

export const challengeSpec: AggregateSpec<ChallengeState, ChallengeCommand, ChallengeEvent> = {
  service: 'identity',
  collection: 'challenges',
  decider: challengeDecider,
  state: challengeState,
  messages: challengeMessages,
  indexes: [{ fields: { changedAt: 1 }, acrossTenants: true }],
  forgettable: true,
};
