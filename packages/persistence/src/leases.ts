// A lease lets one of several instances do periodic work. Losing it costs a duplicate, never a loss, so a clock that is off
// by a little does no harm.
import { Schema, type Connection } from 'mongoose';
import { reached } from './database-away.ts';
import { collectionOf, isDuplicateKey } from './records.ts';

export type Leases = {
  /** True when this owner holds the lease, for half of `forMs` at least: one that was taken just now is not written again. */
  take(name: string, owner: string, forMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
};

export async function openLeases(connection: Connection): Promise<Leases> {
  const schema = new Schema({ _id: String, owner: String, until: Date }, { versionKey: false });
  const collection = await collectionOf(connection, 'leases', schema);
  /** Until when, as this process wrote it; nobody else takes a lease before. */
  const held = new Map<string, number>();
  return {
    async take(name, owner, forMs) {
      const now = new Date();
      const key = `${name}/${owner}`;
      if ((held.get(key) ?? 0) > now.getTime() + forMs / 2) return true;
      held.delete(key);
      try {
        const result = await reached(
          collection.updateOne(
            { _id: name, $or: [{ owner }, { until: { $lt: now } }] },
            { $set: { owner, until: new Date(now.getTime() + forMs) } },
            { upsert: true },
          ),
        );
        const taken = result.matchedCount + result.upsertedCount === 1;
        if (taken) held.set(key, now.getTime() + forMs);
        return taken;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async release(name, owner) {
      held.delete(`${name}/${owner}`);
      await reached(collection.deleteOne({ _id: name, owner }));
    },
  };
}
