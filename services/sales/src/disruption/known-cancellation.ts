// A session counts as cancelled from the moment sales knows of it, told or not: telling thousands takes minutes, who was paid late is told
// later still, and meanwhile nobody pays for giving back what does not take place (SAL-52).
import type { Scope } from '@tongpiao/persistence';
import type { Offer, SoldRight } from '../right/right.ts';
import type { Disruptions } from '../stores.ts';

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
  return { disruptionId: first.id, kind: 'cancelled', decideBy: first.state.decideBy };
}

/** The ticket as its holder may deal with it. */
export async function asOffered(disruptions: Disruptions, scope: Scope, right: SoldRight): Promise<SoldRight> {
  if (right.offer?.kind === 'cancelled') return right;
  const offer = await cancellationOf(disruptions, scope, right.sessionId);
  return offer === undefined ? right : { ...right, offer };
}
