// One aggregate, one document, one write: state, journal, outbox, timers and handled message ids change together under a
// version guard, so there is no record that was never announced and no announcement of what was never saved (PLA-41).
import { DomainError, fold, type Decider, type TenantId } from '@tongpiao/kernel';
import { Schema, type Connection, type SchemaDefinition } from 'mongoose';
import { z } from 'zod';
import { ARCHIVE_MAX, archivedBefore, auditOne, auditPage, type AuditedPage, type AuditedRecords } from './audit.ts';
import type { BusSeal } from './bus-seal.ts';
import type { Faults } from './faults.ts';
import {
  chain,
  erasedEntry,
  GENESIS,
  JOURNAL_KEPT,
  journalEntrySchema,
  type ChainVerdict,
  type JournalEntry,
} from './journal.ts';
import { envelopeOf, type OutboxEntry, type Said } from './outbox.ts';
import { withoutPerson } from './personal.ts';
import { collectionOf, Records, type Change, type FindOptions, type Filter } from './records.ts';
import type { Relay } from './relay.ts';
import { rewrappable, type RewrapPage, type Rewrappable } from './rewrap.ts';
import { Scope } from './scope.ts';
import { wrappedKeySchema, type RecordKey, type Vault, type WrappedKey } from './vault.ts';

export type DomainEvent = { readonly type: string };

export type AggregateSpec<State, Command, Event extends DomainEvent> = {
  /** Owner of the messages: the service's name. */
  readonly service: string;
  /** Plural noun, the collection's name. */
  readonly collection: string;
  readonly decider: Decider<State, Command, Event>;
  /** Checks what is read back; a state that the code no longer understands must not be acted on. */
  readonly state: z.ZodType<State>;
  /** Own event → integration messages: pure and exhaustive. */
  readonly messages: (
    event: Event,
    facts: { id: string; state: State; at: string; tenantId: string },
  ) => readonly Said[];
  /** Indexes on fields below `state`, each prefixed with the tenant unless it is for work across tenants. */
  readonly indexes?: readonly {
    fields: Readonly<Record<string, 1 | -1>>;
    unique?: boolean;
    where?: Readonly<Record<string, unknown>>;
    acrossTenants?: boolean;
  }[];
  /** PLA-12: fields, in state and events, whose text leads to a person beside personal values: blind indexes, ids of accounts. */
  readonly personal?: readonly string[];
  /** Its records are no audit trail and may be deleted, see `forget`. */
  readonly forgettable?: boolean;
};

export type Handled<State, Event> = {
  readonly id: string;
  readonly state: State;
  readonly events: readonly Event[];
  readonly version: number;
  /** True when this message or request had been handled before. */
  readonly repeated: boolean;
};

export type CommitListener<State, Event> = (id: string, state: State, scope: Scope, events: readonly Event[]) => void;

export type HandleOptions = {
  /** Id of the message being handled: a second delivery changes nothing. */
  readonly messageId?: string;
  /** PLA-32: key and fingerprint of the request; the same key with another fingerprint is refused. */
  readonly request?: { readonly key: string; readonly fingerprint: string };
  /** Data key of a new record whose command carries sealed values. */
  readonly recordKey?: RecordKey;
  /** Skips the read before a first write: the caller expects that nothing is there yet. */
  readonly expectNew?: boolean;
};

const NO_FAULTS: Faults = { at: () => undefined };

/** Message ids remembered per document; a message that comes later than 200 others is answered by the decider's `[]`. */
const HANDLED_KEPT = 200;
/** Version conflicts before giving up: 12 writers on 8 documents were seen to need 22. */
const CONFLICT_TRIES = 60;
const CONFLICT_PAUSE_MS = 4;
/** Deleted in one step of `forget`: some hundred milliseconds of the server's time. */
const FORGET_AT_ONCE = 1_000;
/** Not needed to decide. */
const HEAVY = ['journal', 'outbox'] as const;
/** Records in progress are few; some 5 kB each. */
const REMEMBERED_MAX = 4_000;

const timerSchema = z.object({
  id: z.string(),
  name: z.string(),
  due: z.date(),
  kind: z.enum(['event', 'command']),
  envelope: z.unknown(),
});

const loadedSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  version: z.number(),
  seq: z.number(),
  head: z.string(),
  journalFrom: z.number(),
  handled: z.array(z.string()),
  timers: z.array(timerSchema),
  key: wrappedKeySchema.optional(),
  request: z.object({ key: z.string(), fingerprint: z.string() }).optional(),
});
type Loaded<State> = Omit<z.infer<typeof loadedSchema>, 'key'> & { state: State; key: WrappedKey | undefined };

export type Snapshot<State> = {
  id: string;
  tenantId: string;
  version: number;
  seq: number;
  state: State;
  key: WrappedKey | undefined;
};

type Stored = { _id: string; tenantId: string };
type Archived = Stored & { of: string; entry: unknown };
type Services = {
  connection: Connection;
  relay: Relay;
  vault: Vault;
  bus: BusSeal;
  faults?: Faults;
  clock?: () => Date;
};

/** `bare`: nothing of anybody was left, or it is not there · `not-yet`: it still has something to say that may need its key. */
export type Erased = 'erased' | 'bare' | 'not-yet';

export class AggregateStore<State, Command, Event extends DomainEvent> {
  readonly spec: AggregateSpec<State, Command, Event>;
  readonly #records: Records<Stored & Record<string, unknown>>;
  readonly #archive: Records<Archived>;
  readonly #relay: Relay;
  readonly #vault: Vault;
  readonly #keys: Rewrappable;
  readonly #bus: BusSeal;
  readonly #faults: Faults;
  readonly #clock: () => Date;
  readonly #listeners: CommitListener<State, Event>[] = [];
  /** Records as this instance wrote or recalled them last. The version guard makes acting on an old one harmless; it saves a read per message. */
  readonly #written = new Map<string, Loaded<State>>();
  /** Decisions of this instance about one record take turns: side by side, the slower one would have read and written in vain. */
  readonly #turns = new Map<string, Promise<void>>();

  private constructor(
    spec: AggregateSpec<State, Command, Event>,
    records: Records<Stored & Record<string, unknown>>,
    archive: Records<Archived>,
    services: Services,
  ) {
    this.spec = spec;
    this.#records = records;
    this.#archive = archive;
    this.#relay = services.relay;
    this.#vault = services.vault;
    this.#keys = rewrappable(records, services.vault, ['key'], (id) => this.#written.delete(id));
    this.#bus = services.bus;
    this.#faults = services.faults ?? NO_FAULTS;
    this.#clock = services.clock ?? ((): Date => new Date());
  }

  static async open<State, Command, Event extends DomainEvent>(
    spec: AggregateSpec<State, Command, Event>,
    services: Services,
  ): Promise<AggregateStore<State, Command, Event>> {
    const schema = new Schema(aggregateShape(), { versionKey: false, strict: true });
    // Partial: a record that has nothing to say is in neither index.
    schema.index({ 'outbox.due': 1 }, { partialFilterExpression: { 'outbox.due': { $exists: true } } });
    schema.index({ 'timers.due': 1 }, { partialFilterExpression: { 'timers.due': { $exists: true } } });
    for (const index of spec.indexes ?? []) {
      schema.index(index.acrossTenants === true ? { ...index.fields } : { tenantId: 1, ...index.fields }, {
        unique: index.unique ?? false,
        ...(index.where === undefined ? {} : { partialFilterExpression: index.where }),
      });
    }
    const raw = await collectionOf(services.connection, spec.collection, schema);
    const archiveSchema = new Schema(
      { _id: String, tenantId: String, of: String, entry: Schema.Types.Mixed },
      { versionKey: false },
    );
    archiveSchema.index({ of: 1, 'entry.seq': 1 }, { unique: true });
    const archiveParser = z.object({
      _id: z.string(),
      tenantId: z.string(),
      of: z.string(),
      // Read as it is: an auditor names an entry that was tampered with, and does not stumble over it.
      entry: z.unknown(),
    });
    const archive = new Records(
      await collectionOf(services.connection, `${spec.collection}_journal`, archiveSchema),
      (document) => archiveParser.parse(document),
    );
    const store = new AggregateStore(
      spec,
      new Records(raw, (document) => storedSchema.parse(document)),
      archive,
      services,
    );
    services.relay.watch(raw);
    return store;
  }

  /** Called after each commit of this instance, with the new state and what led to it. For counting, and for waking those who wait; nothing may depend on it. */
  onCommit(listener: CommitListener<State, Event>): void {
    this.#listeners.push(listener);
  }

  async load(scope: Scope, id: string): Promise<Snapshot<State> | undefined> {
    const loaded = await this.#load(scope, id);
    return loaded === undefined ? undefined : snapshotOf(loaded);
  }

  /** The record as this instance wrote or recalled it last, else as stored: before a decision, whose write or second look finds out. */
  async recall(scope: Scope, id: string): Promise<Snapshot<State> | undefined> {
    Scope.assert(scope);
    const remembered = this.#remembered(scope, id);
    if (remembered !== undefined) return snapshotOf(remembered);
    const loaded = await this.#load(scope, id);
    if (loaded === undefined) return undefined;
    // The decision that follows need not read it again.
    if ((this.#written.get(id)?.version ?? 0) < loaded.version) this.#keep(loaded);
    return snapshotOf(loaded);
  }

  /** Filters and sorts name fields as stored, e.g. `state.status`. */
  async find(scope: Scope, filter: Filter, options: FindOptions = {}): Promise<Snapshot<State>[]> {
    const documents = await this.#records.find(scope, filter, { ...options, projection: { journal: 0, outbox: 0 } });
    return documents.map((document) => snapshotOf(this.#parse(document)));
  }

  async count(scope: Scope, filter: Filter, limit?: number): Promise<number> {
    return this.#records.count(scope, filter, limit);
  }

  /** Figures over many records, as the stages make them of stored fields (`state.status`); sealed values stay sealed. */
  async aggregate(scope: Scope, stages: readonly Readonly<Record<string, unknown>>[]): Promise<unknown[]> {
    return this.#records.aggregate(scope, stages);
  }

  /** The data key of a stored record, for revealing a personal value. */
  async recordKey(scope: Scope, snapshot: Snapshot<State>): Promise<RecordKey> {
    if (snapshot.key === undefined)
      throw new DomainError('platform.erased', 'The personal data of this record were erased.');
    return this.#vault.recordKey(scope, snapshot.key);
  }

  /**
   * Decides and writes. Tries again when another writer was first, with fresh state.
   * @throws whatever `decide` throws; DomainError `platform.idempotency-key-reused` for a reused request key.
   */
  async handle(
    scope: Scope,
    id: string,
    command: Command | ((state: State) => Command),
    options: HandleOptions = {},
  ): Promise<Handled<State, Event>> {
    Scope.assert(scope);
    const before = this.#turns.get(id);
    const { promise: turn, resolve: over } = Promise.withResolvers<void>();
    this.#turns.set(id, turn);
    await before;
    try {
      return await this.#handleInTurn(scope, id, command, options);
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
      over();
    }
  }

  async #handleInTurn(
    scope: Scope,
    id: string,
    command: Command | ((state: State) => Command),
    options: HandleOptions,
  ): Promise<Handled<State, Event>> {
    const remembered = options.expectNew === true ? undefined : this.#remembered(scope, id);
    let fresh = remembered === undefined;
    let current = remembered ?? (options.expectNew === true ? undefined : await this.#load(scope, id));
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt += 1) {
      const state = current?.state ?? this.spec.decider.initial;
      if (current !== undefined && this.#wasHandled(current, options)) {
        return { id, state, events: [], version: current.version, repeated: true };
      }
      let events: readonly Event[];
      try {
        const decided = typeof command === 'function' ? (command as (state: State) => Command)(state) : command;
        events = this.spec.decider.decide(state, decided);
      } catch (error) {
        if (fresh) throw error;
        events = [];
      }
      if (events.length === 0) {
        // What is remembered may be old. A write finds out by its guard; an answer without a write has to look.
        if (fresh) return { id, state, events, version: current?.version ?? 0, repeated: false };
        current = await this.#load(scope, id);
        fresh = true;
        continue;
      }
      const written = await this.#write(scope, id, current, events, options);
      if (written !== undefined) return written;
      if (attempt > 2) await pause(Math.random() * CONFLICT_PAUSE_MS * attempt);
      current = await this.#load(scope, id);
      fresh = true;
    }
    throw new Error(`${this.spec.collection} ${id}: ${CONFLICT_TRIES} version conflicts in a row`);
  }

  /** Inserts many new records in one round trip, each with its journal and outbox; those already there stay as they are. */
  async createMany(
    scope: Scope,
    items: readonly { id: string; command: Command; recordKey?: RecordKey }[],
  ): Promise<void> {
    const prepared = await Promise.all(
      items.map(async (item) => {
        const events = this.spec.decider.decide(this.spec.decider.initial, item.command);
        const options: HandleOptions = item.recordKey === undefined ? {} : { recordKey: item.recordKey };
        return this.#prepare(scope, item.id, undefined, events, options);
      }),
    );
    const present = await this.#records.insertMissing(
      scope,
      prepared.map((next) => next.document),
    );
    for (const [index, next] of prepared.entries()) {
      if (!present.has(index)) await this.#committed(scope, next, undefined);
    }
  }

  async journal(scope: Scope, id: string): Promise<JournalEntry[]> {
    const document = await this.#records.findOne(scope, { _id: id });
    const recent = z.array(journalEntrySchema).parse(document?.['journal'] ?? []);
    const older = await archivedBefore(this.#audited(scope), id, recent);
    return [...z.array(journalEntrySchema).parse(older), ...recent];
  }

  /** PLA-20: says whether the journal is whole, and if not, which entry was touched. */
  async verify(scope: Scope, id: string): Promise<ChainVerdict> {
    const verdict = await auditOne(this.#audited(scope), id);
    if (verdict === undefined) throw new DomainError('platform.not-found', 'There is no such record.');
    return verdict;
  }

  /** PLA-20: the same for many records, in the order of their ids. @param after where the last page ended */
  audit(scope: Scope, after: string | undefined, limit: number): Promise<AuditedPage> {
    return auditPage(this.#audited(scope), after, limit);
  }

  #audited(scope: Scope): AuditedRecords {
    return {
      find: (filter, limit) =>
        this.#records.find(scope, filter, {
          ...{ sort: { _id: 1 }, limit },
          projection: { tenantId: 1, head: 1, journal: 1 },
        }),
      archived: async (id) => {
        const found = await this.#archive.find(scope, { of: id }, { sort: { 'entry.seq': 1 }, limit: ARCHIVE_MAX });
        return found.map(({ entry }) => entry);
      },
    };
  }

  /** PLA-10: the data keys of a page of all records, those of one tenant being meant, under its newest key. @param after the last record of the page before */
  rewrapPage(everywhere: Scope, tenantId: TenantId, after: string | undefined, limit: number): Promise<RewrapPage> {
    return this.#keys.rewrapPage(everywhere, tenantId, after, limit);
  }

  /**
   * PLA-12: leaves the figures and nobody: personal values, what was shown of them, blind indexes and addresses go from the state and from
   * every entry of the journal, the data key last. The chain stays whole, and says when it was.
   * Of several that do it at once, one has done it.
   */
  async erase(scope: Scope, id: string): Promise<Erased> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt += 1) {
      const document = await this.#records.findOne(scope, { _id: id });
      if (document === undefined) return 'bare';
      await this.#eraseArchived(scope, id);
      const { tenantId, version, seq, head, key, handled } = loadedSchema.parse(document);
      const journal = z.array(journalEntrySchema).parse(document['journal']);
      const isErased = key === undefined && journal.every(({ blinding }) => blinding === undefined);
      if (isErased) return 'bare';
      if (z.array(z.unknown()).parse(document['outbox']).length > 0) return 'not-yet';
      const now = this.#clock();
      const entries = chain({ seq, head }, [{ type: 'PersonalDataErased', data: {} }], now.toISOString(), scope.origin);
      const last = entries[0];
      if (last === undefined) throw new Error('nothing to write');
      const fields = z.record(z.string(), z.unknown()).parse(document['state']);
      const state = this.spec.state.parse(withoutPerson(fields, this.spec.personal ?? []));
      this.#written.delete(id);
      const written = await this.#records.update(
        scope,
        { _id: id, tenantId, version },
        {
          // Another version: whoever remembers the record as it was writes nothing of it back.
          $set: {
            state,
            journal: [...journal, ...entries].map(erasedEntry),
            // Keys of requests begin with who has asked. Nobody repeats a request after years; one that comes all the same meets the record.
            handled: handled.filter((id) => !id.startsWith('request:')),
            ...{ version: version + 1, seq: last.seq, head: last.hash, changedAt: now },
          },
          $unset: { key: 1, request: 1 },
        },
      );
      if (written === 1) return 'erased';
    }
    throw new Error(`${this.spec.collection} ${id}: ${CONFLICT_TRIES} version conflicts in a row`);
  }

  async #eraseArchived(scope: Scope, id: string): Promise<void> {
    const found = await this.#archive.find(scope, { of: id }, { limit: ARCHIVE_MAX });
    for (const { _id, entry } of found) {
      const parsed = journalEntrySchema.safeParse(entry);
      // What cannot be read was tampered with, and is left for the auditor.
      if (parsed.data?.blinding === undefined) continue;
      await this.#archive.update(scope, { _id }, { $set: { entry: erasedEntry(parsed.data) } });
    }
  }

  /**
   * PLA-12: deletes records of a forgettable kind, journal included. What still has something to say, or a timer, stays.
   * @param filter fields as stored; `changedAt` is the time of the last change
   * @returns how many were deleted, at most `limit`
   */
  async forget(scope: Scope, filter: Filter, limit = FORGET_AT_ONCE): Promise<number> {
    if (this.spec.forgettable !== true) throw new Error(`refused: ${this.spec.collection} are kept`);
    const over = { ...filter, 'outbox.0': { $exists: false }, 'timers.0': { $exists: false } };
    const found = await this.#records.find(scope, over, { limit, projection: { _id: 1, tenantId: 1 } });
    const ids = found.map(({ _id }) => _id);
    if (ids.length === 0) return 0;
    // Asked once more as it is deleted: whoever came to life meanwhile lives.
    const deleted = await this.#records.remove(scope, { ...over, _id: { $in: ids } });
    const left = await this.#records.find(scope, { _id: { $in: ids } }, { limit, projection: { _id: 1, tenantId: 1 } });
    const living = new Set(left.map(({ _id }) => _id));
    const gone = ids.filter((id) => !living.has(id));
    for (const id of gone) this.#written.delete(id);
    await this.#archive.remove(scope, { of: { $in: gone } });
    return deleted;
  }

  async #load(scope: Scope, id: string): Promise<Loaded<State> | undefined> {
    const document = await this.#records.byId(scope, id, HEAVY);
    return document === undefined ? undefined : this.#parse(document);
  }

  #parse(document: Record<string, unknown>): Loaded<State> {
    const { key, ...loaded } = loadedSchema.parse(document);
    return { ...loaded, key, state: this.spec.state.parse(document['state']) };
  }

  /**
   * Message ids are made of id and version. A record that comes again under the id of a forgotten one must not repeat them, or
   * receivers would take new messages for old ones: its versions follow the clock.
   */
  #versionBefore(now: Date): number {
    return this.spec.forgettable === true ? Math.floor(now.getTime() / 1_000) : 0;
  }

  #wasHandled(current: Loaded<State>, options: HandleOptions): boolean {
    if (options.messageId !== undefined && current.handled.includes(options.messageId)) return true;
    const { request } = options;
    if (request === undefined) return false;
    const prefix = `request:${request.key}:`;
    const before =
      current.request?.key === request.key
        ? current.request.fingerprint
        : current.handled.find((id) => id.startsWith(prefix))?.slice(prefix.length);
    if (before === undefined) return false;
    if (before !== request.fingerprint) {
      throw new DomainError('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
    }
    return true;
  }

  async #prepare(
    scope: Scope,
    id: string,
    current: Loaded<State> | undefined,
    events: readonly Event[],
    options: HandleOptions,
  ): Promise<Prepared<State, Event>> {
    const now = this.#clock();
    const at = now.toISOString();
    const version = (current?.version ?? this.#versionBefore(now)) + 1;
    const state = fold(this.spec.decider, current?.state ?? this.spec.decider.initial, events);
    const entries = chain(
      { seq: current?.seq ?? 0, head: current?.head ?? GENESIS },
      events.map(({ type, ...data }) => ({ type, data })),
      at,
      scope.origin,
      this.spec.personal,
    );
    const last = entries[entries.length - 1];
    if (last === undefined) throw new Error('nothing to write');
    const said = events.flatMap((event) => this.spec.messages(event, { id, state, at, tenantId: scope.tenantId }));
    const key = current?.key ?? options.recordKey?.wrapped;
    const recordKey =
      options.recordKey ??
      (key === undefined || said.length === 0 ? undefined : await this.#vault.recordKey(scope, key));
    const outbox: OutboxEntry[] = [];
    let timers = current?.timers ?? [];
    said.forEach((item, index) => {
      if ('cancelTimer' in item) {
        timers = timers.filter(({ name }) => name !== item.cancelTimer);
        return;
      }
      const messageId = `${id}:${version}:${index}`;
      const envelope = envelopeOf(
        scope,
        this.spec.service,
        id,
        item,
        { id: messageId, sequence: last.seq, time: at },
        { bus: this.#bus, recordKey },
      );
      const { kind } = item.definition;
      if (item.timer === undefined) outbox.push({ id: messageId, due: now, kind, envelope });
      else {
        const { name, due } = item.timer;
        timers = [
          ...timers.filter((timer) => timer.name !== name),
          { id: messageId, name, due: new Date(due), kind, envelope },
        ];
      }
    });
    const handled = [
      ...(options.messageId === undefined ? [] : [options.messageId]),
      ...(options.request === undefined || current === undefined
        ? []
        : [`request:${options.request.key}:${options.request.fingerprint}`]),
    ];
    const document = {
      _id: id,
      tenantId: scope.tenantId,
      version,
      changedAt: now,
      seq: last.seq,
      head: last.hash,
      journalFrom: current?.journalFrom ?? 1,
      state,
      journal: entries,
      outbox,
      timers,
      handled,
      ...(key === undefined ? {} : { key }),
      ...(options.request === undefined || current !== undefined ? {} : { request: options.request }),
    };
    return { document, state, events, timersChanged: timers !== current?.timers };
  }

  async #write(
    scope: Scope,
    id: string,
    current: Loaded<State> | undefined,
    events: readonly Event[],
    options: HandleOptions,
  ): Promise<Handled<State, Event> | undefined> {
    const next = await this.#prepare(scope, id, current, events, options);
    const { document } = next;
    if (current === undefined) {
      if (!(await this.#records.insert(scope, document))) {
        // Either this record exists (load it and decide again) or another unique key refuses it.
        if ((await this.#load(scope, id)) !== undefined) return undefined;
        throw new DomainError('platform.conflict', 'Another record with the same key exists.');
      }
    } else {
      const journalFrom = await this.#archiveOverflow(scope, current, document.journal.length);
      document.journalFrom = journalFrom;
      const changed = stateChange(current.state, document.state);
      const change: Change = {
        ...(changed.unset === undefined ? {} : { $unset: changed.unset }),
        $set: {
          ...changed.set,
          version: document.version,
          changedAt: document.changedAt,
          seq: document.seq,
          head: document.head,
          ...(journalFrom === current.journalFrom ? {} : { journalFrom }),
          ...(next.timersChanged ? { timers: document.timers } : {}),
          ...(current.key === undefined && document.key !== undefined ? { key: document.key } : {}),
        },
        $push: {
          journal: {
            $each: document.journal,
            ...(journalFrom === current.journalFrom ? {} : { $slice: -(document.seq - journalFrom + 1) }),
          },
          ...(document.outbox.length === 0 ? {} : { outbox: { $each: document.outbox } }),
          ...(document.handled.length === 0 ? {} : { handled: { $each: document.handled, $slice: -HANDLED_KEPT } }),
        },
      };
      if ((await this.#records.update(scope, { _id: id, version: current.version }, change)) === 0) return undefined;
    }
    await this.#committed(scope, next, current);
    return { id, state: next.state, events, version: document.version, repeated: false };
  }

  #remembered(scope: Scope, id: string): Loaded<State> | undefined {
    const known = this.#written.get(id);
    return known !== undefined && (scope.acrossTenants || known.tenantId === scope.tenantId) ? known : undefined;
  }

  #keep(record: Loaded<State>): void {
    this.#written.delete(record._id);
    if (this.#written.size >= REMEMBERED_MAX) {
      const [oldest] = this.#written.keys();
      if (oldest !== undefined) this.#written.delete(oldest);
    }
    this.#written.set(record._id, record);
  }

  #remember(next: Prepared<State, Event>, before: Loaded<State> | undefined): void {
    const { _id, tenantId, version, seq, head, journalFrom, timers, key, request, handled } = next.document;
    const allHandled = [...(before?.handled ?? []), ...handled].slice(-HANDLED_KEPT);
    const firstRequest = request ?? before?.request;
    this.#keep({
      _id,
      tenantId,
      version,
      seq,
      head,
      journalFrom,
      timers,
      key,
      state: next.state,
      handled: allHandled,
      ...(firstRequest === undefined ? {} : { request: firstRequest }),
    });
  }

  async #committed(scope: Scope, next: Prepared<State, Event>, before: Loaded<State> | undefined): Promise<void> {
    const { document } = next;
    this.#remember(next, before);
    await this.#faults.at('afterCommit', { collection: this.spec.collection, id: document._id });
    this.#relay.offer(this.spec.collection, document._id, document.outbox);
    for (const listener of this.#listeners) listener(document._id, next.state, scope, next.events);
  }

  /** Oldest entries are first inserted as documents of their own, then sliced off by the guarded write that follows. */
  async #archiveOverflow(scope: Scope, current: Loaded<State>, adding: number): Promise<number> {
    const kept = current.seq - current.journalFrom + 1;
    if (kept + adding <= JOURNAL_KEPT) return current.journalFrom;
    const document = await this.#records.findOne(scope, { _id: current._id, version: current.version });
    if (document === undefined) return current.journalFrom;
    const entries = z.array(journalEntrySchema).parse(document['journal']);
    // Half at a time, so that a long-lived record pays once in a hundred events.
    const moving = entries.slice(0, Math.max(adding, JOURNAL_KEPT / 2));
    await this.#archive.insertMissing(
      scope,
      moving.map((entry) => ({
        _id: `${current._id}:${entry.seq}`,
        tenantId: current.tenantId,
        of: current._id,
        entry,
      })),
    );
    return current.journalFrom + moving.length;
  }
}

type Prepared<State, Event> = {
  document: Stored & {
    version: number;
    changedAt: Date;
    seq: number;
    head: string;
    journalFrom: number;
    state: State;
    journal: JournalEntry[];
    outbox: OutboxEntry[];
    timers: z.infer<typeof timerSchema>[];
    handled: string[];
    key?: WrappedKey;
    request?: { key: string; fingerprint: string };
  };
  state: State;
  events: readonly Event[];
  timersChanged: boolean;
};

const storedSchema = z.looseObject({ _id: z.string(), tenantId: z.string() });

/**
 * Which fields of the state are to be written. A fold shares what it does not change, so identity tells; lines and contacts that stay
 * the same are neither sent nor logged again.
 */
function stateChange(
  before: unknown,
  after: unknown,
): { set: Record<string, unknown>; unset: Record<string, 1> | undefined } {
  if (typeof before !== 'object' || before === null || typeof after !== 'object' || after === null)
    return { set: { state: after }, unset: undefined };
  const old: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(before));
  const set: Record<string, unknown> = {};
  const unset: Record<string, 1> = {};
  for (const [key, value] of Object.entries(after)) {
    if (value === old[key]) continue;
    if (value === undefined) unset[`state.${key}`] = 1;
    else set[`state.${key}`] = value;
  }
  for (const key of Object.keys(old)) if (!(key in after) && old[key] !== undefined) unset[`state.${key}`] = 1;
  return { set, unset: Object.keys(unset).length === 0 ? undefined : unset };
}

function snapshotOf<State>(loaded: Loaded<State>): Snapshot<State> {
  return {
    id: loaded._id,
    tenantId: loaded.tenantId,
    version: loaded.version,
    seq: loaded.seq,
    state: loaded.state,
    key: loaded.key,
  };
}

function aggregateShape(): SchemaDefinition {
  const { Mixed } = Schema.Types;
  return {
    _id: String,
    tenantId: { type: String, required: true },
    version: { type: Number, required: true },
    changedAt: Date,
    seq: Number,
    head: String,
    journalFrom: Number,
    state: Mixed,
    journal: [Mixed],
    outbox: [Mixed],
    timers: [Mixed],
    handled: [String],
    key: Mixed,
    request: Mixed,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
