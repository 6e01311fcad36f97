// The day of a manifest: today at the site, with the neighbouring days. A session's validity reaches at most a day before and after it
// (SAL-03), so tickets of three days can be good today.
import { addDays, instantOf, localDateOf, localTime, type LocalDate } from '@tongpiao/kernel';
import type { ManifestDay } from './manifest-rows.ts';

const MIDNIGHT = localTime('00:00');

export function dayOfSite(siteId: string, date: LocalDate, timeZone: string): ManifestDay {
  return {
    siteId,
    date,
    dates: [addDays(date, -1), date, addDays(date, 1)],
    from: instantOf(date, MIDNIGHT, timeZone).toISOString(),
    until: instantOf(addDays(date, 1), MIDNIGHT, timeZone).toISOString(),
  };
}

export function manifestDay(siteId: string, now: Date, timeZone: string): ManifestDay {
  return dayOfSite(siteId, localDateOf(now, timeZone), timeZone);
}
