// Mends counters of people that a crash left wrong (SAL-43): slot by slot it compares them with the records that they are counted from,
// and lets alone what is still moving. A site that has come to rest is looked at a minute later. Also looks at lights that nobody else looked at.
import { localDate, localDateOf, type TenantId } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { dayOfSite } from '../gate/manifest-day.ts';
import { SLOT_MS, type Counters, type Mending, type SiteCounters, type Slot } from './counters.store.ts';
import { occupancyId, type Occupancies } from './occupancy.store.ts';
import { backgroundScope, type SiteLights } from './site-lights.ts';
import type { OccupancyTruth, SlotSums } from './truth.store.ts';

type Parts = {
  readonly counters: SiteCounters;
  readonly occupancies: Occupancies;
  readonly truth: OccupancyTruth;
  readonly lights: SiteLights;
  readonly everywhere: Scope;
};

const MINUTE_MS = 60_000;
/** From the beginning of a slot: its ten minutes, and two more for whoever is being counted. */
const FINAL_AFTER_MS = 12 * MINUTE_MS;
/** Where nobody has come or gone for so long, whoever was being counted is counted, in the slot of this moment too. */
const QUIET_AFTER_MS = MINUTE_MS;
/** Reading 100,000 rights takes a second or two of the database, so not every minute. */
const AGAIN_AFTER_MS = 5 * MINUTE_MS;
const MOVED_WITHIN_MS = 40 * MINUTE_MS;
const OTHERWISE_AFTER_MS = 60 * MINUTE_MS;
const DAY_MS = 86_400_000;

/** @returns how many slots were mended */
export function createOccupancySweep(foundation: Foundation, parts: Parts): () => Promise<number> {
  const { clock, tenants, logger, metrics } = foundation;
  const { counters, occupancies, truth, lights, everywhere } = parts;
  const mendedPeople = metrics.counter(
    'occupancy_mended_people_total',
    'People by whom counters of a site were wrong and were mended.',
  );

  async function check(found: Counters, now: Date): Promise<number> {
    const { siteId, date } = found;
    const tenantId = found.tenantId as TenantId;
    const scope = backgroundScope(tenantId, 'sweep of occupancy');
    const day = dayOfSite(siteId, localDate(date), tenants.require(tenantId).timeZone);
    const record = await occupancies.load(scope, occupancyId(siteId, date));
    const corrected = record === undefined || record.state.status === 'none' ? 0 : record.state.corrected;
    const [entries, exits] = [await truth.entries(scope, day), await truth.exits(scope, day)];
    const movedAtMs = Math.max(found.touchedAt.getTime(), entries.changedAtMs, exits.changedAtMs);
    const isQuiet = movedAtMs + QUIET_AFTER_MS <= now.getTime();
    const isFinal = (slot: Slot): boolean => isQuiet || Number(slot) * SLOT_MS + FINAL_AFTER_MS <= now.getTime();
    const slots = (settled: (slot: Slot) => boolean): readonly Mending[] => [
      ...differences('entries', found.entries, entries.sums, settled),
      ...differences('exits', found.exits, exits.sums, settled),
    ];
    const wrong: Mending[] = [
      ...slots(isFinal),
      ...(corrected === found.corrected ? [] : [{ of: 'corrected' as const, by: corrected - found.corrected }]),
    ];
    // Counters at rest beside records that are not: somebody was let in whom nobody has counted. That is looked at again at once.
    const isLagging =
      found.touchedAt.getTime() + QUIET_AFTER_MS <= now.getTime() && slots((slot) => !isFinal(slot)).length > 0;
    let mended = 0;
    for (const mending of wrong) {
      if (!(await counters.mend(scope, found, mending))) continue;
      mended += 1;
      mendedPeople.inc(Math.abs(mending.by));
      logger.warn({ siteId, date, ...mending }, 'people of a site were counted wrong; mended');
    }
    if (!isLagging) await counters.checked(scope, { siteId, date }, now);
    await lights.observe(tenantId, { siteId, date });
    return mended;
  }

  /** Limits change too, and nobody comes or goes by that. */
  async function lookAtLimited(now: Date): Promise<void> {
    for (const { tenantId, timeZone, sites } of tenants.all())
      for (const { id: siteId } of sites)
        if (lights.capacityOf(siteId) !== undefined)
          await lights.observe(tenantId as TenantId, { siteId, date: localDateOf(now, timeZone) });
  }

  return async () => {
    const now = clock();
    await lookAtLimited(now);
    const ago = (ms: number): Date => new Date(now.getTime() - ms);
    const found = await counters.unchecked(everywhere, {
      quietAfterMs: QUIET_AFTER_MS,
      quietSince: ago(QUIET_AFTER_MS),
      touchedSince: ago(MOVED_WITHIN_MS),
      touchedCheckedBefore: ago(AGAIN_AFTER_MS),
      // Yesterday in any zone.
      sinceDate: ago(2 * DAY_MS)
        .toISOString()
        .slice(0, 10),
      otherwiseCheckedBefore: ago(OTHERWISE_AFTER_MS),
    });
    let mended = 0;
    for (const counted of found) mended += await check(counted, now);
    return mended;
  };
}

export function differences(
  of: 'entries' | 'exits',
  counted: Readonly<Record<string, number>>,
  truth: SlotSums,
  isFinal: (slot: Slot) => boolean,
): readonly Mending[] {
  const all = new Set([...Object.keys(counted), ...truth.keys()]);
  return [...all].filter(isFinal).flatMap((slot) => {
    const by = (truth.get(slot) ?? 0) - (counted[slot] ?? 0);
    return by === 0 ? [] : [{ of, slot, by }];
  });
}
