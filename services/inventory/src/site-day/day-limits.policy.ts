// What bounds all sessions of a site on one day together (INV-05). Whoever has a say names a limit of their own, a calendar its
// `dayCapacity`, identity the site's daily maximum, and the tightest counts. Held and sold places stay: where the limit is below them
// nothing is free, what comes back goes first, and `available + held + sold = capacity` holds all the while (INV-11).
//
// limits say ↓ \ day is →  not bounded             bounded, room above what is taken   bounded, less than what is taken
// nothing                  stays so                bounded no more                     bounded no more
// at least what is taken   bounded by it           moved to it                         moved to it, free again
// less than what is taken  full, over by the rest  full, over by the rest              full, over by the rest
import type { Counters, DayLimits, SiteDay } from './site-day.ts';

/** What identity says of the site. */
export const SITE_LIMIT = 'site';
/** A day that was bounded before it was written down by whom. */
const EARLIER_LIMIT = 'earlier';

function tightest(limits: DayLimits): number | undefined {
  const values = Object.values(limits);
  return values.length === 0 ? undefined : Math.min(...values);
}

/** Limits as they lie on the document, with some of them said anew; undefined takes one back. */
function limitsAfter(
  before: Pick<SiteDay, 'day' | 'limits'>,
  said: Readonly<Record<string, number | undefined>>,
): DayLimits {
  const known = before.limits ?? (before.day === undefined ? {} : { [EARLIER_LIMIT]: before.day.capacity });
  return named({ ...known, ...said });
}

/** Without those who name none. */
export function named(limits: Readonly<Record<string, number | undefined>>): DayLimits {
  return Object.fromEntries(
    Object.entries(limits).flatMap(([by, limit]) => (limit === undefined ? [] : [[by, limit] as const])),
  );
}

/** The limits and counters that follow from what is said; undefined where it is so already. */
export function bounding(
  before: Pick<SiteDay, 'day' | 'limits' | 'sessions'>,
  said: Readonly<Record<string, number | undefined>>,
): { readonly limits: DayLimits; readonly day: Counters | undefined } | undefined {
  const limits = limitsAfter(before, said);
  const day = boundedDay(before, limits);
  const same =
    limitsKey(limits) === limitsKey(before.limits ?? {}) &&
    before.day?.capacity === day?.capacity &&
    before.day?.available === day?.available;
  return same ? undefined : { limits, day };
}

function limitsKey(limits: DayLimits): string {
  return JSON.stringify(Object.entries(limits).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The day's counters under these limits. A day that was not bounded counts what its sessions have given out, but for cancelled ones. */
export function boundedDay(
  { day, sessions }: Pick<SiteDay, 'day' | 'sessions'>,
  limits: DayLimits,
): Counters | undefined {
  const limit = tightest(limits);
  if (limit === undefined) return undefined;
  const all = Object.values(sessions).filter(({ outsideDay }) => outsideDay !== true);
  const held = day?.held ?? all.reduce((sum, session) => sum + session.held, 0);
  const sold = day?.sold ?? all.reduce((sum, session) => sum + session.sold, 0);
  const capacity = Math.max(limit, held + sold);
  return { capacity, available: capacity - held - sold, held, sold };
}

/** Places that were given out beyond the limit before it was lowered: only sessions that are reduced, with a plan, bring it down. */
export function overOf({ day, limits = {} }: Pick<SiteDay, 'day' | 'limits'>): number {
  const limit = tightest(limits);
  return day === undefined || limit === undefined ? 0 : Math.max(0, day.held + day.sold - limit);
}

/** Places that the day still has: where it is over its limit, what has come back since is not free. */
export function roomOfDay({ day, limits }: Pick<SiteDay, 'day' | 'limits'>): number {
  if (day === undefined) return Infinity;
  const limit = limits === undefined ? undefined : tightest(limits);
  return limit === undefined ? day.available : Math.max(0, Math.min(day.available, limit - day.held - day.sold));
}
