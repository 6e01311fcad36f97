// What the counters of a site's day should say: people let in as the rights have it, or the incidents where the ticket was not good; people
// who went out as the exits have it. Counters are quick and may be wrong after a crash; these are the records that they are counted from.
import { openRecords, type Database, type Filter, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import { changesAfter, IN_ORDER_OF_CHANGE, positionOf, type ChangePosition } from '../gate/changes.ts';
import { SCAN_AHEAD_MAX_MS } from '../gate/gate-policy.ts';
import type { ManifestDay } from '../gate/manifest-rows.ts';
import { SLOT_MS, slotOf, type Slot } from './counters.store.ts';

const exitSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  siteId: z.string(),
  date: z.string(),
  gateId: z.string(),
  people: z.number().int(),
  at: z.date(),
});
type Exit = z.output<typeof exitSchema>;

export type SlotSums = ReadonlyMap<Slot, number>;
/** `changedAtMs`: when the youngest of the records was written, since which a counter may lag. */
type Truth = { readonly sums: SlotSums; readonly changedAtMs: number };
export type OccupancyTruth = {
  /** @returns false when it is known already */
  recordExit(scope: Scope, exit: Exit): Promise<boolean>;
  entries(scope: Scope, day: ManifestDay): Promise<Truth>;
  exits(scope: Scope, day: ManifestDay): Promise<Truth>;
};

const usedRight = z.object({
  _id: z.string(),
  tenantId: z.string(),
  changedAt: z.date(),
  state: z.object({ uses: z.array(z.object({ at: z.string(), people: z.number() })) }),
});
type UsedRight = z.output<typeof usedRight>;
const letIn = z.object({ _id: z.number(), people: z.number().int(), changedAt: z.date() });
/** Small documents; a portion is parsed in some milliseconds. */
const PORTION = 1_000;

/** After rights and incidents themselves were opened: their stores make the indexes. */
export async function openOccupancyTruth(database: Database): Promise<OccupancyTruth> {
  const rights = await openRecords(database.connection, 'rights', new Schema({}), (document) =>
    usedRight.parse(document),
  );
  const incidents = await openRecords(database.connection, 'gate_incidents', new Schema({}), (found) =>
    z.object({ _id: z.string(), tenantId: z.string() }).parse(found),
  );
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      siteId: String,
      date: String,
      gateId: String,
      people: Number,
      at: Date,
    },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, siteId: 1, date: 1, _id: 1 });
  const exits = await openRecords(database.connection, 'site_exits', schema, (document) => exitSchema.parse(document));

  /** Whom gates without network let in on tickets of any day and site that were not good, or on none: each is an incident (SAL-41). */
  async function strangers(
    scope: Scope,
    { siteId, from, until }: ManifestDay,
  ): Promise<readonly z.output<typeof letIn>[]> {
    const since = new Date(Date.parse(from) - SCAN_AHEAD_MAX_MS).toISOString();
    const admitted = { 'state.scan.decided': 'admitted', 'state.scan.truth': { $ne: 'admissible' } };
    const slot = { $floor: { $divide: [{ $toLong: '$at' }, SLOT_MS] } };
    const found = await incidents.aggregate(scope, [
      { $match: { 'state.siteId': siteId, 'state.foundAt': { $gte: since }, ...admitted } },
      { $project: { at: { $toDate: '$state.scan.at' }, people: '$state.scan.people', changedAt: 1 } },
      { $match: { at: { $gte: new Date(from), $lt: new Date(until) } } },
      { $group: { _id: slot, people: { $sum: '$people' }, changedAt: { $max: '$changedAt' } } },
    ]);
    return found.map((one) => letIn.parse(one));
  }

  return {
    recordExit: (scope, exit) => exits.insert(scope, exit),
    async entries(scope, day) {
      const { siteId, dates, from, until } = day;
      const sums = new Map<Slot, number>();
      let changedAtMs = 0;
      const projection = { tenantId: 1, changedAt: 1, 'state.uses': 1 } as const;
      const ask = (filter: Filter, limit: number): Promise<UsedRight[]> =>
        rights.find(scope, filter, { sort: IN_ORDER_OF_CHANGE, limit, projection });
      // Whatever was used on that day has changed since it began, or a gate's clock was ahead.
      const sinceMs = Date.parse(from) - SCAN_AHEAD_MAX_MS;
      for (const date of dates) {
        const stream = { 'state.siteId': siteId, 'state.date': date };
        let found: readonly UsedRight[];
        let after: ChangePosition | undefined;
        do {
          found = await changesAfter(ask, stream, sinceMs, after, PORTION);
          after = positionOf(found[found.length - 1]);
          for (const { state, changedAt } of found) {
            const uses = state.uses.filter(({ at }) => at >= from && at < until);
            for (const { at, people } of uses) add(sums, slotOf(at), people);
            if (uses.length > 0) changedAtMs = Math.max(changedAtMs, changedAt.getTime());
          }
        } while (found.length === PORTION);
      }
      for (const { _id, people, changedAt } of await strangers(scope, day)) {
        add(sums, String(_id), people);
        changedAtMs = Math.max(changedAtMs, changedAt.getTime());
      }
      return { sums, changedAtMs };
    },
    async exits(scope, { siteId, date }) {
      const sums = new Map<Slot, number>();
      let changedAtMs = 0;
      let found: readonly Exit[];
      let after = '';
      do {
        const filter = { siteId, date, _id: { $gt: after } };
        found = await exits.find(scope, filter, { sort: { _id: 1 }, limit: PORTION });
        for (const { _id, at, people } of found) {
          after = _id;
          add(sums, slotOf(at), people);
          changedAtMs = Math.max(changedAtMs, at.getTime());
        }
      } while (found.length === PORTION);
      return { sums, changedAtMs };
    },
  };
}

function add(sums: Map<Slot, number>, slot: Slot, people: number): void {
  sums.set(slot, (sums.get(slot) ?? 0) + people);
}
