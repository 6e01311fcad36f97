// Messages on disk: written in batches, each record with a journal of its own. Whoever changes a record holds it (version and head
// of its chain) and writes under a guard on the version; who comes second reads again and decides anew. The journal stays inside:
// with thirteen tries at most a message never has more than some thirty entries.
import { languageSchema } from '@tongpiao/contracts';
import {
  chain,
  collectionOf,
  erasedEntry,
  GENESIS,
  journalEntrySchema,
  Records,
  verifyChain,
  withoutPerson,
  wrappedKeySchema,
  type Change,
  type ChainVerdict,
  type Database,
  type Filter,
  type JournalEntry,
  type Origin,
  type Scope,
  type WrappedKey,
} from '@tongpiao/persistence';
import { fold } from '@tongpiao/kernel';
import type { Foundation } from '@tongpiao/service-shell';
import { Schema } from 'mongoose';
import { z } from 'zod';
import { messageDecider } from './message.decider.ts';
import {
  LANE_NAMES,
  type Attempt,
  type LaneName,
  type LiveMessage,
  type MessageCommand,
  type MessageEvent,
  type MessageState,
} from './message.ts';

const live = {
  channel: z.enum(['sms', 'email']),
  lane: z.enum(LANE_NAMES),
  about: z.string(),
  template: z.string(),
  templateVersion: z.number(),
  language: languageSchema,
  receiver: z.string(),
  receiverIndex: z.string(),
  contentHash: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  tries: z.number(),
};
const submission = z.object({
  provider: z.string(),
  reference: z.string(),
  segments: z.number(),
  sentAt: z.string(),
});
const attempt = z.object({ id: z.string(), at: z.string() });
const ended = { reason: z.string(), endedAt: z.string() };

const stateSchema: z.ZodType<LiveMessage> = z.discriminatedUnion('status', [
  z.object({ ...live, status: z.literal('queued'), dueAt: z.string(), reason: z.string().optional() }),
  z.object({ ...live, status: z.literal('sending'), attempt }),
  z.object({ ...live, status: z.literal('sent'), submission }),
  z.object({ ...live, status: z.literal('delivered'), submission, endedAt: z.string() }),
  z.object({ ...live, ...ended, status: z.literal('failed'), submission: submission.optional() }),
  z.object({ ...live, ...ended, status: z.literal('suppressed') }),
  z.object({ ...live, ...ended, status: z.literal('unknown'), attempt, submission: submission.optional() }),
]);

const documentSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  version: z.number(),
  seq: z.number(),
  head: z.string(),
  state: stateSchema,
  changedAt: z.date().optional(),
  /** Receiver and values, sealed with `key`. Absent where it was not asked for, or the key was destroyed. */
  content: z.string().optional(),
  key: wrappedKeySchema.optional(),
  /** Work that is not finished: when it is next looked at. */
  open: z.object({ lane: z.string(), wakeAt: z.date() }).optional(),
  /** An SMS whose segments finance has to hear about. */
  charge: z.object({ minute: z.number(), provider: z.string(), segments: z.number() }).optional(),
  journal: z.array(journalEntrySchema).optional(),
});
type MessageDocument = z.infer<typeof documentSchema>;

/** A record in somebody's hands: enough to change it without reading it again. */
export type Held = {
  readonly id: string;
  readonly tenantId: string;
  readonly version: number;
  readonly seq: number;
  readonly head: string;
  readonly state: LiveMessage;
};
export type Sealed = { readonly content: string; readonly key: WrappedKey };

export type NewMessage = {
  readonly id: string;
  readonly scope: Scope;
  readonly command: Extract<MessageCommand, { type: 'QueueMessage' | 'SuppressMessage' }>;
  readonly sealed: Sealed;
};
export type Advance = { readonly held: Held; readonly command: MessageCommand };

export type MessageView = {
  readonly held: Held;
  readonly sealed: Sealed | undefined;
  readonly journal: readonly JournalEntry[];
};

export type MessageStore = {
  /** One insert for all. @returns what was new, in order; a message that is there already stays as it is (NOT-03). */
  create(messages: readonly NewMessage[], at: Date): Promise<readonly (Held | undefined)[]>;
  /** Decides and writes many in one round trip; repeats those that somebody else changed meanwhile. @returns as they are now. */
  advance(items: readonly Advance[], at: Date, origin: Origin): Promise<readonly Held[]>;
  /** Takes due messages of a lane for this attempt: a guarded write, so that of two instances one gets each. */
  claimDue(
    lane: LaneName,
    claim: Attempt,
    limit: number,
    origin: Origin,
  ): Promise<readonly { held: Held; sealed: Sealed | undefined }[]>;
  /** Claimed before `before` and never heard of again, oldest first. */
  lost(before: Date, limit: number): Promise<readonly Held[]>;
  byReferences(references: readonly string[]): Promise<readonly Held[]>;
  load(scope: Scope, id: string): Promise<Held | undefined>;
  /** With content and journal, for people who look at one message. */
  view(scope: Scope, id: string): Promise<MessageView | undefined>;
  /** Newest first. */
  listAbout(
    scope: Scope,
    about: string,
    before: { at: string; id: string } | undefined,
    limit: number,
  ): Promise<readonly Held[]>;
  /** In order of ids, for telling everything; `since` leaves out what did not change since. */
  page(afterId: string, limit: number, since: Date | undefined): Promise<readonly Held[]>;
  /** SMS accepted since a minute, summed up by tenant, provider and minute. */
  charges(fromMinute: number): Promise<readonly ChargeSum[]>;
  verify(scope: Scope, id: string): Promise<ChainVerdict | undefined>;
  count(scope: Scope, filter: Filter): Promise<number>;
  /** PLA-12: finished before then and with a receiver left, oldest first. */
  over(scope: Scope, before: Date, limit: number): Promise<readonly string[]>;
  /** That it was sent, and what became of it, stays; to whom and what it said does not. @returns whether somebody was to be found in it */
  erase(scope: Scope, id: string, at: Date): Promise<boolean>;
};

export type ChargeSum = {
  readonly tenantId: string;
  readonly provider: string;
  readonly minute: number;
  readonly messages: number;
  readonly segments: number;
};

/** Who it is for, beside what is sealed. */
const PERSONAL = ['receiver', 'receiverIndex'];
/** Others that change the same message: the sweep and a receipt. More rounds than that are a bug. */
const CONFLICT_ROUNDS = 20;
const CHARGES_MAX = 50_000;

const chargeSumSchema = z.object({
  _id: z.object({ tenantId: z.string(), provider: z.string(), minute: z.number() }),
  messages: z.number(),
  segments: z.number(),
});

export function minuteOf(at: Date): number {
  return Math.floor(at.getTime() / 60_000);
}

export async function openMessages(
  database: Database,
  options: {
    /** Workers serve every tenant. */
    everyTenant: Scope;
    /** A sender that has not been heard of for so long is lost. */
    answerWithinMs: number;
    /** A rotation puts the keys of contents under the new one. */
    holdsKeys: Foundation['holdsKeys'];
  },
): Promise<MessageStore> {
  const { Mixed } = Schema.Types;
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      version: Number,
      seq: Number,
      head: String,
      state: Mixed,
      changedAt: Date,
      content: String,
      key: Mixed,
      open: Mixed,
      charge: Mixed,
      journal: [Mixed],
    },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, 'state.about': 1, 'state.createdAt': -1, _id: -1 });
  schema.index({ tenantId: 1, changedAt: 1 }, { partialFilterExpression: { key: { $exists: true } } });
  // Small: only work that is not finished is in it.
  schema.index({ 'open.lane': 1, 'open.wakeAt': 1 }, { sparse: true });
  schema.index(
    { 'state.submission.reference': 1 },
    // Mail has no receipts.
    { partialFilterExpression: { 'state.channel': 'sms', 'state.submission.reference': { $exists: true } } },
  );
  schema.index(
    { 'charge.minute': 1, tenantId: 1, 'charge.provider': 1, 'charge.segments': 1 },
    { partialFilterExpression: { 'charge.minute': { $exists: true } } },
  );
  const raw = await collectionOf(database.connection, 'messages', schema);
  const records = new Records(raw, (document) => documentSchema.parse(document));
  options.holdsKeys(records, ['key']);
  return messageStore(records, options);
}

type Decided = { readonly held: Held; readonly events: readonly MessageEvent[]; readonly entries: JournalEntry[] };

function decideOn(
  current: { seq: number; head: string; version: number; state: MessageState },
  identity: { id: string; tenantId: string },
  command: MessageCommand,
  at: Date,
  origin: Origin,
): Decided | undefined {
  const events = messageDecider.decide(current.state, command);
  const state = fold(messageDecider, current.state, events);
  if (events.length === 0 || state.status === 'none') return undefined;
  const entries = chain(
    current,
    events.map(({ type, ...data }) => ({ type, data: z.record(z.string(), z.unknown()).parse(stripped(data)) })),
    at.toISOString(),
    origin,
    PERSONAL,
  );
  const { seq, head } = lastOf(entries, current);
  return { events, entries, held: { ...identity, version: current.version + 1, seq, head, state } };
}

function lastOf(
  entries: readonly JournalEntry[],
  current: { seq: number; head: string },
): { seq: number; head: string } {
  const last = entries[entries.length - 1];
  return last === undefined ? current : { seq: last.seq, head: last.hash };
}

/** What the hash covers must be what is stored, and the store drops what is undefined. */
function stripped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => (item === undefined ? [] : [[name, stripped(item)]])),
  );
}

function messageStore(
  records: Records<MessageDocument>,
  options: { everyTenant: Scope; answerWithinMs: number },
): MessageStore {
  const { everyTenant, answerWithinMs } = options;

  function openOf(state: LiveMessage): MessageDocument['open'] {
    if (state.status === 'queued') return { lane: state.lane, wakeAt: new Date(state.dueAt) };
    if (state.status !== 'sending') return undefined;
    return { lane: state.lane, wakeAt: new Date(Date.parse(state.attempt.at) + answerWithinMs) };
  }

  function chargeOf(state: LiveMessage, at: Date): MessageDocument['charge'] {
    if (state.status !== 'sent' || state.channel !== 'sms') return undefined;
    const { provider, segments } = state.submission;
    return { minute: minuteOf(at), provider, segments };
  }

  function changeOf(decided: Decided, at: Date): Change {
    const { held, entries } = decided;
    const open = openOf(held.state);
    const charge = chargeOf(held.state, at);
    return {
      $set: {
        state: stripped(held.state),
        version: held.version,
        seq: held.seq,
        head: held.head,
        changedAt: at,
        ...(open === undefined ? {} : { open }),
        ...(charge === undefined ? {} : { charge }),
      },
      ...(open === undefined ? { $unset: { open: 1 } } : {}),
      $push: { journal: { $each: entries } },
    };
  }

  const WITHOUT_BULK = { journal: 0, content: 0, key: 0 } as const;

  async function byIds(ids: readonly string[]): Promise<Map<string, Held>> {
    const found = await records.find(
      everyTenant,
      { _id: { $in: ids } },
      { projection: WITHOUT_BULK, limit: ids.length },
    );
    return new Map(found.map((document) => [document._id, heldOf(document)]));
  }

  /** One guarded bulk write. @returns which of them this call has written. */
  async function write(decided: readonly Decided[], at: Date): Promise<{ all: boolean; now: Map<string, Held> }> {
    const matched = await records.updateEach(
      everyTenant,
      decided.map((item) => ({
        filter: { _id: item.held.id, version: item.held.version - 1 },
        change: changeOf(item, at),
      })),
    );
    if (matched === decided.length) return { all: true, now: new Map() };
    return { all: false, now: await byIds(decided.map(({ held }) => held.id)) };
  }

  async function advance(items: readonly Advance[], at: Date, origin: Origin): Promise<readonly Held[]> {
    const results = items.map(({ held }) => held);
    let remaining = items.map((item, index) => ({ ...item, index }));
    for (let round = 0; round < CONFLICT_ROUNDS && remaining.length > 0; round += 1) {
      const decided = remaining.flatMap((item) => {
        const outcome = decideOn(item.held, item.held, item.command, at, origin);
        return outcome === undefined ? [] : [{ item, outcome }];
      });
      // What changes nothing is done.
      if (decided.length === 0) return results;
      const { all, now } = await write(
        decided.map(({ outcome }) => outcome),
        at,
      );
      remaining = decided.flatMap(({ item, outcome }) => {
        const stored = now.get(outcome.held.id);
        // The head of the chain says whether the write that is there is ours.
        if (all || stored?.head === outcome.held.head) {
          results[item.index] = outcome.held;
          return [];
        }
        if (stored === undefined) return [];
        results[item.index] = stored;
        return [{ ...item, held: stored }];
      });
    }
    if (remaining.length > 0) throw new Error(`messages: ${CONFLICT_ROUNDS} version conflicts in a row`);
    return results;
  }

  return {
    async create(messages, at) {
      if (messages.length === 0) return [];
      const prepared = messages.map(({ id, scope, command, sealed }) => {
        const decided = decideOn(
          { seq: 0, head: GENESIS, version: 0, state: messageDecider.initial },
          { id, tenantId: scope.tenantId },
          command,
          at,
          scope.origin,
        );
        if (decided === undefined) throw new Error('a new message without an event');
        return { decided, sealed };
      });
      const present = await records.insertMissing(
        everyTenant,
        prepared.map(({ decided: { held, entries }, sealed }): MessageDocument => {
          const { id, ...rest } = held;
          const open = openOf(held.state);
          return {
            _id: id,
            ...rest,
            ...sealed,
            changedAt: at,
            journal: entries,
            ...(open === undefined ? {} : { open }),
          };
        }),
      );
      return prepared.map(({ decided }, index) => (present.has(index) ? undefined : decided.held));
    },
    advance,
    async claimDue(lane, claim, limit, origin) {
      const due = await records.find(
        everyTenant,
        { 'open.lane': lane, 'open.wakeAt': { $lte: new Date(claim.at) }, 'state.status': 'queued' },
        { sort: { 'open.wakeAt': 1 }, limit, projection: { journal: 0 } },
      );
      if (due.length === 0) return [];
      const decided = due.flatMap((document) => {
        const held = heldOf(document);
        const outcome = decideOn(held, held, { type: 'BeginSending', attempt: claim }, new Date(claim.at), origin);
        return outcome === undefined ? [] : [{ outcome, document }];
      });
      const { all, now } = await write(
        decided.map(({ outcome }) => outcome),
        new Date(claim.at),
      );
      return decided
        .filter(({ outcome }) => all || now.get(outcome.held.id)?.head === outcome.held.head)
        .filter(({ outcome }) => outcome.held.state.status === 'sending')
        .map(({ outcome, document }) => ({ held: outcome.held, sealed: sealedOf(document) }));
    },
    async lost(before, limit) {
      const found = await records.find(
        everyTenant,
        {
          'open.lane': { $in: LANE_NAMES },
          'open.wakeAt': { $lte: before },
          'state.status': 'sending',
        },
        { sort: { 'open.wakeAt': 1 }, limit, projection: WITHOUT_BULK },
      );
      return found.map(heldOf);
    },
    async byReferences(references) {
      if (references.length === 0) return [];
      const found = await records.find(
        everyTenant,
        { 'state.channel': 'sms', 'state.submission.reference': { $in: references } },
        { projection: WITHOUT_BULK, limit: references.length },
      );
      return found.map(heldOf);
    },
    async load(scope, id) {
      const [document] = await records.find(scope, { _id: id }, { projection: WITHOUT_BULK, limit: 1 });
      return document === undefined ? undefined : heldOf(document);
    },
    async view(scope, id) {
      const document = await records.findOne(scope, { _id: id });
      if (document === undefined) return undefined;
      return { held: heldOf(document), sealed: sealedOf(document), journal: document.journal ?? [] };
    },
    async listAbout(scope, about, before, limit) {
      const position =
        before === undefined
          ? {}
          : {
              $or: [
                { 'state.createdAt': { $lt: before.at } },
                { 'state.createdAt': before.at, _id: { $lt: before.id } },
              ],
            };
      const found = await records.find(
        scope,
        { 'state.about': about, ...position },
        { sort: { 'state.createdAt': -1, _id: -1 }, limit, projection: WITHOUT_BULK },
      );
      return found.map(heldOf);
    },
    async page(afterId, limit, since) {
      const found = await records.find(
        everyTenant,
        { _id: { $gt: afterId }, ...(since === undefined ? {} : { changedAt: { $gte: since } }) },
        { sort: { _id: 1 }, limit, projection: WITHOUT_BULK },
      );
      return found.map(heldOf);
    },
    async charges(fromMinute) {
      const sums = await records.aggregate(everyTenant, [
        { $match: { 'charge.minute': { $gte: fromMinute } } },
        {
          $group: {
            _id: { tenantId: '$tenantId', provider: '$charge.provider', minute: '$charge.minute' },
            messages: { $sum: 1 },
            segments: { $sum: '$charge.segments' },
          },
        },
        { $limit: CHARGES_MAX },
      ]);
      return sums.map((sum) => {
        const { _id, messages, segments } = chargeSumSchema.parse(sum);
        return { ..._id, messages, segments };
      });
    },
    async verify(scope, id) {
      const document = await records.findOne(scope, { _id: id });
      return document === undefined ? undefined : verifyChain(document.journal ?? [], document.head);
    },
    count: (scope, filter) => records.count(scope, filter),
    async over(scope, before, limit) {
      const finished = { key: { $exists: true }, open: { $exists: false }, changedAt: { $lt: before } };
      const found = await records.find(scope, finished, {
        ...{ sort: { changedAt: 1 }, limit },
        projection: WITHOUT_BULK,
      });
      return found.map(({ _id }) => _id);
    },
    async erase(scope, id, at) {
      for (let round = 0; round < CONFLICT_ROUNDS; round += 1) {
        const found = await records.findOne(scope, { _id: id });
        if (found?.key === undefined) return false;
        const { version, state, journal = [] } = found;
        const entries = chain(found, [{ type: 'PersonalDataErased', data: {} }], at.toISOString(), scope.origin);
        const change = {
          $set: {
            state: withoutPerson(state, PERSONAL),
            journal: [...journal, ...entries].map(erasedEntry),
            ...{ version: version + 1, ...lastOf(entries, found), changedAt: at },
          },
          $unset: { content: 1, key: 1 },
        };
        if ((await records.update(scope, { _id: id, version }, change)) === 1) return true;
      }
      throw new Error(`messages: ${CONFLICT_ROUNDS} version conflicts in a row`);
    },
  };
}

function heldOf(document: MessageDocument): Held {
  const { _id, tenantId, version, seq, head, state } = document;
  return { id: _id, tenantId, version, seq, head, state };
}

function sealedOf({ content, key }: MessageDocument): Sealed | undefined {
  return content === undefined || key === undefined ? undefined : { content, key };
}
