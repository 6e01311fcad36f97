// Counters on disk. Every method is one write; the order of the writes around them is `decide-holds.ts`'s business.
import { openRecords, type Change, type Database, type Filter, type Records, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import type { Counters, CounterChange, HoldFacts, LineChange, SessionStatus, SiteDay, Waiting } from './site-day.ts';
import { lineAfter } from './waiting-line.policy.ts';

const count = z.number().int();
const countersSchema = z.object({ capacity: count, available: count, held: count, sold: count });
const holdFactsSchema = z.object({
  holdId: z.string(),
  orderId: z.string(),
  channel: z.string(),
  expiresAt: z.string(),
  lines: z.array(z.object({ sessionId: z.string(), siteDay: z.string(), quantity: count })),
});
const decided = { id: z.string(), hold: holdFactsSchema, at: z.date() };
const askedSchema = z.object({ messageId: z.string(), correlationId: z.string() });
const plainStep = z.object({ ...decided, step: z.enum(['confirm', 'release']) });
const placeStep = z.object({ ...decided, step: z.literal('place'), asked: askedSchema.optional() });
const rejectStep = z.object({ ...decided, step: z.literal('reject'), asked: askedSchema });
const returnStep = z.object({
  ...decided,
  step: z.literal('return'),
  returned: z.object({ id: z.string(), sessionId: z.string(), quantity: count }),
});
const waitingSchema = z.object({ hold: holdFactsSchema, until: z.date(), asked: askedSchema });
const siteDayDocument = z.object({
  _id: z.string(),
  tenantId: z.string(),
  siteId: z.string(),
  date: z.string(),
  revision: count,
  day: countersSchema.optional(),
  sessions: z.record(z.string(), countersSchema.extend({ status: z.enum(['open', 'closed', 'cancelled']) })),
  pending: z.array(z.discriminatedUnion('step', [plainStep, placeStep, rejectStep, returnStep])),
  waiting: z.array(waitingSchema).optional(),
  lineMoved: z.object({ revision: count, sessions: z.array(z.string()) }).optional(),
});
const lineDocument = z.object({
  _id: z.string(),
  tenantId: z.string(),
  revision: count,
  lineMoved: z.unknown().optional(),
});
const overdueDocument = z.object({ tenantId: z.string(), holdId: z.string(), orderId: z.string() });
type SiteDayDocument = z.infer<typeof siteDayDocument>;

export type SiteDayStore = {
  load(scope: Scope, ids: readonly string[]): Promise<Map<string, SiteDay>>;
  /**
   * The decision itself: counters move and the ids become pending in one guarded write.
   * @returns false when somebody else decided meanwhile: load again and decide again.
   */
  decide(scope: Scope, before: SiteDay, change: CounterChange, at: Date): Promise<boolean>;
  /** The holds' documents have followed. */
  clearPending(scope: Scope, id: string, pendingIds: readonly string[]): Promise<void>;
  /** Takes back a place that was granted on this day while another day of the same hold refused. Idempotent. */
  undoPlace(scope: Scope, id: string, hold: HoldFacts): Promise<void>;
  /** Adds a session's counters once; the day's own maximum is set when the site-day is new. */
  addSession(
    scope: Scope,
    at: { siteId: string; date: string },
    sessionId: string,
    capacity: number,
    dayCapacity: number | undefined,
  ): Promise<void>;
  /** `too-low`: fewer places are free than would be taken away. `moved`: the capacity is not `from` any more. */
  changeCapacity(
    scope: Scope,
    id: string,
    sessionId: string,
    from: number,
    to: number,
  ): Promise<'changed' | 'too-low' | 'moved'>;
  setStatus(scope: Scope, id: string, sessionId: string, status: SessionStatus): Promise<void>;
  /** Facts of those of these holds that stand in line. */
  inLine(scope: Scope, holdIds: readonly string[]): Promise<Map<string, HoldFacts>>;
  /** Site-days where somebody waits, or a line changed that was not told. */
  withLine(scope: Scope, limit: number): Promise<{ id: string; tenantId: string; revision: number; untold: boolean }[]>;
  /** The lines were told as of this revision. */
  lineTold(scope: Scope, id: string, revision: number): Promise<void>;
  /** Holds that should have left the line long ago. */
  waitingBefore(
    scope: Scope,
    before: Date,
    limit: number,
  ): Promise<{ holdId: string; orderId: string; tenantId: string }[]>;
  withOldPending(scope: Scope, before: Date): Promise<{ siteDay: SiteDay; tenantId: string }[]>;
  from(scope: Scope, date: string, limit: number): Promise<{ siteDay: SiteDay; tenantId: string }[]>;
};

export function siteDayId(siteId: string, date: string): string {
  return `${siteId}:${date}`;
}

/** `off` exists for one test only: the race that the guard prevents must show without it. */
export type Guard = 'on' | 'off';

export async function openSiteDays(database: Database, guard: Guard = 'on'): Promise<SiteDayStore> {
  const { Mixed } = Schema.Types;
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      siteId: String,
      date: String,
      revision: Number,
      day: Mixed,
      sessions: Mixed,
      pending: [Mixed],
      waiting: { type: [Mixed], default: undefined },
      lineMoved: Mixed,
    },
    { versionKey: false, minimize: false },
  );
  schema.index({ tenantId: 1, date: 1 });
  schema.index({ 'pending.at': 1 });
  // Sparse: a site-day without a line costs them nothing.
  schema.index({ 'waiting.until': 1 }, { sparse: true });
  schema.index({ 'waiting.hold.holdId': 1 }, { sparse: true });
  schema.index({ 'lineMoved.revision': 1 }, { sparse: true });
  const records = await openRecords(database.connection, 'site_days', schema, (document) =>
    siteDayDocument.parse(document),
  );
  return siteDayStore(records, guard);
}

function siteDayStore(records: Records<SiteDayDocument>, guard: Guard): SiteDayStore {
  return {
    async load(scope, ids) {
      const documents = await records.find(scope, { _id: { $in: ids } });
      return new Map(documents.map((document) => [document._id, siteDayOf(document)]));
    },

    async decide(scope, before, change, at) {
      const increments: Record<string, number> = { revision: 1 };
      const filter: Record<string, unknown> = { _id: before.id, revision: before.revision };
      for (const [sessionId, delta] of Object.entries(change.sessions)) {
        addIncrements(increments, `sessions.${sessionId}`, delta);
        // The revision alone would do; the predicate states the invariant where it is enforced (INV-11).
        if (delta.available < 0) filter[`sessions.${sessionId}.available`] = { $gte: -delta.available };
      }
      if (before.day !== undefined) {
        addIncrements(increments, 'day', change.day);
        if (change.day.available < 0) filter['day.available'] = { $gte: -change.day.available };
      }
      const pending = change.pending.map((entry) => ({ ...entry, at }));
      const guarded: Filter = guard === 'on' ? filter : { _id: before.id };
      const line = change.line === undefined ? {} : lineUpdate(before, change.line);
      const push = { ...(pending.length === 0 ? {} : { pending: { $each: pending } }), ...line.$push };
      const update: Change = { ...line, $inc: increments, ...(Object.keys(push).length === 0 ? {} : { $push: push }) };
      return (await records.update(scope, guarded, update)) === 1;
    },

    async clearPending(scope, id, pendingIds) {
      await records.update(scope, { _id: id }, { $pull: { pending: { id: { $in: pendingIds } } } });
    },

    async undoPlace(scope, id, hold) {
      const increments: Record<string, number> = { revision: 1 };
      let total = 0;
      for (const line of hold.lines.filter(({ siteDay }) => siteDay === id)) {
        total += line.quantity;
        for (const [field, by] of [
          ['available', line.quantity],
          ['held', -line.quantity],
        ] as const) {
          const path = `sessions.${line.sessionId}.${field}`;
          increments[path] = (increments[path] ?? 0) + by;
        }
      }
      const pending = `${hold.holdId}:place`;
      const change = (inc: Record<string, number>): Change => ({ $inc: inc, $pull: { pending: { id: pending } } });
      const withDay = { ...increments, 'day.available': total, 'day.held': -total };
      const matched = await records.update(
        scope,
        { _id: id, 'pending.id': pending, day: { $exists: true } },
        change(withDay),
      );
      if (matched === 0)
        await records.update(scope, { _id: id, 'pending.id': pending, day: { $exists: false } }, change(increments));
    },

    async addSession(scope, at, sessionId, capacity, dayCapacity) {
      const id = siteDayId(at.siteId, at.date);
      const day: Counters | undefined = dayCapacity === undefined ? undefined : fresh(dayCapacity);
      await records.insert(scope, {
        _id: id,
        tenantId: scope.tenantId,
        ...at,
        revision: 0,
        ...(day === undefined ? {} : { day }),
        sessions: {},
        pending: [],
      });
      await records.update(
        scope,
        { _id: id, [`sessions.${sessionId}`]: { $exists: false } },
        { $set: { [`sessions.${sessionId}`]: { ...fresh(capacity), status: 'open' } }, $inc: { revision: 1 } },
      );
    },

    async changeCapacity(scope, id, sessionId, from, to) {
      const path = `sessions.${sessionId}`;
      const by = to - from;
      const matched = await records.update(
        scope,
        { _id: id, [`${path}.capacity`]: from, [`${path}.available`]: { $gte: Math.max(0, -by) } },
        { $inc: { [`${path}.capacity`]: by, [`${path}.available`]: by, revision: 1 } },
      );
      if (matched === 1) return 'changed';
      return (await records.count(scope, { _id: id, [`${path}.capacity`]: from })) === 1 ? 'too-low' : 'moved';
    },

    async setStatus(scope, id, sessionId, status) {
      await records.update(
        scope,
        { _id: id },
        { $set: { [`sessions.${sessionId}.status`]: status }, $inc: { revision: 1 } },
      );
    },

    async inLine(scope, holdIds) {
      const found = await records.find(scope, { 'waiting.hold.holdId': { $in: holdIds } }, { limit: holdIds.length });
      const wanted = new Set(holdIds);
      const entries = found.flatMap(({ waiting }) => waiting ?? []).filter(({ hold }) => wanted.has(hold.holdId));
      return new Map(entries.map(({ hold }) => [hold.holdId, hold]));
    },

    async withLine(scope, limit) {
      const found = await records.aggregate(scope, [
        { $match: { $or: [{ 'waiting.until': { $exists: true } }, { 'lineMoved.revision': { $exists: true } }] } },
        { $limit: limit },
        { $project: { tenantId: 1, revision: 1, lineMoved: 1 } },
      ]);
      return found
        .map((document) => lineDocument.parse(document))
        .map(({ _id: id, lineMoved, ...facts }) => ({ id, ...facts, untold: lineMoved !== undefined }));
    },

    async lineTold(scope, id, revision) {
      await records.update(scope, { _id: id, 'lineMoved.revision': revision }, { $unset: { lineMoved: 1 } });
    },

    async waitingBefore(scope, before, limit) {
      const overdue = { 'waiting.until': { $lt: before } };
      const found = await records.aggregate(scope, [
        { $match: overdue },
        { $unwind: '$waiting' },
        { $match: overdue },
        { $sort: { 'waiting.until': 1 } },
        { $limit: limit },
        { $project: { tenantId: 1, holdId: '$waiting.hold.holdId', orderId: '$waiting.hold.orderId' } },
      ]);
      return found.map((document) => overdueDocument.parse(document));
    },

    async withOldPending(scope, before) {
      const documents = await records.find(scope, { 'pending.at': { $lt: before } }, { limit: 100 });
      return documents.map((document) => ({ siteDay: siteDayOf(document), tenantId: document.tenantId }));
    },

    async from(scope, date, limit) {
      const documents = await records.find(scope, { date: { $gte: date } }, { limit, sort: { date: 1 } });
      return documents.map((document) => ({ siteDay: siteDayOf(document), tenantId: document.tenantId }));
    },
  };
}

function fresh(capacity: number): Counters {
  return { capacity, available: capacity, held: 0, sold: 0 };
}

function addIncrements(
  increments: Record<string, number>,
  path: string,
  delta: { available: number; held: number; sold: number },
): void {
  for (const field of ['available', 'held', 'sold'] as const)
    if (delta[field] !== 0) increments[`${path}.${field}`] = delta[field];
}

/** The smallest write for a line: most often one end of it. */
function lineUpdate(before: SiteDay, change: LineChange): Change {
  const { waiting, lineMoved } = lineAfter(before, change);
  const told = { $set: { lineMoved } };
  if (waiting === undefined) return { ...told, $unset: { waiting: 1 } };
  if (change.left.length === 0) return { ...told, $push: { waiting: { $each: change.joined.map(storedWaiting) } } };
  if (change.joined.length === 0) return { ...told, $pull: { waiting: { 'hold.holdId': { $in: change.left } } } };
  return { $set: { ...told.$set, waiting: waiting.map(storedWaiting) } };
}

function storedWaiting(entry: Waiting): z.infer<typeof waitingSchema> {
  return { ...entry, hold: { ...entry.hold, lines: [...entry.hold.lines] }, until: new Date(entry.until) };
}

function siteDayOf(document: SiteDayDocument): SiteDay {
  const { waiting, lineMoved } = document;
  return {
    id: document._id,
    revision: document.revision,
    day: document.day,
    sessions: document.sessions,
    pending: document.pending,
    ...(waiting === undefined
      ? {}
      : { waiting: waiting.map((entry) => ({ ...entry, until: entry.until.toISOString() })) }),
    ...(lineMoved === undefined ? {} : { lineMoved }),
  };
}
