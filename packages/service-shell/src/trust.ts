// Every service verifies tokens and API keys itself; the gateway is no trust boundary (PLA-06). The store listens to identity's
// publications, refuses to judge when it has heard nothing for five seconds, and checks every revocable fact at every call:
// only the signature of a token, which cannot change, is remembered.
import { createHash, createPublicKey, randomUUID, timingSafeEqual, type KeyObject } from 'node:crypto';
import {
  envelopeOf,
  ACCESS_TOKEN_MAX_SECONDS,
  accessTokenClaimsSchema,
  idSchema,
  permissionsOf,
  republishTrust,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  trustBeat,
  trustPublished,
  type Envelope,
  type MessageDefinition,
  type Permission,
} from '@tongpiao/contracts';
import { DomainError, PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { ApiKeyPrincipal, UserPrincipal } from './principal.ts';
import { evolveTrust, isFresh, mustAsk, NO_TRUST, type TrustInput, type TrustState } from './trust-state.ts';

/** What HTTP needs: both throw a DomainError that says why not. */
export type TrustVerifier = {
  verifyToken(token: string): UserPrincipal;
  /** @param text `tpk_<key id>_<secret>` */
  verifyApiKey(text: string): ApiKeyPrincipal;
};

/** What is needed of messaging's broker: every instance hears broadcasts through a queue of its own. */
export type TrustBroker = {
  broadcast(listener: {
    name: string;
    definitions: readonly MessageDefinition[];
    handle(message: { readonly envelope: Envelope }): Promise<void>;
    missed(): void;
  }): Promise<{ readonly queue: string }>;
  readonly publisher: { publish(message: { kind: 'command'; envelope: Envelope }): Promise<void> };
};

export type TrustOptions = {
  /** Name of the asking service. */
  readonly service: string;
  readonly logger: Logger;
  /** Wall clock in ms, for tokens' own times. */
  readonly now?: () => number;
  /** A clock that never goes back, in ms, for freshness. */
  readonly steadyNow?: () => number;
};

/** Some 200 bytes each; above it the least recently seen are verified again. */
const TOKENS_MAX = 20_000;
/** Clocks of our own machines may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** Asking again sooner would only repeat an answer that is on its way. */
const ASK_EVERY_MS = 1_000;
/** Access tokens are some 600 characters. */
const TOKEN_MAX_CHARACTERS = 4_000;
const API_KEY_PREFIX = 'tpk_';
const API_KEY_MAX_CHARACTERS = 300;
/** A key id is `key_…` or plain; further underscores belong to the secret. */
const KEY_ID_UNDERSCORES_MAX = 2;

export function isApiKey(text: string): boolean {
  return text.startsWith(API_KEY_PREFIX);
}

/** Ids and base64url secrets may both hold underscores: the split whose id is known is the right one. */
function splitApiKey(text: string, isKnown: (id: string) => boolean): { id: string; secret: string } {
  const rest = text.slice(API_KEY_PREFIX.length);
  let at = -1;
  for (let tries = 0; tries < KEY_ID_UNDERSCORES_MAX; tries += 1) {
    at = rest.indexOf('_', at + 1);
    if (at < 0) break;
    if (isKnown(rest.slice(0, at))) return { id: rest.slice(0, at), secret: rest.slice(at + 1) };
  }
  return { id: '', secret: rest };
}

/** Identity stores and publishes this; the secret itself is shown once. */
export function apiKeyHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

const tenantSchema = idSchema.transform((text) => text as TenantId);
const claimsSchema = accessTokenClaimsSchema.extend({ tid: tenantSchema });
type Verified = {
  readonly kid: string;
  readonly iat: number;
  readonly exp: number;
  readonly principal: UserPrincipal;
};

/** Of a header that nothing vouches for yet: it only says which key to try. */
function kidOf(token: string): string | undefined {
  try {
    return jwt.decode(token, { complete: true })?.header.kid;
  } catch {
    return undefined;
  }
}

function unauthenticated(why: string): DomainError {
  return new DomainError('platform.unauthenticated', why);
}

export class TrustStore implements TrustVerifier {
  #state: TrustState = NO_TRUST;
  #keys = new Map<string, KeyObject>();
  #permissions = new Map<string, ReadonlySet<Permission>>();
  readonly #tokens = new LRUCache<string, Verified>({ max: TOKENS_MAX });
  readonly #service: string;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #steadyNow: () => number;
  #ask: (() => Promise<void>) | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: TrustOptions) {
    this.#service = options.service;
    this.#logger = options.logger;
    this.#now = options.now ?? Date.now;
    this.#steadyNow = options.steadyNow ?? ((): number => performance.now());
  }

  /** Starts to listen and asks identity for everything. Not ready before the answer is there. */
  async listen(broker: TrustBroker): Promise<void> {
    const { queue } = await broker.broadcast({
      name: 'trust',
      definitions: [trustPublished, trustBeat],
      handle: async ({ envelope }) => {
        this.#hear(envelope);
      },
      missed: () => {
        this.#askNow();
      },
    });
    this.#ask = () => broker.publisher.publish({ kind: 'command', envelope: this.#question(queue) });
    this.#askNow();
  }

  /** For health: loaded, and confirmed within the last five seconds. */
  isFresh(): boolean {
    return isFresh(this.#state, this.#steadyNow());
  }

  get revision(): number | undefined {
    return this.#state.status === 'loaded' ? this.#state.revision : undefined;
  }

  /** Takes a publication in without a broker: identity does so with its own, and tests with theirs. */
  publish(data: z.input<typeof trustPublished.data>): void {
    this.#take({ type: 'published', data: trustPublished.data.parse(data), nowMs: this.#steadyNow() });
  }

  beat(revision: number): void {
    const input = { type: 'beat', data: { revision }, nowMs: this.#steadyNow() } as const;
    if (mustAsk(this.#state, input.data)) this.#askNow();
    this.#take(input);
  }

  #hear(envelope: Envelope): void {
    if (envelope.type === trustBeat.type) this.beat(trustBeat.data.parse(envelope.data).revision);
    else if (envelope.type === trustPublished.type) this.publish(trustPublished.data.parse(envelope.data));
  }

  #take(input: TrustInput): void {
    const before = this.#state;
    this.#state = evolveTrust(before, input);
    if (input.type === 'beat' || this.#state === before || this.#state.status === 'empty') return;
    this.#keys = new Map();
    for (const { kid, publicKeyPem } of this.#state.keys.values()) this.#keys.set(kid, createPublicKey(publicKeyPem));
    this.#permissions = new Map();
    const { revision, keys, apiKeys } = this.#state;
    this.#logger.info({ revision, keys: keys.size, apiKeys: apiKeys.size }, 'trust loaded');
  }

  #askNow(): void {
    const now = this.#steadyNow();
    if (this.#ask === undefined || now - this.#askedAtMs < ASK_EVERY_MS) return;
    this.#askedAtMs = now;
    this.#ask().catch((error: unknown) => {
      this.#logger.warn({ err: error }, 'could not ask identity for the current trust; the next beat asks again');
    });
  }

  #question(replyQueue: string): Envelope {
    const id = `${this.#service}:trust:${randomUUID()}`;
    const facts = {
      id,
      source: this.#service,
      subject: 'trust',
      time: new Date(this.#now()),
      tenantId: PLATFORM_TENANT,
    };
    return envelopeOf(republishTrust.type, facts, { replyQueue });
  }

  #freshState(): Extract<TrustState, { status: 'loaded' }> {
    const state = this.#state;
    if (state.status === 'loaded' && isFresh(state, this.#steadyNow())) return state;
    throw new DomainError('platform.trust-stale', 'Nothing was heard from identity for too long.');
  }

  verifyToken(token: string): UserPrincipal {
    const state = this.#freshState();
    const known = this.#tokens.get(token);
    const { kid, iat, exp, principal } = known ?? this.#verifySignature(token);
    const nowSeconds = this.#now() / 1_000;
    if (exp + CLOCK_TOLERANCE_SECONDS <= nowSeconds) {
      this.#tokens.delete(token);
      throw new DomainError('platform.token-expired', 'The token has expired.');
    }
    const key = state.keys.get(kid);
    if (key === undefined || Date.parse(key.notAfter) / 1_000 < nowSeconds)
      throw unauthenticated('The key is unknown.');
    if (state.revokedFamilies.has(principal.familyId)) throw unauthenticated('The session was ended.');
    const revokedAt = state.revokedUsers.get(principal.id);
    if (revokedAt !== undefined && iat <= revokedAt) throw unauthenticated('The user was signed out.');
    if (known === undefined) this.#tokens.set(token, { kid, iat, exp, principal });
    return principal;
  }

  #verifySignature(token: string): Verified {
    if (token.length > TOKEN_MAX_CHARACTERS) throw unauthenticated('The token is too long.');
    const kid = kidOf(token);
    const key = kid === undefined ? undefined : this.#keys.get(kid);
    if (kid === undefined || key === undefined) throw unauthenticated('The key is unknown.');
    let payload: unknown;
    try {
      payload = jwt.verify(token, key, {
        algorithms: ['ES256'],
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        clockTimestamp: Math.floor(this.#now() / 1_000),
      });
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) {
        throw new DomainError('platform.token-expired', 'The token has expired.');
      }
      throw unauthenticated('The token is not one of ours.');
    }
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) throw unauthenticated('The token lacks a claim.');
    const { sub, tid, roles, fam, iat, exp } = claims.data;
    const lives = exp - iat;
    if (lives <= 0 || lives > ACCESS_TOKEN_MAX_SECONDS) throw unauthenticated('The token lives too long.');
    if (iat > this.#now() / 1_000 + CLOCK_TOLERANCE_SECONDS) throw unauthenticated('The token is from the future.');
    const permissions = this.#permissionsOf(roles);
    return { kid, iat, exp, principal: { type: 'user', id: sub, tenantId: tid, roles, permissions, familyId: fam } };
  }

  verifyApiKey(text: string): ApiKeyPrincipal {
    const state = this.#freshState();
    if (!isApiKey(text) || text.length > API_KEY_MAX_CHARACTERS) throw unauthenticated('The API key is not valid.');
    const { id, secret } = splitApiKey(text, (candidate) => state.apiKeys.has(candidate));
    const known = state.apiKeys.get(id);
    // An unknown key costs the same time as a wrong secret.
    const expected = Buffer.from(known?.hash ?? '0'.repeat(64), 'hex');
    const given = createHash('sha256').update(secret).digest();
    const equal = timingSafeEqual(given, expected);
    if (known === undefined || !equal || known.status !== 'active') throw unauthenticated('The API key is not valid.');
    const { kind, subject, tenantId } = known;
    const roles = known.roles.includes(kind) ? known.roles : [kind, ...known.roles];
    const permissions = this.#permissionsOf(roles);
    return { type: 'apiKey', id, kind, tenantId: tenantSchema.parse(tenantId), subject, roles, permissions };
  }

  /** Sets of permissions are shared between callers of the same roles. */
  #permissionsOf(roles: readonly string[]): ReadonlySet<Permission> {
    const name = roles.join(' ');
    const known = this.#permissions.get(name);
    if (known !== undefined) return known;
    const permissions = permissionsOf(roles);
    this.#permissions.set(name, permissions);
    return permissions;
  }
}
