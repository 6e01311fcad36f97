// What people have asked to be erased, and what came of each record: told once, the same whenever it is asked again. It says nothing of who asked:
// its id is made of the request, and the records do not lead to anybody any more.
import { openRecords, type Database, type Records } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

/** `not-over`: something is still under way; `law`: the law makes us keep it; `archive`: the archive of its kind does. */
export const KEPT_WHY = ['not-over', 'law', 'archive'] as const;

const itemSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  outcome: z.enum(['under-way', 'erased', 'kept']),
  why: z.enum(KEPT_WHY).optional(),
  notBefore: z.string().optional(),
});
export type ErasureItem = z.infer<typeof itemSchema>;

const erasureSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  status: z.enum(['open', 'done']),
  at: z.date(),
  fingerprint: z.string(),
  more: z.boolean(),
  items: z.array(itemSchema),
});
export type Erasure = z.infer<typeof erasureSchema>;

/** As long as somebody may want to prove what was answered. */
const KEPT_SECONDS = 3 * 366 * 86_400;

export async function openErasures(database: Database): Promise<Records<Erasure>> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, status: String, at: Date },
    { versionKey: false, strict: false },
  );
  schema.index({ status: 1, at: 1 });
  schema.index({ at: 1 }, { expireAfterSeconds: KEPT_SECONDS });
  return openRecords(database.connection, 'erasures', schema, (found) => erasureSchema.parse(found));
}
