// What lowering a session below what is taken does to its counters, whoever decides it: one person, or two (INV-20). A day that is over
// its maximum lowers several of its sessions, each of them like one that is lowered by itself.
import { DomainError } from '@tongpiao/kernel';
import { reducedTo, targetOf, unplannedOf, withPlan } from '../site-day/capacity.policy.ts';
import { dayReduction } from '../site-day/day-reduction.policy.ts';
import type { SessionCounters, SiteDay } from '../site-day/site-day.ts';
import type { LiveSessionOfDay } from './session.ts';

/**
 * @returns the counters, and how many sold places sales has to look after
 * @throws DomainError when the session was cancelled, or has no more places than that
 */
export function lowered(
  counters: SessionCounters,
  capacity: number,
): { readonly counters: SessionCounters; readonly places: number } {
  const reduced = reducedTo(counters, capacity);
  if (reduced === 'cancelled')
    throw new DomainError('inventory.session-cancelled', 'The session was cancelled for good.');
  if (capacity >= targetOf(counters))
    throw new DomainError('inventory.capacity-not-lower', 'The session has no more places than that.', {
      capacity: targetOf(counters),
    });
  const places = unplannedOf(reduced);
  return { counters: withPlan(reduced, places), places };
}

type LoweredSession = ReturnType<typeof lowered> & {
  readonly session: LiveSessionOfDay;
  readonly capacity: number;
};

/**
 * @param at the day's date, and today's at the site
 * @param capacities where they were proposed: none of these sessions is lowered further, and no other one at all
 * @throws DomainError when the day is past, nothing is over that is not seen to already, or no session can give up places any more
 */
export function loweredDay(
  siteDay: SiteDay,
  sessions: readonly LiveSessionOfDay[],
  at: { readonly now: Date; readonly today: string; readonly date: string },
  capacities?: ReadonlyMap<string, number>,
): readonly LoweredSession[] {
  if (at.date < at.today) throw new DomainError('inventory.day-past', 'The day is past.', { date: at.date });
  const plan = dayReduction(siteDay, sessions, at.now, capacities);
  const { over, going } = plan;
  if (over === going)
    throw new DomainError('inventory.day-not-over', 'Nothing is over that is not seen to.', { over, going });
  const giving = new Map(plan.sessions.map(({ id, capacity }) => [id, capacity]));
  const lower = sessions.flatMap((session) => {
    const counters = siteDay.sessions[session.id];
    const capacity = giving.get(session.id);
    return counters === undefined || capacity === undefined
      ? []
      : [{ session, capacity, ...lowered(counters, capacity) }];
  });
  if (lower.length === 0)
    throw new DomainError('inventory.no-session-ahead', 'No session can give up places any more.', { over });
  return lower;
}
