// What every service must know to decide for itself whom it talks to: signing keys, API keys, revocations (PLA-06). Identity
// publishes the whole of it at each change and beats once a second, so that silence is noticed.
import { z } from 'zod';
import { defineCommand, defineEvent, instantSchema } from './define.ts';
import { apiKeyKindSchema } from './roles.ts';
import { idSchema } from './vocabulary.ts';

/** Identity beats this often. */
export const TRUST_BEAT_EVERY_MS = 1_000;
/** Whoever has heard nothing for longer refuses tokens and keys: a revocation may have been missed (PLA-06). */
export const TRUST_STALE_AFTER_MS = 5_000;
/** Access tokens: who signs them, for whom, and for how long at most (PLA-06). */
export const TOKEN_ISSUER = 'tongpiao';
export const TOKEN_AUDIENCE = 'tongpiao-api';
export const ACCESS_TOKEN_MAX_SECONDS = 15 * 60;

const revisionSchema = z
  .int()
  .nonnegative()
  .describe('Grows with every change of trust, also across a restore of identity’s database.');

/** Claims of an access token; header: `alg: ES256` and the `kid` of a published key. */
export const accessTokenClaimsSchema = z.object({
  iss: z.literal(TOKEN_ISSUER),
  aud: z.literal(TOKEN_AUDIENCE),
  typ: z.literal('access'),
  /** User. */
  sub: idSchema,
  /** Tenant. */
  tid: idSchema,
  roles: z.array(z.string().max(60)).max(30),
  /** Family of refresh tokens: revoking it ends the session. */
  fam: idSchema,
  /** Seconds since 1970. */
  iat: z.int(),
  exp: z.int(),
});
export type AccessTokenClaims = z.infer<typeof accessTokenClaimsSchema>;

export const trustPublished = defineEvent({
  type: 'identity.trust.published.v1',
  summary: 'Everything that is needed to verify callers, as of one revision; replaces what was said before.',
  data: z.object({
    revision: revisionSchema,
    keys: z
      .array(
        z.object({
          kid: z.string().min(1).max(80),
          publicKeyPem: z.string().min(1).max(2_000),
          algorithm: z.literal('ES256'),
          notAfter: instantSchema,
        }),
      )
      .max(20),
    apiKeys: z
      .array(
        z.object({
          id: idSchema,
          /** SHA-256 of the secret, in hexadecimal. */
          hash: z.string().regex(/^[0-9a-f]{64}$/),
          kind: apiKeyKindSchema,
          tenantId: idSchema,
          /** What the key acts as: a gate, a reseller. */
          subject: idSchema,
          roles: z.array(z.string().max(60)).max(30),
          status: z.enum(['active', 'revoked']),
        }),
      )
      // All lists at their longest stay below the 8 MiB of a message.
      .max(20_000),
    /** Kept until the last access token of the family has expired. */
    revokedFamilies: z.array(z.object({ id: idSchema, until: instantSchema })).max(20_000),
    /** Tokens of the user that were issued in or before this second are refused. */
    revokedUsers: z.array(z.object({ id: idSchema, at: instantSchema })).max(10_000),
  }),
  example: {
    revision: 42,
    keys: [
      {
        kid: 'key-2026-11-01',
        publicKeyPem: '-----BEGIN PUBLIC KEY-----\nMFkw…\n-----END PUBLIC KEY-----\n',
        algorithm: 'ES256',
        notAfter: '2027-02-01T00:00:00.000Z',
      },
    ],
    apiKeys: [
      {
        id: 'key_0a5d8k2m7q9x3c6v1b4n',
        hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        kind: 'gate',
        tenantId: 'ten_7f3k9q2m5x8c4v6b1n0a',
        subject: 'gat_0a7f3k9q2m5x8c4v6b1n',
        roles: [],
        status: 'active',
      },
    ],
    revokedFamilies: [{ id: 'fam_0a5d8k2m7q9x3c6v1b4n', until: '2026-11-21T08:45:00.000Z' }],
    revokedUsers: [{ id: 'usr_0a5d8k2m7q9x3c6v1b4n', at: '2026-11-21T08:30:00.000Z' }],
  },
});

export const trustBeat = defineEvent({
  type: 'identity.trust.beat.v1',
  summary: 'Identity is there, and this is the newest revision.',
  data: z.object({ revision: revisionSchema }),
  example: { revision: 42 },
});

export const republishTrust = defineCommand({
  type: 'identity.trust.republish.v1',
  summary: 'Asks identity to tell the current trust to one queue.',
  data: z.object({ replyQueue: z.string().min(1).max(200) }),
  example: { replyQueue: 'broadcast.sales-1.trust' },
});

export const refreshTrust = defineCommand({
  type: 'identity.trust.refresh.v1',
  summary: 'Identity to itself: something that trust is made of has changed, so publish the next revision.',
  data: z.object({
    /** A session that ended; `until` is when its last access token has expired. */
    revokedFamily: z.object({ id: idSchema, until: instantSchema }).optional(),
    /** Somebody whose earlier access tokens are worth nothing any more. */
    revokedUser: z.object({ id: idSchema, at: instantSchema }).optional(),
  }),
  example: { revokedFamily: { id: 'fam_0a5d8k2m7q9x3c6v1b4n', until: '2026-11-21T08:45:00.000Z' } },
});
