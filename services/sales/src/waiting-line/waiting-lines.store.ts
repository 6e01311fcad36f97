// Sales' copy of the lines that inventory keeps (SAL-26): whoever waits is told the place in line from it. Inventory serves the line; a
// copy that is a moment old shows a number that is a moment old, and decides nothing.
import type { DataOf, Envelope, waitingLineChanged } from '@tongpiao/contracts';
import { applyToView, openRecords, type Database, type Records, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

const lineSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  sequence: z.number(),
  orderIds: z.array(z.string()),
});
type Line = z.infer<typeof lineSchema>;

export type WaitingLines = {
  apply(scope: Scope, envelope: Envelope<DataOf<typeof waitingLineChanged>>): Promise<void>;
  /** From 1; undefined for who is not in line, or not yet told of. */
  positionOf(scope: Scope, sessionId: string, orderId: string): Promise<number | undefined>;
};

export async function openWaitingLines(database: Database): Promise<WaitingLines> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, sequence: Number, orderIds: [String] },
    { versionKey: false },
  );
  const records: Records<Line> = await openRecords(database.connection, 'waiting_lines', schema, (document) =>
    lineSchema.parse(document),
  );
  return {
    async apply(scope, { sequence, data: { sessionId, orderIds } }) {
      await applyToView(records, scope, { _id: sessionId, tenantId: scope.tenantId, sequence, orderIds });
    },
    async positionOf(scope, sessionId, orderId) {
      const place = (await records.findOne(scope, { _id: sessionId }))?.orderIds.indexOf(orderId) ?? -1;
      return place < 0 ? undefined : place + 1;
    },
  };
}
