// Rotations of tenants' keys as they are kept: who asked, how far the re-wrapping is. The id is the new key's.
import { openRecords, type Database, type Records } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

const rotationSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  status: z.enum(['running', 'done']),
  by: z.string(),
  reason: z.string(),
  request: z.object({ key: z.string(), fingerprint: z.string() }),
  startedAt: z.date(),
  doneAt: z.date().optional(),
  pass: z.number(),
  passStartedAt: z.date(),
  /** Where the pass stands: a collection, and the last record in it that was looked at. */
  collection: z.string().optional(),
  after: z.string().optional(),
  looked: z.number(),
  rewrapped: z.number(),
});
export type Rotation = z.infer<typeof rotationSchema>;

export async function openRotations(database: Database): Promise<Records<Rotation>> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, status: String, startedAt: Date },
    { versionKey: false, strict: false },
  );
  schema.index({ status: 1, startedAt: -1 });
  schema.index({ tenantId: 1, startedAt: -1 });
  return openRecords(database.connection, 'key_rotations', schema, (document) => rotationSchema.parse(document));
}
