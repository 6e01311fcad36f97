// Publishes what aggregates have said. The instance that committed publishes at once; a sweeper under a lease takes what is
// overdue (a crash, a broken broker) and fires timers. Confirmed entries are pulled from their documents in bulk: losing a
// pull costs a duplicate, which every receiver absorbs, and never a loss (PLA-41).
import type { Envelope } from '@tongpiao/contracts';
import type { mongo } from 'mongoose';
import type { Logger } from 'pino';
import { z } from 'zod';
import { reached } from './database-away.ts';
import type { Faults } from './faults.ts';
import type { Leases } from './leases.ts';
import type { OutboxEntry } from './outbox.ts';
import type { RawCollection } from './records.ts';
import { writesOf } from './writes-of.ts';

export type Publish = (message: { kind: 'event' | 'command'; envelope: Envelope }) => Promise<void>;

export type RelayOptions = {
  readonly publish: Publish;
  readonly leases: Leases;
  /** Unique per running process. */
  readonly owner: string;
  readonly logger: Logger;
  readonly faults?: Faults;
  readonly clock?: () => Date;
  /** Entries older than this are the sweeper's: the committing instance had its chance. */
  readonly overdueMs?: number;
  readonly sweepEveryMs?: number;
};

export type Relay = {
  watch(collection: RawCollection): void;
  offer(collection: string, documentId: string, entries: readonly OutboxEntry[]): void;
  start(): void;
  /** Age of the oldest unpublished message, in ms; 0 when there is none. */
  oldestMs(): Promise<number>;
  /** A last pass over what this instance has in hand, then no more sweeps. */
  stop(): Promise<void>;
};

const OVERDUE_MS = 4_000;
const SWEEP_EVERY_MS = 1_000;
/** Longer than a sweep takes: an instance that dies hands over within this time. */
const LEASE_MS = 5_000;
const SWEEP_BATCH = 500;
/** Twenty thousand records of one collection. */
const SWEEP_ROUNDS = 40;
/** Documents whose entries are in hand at once; above it the sweeper is the buffer, on disk. */
const IN_HAND_MAX = 10_000;
/** What was confirmed is pulled after one to two of these: what one record says in quick succession together, well before it is overdue. */
const PULL_EVERY_MS = 1_000;
const PULL_BATCH = 2_000;
/** Records of one write: what comes beside it does not wait long. */
const PULLED_AT_ONCE = 100;

const entrySchema = z.object({
  id: z.string(),
  due: z.date(),
  kind: z.enum(['event', 'command']),
  envelope: z.custom<Envelope>((value) => typeof value === 'object'),
});
const sweptSchema = z.object({
  _id: z.string(),
  outbox: z.array(entrySchema).default([]),
  timers: z.array(entrySchema).default([]),
});

type MongoFilter = mongo.Filter<mongo.Document>;
type MongoUpdate = mongo.UpdateFilter<mongo.Document>;

type Field = 'outbox' | 'timers';
type Pulled = {
  readonly collection: string;
  readonly documentId: string;
  readonly field: Field;
  readonly ids: string[];
};
type Pulling = Map<string, Pulled>;

export function createRelay(options: RelayOptions): Relay {
  const { publish, leases, owner, logger } = options;
  const clock = options.clock ?? ((): Date => new Date());
  const overdueMs = options.overdueMs ?? OVERDUE_MS;
  const sweepEveryMs = options.sweepEveryMs ?? SWEEP_EVERY_MS;
  const pullEveryMs = Math.min(PULL_EVERY_MS, overdueMs / 4);
  const collections = new Map<string, RawCollection>();
  const inHand = new Set<string>();
  let pulling: Pulling = new Map();
  /** A round older: pulled next, with what these records have said since. */
  let ripe: Pulling = new Map();
  let pullTimer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let sweepTimer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let stopped = false;

  /** One write for many records: each costs the server half of what it would alone. A pull that is lost is a duplicate, and harmless. */
  async function pull(batch: Pulling): Promise<void> {
    const groups = Map.groupBy(batch.values(), ({ collection, field }) => `${collection}/${field}`);
    const parts = [...groups.values()].flatMap(partsOf);
    await Promise.all(
      parts.map(async (part) => {
        const [first] = part;
        const collection = first === undefined ? undefined : collections.get(first.collection);
        if (first === undefined || collection === undefined) return;
        const ids = part.flatMap((record) => record.ids);
        // The driver types ids as its own kind of object, and ours are texts.
        const filter = { _id: { $in: part.map(({ documentId }) => documentId) } } as unknown as MongoFilter;
        const update = { $pull: { [first.field]: { id: { $in: ids } } } } as unknown as MongoUpdate;
        const pulled = { name: 'updateMany', namespace: collection.namespace, filter, update } as const;
        await writesOf(collection).write(pulled, 'background');
        for (const id of ids) inHand.delete(id);
      }),
    );
  }

  function flush(): Promise<void> {
    if (pullTimer !== undefined) clearTimeout(pullTimer);
    pullTimer = undefined;
    const batch = new Map([...ripe, ...pulling]);
    ripe = new Map();
    pulling = new Map();
    return pullAll(batch);
  }

  /** Records that were confirmed a round ago; the younger ones ripen. */
  function harvest(): Promise<void> {
    const batch = ripe;
    ripe = pulling;
    pulling = new Map();
    pullTimer = ripe.size === 0 ? undefined : setTimeout(() => void harvest(), pullEveryMs);
    return pullAll(batch);
  }

  function pullAll(batch: Pulling): Promise<void> {
    if (batch.size === 0) return flushing;
    flushing = flushing
      .then(() => pull(batch))
      .catch((error: unknown) => {
        for (const { ids } of batch.values()) for (const id of ids) inHand.delete(id);
        logger.warn(
          { err: error, documents: batch.size },
          'confirmed messages stay in the outbox and will be sent again',
        );
      });
    return flushing;
  }

  function confirmed(collection: string, documentId: string, field: Field, id: string): void {
    const key = `${collection}/${documentId}/${field}`;
    const known = ripe.get(key) ?? pulling.get(key);
    if (known === undefined) pulling.set(key, { collection, documentId, field, ids: [id] });
    else known.ids.push(id);
    if (pulling.size + ripe.size >= PULL_BATCH) void flush();
    else pullTimer ??= setTimeout(() => void harvest(), pullEveryMs);
  }

  /** @returns whether the broker has it; not while another attempt is under way */
  async function send(collection: string, documentId: string, field: Field, entry: OutboxEntry): Promise<boolean> {
    if (inHand.has(entry.id)) return false;
    inHand.add(entry.id);
    try {
      await publish({ kind: entry.kind, envelope: entry.envelope });
      await options.faults?.at('afterPublish', { collection, id: documentId });
      confirmed(collection, documentId, field, entry.id);
      return true;
    } catch (error) {
      inHand.delete(entry.id);
      logger.warn(
        { err: error, type: entry.envelope.type, messageId: entry.id },
        'not published yet; the sweeper will try again',
      );
      return false;
    }
  }

  /** @param skip records at the front that could not be sent in this sweep: what nobody hears must not stand in the way of the rest */
  async function sweepField(
    collection: RawCollection,
    field: Field,
    before: Date,
    skip: number,
  ): Promise<{ found: number; stuck: number }> {
    const overdue = collection.find(
      { [`${field}.due`]: { $lte: before } },
      { projection: { outbox: 1, timers: 1 }, skip, limit: SWEEP_BATCH, sort: { [`${field}.due`]: 1 } },
    );
    const found = await reached(overdue.toArray());
    const sent = await Promise.all(
      found.map(async (document) => {
        const parsed = sweptSchema.parse(document);
        const due = parsed[field].filter((entry) => entry.due <= before);
        const went = await Promise.all(due.map((entry) => send(collection.collectionName, parsed._id, field, entry)));
        return went.every(Boolean);
      }),
    );
    // A field that is being swept is pulled before it is looked at again.
    if (found.length > 0) await flush();
    return { found: found.length, stuck: sent.filter((went) => !went).length };
  }

  const beforeOf = (field: Field): Date => new Date(clock().getTime() - (field === 'outbox' ? overdueMs : 0));

  /** Where something is overdue, by one question about all collections: most often there is nothing, and this is asked every second. */
  async function overdue(): Promise<readonly { readonly collection: RawCollection; readonly field: Field }[]> {
    const places = [...collections.values()].flatMap((collection) =>
      (['outbox', 'timers'] as const).map((field) => ({ collection, field })),
    );
    const [first, ...others] = places.map(({ collection, field }, place) => ({
      coll: collection.collectionName,
      pipeline: [
        { $match: { [`${field}.due`]: { $lte: beforeOf(field) } } },
        { $limit: 1 },
        { $project: { _id: 0, place: { $literal: place } } },
      ],
    }));
    if (first === undefined || places[0] === undefined) return [];
    const stages = [...first.pipeline, ...others.map((other) => ({ $unionWith: other }))];
    const found = await reached(places[0].collection.aggregate(stages).toArray());
    const hit = new Set(
      z
        .array(z.object({ place: z.number() }))
        .parse(found)
        .map(({ place }) => place),
    );
    return places.filter((_, place) => hit.has(place));
  }

  async function sweep(): Promise<void> {
    if (!(await leases.take('relay', owner, LEASE_MS))) return;
    for (const { collection, field } of await overdue()) {
      let skip = 0;
      // The lease is renewed with each batch; a collection has so many of them in a sweep that others get their turn.
      for (let round = 0; round < SWEEP_ROUNDS && !stopped; round += 1) {
        if (round > 0 && !(await leases.take('relay', owner, LEASE_MS))) return;
        const swept = await sweepField(collection, field, beforeOf(field), skip);
        if (swept.found < SWEEP_BATCH) break;
        skip += swept.stuck;
      }
    }
  }

  function schedule(): void {
    if (stopped) return;
    sweepTimer = setTimeout(() => {
      sweeping = sweep()
        .catch((error: unknown) => logger.warn({ err: error }, 'outbox sweep failed; next one follows'))
        .finally(schedule);
    }, sweepEveryMs);
  }

  return {
    watch: (collection) => void collections.set(collection.collectionName, collection),
    offer(collection, documentId, entries) {
      if (inHand.size > IN_HAND_MAX) return;
      for (const entry of entries) void send(collection, documentId, 'outbox', entry);
    },
    start: schedule,
    async oldestMs() {
      let oldest = 0;
      for (const collection of collections.values()) {
        const waiting = collection.find(
          { 'outbox.due': { $exists: true } },
          { projection: { outbox: 1 }, sort: { 'outbox.due': 1 }, limit: 1 },
        );
        const [first] = await reached(waiting.toArray());
        if (first === undefined) continue;
        const due = Math.min(...sweptSchema.parse(first).outbox.map((entry) => entry.due.getTime()));
        if (Number.isFinite(due)) oldest = Math.max(oldest, clock().getTime() - due);
      }
      return oldest;
    },
    async stop() {
      stopped = true;
      if (sweepTimer !== undefined) clearTimeout(sweepTimer);
      await sweeping;
      // In hand are sends that wait for their confirm: bounded by the publisher's own time-out.
      for (let waited = 0; inHand.size > 0 && waited < 5_000; waited += 20) {
        await flush();
        if (inHand.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await flush();
      await leases
        .release('relay', owner)
        .catch((error: unknown) => logger.debug({ err: error }, 'lease was not released'));
    },
  };
}

function partsOf(group: readonly Pulled[]): readonly (readonly Pulled[])[] {
  const count = Math.ceil(group.length / PULLED_AT_ONCE);
  return Array.from({ length: count }, (_, part) => group.slice(part * PULLED_AT_ONCE, (part + 1) * PULLED_AT_ONCE));
}
