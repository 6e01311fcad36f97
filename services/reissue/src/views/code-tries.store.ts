// How often a code to a telephone was guessed at (REI-02): counted before it is compared, so that guesses at the same moment cannot be
// more than allowed. One small document per telephone and span of time, gone by itself.
import { isDuplicateKey, openRecords, type Database, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

const triesSchema = z.object({ _id: z.string(), tenantId: z.string(), tries: z.number(), expiresAt: z.date() });

export type CodeTries = {
  /** @returns false when there were too many already */
  count(scope: Scope, key: string, most: number, expiresAt: Date): Promise<boolean>;
};

export async function openCodeTries(database: Database): Promise<CodeTries> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, tries: Number, expiresAt: Date },
    { versionKey: false },
  );
  schema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
  const records = await openRecords(database.connection, 'code_tries', schema, (found) => triesSchema.parse(found));
  return {
    async count(scope, key, most, expiresAt) {
      const _id = `${scope.tenantId}:${key}`;
      const change = { $inc: { tries: 1 }, $setOnInsert: { tenantId: scope.tenantId, expiresAt } };
      try {
        return (await records.update(scope, { _id, tries: { $lt: most } }, change, { upsert: true })) === 1;
      } catch (error) {
        // The document is there, and full; or another guess has just made it.
        if (!isDuplicateKey(error)) throw error;
        return (await records.update(scope, { _id, tries: { $lt: most } }, { $inc: { tries: 1 } })) === 1;
      }
    },
  };
}
