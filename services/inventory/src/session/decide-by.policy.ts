// How long holders of a disrupted session may choose between their money and another session: so many hours, but never past the
// session's start, because then there is nothing left to choose about; with a session that has begun the money goes back at once.
export const DECIDE_WITHIN_HOURS = 48;
/** A month: nobody should wait longer for money that is theirs. */
export const DECIDE_WITHIN_HOURS_MAX = 720;

const HOUR_MS = 3_600_000;

/** @returns an instant, RFC 3339 */
export function decideByOf(now: Date, withinHours: number, startsAt: string): string {
  const wanted = now.getTime() + withinHours * HOUR_MS;
  return new Date(Math.max(now.getTime(), Math.min(wanted, new Date(startsAt).getTime()))).toISOString();
}
