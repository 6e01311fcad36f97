// Tells everybody whom to trust: all of it at each change, a beat every second, and again to whoever asks (PLA-06).
//
// A change reaches here as a message from the outbox of what changed, so none is forgotten by a crash. The order matters: first
// the revocation is stored, then the next revision is taken, then everything is read. Whoever takes the highest revision reads
// after every change that any revision stands for, so the highest revision is always the whole truth, whichever instance sends it.
import {
  ACCESS_TOKEN_MAX_SECONDS,
  trustBeat,
  trustPublished,
  type DataOf,
  type MessageDefinition,
} from '@tongpiao/contracts';
import { PLATFORM_TENANT } from '@tongpiao/kernel';
import type { Broker } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import type { TrustStore } from '@tongpiao/service-shell';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { KeyRingStore } from '../api-key/key-ring.store.ts';
import type { Signer } from '../signing/signer.ts';
import type { TenantStore } from '../tenant/tenant.store.ts';
import { envelopeOfPlatform } from './platform-envelope.ts';
import type { Revocation, TrustFacts } from './trust-facts.store.ts';

type Publication = DataOf<typeof trustPublished>;

export type TrustPublisher = {
  /** Publishes the next revision. */
  publish(revocations: readonly Revocation[]): Promise<void>;
  /** Tells one queue what everybody knows. */
  answer(queue: string, causationId: string): Promise<void>;
  /** Follows what other instances published, and says that this one is there. */
  beat(): Promise<void>;
};

/** A user's tokens live no longer than this after their revocation; verifiers' clocks may be off by some seconds. */
const MARGIN_SECONDS = 60;
/** As many as one publication may hold. */
const RINGS_MAX = 50_000;

export function userRevocation(id: string, at: string): Revocation {
  const until = new Date(Date.parse(at) + (ACCESS_TOKEN_MAX_SECONDS + MARGIN_SECONDS) * 1_000).toISOString();
  return { kind: 'user', id, at, until };
}

export function createTrustPublisher(parts: {
  instance: string;
  broker: Broker;
  facts: TrustFacts;
  signer: Signer;
  keyRings: KeyRingStore;
  tenants: TenantStore;
  /** Sees every tenant's keys. */
  everywhere: Scope;
  /** Identity's own verifier. */
  trust: TrustStore;
  clock: () => Date;
  logger: Logger;
}): TrustPublisher {
  const { broker, facts, signer, keyRings, tenants, everywhere, trust, clock, logger } = parts;
  let beats = 0;
  let beating = false;

  async function apiKeys(): Promise<Publication['apiKeys']> {
    const suspended = await tenants.find(everywhere, { 'state.status': 'suspended' }, { limit: RINGS_MAX });
    const closed = new Set(suspended.map(({ id }) => id));
    const rings = await keyRings.find(everywhere, {}, { limit: RINGS_MAX });
    return rings.flatMap(({ tenantId, state }) => {
      if (state.status === 'none') return [];
      const { kind, subject, keys } = state;
      return keys
        .filter(({ status }) => status === 'active')
        .map(({ id, hash }) => ({
          id,
          hash,
          kind,
          tenantId,
          subject,
          roles: [kind],
          status: closed.has(tenantId) ? ('revoked' as const) : ('active' as const),
        }));
    });
  }

  async function publicationOf(revision: number): Promise<Publication> {
    await signer.reload();
    // A message may arrive before the first keys are made; nothing is published without any.
    if (signer.published().length === 0) await signer.tend();
    const keys = signer
      .published()
      .map(({ kid, publicKeyPem, notAfter }) => ({ kid, publicKeyPem, algorithm: 'ES256' as const, notAfter }));
    const revocations = await facts.revocations(clock());
    return {
      revision,
      keys,
      apiKeys: await apiKeys(),
      revokedFamilies: revocations.filter(({ kind }) => kind === 'family').map(({ id, until }) => ({ id, until })),
      revokedUsers: revocations.filter(({ kind }) => kind === 'user').map(({ id, at }) => ({ id, at })),
    };
  }

  const envelope = <Data extends z.ZodType>(
    definition: MessageDefinition<Data>,
    id: string,
    sequence: number,
    data: z.input<Data>,
    causationId = id,
  ): ReturnType<typeof envelopeOfPlatform> =>
    envelopeOfPlatform(
      definition,
      { id, subject: 'trust', tenantId: PLATFORM_TENANT, sequence, time: clock(), causationId },
      data,
    );

  function sendBeat(revision: number): void {
    if (beating) return;
    beating = true;
    beats += 1;
    const id = `trust:beat:${parts.instance}:${clock().getTime()}:${beats}`;
    broker.publisher
      .publish({ kind: 'event', envelope: envelope(trustBeat, id, revision, { revision }) })
      .catch((error: unknown) => logger.warn({ err: error }, 'a beat of trust was not sent'))
      .finally(() => {
        beating = false;
      });
  }

  return {
    async publish(revocations) {
      await facts.revoke(revocations);
      const revision = await facts.nextRevision(clock());
      const data = await publicationOf(revision);
      trust.publish(data);
      await broker.publisher.publish({
        kind: 'event',
        envelope: envelope(trustPublished, `trust:${revision}`, revision, data),
      });
    },
    async answer(queue, causationId) {
      const revision = await facts.revision();
      const data = await publicationOf(revision);
      const message = envelope(
        trustPublished,
        `trust:${revision}:${causationId}`.slice(0, 200),
        revision,
        data,
        causationId,
      );
      await broker.publisher.publish({ kind: 'direct', queue, envelope: message });
    },
    async beat() {
      const revision = await facts.revision();
      if (trust.revision === revision) trust.beat(revision);
      else trust.publish(await publicationOf(revision));
      // Not awaited: a slow broker must not keep this instance from knowing what its own database says.
      sendBeat(revision);
    },
  };
}
