// Group commit: writes that come while others are under way travel together in one command, and each still gets its own answer.
// Alone, a write leaves at once, so nothing waits for company; under load the server parses, journals and answers once for many.
// What nobody waits for goes beside it, a few at a time in one command after the other: what somebody waits for never stands behind it.
// Needs the `bulkWrite` command of MongoDB 8; an older server gets its writes one by one.
import type { mongo } from 'mongoose';
import { abandonedInTime } from './database-away.ts';

type Model = mongo.AnyClientBulkWriteModel<mongo.Document>;
/** What became of one write. `duplicate`: a unique key was there already. */
type Written = { readonly matched: number; readonly upserted: boolean; readonly duplicate: boolean };

type Urgency = 'awaited' | 'background';

export type WriteGroup = {
  write(model: Model, urgency?: Urgency): Promise<Written>;
};

const LIMITS = {
  // Two commands under way keep the server busy while the next group gathers. Documents have some 5 kB: far below the 48 MB of one command.
  awaited: { underWay: 2, group: 500, lingerMs: 0 },
  // Some ten milliseconds of the server's time: then others get their turn. Waiting for company costs nobody anything, and each command saved
  // costs the server as much as two or three writes.
  background: { underWay: 1, group: 40, lingerMs: 25 },
} as const;
const DUPLICATE_KEY = 11_000;
const GROUP_OPTIONS = { ordered: false, verboseResults: true, writeConcern: { w: 1, journal: true } } as const;

type Waiting = {
  readonly model: Model;
  readonly resolve: (written: Written) => void;
  readonly reject: (error: unknown) => void;
};

const INSERTED: Written = { matched: 1, upserted: false, duplicate: false };
const DUPLICATE: Written = { matched: 0, upserted: false, duplicate: true };

export function createWriteGroup(
  client: mongo.MongoClient,
  clientErrorOf: (error: unknown) => ClientBulkFailure | undefined,
): WriteGroup {
  async function send(group: readonly Waiting[]): Promise<void> {
    try {
      const result = await abandonedInTime((signal) => {
        // The driver hands `signal` through to the connection, and its types do not say so.
        const options: mongo.ClientBulkWriteOptions & { signal: AbortSignal } = { ...GROUP_OPTIONS, signal };
        return client.bulkWrite(
          group.map(({ model }) => model),
          options,
        );
      });
      group.forEach((entry, index) => {
        entry.resolve(writtenOf(entry.model, result.updateResults?.get(index)));
      });
    } catch (error) {
      const failure = clientErrorOf(error);
      group.forEach((entry, index) => {
        const own = failure?.writeErrors.get(index);
        if (failure === undefined) entry.reject(error);
        else if (own === undefined)
          entry.resolve(writtenOf(entry.model, failure.partialResult?.updateResults?.get(index)));
        else if (own.code === DUPLICATE_KEY) entry.resolve(DUPLICATE);
        else entry.reject(new Error(`write refused: ${own.message}`, { cause: error }));
      });
    }
  }

  const queues = { awaited: createQueue(send, LIMITS.awaited), background: createQueue(send, LIMITS.background) };
  return {
    write(model, urgency = 'awaited') {
      const { promise, resolve, reject } = Promise.withResolvers<Written>();
      queues[urgency]({ model, resolve, reject });
      return promise;
    },
  };
}

type Limits = { readonly underWay: number; readonly group: number; readonly lingerMs: number };

function createQueue(send: (group: readonly Waiting[]) => Promise<void>, limits: Limits): (entry: Waiting) => void {
  let waiting: Waiting[] = [];
  let underWay = 0;
  let scheduled = false;

  function flush(): void {
    scheduled = false;
    while (waiting.length > 0 && underWay < limits.underWay) {
      const group = waiting.slice(0, limits.group);
      waiting = waiting.slice(limits.group);
      underWay += 1;
      void send(group).finally(() => {
        underWay -= 1;
        if (limits.lingerMs === 0 || waiting.length >= limits.group) flush();
        else schedule();
      });
    }
  }

  function schedule(): void {
    if (scheduled || waiting.length === 0 || underWay >= limits.underWay) return;
    scheduled = true;
    // After this turn of the loop, at the least: what was caused together travels together.
    if (limits.lingerMs === 0) setImmediate(flush);
    else setTimeout(flush, limits.lingerMs);
  }

  return (entry) => {
    waiting.push(entry);
    schedule();
  };
}

type UpdateResult = { readonly matchedCount: number; readonly didUpsert: boolean };

/** What the driver's error tells, in the shape that is needed here. */
export type ClientBulkFailure = {
  readonly writeErrors: ReadonlyMap<number, { readonly code: number; readonly message: string }>;
  readonly partialResult: { readonly updateResults?: ReadonlyMap<number, UpdateResult> | undefined } | undefined;
};

function writtenOf(model: Model, update: UpdateResult | undefined): Written {
  if (model.name === 'insertOne') return INSERTED;
  if (update === undefined) throw new Error(`no answer to ${model.name}`);
  return { matched: update.matchedCount, upserted: update.didUpsert, duplicate: false };
}

/** For servers before MongoDB 8: the same answers, one command each. */
export function createSingleWrites(client: mongo.MongoClient): WriteGroup {
  return {
    async write(model) {
      const [database, ...rest] = model.namespace.split('.');
      const collection = client.db(database).collection(rest.join('.'));
      try {
        switch (model.name) {
          case 'insertOne':
            await collection.insertOne(model.document);
            return INSERTED;
          case 'updateOne':
          case 'updateMany': {
            const options = { upsert: model.upsert ?? false };
            const result =
              model.name === 'updateOne'
                ? await collection.updateOne(model.filter, model.update, options)
                : await collection.updateMany(model.filter, model.update, options);
            return { matched: result.matchedCount, upserted: result.upsertedCount > 0, duplicate: false };
          }
          default:
            throw new Error(`not a write of ours: ${model.name}`);
        }
      } catch (error) {
        if (typeof error === 'object' && error !== null && 'code' in error && error.code === DUPLICATE_KEY)
          return DUPLICATE;
        throw error;
      }
    },
  };
}
