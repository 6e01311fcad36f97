// Who holds a ticket for a disrupted session and was not told: all of them when it is cancelled, those sold last when it has fewer
// places, for as many people as have none (INV-20).
import type { Filter, Scope, Snapshot } from '@tongpiao/persistence';
import type { RightState } from '../right/right.ts';
import type { Disruptions, Rights } from '../stores.ts';
import type { Cursor, Disruption } from './disruption.ts';
import { STEP_TICKETS } from '../pace/pace.ts';

/** Reductions of one session; nobody reduces it more often than that. */
const OTHERS_MAX = 100;

/** What can still come in. Whoever is in already when there are fewer places has found room. */
const CAN_COME = { cancelled: ['issued', 'checked_in', 'frozen'], reduced: ['issued', 'frozen'] } as const;

/** @param after where an earlier step has come to; left out: from the newest ticket on */
export async function untoldTickets(
  stores: { readonly disruptions: Disruptions; readonly rights: Rights },
  scope: Scope,
  id: string,
  disruption: Disruption,
  { after, limit = STEP_TICKETS }: { after?: Cursor | undefined; limit?: number } = {},
): Promise<readonly Snapshot<RightState>[]> {
  const wanted = disruption.places === undefined ? Number.POSITIVE_INFINITY : disruption.places - disruption.people;
  if (wanted <= 0) return [];
  const newer = disruption.kind === 'reduced' ? await laterReductions(stores.disruptions, scope, disruption) : [];
  const found = await stores.rights.find(
    scope,
    { ...untoldFilter(id, disruption, newer), ...(after === undefined ? {} : behind(after)) },
    { sort: { 'state.soldAt': -1, _id: 1 }, limit },
  );
  return upToPeople(found, wanted);
}

export function untoldFilter(id: string, { sessionId, kind }: Disruption, alsoNot: readonly string[] = []): Filter {
  return {
    'state.sessionId': sessionId,
    'state.status': { $in: CAN_COME[kind] },
    'state.offer.disruptionId': { $nin: [id, ...alsoNot] },
  };
}

/** Tickets that a later reduction has taken over stay with it. */
async function laterReductions(
  disruptions: Disruptions,
  scope: Scope,
  { sessionId, sequence }: Disruption,
): Promise<readonly string[]> {
  const found = await disruptions.find(
    scope,
    { 'state.sessionId': sessionId, 'state.sequence': { $gt: sequence } },
    { limit: OTHERS_MAX },
  );
  return found.map((other) => other.id);
}

function behind({ soldAt, id }: Cursor): Filter {
  return { $or: [{ 'state.soldAt': { $lt: soldAt } }, { 'state.soldAt': soldAt, _id: { $gt: id } }] };
}

function upToPeople(found: readonly Snapshot<RightState>[], wanted: number): readonly Snapshot<RightState>[] {
  let people = 0;
  return found.filter(({ state }) => {
    if (state.status === 'none' || people >= wanted) return false;
    people += state.admits;
    return true;
  });
}
