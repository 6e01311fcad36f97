// The counters of a site on a day: people in, people out, people inside. One document that is only ever incremented, guarded by the
// limits, so that two gates cannot both let in the last person. What was counted when is kept in slots of ten minutes, by which a sweep
// finds and mends what a crash left wrong.
import { siteLightSchema, type SiteCapacity, type SiteLight } from '@tongpiao/contracts';
import { DuplicateKey, openRecords, type Database, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import { occupancyId } from './occupancy.store.ts';

const slots = z.record(z.string(), z.number().int());
const countersSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  siteId: z.string(),
  date: z.string(),
  /** `entered − exited + uncounted + corrected`, always: all of them change together. */
  inside: z.number().int(),
  entered: z.number().int().default(0),
  exited: z.number().int().default(0),
  /** Who went out and had never been counted in. */
  uncounted: z.number().int().default(0),
  corrected: z.number().int().default(0),
  entries: slots.default({}),
  exits: slots.default({}),
  /** Grows with every change. */
  revision: z.number().int(),
  light: siteLightSchema.default('green'),
  /** Version of the record that decided the light. */
  lightVersion: z.number().int().default(0),
  touchedAt: z.date(),
  checkedAt: z.date().optional(),
});
export type Counters = z.output<typeof countersSchema>;

export type SiteDay = { readonly siteId: string; readonly date: string };
/** Ten minutes, by their number since 1970. */
export type Slot = string;

export const SLOT_MS = 600_000;
/** A first person may come through two gates at once; then one creates the counters and the other finds them. */
const TRIES = 4;

export function slotOf(at: string | Date): Slot {
  return String(Math.floor(new Date(at).getTime() / SLOT_MS));
}

/** `left`: for how many there is room, when there is not for all. */
export type Entered = { readonly taken: true } | { readonly taken: false; readonly left: number };

export type SiteCounters = {
  /** Counts people in, if there is room for all of them and the light is not red. */
  enter(scope: Scope, day: SiteDay, people: number, at: Date, capacity: SiteCapacity): Promise<Entered>;
  /** Counts people in or takes them back, whatever the limits: they are inside already, or were never. */
  count(scope: Scope, day: SiteDay, slot: Slot, people: number, now: Date): Promise<void>;
  leave(scope: Scope, day: SiteDay, people: number, at: Date): Promise<void>;
  /** Takes over the sum of all corrections. */
  correct(scope: Scope, day: SiteDay, corrected: number, now: Date): Promise<void>;
  read(scope: Scope, day: SiteDay): Promise<Counters | undefined>;
  /** What the light is, as the record says that decides it; an older word changes nothing. */
  light(scope: Scope, day: SiteDay, light: SiteLight, version: number): Promise<void>;
  /** Changes what a sweep has found wrong, unless it has changed meanwhile. */
  mend(scope: Scope, found: Counters, what: Mending): Promise<boolean>;
  /** Counters that a sweep has to look at. */
  unchecked(everywhere: Scope, wish: Unchecked): Promise<readonly Counters[]>;
  checked(scope: Scope, day: SiteDay, at: Date): Promise<void>;
};

export type Mending =
  | { readonly of: 'entries' | 'exits'; readonly slot: Slot; readonly by: number }
  | { readonly of: 'corrected'; readonly by: number };

/** Those that have moved lately are looked at often; others of these days now and then, since what was lost moves nothing. */
type Unchecked = {
  /** At rest since then, and not looked at since they had been at rest for so long. */
  readonly quietSince: Date;
  readonly quietAfterMs: number;
  readonly touchedSince: Date;
  readonly touchedCheckedBefore: Date;
  readonly sinceDate: string;
  readonly otherwiseCheckedBefore: Date;
};

export async function openSiteCounters(database: Database): Promise<SiteCounters> {
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      siteId: String,
      date: String,
      inside: Number,
      entered: Number,
      exited: Number,
      uncounted: Number,
      corrected: Number,
      entries: Schema.Types.Mixed,
      exits: Schema.Types.Mixed,
      revision: Number,
      light: String,
      lightVersion: Number,
      touchedAt: Date,
      checkedAt: Date,
    },
    { versionKey: false },
  );
  schema.index({ touchedAt: 1 });
  schema.index({ date: 1 });
  const records = await openRecords(database.connection, 'site_counters', schema, (document) =>
    countersSchema.parse(document),
  );
  const idOf = ({ siteId, date }: SiteDay): string => occupancyId(siteId, date);
  const read = async (scope: Scope, day: SiteDay): Promise<Counters | undefined> => records.byId(scope, idOf(day));

  /** @returns false when the guard does not hold */
  async function change(
    scope: Scope,
    day: SiteDay,
    increments: Readonly<Record<string, number>>,
    now: Date,
    guard: Readonly<Record<string, unknown>> = {},
    options: { readonly upsert: boolean } = { upsert: true },
  ): Promise<boolean> {
    const { siteId, date } = day;
    const _id = idOf(day);
    try {
      const matched = await records.update(
        scope,
        { _id, ...guard },
        {
          $inc: { ...increments, revision: 1 },
          $set: { touchedAt: now },
          $setOnInsert: { siteId, date, ...('inside' in increments ? {} : { inside: 0 }) },
        },
        options,
      );
      return matched > 0;
    } catch (error) {
      // There are counters, and the guard kept the update from them.
      if (error instanceof DuplicateKey) return false;
      throw error;
    }
  }

  return {
    read,
    async enter(scope, day, people, at, capacity) {
      const { insideMax, dayMax } = capacity;
      const guard = {
        light: { $ne: 'red' },
        ...(insideMax === undefined ? {} : { inside: { $lte: insideMax - people } }),
        ...(dayMax === undefined ? {} : { entered: { $not: { $gt: dayMax - people } } }),
      };
      const increments = { inside: people, entered: people, [`entries.${slotOf(at)}`]: people };
      let left = roomLeft(undefined, capacity);
      for (let attempt = 0; attempt < TRIES && people <= left; attempt += 1) {
        if (await change(scope, day, increments, at, guard)) return { taken: true };
        left = roomLeft(await read(scope, day), capacity);
      }
      return { taken: false, left };
    },
    async count(scope, day, slot, people, now) {
      await change(scope, day, { inside: people, entered: people, [`entries.${slot}`]: people }, now);
    },
    async leave(scope, day, people, at) {
      const slot = { exited: people, [`exits.${slotOf(at)}`]: people };
      const isCounted = { inside: { $gte: people } };
      if (await change(scope, day, { ...slot, inside: -people }, at, isCounted, { upsert: false })) return;
      // Fewer are counted than go out: some came in uncounted. Counting below zero would let too many in later.
      await change(scope, day, { ...slot, uncounted: people }, at);
    },
    async correct(scope, day, corrected, now) {
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        const { corrected: before = 0 } = (await read(scope, day)) ?? {};
        const by = corrected - before;
        const isKnown = { corrected: before === 0 ? { $in: [null, 0] } : before };
        if (by === 0 || (await change(scope, day, { corrected: by, inside: by }, now, isKnown))) return;
      }
    },
    async light(scope, day, light, version) {
      await records.update(
        scope,
        { _id: idOf(day), lightVersion: { $not: { $gte: version } } },
        { $set: { light, lightVersion: version } },
      );
    },
    async mend(scope, found, mending) {
      const { by } = mending;
      const guarded = mending.of === 'corrected' ? 'corrected' : `${mending.of}.${mending.slot}`;
      const before = mending.of === 'corrected' ? found.corrected : (found[mending.of][mending.slot] ?? 0);
      const total = mending.of === 'entries' ? 'entered' : 'exited';
      const increments: Readonly<Record<string, number>> =
        mending.of === 'corrected'
          ? { corrected: by, inside: by }
          : { [guarded]: by, [total]: by, inside: mending.of === 'entries' ? by : -by };
      const matched = await records.update(
        scope,
        { _id: found._id, [guarded]: before === 0 ? { $in: [null, 0] } : before },
        { $inc: { ...increments, revision: 1 } },
      );
      return matched === 1;
    },
    async unchecked(everywhere, wish) {
      const { quietSince, quietAfterMs, touchedSince, touchedCheckedBefore, sinceDate, otherwiseCheckedBefore } = wish;
      const before = (at: Date): unknown => ({ $not: { $gte: at } });
      const moving = { touchedAt: { $gte: touchedSince }, checkedAt: before(touchedCheckedBefore) };
      const others = { date: { $gte: sinceDate }, checkedAt: before(otherwiseCheckedBefore) };
      const restedAt = { $add: ['$touchedAt', quietAfterMs] };
      const atRest = {
        ...{ touchedAt: { $gte: touchedSince, $lte: quietSince } },
        $expr: { $lt: [{ $ifNull: ['$checkedAt', '$touchedAt'] }, restedAt] },
      };
      const found: Counters[] = [];
      for (const filter of [moving, atRest, others]) found.push(...(await records.find(everywhere, filter)));
      return [...new Map(found.map((counters) => [counters._id, counters])).values()];
    },
    async checked(scope, day, at) {
      await records.update(scope, { _id: idOf(day) }, { $set: { checkedAt: at } });
    },
  };
}

function roomLeft(counters: Counters | undefined, { insideMax = Infinity, dayMax = Infinity }: SiteCapacity): number {
  const { light, inside, entered } = counters ?? { light: 'green', inside: 0, entered: 0 };
  return light === 'red' ? 0 : Math.max(0, Math.min(insideMax - inside, dayMax - entered));
}
