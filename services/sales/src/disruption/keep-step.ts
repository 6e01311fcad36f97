// One step of letting people stay whom inventory has taken back (INV-20): a reduction was undone, whole or in part, so as many fewer have to
// go, and who was told hears at once that the ticket is good, not only at the deadline. The newest go first, so the oldest stay, whichever reduction
// found them. A ticket whose exchange is under way, or that is being replaced, gets its turn in a later look or at the deadline.
import type { Scope } from '@tongpiao/persistence';
import { paced, stepTickets, type Foundation } from '@tongpiao/service-shell';
import { z } from 'zod';
import { exchanging } from '../order/exchanges-under-way.ts';
import type { Disruption } from './disruption.ts';
import { createKeep } from './keep.ts';
import { spared } from './still-to-go.policy.ts';
import { peopleToGo, reductionsOf } from './still-to-go.ts';
import { isSold, type TellParts } from './tell-step.ts';

/** Who has not chosen yet; a frozen ticket chooses when it is replaced. */
const UNDECIDED = ['issued', 'frozen'];
const summed = z.array(z.object({ people: z.number() })).max(1);

export function createKeepStep(foundation: Foundation, parts: TellParts) {
  const { disruptions, orders, rights } = parts;
  const keep = createKeep(foundation, parts);

  /** @returns whether tickets were kept: there may be more of them */
  return async (scope: Scope, disruption: Disruption): Promise<boolean> => {
    const { sessionId } = disruption;
    const reductions = await reductionsOf(disruptions, scope, sessionId);
    if (reductions.every(({ restored = [] }) => restored.length === 0)) return false;
    // Whoever is being sent home is counted anew there.
    const byId = new Map(reductions.flatMap((one) => (one.status === 'returning' ? [] : [[one.id, one] as const])));
    const offered = {
      'state.sessionId': sessionId,
      'state.offer.kind': 'reduced',
      'state.status': { $in: UNDECIDED },
    };
    const sum = { $group: { _id: null, people: { $sum: '$state.admits' } } };
    const told = summed.parse(await rights.aggregate(scope, [{ $match: offered }, sum]))[0]?.people ?? 0;
    const toGo = await peopleToGo(parts, scope, disruption);
    if (told <= toGo) return false;
    const sort = { 'state.soldAt': 1, _id: -1 } as const;
    const oldest = (await rights.find(scope, offered, { sort, limit: stepTickets(parts.pulse.slowed()) })).filter(
      isSold,
    );
    const leaving = await exchanging(orders, scope, oldest);
    const staying = spared(
      told,
      toGo,
      oldest.filter(({ id }) => !leaving.has(id)),
    );
    const stay = Map.groupBy(
      staying.filter(({ state }) => state.status === 'issued'),
      ({ state }) => `${state.orderId} ${state.offer?.disruptionId ?? ''}`,
    );
    let kept = false;
    await paced(
      [...stay.values()],
      async (tickets) => {
        const own = byId.get(tickets[0]?.state.offer?.disruptionId ?? '');
        if (own !== undefined && (await keep(scope, own, tickets))) kept = true;
      },
      parts.pulse,
    );
    return kept;
  };
}
