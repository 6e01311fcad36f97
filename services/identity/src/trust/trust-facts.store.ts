// The revision of trust and the revocations that are still worth telling. A revocation is kept here, apart from the session or
// person it is about, because it has to be found by its end and not by its owner.
import { DomainError, PLATFORM_TENANT } from '@tongpiao/kernel';
import { isDuplicateKey, openRecords, Scope, type Database, type Origin } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

export type Revocation = {
  readonly kind: 'family' | 'user';
  readonly id: string;
  readonly at: string;
  readonly until: string;
};

export type TrustFacts = {
  revision(): Promise<number>;
  /**
   * The next revision. It follows the clock, so that it grows even when the database was restored from a backup.
   */
  nextRevision(now: Date): Promise<number>;
  revoke(revocations: readonly Revocation[]): Promise<void>;
  revocations(now: Date): Promise<readonly Revocation[]>;
  /** Forgets what has expired by itself. */
  tidy(now: Date): Promise<void>;
};

const revisionSchema = z.object({ _id: z.string(), tenantId: z.string(), revision: z.number().int() });
const revocationSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  kind: z.enum(['family', 'user']),
  id: z.string(),
  at: z.string(),
  until: z.string(),
});

const REVISION_ID = 'trust';
const TRIES = 100;
/** As many as one publication may hold. */
const REVOCATIONS_MAX = 100_000;

export async function openTrustFacts(database: Database, origin: Origin): Promise<TrustFacts> {
  const tenantId = { type: String, required: true };
  const revisions = await openRecords(
    database.connection,
    'trust_revisions',
    new Schema({ _id: String, tenantId, revision: Number }, { versionKey: false }),
    (document) => revisionSchema.parse(document),
  );
  const schema = new Schema(
    { _id: String, tenantId, kind: String, id: String, at: String, until: String },
    { versionKey: false, id: false },
  );
  schema.index({ tenantId: 1, until: 1 });
  const revocations = await openRecords(database.connection, 'revocations', schema, (document) =>
    revocationSchema.parse(document),
  );
  const scope = Scope.ofTenant(PLATFORM_TENANT, origin);
  const read = async (): Promise<number> => (await revisions.findOne(scope, { _id: REVISION_ID }))?.revision ?? 0;

  async function revoke({ kind, id, at, until }: Revocation): Promise<void> {
    const change = { $max: { at, until }, $setOnInsert: { tenantId: PLATFORM_TENANT, kind, id } };
    const write = (): Promise<number> => revocations.update(scope, { _id: `${kind}:${id}` }, change, { upsert: true });
    try {
      await write();
    } catch (error) {
      // Two upserts at once: one inserted, the other finds it now.
      if (!isDuplicateKey(error)) throw error;
      await write();
    }
  }

  return {
    revision: read,
    async nextRevision(now) {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const before = await read();
        const revision = Math.max(before + 1, now.getTime());
        const written =
          before === 0
            ? await revisions.insert(scope, { _id: REVISION_ID, tenantId: PLATFORM_TENANT, revision })
            : (await revisions.update(scope, { _id: REVISION_ID, revision: before }, { $set: { revision } })) === 1;
        if (written) return revision;
      }
      throw new DomainError('platform.conflict', `${TRIES} others took the next revision first`);
    },
    async revoke(list) {
      for (const revocation of list) await revoke(revocation);
    },
    revocations: (now) =>
      revocations.find(scope, { until: { $gt: now.toISOString() } }, { sort: { until: -1 }, limit: REVOCATIONS_MAX }),
    async tidy(now) {
      await revocations.remove(scope, { until: { $lte: now.toISOString() } });
    },
  };
}
