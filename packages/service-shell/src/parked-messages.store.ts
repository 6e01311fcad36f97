// Failed messages as they are kept: what the message was, why it failed, and the journal of what people did about it.
import { envelopeSchema } from '@tongpiao/contracts';
import { journalEntrySchema, openRecords, type Database, type Records } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

/** `replaying`: decided, and on its way to the broker. */
export const PARKED_STATUS = ['parked', 'replaying', 'replayed', 'discarded'] as const;

const parkedSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  status: z.enum(PARKED_STATUS),
  /** When the replay was decided that is under way. */
  replayingSince: z.string().optional(),
  queue: z.string(),
  messageId: z.string(),
  type: z.string(),
  kind: z.string(),
  reason: z.string(),
  detail: z.string(),
  attempts: z.number(),
  parkedAt: z.string(),
  envelope: envelopeSchema.optional(),
  content: z.string(),
  seq: z.number(),
  head: z.string(),
  journal: z.array(journalEntrySchema),
});
export type Parked = z.infer<typeof parkedSchema>;

export async function openParkedRecords(database: Database): Promise<Records<Parked>> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, status: String, parkedAt: String },
    { versionKey: false, strict: false },
  );
  schema.index({ status: 1, parkedAt: -1 });
  return openRecords(database.connection, 'parked_messages', schema, (document) => parkedSchema.parse(document));
}
