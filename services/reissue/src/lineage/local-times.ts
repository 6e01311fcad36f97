// Instants as people at the site read them: 2026-11-30 10:00:05.

/** @param timeZone IANA name */
export function localTimes(timeZone: string): (at: string) => string {
  // Swedish dates are ISO 8601.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (at) => format.format(new Date(at));
}
