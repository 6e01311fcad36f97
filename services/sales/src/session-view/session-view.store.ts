// Sales' copy of inventory's sessions: what it needs to price and to print a ticket. Guarded by the session's sequence.
import type { DataOf, Envelope, sessionChanged } from '@tongpiao/contracts';
import { localTimeOf } from '@tongpiao/kernel';
import { applyToView, openRecords, type Database, type Records, type Scope } from '@tongpiao/persistence';
import { LRUCache } from 'lru-cache';
import { Schema } from 'mongoose';
import { z } from 'zod';
import type { SessionFacts } from '../quote/quote.ts';

const sessionSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  sequence: z.number(),
  productId: z.string(),
  siteId: z.string(),
  date: z.string(),
  slot: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  capacity: z.number(),
  status: z.enum(['open', 'closed']),
});
export type SessionView = z.infer<typeof sessionSchema>;

export type SessionViews = {
  apply(scope: Scope, envelope: Envelope<DataOf<typeof sessionChanged>>, timeZone: string): Promise<void>;
  byIds(scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, SessionView>>;
  isEmpty(scope: Scope): Promise<boolean>;
  ofProduct(scope: Scope, productId: string, from: string, to: string): Promise<readonly SessionView[]>;
};

/** A session hardly ever changes; the hold is what decides, so a copy may be this old. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 20_000;
/** Two months of ten slots a day. */
const LIST_MAX = 1_000;

export async function openSessionViews(database: Database): Promise<SessionViews> {
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      sequence: Number,
      productId: String,
      siteId: String,
      date: String,
      slot: String,
      startsAt: String,
      endsAt: String,
      capacity: Number,
      status: String,
    },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, productId: 1, startsAt: 1 });
  const records: Records<SessionView> = await openRecords(database.connection, 'session_views', schema, (document) =>
    sessionSchema.parse(document),
  );
  const remembered = new LRUCache<string, SessionView>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });
  return {
    async apply(scope, envelope, timeZone) {
      const { sessionId, ...session } = envelope.data;
      const slot = localTimeOf(new Date(session.startsAt), timeZone);
      await applyToView(records, scope, {
        _id: sessionId,
        tenantId: scope.tenantId,
        sequence: envelope.sequence,
        slot,
        ...session,
      });
    },
    async byIds(scope, ids) {
      const found = new Map<string, SessionView>();
      const missing: string[] = [];
      for (const id of new Set(ids)) {
        const known = remembered.get(id);
        if (known === undefined) missing.push(id);
        else if (known.tenantId === scope.tenantId || scope.acrossTenants) found.set(id, known);
      }
      if (missing.length > 0) {
        for (const view of await records.find(scope, { _id: { $in: missing } }, { limit: missing.length })) {
          remembered.set(view._id, view);
          found.set(view._id, view);
        }
      }
      return found;
    },
    isEmpty: async (scope) => (await records.count(scope, {}, 1)) === 0,
    ofProduct: (scope, productId, from, to) =>
      records.find(scope, { productId, date: { $gte: from, $lte: to } }, { sort: { startsAt: 1 }, limit: LIST_MAX }),
  };
}

export function sessionFacts(view: SessionView): SessionFacts {
  const { _id: sessionId, productId, siteId, date, slot, startsAt, endsAt, status } = view;
  return { sessionId, productId, siteId, date, slot, startsAt, endsAt, status };
}
