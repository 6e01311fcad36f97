// Holds as documents that journal themselves: written in bulk, with their outcome in their own outbox, after the counters
// have decided. Every write here can be repeated without harm.
import { holdGranted } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import {
  chain,
  collectionOf,
  envelopeOf,
  GENESIS,
  Records,
  say,
  type Change,
  type Database,
  type Filter,
  type OutboxEntry,
  type Relay,
  type Scope,
  type Sealing,
} from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import type { HoldFacts, HoldStatus, PendingStep } from '../site-day/site-day.ts';

const holdDocument = z.looseObject({
  _id: z.string(),
  tenantId: z.string(),
  version: z.number(),
  seq: z.number(),
  head: z.string(),
  status: z.enum(['held', 'confirmed', 'released']),
  orderId: z.string(),
  channel: z.string(),
  expiresAt: z.date(),
  lines: z.array(z.object({ sessionId: z.string(), siteDay: z.string(), quantity: z.number() })),
});
type HoldDocument = z.infer<typeof holdDocument>;

export type StoredHold = {
  readonly status: HoldStatus;
  readonly facts: HoldFacts;
  readonly tenantId: string;
  /** Where its journal stands, for the next entry. */
  readonly version: number;
  readonly seq: number;
  readonly head: string;
};

export type HoldStore = {
  load(scope: Scope, ids: readonly string[]): Promise<Map<string, StoredHold>>;
  /**
   * Writes what the counters have decided, whole batch at once, each hold with the origin of its own message.
   * @returns ids of holds that were let go before they were placed: their counters must be moved back
   */
  complete(
    items: readonly { scope: Scope; step: PendingStep; hold: HoldFacts }[],
    at: Date,
    /** Documents as they were read for the decision; without it they are read again. */
    seen?: ReadonlyMap<string, StoredHold>,
  ): Promise<ReadonlySet<string>>;
  /** Lets go of a hold that is not there yet. @returns false when it has been placed meanwhile and must be decided. */
  bury(scope: Scope, hold: HoldFacts, at: Date): Promise<boolean>;
  extend(scope: Scope, holdId: string, expiresAt: Date, at: Date): Promise<void>;
  /** Holds that should long be over, the oldest first. */
  overdue(scope: Scope, before: Date, limit: number): Promise<{ holdId: string; orderId: string; tenantId: string }[]>;
  count(scope: Scope, filter: Filter): Promise<number>;
};

/** Version conflicts on a hold are rare: its commands come one after another. */
const ADVANCE_TRIES = 5;
const STATUS_AFTER = { place: 'held', confirm: 'confirmed', release: 'released' } as const;
const EVENT_OF = { place: 'HoldPlaced', confirm: 'HoldConfirmed', release: 'HoldReleased' } as const;
/** No personal data travels with a hold. */
const NO_SEALING: Sealing = {
  bus: {
    sealFor: () => {
      throw new Error('holds carry no personal data');
    },
    openAs: () => {
      throw new Error('holds carry no personal data');
    },
  },
  recordKey: undefined,
};

export async function openHolds(database: Database, relay: Relay): Promise<HoldStore> {
  const { Mixed } = Schema.Types;
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      version: Number,
      seq: Number,
      head: String,
      status: String,
      orderId: String,
      channel: String,
      expiresAt: Date,
      lines: [Mixed],
      journal: [Mixed],
      outbox: [Mixed],
      timers: [Mixed],
    },
    { versionKey: false },
  );
  schema.index({ 'outbox.due': 1 }, { partialFilterExpression: { 'outbox.due': { $exists: true } } });
  schema.index({ expiresAt: 1 }, { partialFilterExpression: { status: 'held' } });
  const raw = await collectionOf(database.connection, 'holds', schema);
  relay.watch(raw);
  return holdStore(new Records(raw, (document) => holdDocument.parse(document)), relay);
}

function holdStore(records: Records<HoldDocument>, relay: Relay): HoldStore {
  async function load(scope: Scope, ids: readonly string[]): Promise<Map<string, HoldDocument>> {
    if (ids.length === 0) return new Map();
    const found = await records.find(
      scope,
      { _id: { $in: ids } },
      { projection: { journal: 0, outbox: 0, timers: 0 }, limit: ids.length },
    );
    return new Map(found.map((document) => [document._id, document]));
  }

  /**
   * New documents: places, and tombstones of releases that came before their place.
   * @returns ids of the holds whose place found a tombstone
   */
  async function insertNew(
    items: readonly { scope: Scope; step: PendingStep; hold: HoldFacts }[],
    at: Date,
  ): Promise<ReadonlySet<string>> {
    const letGo = new Set<string>();
    const prepared = items.map(({ scope, step, hold }) => {
      const [entry] = chain(
        { seq: 0, head: GENESIS },
        [{ type: EVENT_OF[step], data: { ...hold } }],
        at.toISOString(),
        scope.origin,
      );
      const outbox: OutboxEntry[] = [];
      if (step === 'place') {
        const id = `${hold.holdId}:1:0`;
        const draft = say(holdGranted, { holdId: hold.holdId, orderId: hold.orderId });
        const envelope = envelopeOf(
          scope,
          'inventory',
          hold.holdId,
          draft,
          { id, sequence: 1, time: at.toISOString() },
          NO_SEALING,
        );
        outbox.push({ id, due: at, kind: 'event', envelope });
      }
      const document = {
        _id: hold.holdId,
        tenantId: scope.tenantId,
        version: 1,
        seq: 1,
        head: entry?.hash ?? GENESIS,
        status: STATUS_AFTER[step],
        orderId: hold.orderId,
        channel: hold.channel,
        expiresAt: new Date(hold.expiresAt),
        lines: [...hold.lines],
        journal: [entry],
        outbox,
        timers: [],
      };
      return { scope, document, outbox };
    });
    for (const group of Map.groupBy(prepared, ({ scope }) => scope.tenantId).values()) {
      const [first] = group;
      if (first === undefined) continue;
      const present = await records.insertMissing(
        first.scope,
        group.map(({ document }) => document),
      );
      for (const [index, { document, outbox }] of group.entries()) {
        if (!present.has(index)) relay.offer(records.name, document._id, outbox);
      }
      if (present.size === 0) continue;
      const stored = await load(
        first.scope,
        [...present].flatMap((index) => group[index]?.document._id ?? []),
      );
      for (const { _id, status, lines } of stored.values())
        if (status === 'released' && lines.length === 0) letGo.add(_id);
    }
    return letGo;
  }

  /** Somebody else may write to a hold between look and write: then it is looked at again, because its counters have moved. */
  async function advance(
    items: readonly { scope: Scope; step: PendingStep; hold: HoldFacts }[],
    at: Date,
    seen: ReadonlyMap<string, StoredHold> | undefined,
  ): Promise<void> {
    for (const group of Map.groupBy(items, ({ scope }) => scope.tenantId).values()) {
      const [first] = group;
      if (first === undefined) continue;
      for (let attempt = 0; ; attempt += 1) {
        if (attempt === ADVANCE_TRIES)
          throw new TransientError('inventory.contended', 'holds change faster than they can be written');
        const known = attempt === 0 && seen !== undefined && group.every(({ hold }) => seen.has(hold.holdId));
        const stored = known
          ? seen
          : await loadStored(
              first.scope,
              group.map(({ hold }) => hold.holdId),
            );
        const tombstones = group.filter(({ hold }) => !stored.has(hold.holdId));
        await insertNew(
          tombstones.filter(({ step }) => step === 'release'),
          at,
        );
        const updates = group.flatMap(({ scope, step, hold }) =>
          stepForward(scope, step, hold, stored.get(hold.holdId), at),
        );
        if ((await records.updateEach(first.scope, updates)) === updates.length) break;
      }
    }
  }

  function stepForward(
    scope: Scope,
    step: PendingStep,
    hold: HoldFacts,
    stored: StoredHold | undefined,
    at: Date,
  ): { filter: Filter; change: Change }[] {
    // Another delivery of the same step has been here already.
    if (stored === undefined || stored.status === STATUS_AFTER[step] || stored.status === 'released') return [];
    const [entry] = chain(stored, [{ type: EVENT_OF[step], data: {} }], at.toISOString(), scope.origin);
    return [
      {
        filter: { _id: hold.holdId, version: stored.version },
        change: {
          $set: { status: STATUS_AFTER[step], seq: stored.seq + 1, head: entry?.hash ?? stored.head },
          $inc: { version: 1 },
          $push: { journal: { $each: [entry] } },
        },
      },
    ];
  }

  async function loadStored(scope: Scope, ids: readonly string[]): Promise<Map<string, StoredHold>> {
    return new Map([...(await load(scope, ids))].map(([id, document]) => [id, storedOf(document)]));
  }

  return {
    load: loadStored,
    async complete(items, at, seen) {
      const letGo = await insertNew(
        items.filter(({ step }) => step === 'place'),
        at,
      );
      // A hold may be placed and confirmed or released within one batch: steps are written in order.
      await advance(
        items.filter(({ step }) => step === 'confirm'),
        at,
        seen,
      );
      await advance(
        items.filter(({ step }) => step === 'release'),
        at,
        // What was confirmed a line above is not as it was seen.
        items.some(({ step }) => step === 'confirm') ? undefined : seen,
      );
      return letGo;
    },
    async bury(scope, hold, at) {
      await insertNew([{ scope, step: 'release', hold }], at);
      return (await load(scope, [hold.holdId])).get(hold.holdId)?.status === 'released';
    },
    async extend(scope, holdId, expiresAt, at) {
      const document = (await load(scope, [holdId])).get(holdId);
      if (document?.status !== 'held' || document.expiresAt >= expiresAt) return;
      const [entry] = chain(
        document,
        [{ type: 'HoldExtended', data: { expiresAt: expiresAt.toISOString() } }],
        at.toISOString(),
        scope.origin,
      );
      await records.update(
        scope,
        { _id: holdId, version: document.version },
        {
          $set: { expiresAt, seq: document.seq + 1, head: entry?.hash ?? document.head },
          $inc: { version: 1 },
          $push: { journal: { $each: [entry] } },
        },
      );
    },
    async overdue(scope, before, limit) {
      const found = await records.find(
        scope,
        { status: 'held', expiresAt: { $lt: before } },
        { limit, sort: { expiresAt: 1 } },
      );
      return found.map(({ _id, orderId, tenantId }) => ({ holdId: _id, orderId, tenantId }));
    },
    count: (scope, filter) => records.count(scope, filter),
  };
}

function storedOf(document: HoldDocument): StoredHold {
  const { _id: holdId, orderId, channel, expiresAt, lines, status, tenantId, version, seq, head } = document;
  return {
    status,
    tenantId,
    version,
    seq,
    head,
    facts: { holdId, orderId, channel, expiresAt: expiresAt.toISOString(), lines },
  };
}
