// One write group per connection to a server, whatever the number of collections: writes of all of them travel together.
import { mongo } from 'mongoose';
import { createSingleWrites, createWriteGroup, type ClientBulkFailure, type WriteGroup } from './write-group.ts';

const groups = new WeakMap<mongo.MongoClient, WriteGroup>();
const joined = new WeakMap<object, WriteGroup>();

/** The first major version that knows the `bulkWrite` command. */
const BULK_WRITE_SINCE = 8;

function failureOf(error: unknown): ClientBulkFailure | undefined {
  if (!(error instanceof mongo.MongoClientBulkWriteError)) return undefined;
  // A cause beside the single writes (a broken connection) leaves the outcome of all of them open.
  if (error.cause !== undefined || error.writeErrors.size === 0) return undefined;
  return { writeErrors: error.writeErrors, partialResult: error.partialResult };
}

/** Asks the server once what it can do, and lets the collection's writes join those of its connection. */
export async function joinWrites(client: mongo.MongoClient, collection: object): Promise<void> {
  let group = groups.get(client);
  if (group === undefined) {
    const info = await client.db('admin').command({ buildInfo: 1 });
    const major = Number(String(info['version']).split('.')[0]);
    // Another collection may have been faster: all of them share one group.
    group =
      groups.get(client) ??
      (major >= BULK_WRITE_SINCE ? createWriteGroup(client, failureOf) : createSingleWrites(client));
    groups.set(client, group);
  }
  joined.set(collection, group);
}

export function writesOf(collection: object): WriteGroup {
  const group = joined.get(collection);
  if (group === undefined) throw new Error('the collection was not opened through persistence');
  return group;
}
