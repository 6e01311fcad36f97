// Counters on disk. Every method is one write, or one write that is tried again; the order of the writes around them is
// `decide-holds.ts`'s business.
import { TransientError } from '@tongpiao/kernel';
import { openRecords, type Database, type Filter, type Records, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { changedTo, takenBackBy, targetOf } from './capacity.policy.ts';
import { boundedDay, bounding } from './day-limits.policy.ts';
import {
  lineDocument,
  overdueDocument,
  siteDayDocument,
  siteDayOf,
  type SiteDayDocument,
} from './site-day.documents.ts';
import type {
  Counters,
  DayLimits,
  CounterChange,
  HoldFacts,
  SessionCounters,
  SessionStatus,
  SessionStep,
  SiteDay,
} from './site-day.ts';
import { decisionUpdate } from './site-day.updates.ts';
import { undoing } from './tally.policy.ts';

type Rewritten = { readonly sessionId: string; readonly counters: SessionCounters; readonly step?: SessionStep };
type Found = { readonly siteDay: SiteDay; readonly tenantId: string };

export type SiteDayStore = {
  load(scope: Scope, ids: readonly string[]): Promise<Map<string, SiteDay>>;
  /**
   * The decision itself: counters move and the ids become pending in one guarded write.
   * @returns false when somebody else decided meanwhile: load again and decide again.
   */
  decide(scope: Scope, before: SiteDay, change: CounterChange, at: Date): Promise<boolean>;
  /** The holds' documents have followed. */
  clearPending(scope: Scope, id: string, pendingIds: readonly string[]): Promise<void>;
  /**
   * Sessions' counters as staff decided them, with what their own documents have to follow with: one write, guarded like a decision.
   * @param day the day's counters, where they move as well
   * @returns false when somebody else decided meanwhile
   */
  rewrite(scope: Scope, before: SiteDay, changes: readonly Rewritten[], at: Date, day?: Counters): Promise<boolean>;
  /** The session's document has followed. */
  stepDone(scope: Scope, id: string, stepId: string): Promise<void>;
  withOldSteps(scope: Scope, before: Date): Promise<Found[]>;
  /** Site-days from this one on with sessions that shrink, or have shrunk and are not checked off. */
  shrinking(scope: Scope, date: string, limit: number): Promise<Found[]>;
  /** None of them shrinks any more. */
  shrunk(scope: Scope, before: SiteDay): Promise<void>;
  /** Takes back a place that was granted on this day while another day of the same hold refused. Idempotent. */
  undoPlace(scope: Scope, id: string, hold: HoldFacts): Promise<void>;
  /**
   * Says anew how much these allow for the day (INV-05); undefined takes a limit back. Nothing is written where it is so already.
   * @returns the site-day as it stands then; undefined when there is none
   */
  limitDay(
    scope: Scope,
    id: string,
    said: Readonly<Record<string, number | undefined>>,
  ): Promise<{ readonly siteDay: SiteDay; readonly moved: boolean } | undefined>;
  /** Adds a session's counters once; `limits` bound the day when the site-day is new. */
  addSession(
    scope: Scope,
    at: { siteId: string; date: string },
    sessionId: string,
    capacity: number,
    limits: DayLimits,
  ): Promise<void>;
  /**
   * `too-low`: fewer places are free than would be taken away. `moved`: the decided capacity is not `from` any more.
   * @param stepFor what the session's own document follows with where this takes back so many places that sales looks after
   */
  changeCapacity(
    scope: Scope,
    id: string,
    sessionId: string,
    from: number,
    to: number,
    stepFor: (takenBack: number) => SessionStep,
  ): Promise<'changed' | 'too-low' | 'moved' | 'cancelled'>;
  /** @returns false for a session that was cancelled */
  setStatus(scope: Scope, id: string, sessionId: string, status: Exclude<SessionStatus, 'cancelled'>): Promise<boolean>;
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
  withOldPending(scope: Scope, before: Date): Promise<Found[]>;
  /** A page of the site-days from this date on, of all sites or one, by date; the next page is what comes `after` the last of this one. */
  from(
    scope: Scope,
    date: string,
    page: {
      readonly limit: number;
      readonly after?: { date: string; id: string } | undefined;
      readonly siteId?: string;
    },
  ): Promise<(Found & { readonly date: string })[]>;
};

export function siteDayId(siteId: string, date: string): string {
  return `${siteId}:${date}`;
}

/** `off` exists for tests only: the race that the guard prevents must show without it. */
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
      limits: Mixed,
      sessions: Mixed,
      pending: [Mixed],
      waiting: { type: [Mixed], default: undefined },
      lineMoved: Mixed,
      steps: { type: [Mixed], default: undefined },
      shrinking: Boolean,
    },
    { versionKey: false, minimize: false },
  );
  schema.index({ tenantId: 1, date: 1 });
  schema.index({ 'pending.at': 1 });
  // Sparse: a site-day without a line, and without anything that staff decided just now, costs them nothing.
  schema.index({ 'waiting.until': 1 }, { sparse: true });
  schema.index({ 'waiting.hold.holdId': 1 }, { sparse: true });
  schema.index({ 'lineMoved.revision': 1 }, { sparse: true });
  schema.index({ 'steps.at': 1 }, { sparse: true });
  schema.index({ shrinking: 1 }, { sparse: true });
  const records = await openRecords(database.connection, 'site_days', schema, (document) =>
    siteDayDocument.parse(document),
  );
  return siteDayStore(records, guard);
}

/** A batch is decided every few milliseconds at the most; what staff decide gets between two of them. */
const GUARD_TRIES = 40;
const GUARD_PAUSE_MS = 10;

function siteDayStore(records: Records<SiteDayDocument>, guard: Guard): SiteDayStore {
  const guarded = (filter: Filter, { id }: SiteDay): Filter => (guard === 'on' ? filter : { _id: id });
  const rewrite: SiteDayStore['rewrite'] = async (scope, before, changes, at, day) => {
    const filter = guarded({ _id: before.id, revision: before.revision }, before);
    const steps = changes.flatMap(({ step }) => (step === undefined ? [] : [{ ...step, at }]));
    const matched = await records.update(scope, filter, {
      $set: {
        ...Object.fromEntries(changes.map(({ sessionId, counters }) => [`sessions.${sessionId}`, counters])),
        ...(changes.some(({ counters }) => counters.shrink !== undefined) ? { shrinking: true } : {}),
        ...(day === undefined ? {} : { day }),
      },
      $inc: { revision: 1 },
      ...(steps.length === 0 ? {} : { $push: { steps: { $each: steps } } }),
    });
    return matched === 1;
  };
  return {
    async load(scope, ids) {
      const documents = await records.find(scope, { _id: { $in: ids } });
      return new Map(documents.map((document) => [document._id, siteDayOf(document)]));
    },

    async decide(scope, before, change, at) {
      const { filter, update } = decisionUpdate(before, change, at);
      return (await records.update(scope, guarded(filter, before), update)) === 1;
    },

    rewrite,

    async stepDone(scope, id, stepId) {
      await records.update(scope, { _id: id }, { $pull: { steps: { id: stepId } } });
    },

    async withOldSteps(scope, before) {
      return (await records.find(scope, { 'steps.at': { $lt: before } }, { limit: 100 })).map(found);
    },

    async shrinking(scope, date, limit) {
      return (await records.find(scope, { shrinking: true, date: { $gte: date } }, { limit })).map(found);
    },

    async shrunk(scope, before) {
      await records.update(scope, { _id: before.id, revision: before.revision }, { $unset: { shrinking: 1 } });
    },

    async clearPending(scope, id, pendingIds) {
      await records.update(scope, { _id: id }, { $pull: { pending: { id: { $in: pendingIds } } } });
    },

    async undoPlace(scope, id, hold) {
      const pending = `${hold.holdId}:place`;
      await again(`giving back what ${hold.holdId} had on ${id}`, async () => {
        const [document] = await records.find(scope, { _id: id, 'pending.id': pending });
        if (document === undefined) return true;
        const before = siteDayOf(document);
        const { filter, update } = decisionUpdate(before, undoing(before, hold), new Date());
        const change = { ...update, $pull: { pending: { id: pending } } };
        return (await records.update(scope, { ...filter, 'pending.id': pending }, change)) === 1;
      });
    },

    async addSession(scope, at, sessionId, capacity, limits) {
      const id = siteDayId(at.siteId, at.date);
      const day = boundedDay({ day: undefined, sessions: {} }, limits);
      await records.insert(scope, {
        _id: id,
        tenantId: scope.tenantId,
        ...at,
        revision: 0,
        limits,
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

    limitDay: (scope, id, said) =>
      again(`the limits of ${id}`, async () => {
        const [document] = await records.find(scope, { _id: id });
        if (document === undefined) return undefined;
        const before = siteDayOf(document);
        const change = bounding(before, said);
        if (change === undefined) return { siteDay: before, moved: false };
        const { limits, day } = change;
        const matched = await records.update(
          scope,
          { _id: id, revision: before.revision },
          {
            $set: { limits, ...(day === undefined ? {} : { day }) },
            ...(day === undefined ? { $unset: { day: 1 } } : {}),
            $inc: { revision: 1 },
          },
        );
        return matched === 1 && { siteDay: { ...before, revision: before.revision + 1, day, limits }, moved: true };
      }),

    async changeCapacity(scope, id, sessionId, from, to, stepFor) {
      const path = `sessions.${sessionId}`;
      const by = to - from;
      // Most often the session is whole and open: then no batch that decides meanwhile is in the way.
      const matched = await records.update(
        scope,
        {
          _id: id,
          [`${path}.capacity`]: from,
          [`${path}.available`]: { $gte: Math.max(0, -by) },
          [`${path}.shrink`]: { $exists: false },
          [`${path}.status`]: { $ne: 'cancelled' },
        },
        { $inc: { [`${path}.capacity`]: by, [`${path}.available`]: by, revision: 1 } },
      );
      if (matched === 1) return 'changed';
      return again(`the capacity of ${sessionId}`, async () => {
        const [document] = await records.find(scope, { _id: id });
        const session = document?.sessions[sessionId];
        if (document === undefined || session === undefined || targetOf(session) !== from) return 'moved';
        const counters = changedTo(session, to);
        if (counters === 'too-low' || counters === 'cancelled') return counters;
        const takenBack = takenBackBy(session, counters);
        const change = { sessionId, counters, ...(takenBack === 0 ? {} : { step: stepFor(takenBack) }) };
        return (await rewrite(scope, siteDayOf(document), [change], new Date())) && 'changed';
      });
    },

    async setStatus(scope, id, sessionId, status) {
      const path = `sessions.${sessionId}.status`;
      const matched = await records.update(
        scope,
        { _id: id, [path]: { $ne: 'cancelled' } },
        { $set: { [path]: status }, $inc: { revision: 1 } },
      );
      return matched === 1;
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
      return (await records.find(scope, { 'pending.at': { $lt: before } }, { limit: 100 })).map(found);
    },

    async from(scope, date, { after, limit, siteId }) {
      const beyond =
        after === undefined
          ? { date: { $gte: date } }
          : { $or: [{ date: { $gt: after.date } }, { date: after.date, _id: { $gt: after.id } }] };
      const filter = { ...beyond, ...(siteId === undefined ? {} : { siteId }) };
      return (await records.find(scope, filter, { limit, sort: { date: 1, _id: 1 } })).map((document) => ({
        ...found(document),
        date: document.date,
      }));
    },
  };
}

/** @throws TransientError when others decide first too often in a row */
async function again<Value>(what: string, attempt: () => Promise<Value | false>): Promise<Value> {
  for (let tries = 0; tries < GUARD_TRIES; tries += 1) {
    const value = await attempt();
    if (value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * GUARD_PAUSE_MS));
  }
  throw new TransientError('inventory.contended', `${what}: ${GUARD_TRIES} other decisions came first`);
}

function found(document: SiteDayDocument): Found {
  return { siteDay: siteDayOf(document), tenantId: document.tenantId };
}

function fresh(capacity: number): Counters {
  return { capacity, available: capacity, held: 0, sold: 0 };
}
