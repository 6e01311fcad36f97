// The day of a manifest: today at the site, with the neighbouring days. A session's validity reaches at most a day before and after it
// (SAL-03), so tickets of three days can be good today.
import { addDays, instantOf, localDateOf, localTime } from '@tongpiao/kernel';
import type { ManifestDay } from './manifest-rows.ts';

const MIDNIGHT = localTime('00:00');

export function manifestDay(siteId: string, now: Date, timeZone: string): ManifestDay {
  const date = localDateOf(now, timeZone);
  return {
    siteId,
    date,
    dates: [addDays(date, -1), date, addDays(date, 1)],
    from: instantOf(date, MIDNIGHT, timeZone).toISOString(),
    until: instantOf(addDays(date, 1), MIDNIGHT, timeZone).toISOString(),
  };
}
