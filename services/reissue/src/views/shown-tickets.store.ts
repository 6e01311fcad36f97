// Every time that somebody held up a ticket at a gate which an exchange or a reissue had killed (REI-34), or which had entries left (REI-11),
// as sales tells it. One small record per scan, under the message's id: told twice it is there once, and in whatever order.
import { openRecords, type Database, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

const shownSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  rightId: z.string(),
  number: z.string(),
  gateId: z.string(),
  /** A dead one is `admitted` by a gate without network that did not know yet. */
  decided: z.enum(['admitted', 'refused']),
  /** It was not dead: its holder went in, or was refused. */
  living: z.literal(true).optional(),
  at: z.string(),
});
export type ShownTicket = Omit<z.infer<typeof shownSchema>, '_id' | 'tenantId'>;

export type ShownTickets = {
  record(scope: Scope, messageId: string, shown: ShownTicket): Promise<void>;
  /** Dead ones that were held up, oldest first. */
  ofRight(scope: Scope, rightId: string): Promise<readonly ShownTicket[]>;
  /** How often any ticket of the right was held up, dead or not, and what the gates did. */
  countOf(scope: Scope, rightId: string): Promise<{ readonly admitted: number; readonly refused: number }>;
};

/** Sales tells of 200 of a ticket, and of what gates without network hand in. */
const FOUND_MAX = 1_000;

export async function openShownTickets(database: Database): Promise<ShownTickets> {
  const tenantId = { type: String, required: true };
  const schema = new Schema(
    {
      _id: String,
      tenantId,
      rightId: String,
      number: String,
      gateId: String,
      decided: String,
      living: Boolean,
      at: String,
    },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, rightId: 1, at: 1 });
  const records = await openRecords(database.connection, 'shown_tickets', schema, (found) => shownSchema.parse(found));
  return {
    async record(scope, messageId, shown) {
      await records.insert(scope, { ...shown, _id: messageId, tenantId: scope.tenantId });
    },
    ofRight: (scope, rightId) =>
      records.find(scope, { rightId, living: { $exists: false } }, { sort: { at: 1 }, limit: FOUND_MAX }),
    async countOf(scope, rightId) {
      const found = await records.find(scope, { rightId }, { limit: FOUND_MAX });
      const admitted = found.filter(({ decided }) => decided === 'admitted').length;
      return { admitted, refused: found.length - admitted };
    },
  };
}
