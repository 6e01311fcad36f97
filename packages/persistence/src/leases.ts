// A lease lets one of several instances do periodic work. Losing it costs a duplicate, never a loss, so a clock that is off
// by a little does no harm.
import { Schema, type Connection } from 'mongoose';
import { reached } from './database-away.ts';
import { collectionOf, isDuplicateKey } from './records.ts';

export type Leases = {
  /** True when this owner holds the lease for the next `forMs`. */
  take(name: string, owner: string, forMs: number): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;
};

export async function openLeases(connection: Connection): Promise<Leases> {
  const schema = new Schema({ _id: String, owner: String, until: Date }, { versionKey: false });
  const collection = await collectionOf(connection, 'leases', schema);
  return {
    async take(name, owner, forMs) {
      const now = new Date();
      try {
        const result = await reached(
          collection.updateOne(
            { _id: name, $or: [{ owner }, { until: { $lt: now } }] },
            { $set: { owner, until: new Date(now.getTime() + forMs) } },
            { upsert: true },
          ),
        );
        return result.matchedCount + result.upsertedCount === 1;
      } catch (error) {
        if (isDuplicateKey(error)) return false;
        throw error;
      }
    },
    async release(name, owner) {
      await reached(collection.deleteOne({ _id: name, owner }));
    },
  };
}
