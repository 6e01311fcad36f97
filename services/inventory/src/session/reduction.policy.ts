// What lowering a session below what is taken does to its counters, whoever decides it: one person, or two (INV-20).
import { DomainError } from '@tongpiao/kernel';
import { reducedTo, targetOf, unplannedOf, withPlan } from '../site-day/capacity.policy.ts';
import type { SessionCounters } from '../site-day/site-day.ts';

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
