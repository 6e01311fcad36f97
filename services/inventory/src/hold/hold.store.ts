// Holds as documents that journal themselves: written in bulk, with their outcome in their own outbox, after the counters
// have decided. Every write here can be repeated without harm.
import { holdGranted, holdRejected } from '@tongpiao/contracts';
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
  type Draft,
  type Filter,
  type JournalEntry,
  type OutboxEntry,
  type Relay,
  type Scope,
  type Sealing,
} from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import type { HoldFacts, HoldRecord, Returned, Step } from '../site-day/site-day.ts';

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
  returns: z.array(z.object({ id: z.string(), sessionId: z.string(), quantity: z.number() })).optional(),
});
type HoldDocument = z.infer<typeof holdDocument>;

export type StoredHold = HoldRecord & {
  readonly facts: HoldFacts;
  readonly tenantId: string;
  /** Where its journal stands, for the next entry. */
  readonly version: number;
  readonly seq: number;
  readonly head: string;
};

/** A step that the counters have decided, with the origin of its own message. */
export type Decided = Step & { readonly scope: Scope };

export type Completed = {
  /** Ids of holds that were let go before they were placed: their counters must be moved back. */
  readonly letGo: ReadonlySet<string>;
  /** Documents as this has written them; those that were as far already are not among them. */
  readonly written: ReadonlyMap<string, StoredHold>;
};

export type HoldStore = {
  load(scope: Scope, ids: readonly string[]): Promise<Map<string, StoredHold>>;
  /** Writes what the counters have decided, whole batch at once, each hold with the origin of its own message. */
  complete(
    items: readonly Decided[],
    at: Date,
    /** Documents as they were read for the decision; without it they are read again. */
    seen?: ReadonlyMap<string, StoredHold>,
  ): Promise<Completed>;
  /** Lets go of a hold that is not there yet. @returns false when it has been placed meanwhile and must be decided. */
  bury(scope: Scope, hold: HoldFacts, at: Date): Promise<boolean>;
  /** @returns false when there is no document to write it to yet. */
  extend(scope: Scope, holdId: string, expiresAt: Date, at: Date): Promise<boolean>;
  /** Holds that should long be over, the oldest first. */
  overdue(scope: Scope, before: Date, limit: number): Promise<{ holdId: string; orderId: string; tenantId: string }[]>;
  count(scope: Scope, filter: Filter): Promise<number>;
};

/** Version conflicts on a hold are rare: its commands come one after another. */
const ADVANCE_TRIES = 5;
const STATUS_AFTER = { place: 'held', confirm: 'confirmed', release: 'released', reject: 'released' } as const;
const EVENT_OF = {
  place: 'HoldPlaced',
  confirm: 'HoldConfirmed',
  release: 'HoldReleased',
  reject: 'HoldRejected',
  return: 'PlacesReturned',
} as const;
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
      returns: { type: [Mixed], default: undefined },
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
   * New documents: places, refusals of those who stood in line, and tombstones of releases that came before their place.
   * @returns let go: those whose place found a tombstone
   */
  async function insertNew(
    items: readonly (Decided & { step: 'place' | 'release' | 'reject' })[],
    at: Date,
  ): Promise<Completed> {
    const letGo = new Set<string>();
    const written = new Map<string, StoredHold>();
    const prepared = items.map(({ scope, step, hold }) => {
      const [entry] = chain(
        { seq: 0, head: GENESIS },
        [{ type: EVENT_OF[step], data: { ...hold } }],
        at.toISOString(),
        scope.origin,
      );
      const outbox: OutboxEntry[] = [];
      const draft = answerOf(step, hold);
      if (draft !== undefined) {
        const id = `${hold.holdId}:1:0`;
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
      return { scope, hold, document, outbox };
    });
    for (const group of Map.groupBy(prepared, ({ scope }) => scope.tenantId).values()) {
      const [first] = group;
      if (first === undefined) continue;
      const present = await records.insertMissing(
        first.scope,
        group.map(({ document }) => document),
      );
      for (const [index, { hold, document, outbox }] of group.entries()) {
        if (present.has(index)) continue;
        const { tenantId, version, seq, head, status } = document;
        written.set(document._id, { facts: hold, returns: [], tenantId, version, seq, head, status });
        relay.offer(records.name, document._id, outbox);
      }
      if (present.size === 0) continue;
      const stored = await load(
        first.scope,
        [...present].flatMap((index) => group[index]?.document._id ?? []),
      );
      for (const { _id, status, lines } of stored.values())
        if (status === 'released' && lines.length === 0) letGo.add(_id);
    }
    return { letGo, written };
  }

  /** Somebody else may write to a hold between look and write: then it is looked at again, because its counters have moved. */
  async function advance(
    items: readonly Decided[],
    at: Date,
    seen: ReadonlyMap<string, StoredHold> | undefined,
  ): Promise<ReadonlyMap<string, StoredHold>> {
    const written = new Map<string, StoredHold>();
    for (const group of Map.groupBy(items, ({ scope }) => scope.tenantId).values()) {
      const [first] = group;
      if (first === undefined) continue;
      const byHold = Map.groupBy(group, ({ hold }) => hold.holdId);
      for (let attempt = 0; ; attempt += 1) {
        if (attempt === ADVANCE_TRIES)
          throw new TransientError('inventory.contended', 'holds change faster than they can be written');
        const known = attempt === 0 && seen !== undefined && group.every(({ hold }) => seen.has(hold.holdId));
        const stored = known ? seen : await loadStored(first.scope, [...byHold.keys()]);
        await insertNew(
          group.filter(isRelease).filter(({ hold }) => !stored.has(hold.holdId)),
          at,
        );
        const updates = [...byHold].flatMap(([holdId, steps]) => stepsForward(steps, stored.get(holdId), at));
        if ((await records.updateEach(first.scope, updates)) !== updates.length) continue;
        for (const { after } of updates) written.set(after.facts.holdId, after);
        break;
      }
    }
    return written;
  }

  /** All steps of one hold in one write; those that another delivery has written already are left out. */
  function stepsForward(
    steps: readonly Decided[],
    stored: StoredHold | undefined,
    at: Date,
  ): { filter: Filter; change: Change; after: StoredHold }[] {
    if (stored === undefined) return [];
    let { status, seq, head } = stored;
    const journal: JournalEntry[] = [];
    const returns: Returned[] = [];
    for (const item of steps) {
      if (item.step === 'return') {
        if ([...stored.returns, ...returns].some(({ id }) => id === item.returned.id)) continue;
        returns.push(item.returned);
      } else {
        if (status === STATUS_AFTER[item.step] || status === 'released') continue;
        status = STATUS_AFTER[item.step];
      }
      const data = item.step === 'return' ? item.returned : {};
      const [entry] = chain({ seq, head }, [{ type: EVENT_OF[item.step], data }], at.toISOString(), item.scope.origin);
      if (entry === undefined) continue;
      ({ seq, hash: head } = entry);
      journal.push(entry);
    }
    if (journal.length === 0) return [];
    return [
      {
        filter: { _id: steps[0]?.hold.holdId, version: stored.version },
        change: {
          $set: { status, seq, head },
          $inc: { version: 1 },
          $push: { journal: { $each: journal }, ...(returns.length === 0 ? {} : { returns: { $each: returns } }) },
        },
        after: { ...stored, status, seq, head, version: stored.version + 1, returns: [...stored.returns, ...returns] },
      },
    ];
  }

  async function loadStored(scope: Scope, ids: readonly string[]): Promise<Map<string, StoredHold>> {
    return new Map([...(await load(scope, ids))].map(([id, document]) => [id, storedOf(document)]));
  }

  return {
    load: loadStored,
    async complete(items, at, seen) {
      const { letGo, written } = await insertNew(items.filter(isAnswer), at);
      // A hold may be placed and confirmed or released within one batch: steps are written in order.
      const later = items.filter((item) => !isAnswer(item));
      const advanced = later.length === 0 ? [] : await advance(later, at, seen);
      return { letGo, written: new Map([...written, ...advanced]) };
    },
    async bury(scope, hold, at) {
      await insertNew([{ scope, step: 'release', hold }], at);
      return (await load(scope, [hold.holdId])).get(hold.holdId)?.status === 'released';
    },
    async extend(scope, holdId, expiresAt, at) {
      for (let attempt = 0; attempt < ADVANCE_TRIES; attempt += 1) {
        const document = (await load(scope, [holdId])).get(holdId);
        if (document === undefined) return false;
        if (document.status !== 'held' || document.expiresAt >= expiresAt) return true;
        const [entry] = chain(
          document,
          [{ type: 'HoldExtended', data: { expiresAt: expiresAt.toISOString() } }],
          at.toISOString(),
          scope.origin,
        );
        const written = await records.update(
          scope,
          { _id: holdId, version: document.version },
          {
            $set: { expiresAt, seq: document.seq + 1, head: entry?.hash ?? document.head },
            $inc: { version: 1 },
            $push: { journal: { $each: [entry] } },
          },
        );
        if (written === 1) return true;
      }
      throw new TransientError('inventory.contended', 'the hold changes faster than it can be extended');
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

/** What the document of a new hold says to sales; a tombstone says nothing. */
function answerOf(step: 'place' | 'release' | 'reject', hold: HoldFacts): Draft | undefined {
  const { holdId, orderId } = hold;
  if (step === 'place') return say(holdGranted, { holdId, orderId });
  const session = hold.lines[0] === undefined ? {} : { sessionId: hold.lines[0].sessionId };
  return step === 'reject'
    ? say(holdRejected, { holdId, orderId, reason: 'session-closed', ...session, available: 0 })
    : undefined;
}

function isAnswer(item: Decided): item is Decided & { step: 'place' | 'reject' } {
  return item.step === 'place' || item.step === 'reject';
}

function isRelease(item: Decided): item is Decided & { step: 'release' } {
  return item.step === 'release';
}

function storedOf(document: HoldDocument): StoredHold {
  const { _id: holdId, orderId, channel, expiresAt, lines, status, returns, tenantId, version, seq, head } = document;
  return {
    status,
    returns: returns ?? [],
    tenantId,
    version,
    seq,
    head,
    facts: { holdId, orderId, channel, expiresAt: expiresAt.toISOString(), lines },
  };
}
