// A session counts as cancelled from the moment sales knows of it, told or not: telling thousands takes minutes, who was paid late is told
// later still, and meanwhile nobody pays for giving back what does not take place (SAL-52).
import type { Scope } from '@tongpiao/persistence';
import { LRUCache } from 'lru-cache';
import { withCancellation } from '../right/disrupted.policy.ts';
import type { Offer, SoldRight } from '../right/right.ts';
import type { Disruptions } from '../stores.ts';
import { cancelledAtOf } from './untold.ts';

/** What everybody is offered, or will be, who holds a ticket for one of these sessions, where it is cancelled. */
export async function cancellationOf(
  disruptions: Disruptions,
  scope: Scope,
  ...sessionIds: readonly string[]
): Promise<Offer | undefined> {
  // A second one of the same session is over as it begins.
  const [first] = await disruptions.find(
    scope,
    { 'state.sessionId': { $in: sessionIds }, 'state.kind': 'cancelled' },
    { sort: { 'state.begunAt': 1 }, limit: 1 },
  );
  if (first === undefined || first.state.status === 'none') return undefined;
  const { decideBy } = first.state;
  return { disruptionId: first.id, kind: 'cancelled', decideBy, cancelledAt: cancelledAtOf(first.state) };
}

/** The ticket as its holder may deal with it. */
export async function asOffered(disruptions: Disruptions, scope: Scope, right: SoldRight): Promise<SoldRight> {
  if (right.offer?.kind === 'cancelled') return right;
  return withCancellation(right, await cancellationOf(disruptions, scope, right.sessionId));
}

/** Whoever pays within a second of the cancellation is as early as whoever paid a second before, and gets the money back like them. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 5_000;

/** Whether one of these sessions is known to be cancelled, for each payment of a sale: that none is holds for a second. */
export function createCancellationLook(
  disruptions: Disruptions,
): (scope: Scope, sessionIds: readonly string[]) => Promise<boolean> {
  const takePlace = new LRUCache<string, true>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });
  disruptions.onCommit(() => {
    takePlace.clear();
  });
  return async (scope, sessionIds) => {
    const unsure = sessionIds.filter((id) => takePlace.get(id) === undefined);
    if (unsure.length === 0) return false;
    if ((await cancellationOf(disruptions, scope, ...unsure)) !== undefined) return true;
    for (const id of unsure) takePlace.set(id, true);
    return false;
  };
}
