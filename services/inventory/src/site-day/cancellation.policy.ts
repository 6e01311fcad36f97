// What cancelling a session does to the counters (INV-21). Nobody comes to it, so its places are no part of what the day may take (INV-05):
// the day lets go of them in the same write, and whoever holds a ticket for it can exchange it within a day that was full. Returns,
// releases and late payments of the session move its own counters from then on, and the day's no more.
//
// session is ↓ \ the day is →  bounded                                   not bounded
// ahead                        its held and sold places leave the day    a limit that is named later does not count them
// begun                        counted until they come back: people      the same
//                              are inside, who were let in for this day
// cancelled                    as it is                                  as it is
//
// What was cancelled before there was this rule is counted by its day until it comes back, like a session that had begun.
import type { Counters, SessionCounters, SiteDay } from './site-day.ts';

/** @param startsAt of the session, RFC 3339 */
export function cancelledIn(
  { day }: Pick<SiteDay, 'day'>,
  session: SessionCounters,
  startsAt: string,
  now: Date,
): { readonly counters: SessionCounters; readonly day: Counters | undefined } {
  if (session.status === 'cancelled') return { counters: session, day };
  const counters = { ...session, status: 'cancelled' as const };
  if (new Date(startsAt) <= now) return { counters, day };
  return { counters: { ...counters, outsideDay: true }, day: day === undefined ? undefined : without(day, session) };
}

function without(day: Counters, { held, sold }: SessionCounters): Counters {
  return { ...day, available: day.available + held + sold, held: day.held - held, sold: day.sold - sold };
}
