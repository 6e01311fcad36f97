// What each gate that goes by lists is known to hold (REI-35): one small document per gate, which only ever moves forward.
import { openRecords, type Database, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

const schemaOfList = z.object({ _id: z.string(), tenantId: z.string(), siteId: z.string(), heldOf: z.string() });
export type GateList = { readonly gateId: string; readonly heldOf: string };

export type GateLists = {
  held(scope: Scope, siteId: string, list: GateList): Promise<void>;
  ofSite(scope: Scope, siteId: string): Promise<readonly GateList[]>;
};

/** A site has at most so many gates (identity). */
const GATES_MAX = 500;

export async function openGateLists(database: Database): Promise<GateLists> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, siteId: String, heldOf: String },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, siteId: 1 });
  const lists = await openRecords(database.connection, 'gate_lists', schema, (found) => schemaOfList.parse(found));
  return {
    async held(scope, siteId, { gateId: _id, heldOf }) {
      if (await lists.insert(scope, { _id, tenantId: scope.tenantId, siteId, heldOf })) return;
      // Instants of one form: their text is in the order of time.
      await lists.update(scope, { _id, heldOf: { $lt: heldOf } }, { $set: { siteId, heldOf } });
    },
    async ofSite(scope, siteId) {
      const found = await lists.find(scope, { siteId }, { limit: GATES_MAX });
      return found.map(({ _id: gateId, heldOf }) => ({ gateId, heldOf }));
    },
  };
}
