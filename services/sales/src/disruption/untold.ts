// Who holds a ticket for a disrupted session and was not told: all of them when it is cancelled, those sold last when it has fewer
// places, for as many people as have none (INV-20).
import type { Filter, Scope, Snapshot } from '@tongpiao/persistence';
import type { RightState } from '../right/right.ts';
import type { Rights } from '../stores.ts';
import type { Cursor, Disruption } from './disruption.ts';
import { STEP_TICKETS } from '../pace/pace.ts';

/** What can still come in. Whoever is in already when there are fewer places has found room. */
const CAN_COME = { cancelled: ['issued', 'checked_in', 'frozen'], reduced: ['issued', 'frozen'] } as const;

/** @param after where an earlier step has come to; left out: from the newest ticket on */
export async function untoldTickets(
  rights: Rights,
  scope: Scope,
  id: string,
  disruption: Disruption,
  { after, limit = STEP_TICKETS }: { after?: Cursor | undefined; limit?: number } = {},
): Promise<readonly Snapshot<RightState>[]> {
  const wanted = disruption.places === undefined ? Number.POSITIVE_INFINITY : disruption.places - disruption.people;
  if (wanted <= 0) return [];
  const found = await rights.find(
    scope,
    { ...untoldFilter(id, disruption), ...(after === undefined ? {} : behind(after)) },
    { sort: { 'state.soldAt': -1, _id: 1 }, limit },
  );
  return upToPeople(found, wanted);
}

/** A reduction leaves alone whom an earlier one has found; a cancellation is for everybody. */
export function untoldFilter(id: string, { sessionId, kind }: Disruption): Filter {
  return {
    'state.sessionId': sessionId,
    'state.status': { $in: CAN_COME[kind] },
    ...(kind === 'reduced' ? { 'state.offer': { $exists: false } } : { 'state.offer.disruptionId': { $ne: id } }),
  };
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
