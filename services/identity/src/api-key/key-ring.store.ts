// Key rings on disk. Every change of one is a change of trust.
import { apiKeyKindSchema, refreshTrust } from '@tongpiao/contracts';
import { say, type AggregateSpec, type AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { keyRingDecider } from './key-ring.decider.ts';
import type { KeyRingCommand, KeyRingEvent, KeyRingState } from './key-ring.ts';

const keyRingState: z.ZodType<KeyRingState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.literal('open'),
    kind: apiKeyKindSchema,
    subject: z.string(),
    keys: z.array(
      z.object({
        id: z.string(),
        hash: z.string(),
        label: z.string(),
        status: z.enum(['active', 'revoked']),
        issuedAt: z.string(),
        revokedAt: z.string().optional(),
      }),
    ),
  }),
]);

export type KeyRingStore = AggregateStore<KeyRingState, KeyRingCommand, KeyRingEvent>;

export const keyRingSpec: AggregateSpec<KeyRingState, KeyRingCommand, KeyRingEvent> = {
  service: 'identity',
  collection: 'key_rings',
  decider: keyRingDecider,
  state: keyRingState,
  messages: () => [say(refreshTrust, {})],
  indexes: [{ fields: { 'state.keys.id': 1 } }, { fields: { 'state.kind': 1, 'state.subject': 1 } }],
};
