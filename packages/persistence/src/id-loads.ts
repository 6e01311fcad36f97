// Reads by id that are asked for in the same turn of the loop become one query.
import type { mongo } from 'mongoose';

type Stored = mongo.Document & { _id: string };
export type IdLoads = { load(id: string, without: readonly string[]): Promise<Record<string, unknown> | undefined> };

type Batch = {
  readonly without: readonly string[];
  readonly ids: Map<string, ((document: Record<string, unknown> | undefined) => void)[]>;
  readonly failed: ((error: unknown) => void)[];
};

const IDS_MAX = 500;

export function createIdLoads(collection: mongo.Collection<Stored>): IdLoads {
  const gathering = new Map<string, Batch>();

  async function send(batch: Batch): Promise<void> {
    const ids = [...batch.ids.keys()];
    try {
      const projection = Object.fromEntries(batch.without.map((field) => [field, 0]));
      const filter: mongo.Filter<Stored> = ids.length === 1 ? { _id: ids[0] ?? '' } : { _id: { $in: ids } };
      const found = new Map(
        (await collection.find(filter, { projection }).toArray()).map((document) => [document._id, document]),
      );
      for (const [id, waiting] of batch.ids) for (const resolve of waiting) resolve(found.get(id));
    } catch (error) {
      for (const reject of batch.failed) reject(error);
    }
  }

  return {
    load(id, without) {
      const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown> | undefined>();
      const key = without.join();
      let batch = gathering.get(key);
      if (batch === undefined || batch.ids.size >= IDS_MAX) {
        const next: Batch = { without, ids: new Map(), failed: [] };
        batch = next;
        gathering.set(key, next);
        setImmediate(() => {
          if (gathering.get(key) === next) gathering.delete(key);
          void send(next);
        });
      }
      batch.ids.set(id, [...(batch.ids.get(id) ?? []), resolve]);
      batch.failed.push(reject);
      return promise;
    },
  };
}
