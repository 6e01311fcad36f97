// Signing keys on disk: one document for the whole platform, whose version guard makes two first starts end with one key.
import { refreshTrust } from '@tongpiao/contracts';
import { say, type AggregateSpec, type AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { signingKeysDecider } from './signing-keys.decider.ts';
import type { SigningKeysCommand, SigningKeysEvent, SigningKeysState } from './signing-keys.ts';

const signingKeysState: z.ZodType<SigningKeysState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.literal('kept'),
    keys: z.array(
      z.object({
        kid: z.string(),
        publicKeyPem: z.string(),
        sealedPrivateKey: z.string(),
        useFrom: z.string(),
        notAfter: z.string(),
      }),
    ),
  }),
]);

export type SigningKeyStore = AggregateStore<SigningKeysState, SigningKeysCommand, SigningKeysEvent>;

export const signingKeysSpec: AggregateSpec<SigningKeysState, SigningKeysCommand, SigningKeysEvent> = {
  service: 'identity',
  collection: 'signing_keys',
  decider: signingKeysDecider,
  state: signingKeysState,
  messages: () => [say(refreshTrust, {})],
};
