// What a gate asked under which Idempotency-Key (PLA-32): a key belongs to one credential and one number of people, whichever ticket that
// leads to. The tickets themselves cannot tell, since another credential leads to another ticket. Kept for a day, as hashes with a key of
// our own, because documents are numbers that can be guessed.
import { DomainError } from '@tongpiao/kernel';
import { mac, openRecords, type Database, type Scope, type SecretKey } from '@tongpiao/persistence';
import { canonicalJson } from '@tongpiao/service-shell';
import { Schema } from 'mongoose';
import { z } from 'zod';

export type ScanRequests = {
  /**
   * @returns the fingerprint of what is asked
   * @throws DomainError where the key was used for something else
   */
  claim(scope: Scope, requestKey: string, asked: unknown, now: Date): Promise<string>;
};

const KEPT_MS = 24 * 3_600_000;
const requestSchema = z.object({ _id: z.string(), tenantId: z.string(), fingerprint: z.string(), expiresAt: z.date() });

export async function openScanRequests(database: Database, key: SecretKey): Promise<ScanRequests> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, fingerprint: String, expiresAt: Date },
    { versionKey: false },
  );
  schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  const records = await openRecords(database.connection, 'scan_requests', schema, (document) =>
    requestSchema.parse(document),
  );
  const hash = (text: string): string => mac(key, text).toString('base64url');
  return {
    async claim(scope, requestKey, asked, now) {
      const _id = hash(`key|${requestKey}`);
      const fingerprint = hash(`body|${canonicalJson(asked)}`);
      const { tenantId } = scope;
      const expiresAt = new Date(now.getTime() + KEPT_MS);
      if (await records.insert(scope, { _id, tenantId, fingerprint, expiresAt })) return fingerprint;
      const known = await records.byId(scope, _id);
      if (known === undefined || known.fingerprint === fingerprint) return fingerprint;
      throw new DomainError('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
    },
  };
}
