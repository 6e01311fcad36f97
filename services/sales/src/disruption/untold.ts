// Who holds a ticket for a disrupted session and was not told: all of them when it is cancelled, those sold last when it has fewer
// places, for as many people as have none (INV-20). Of a cancelled one also who was let in before its start, and whose ticket expired
// while the news was on its way.
import type { Filter, Scope, Snapshot } from '@tongpiao/persistence';
import type { RightState } from '../right/right.ts';
import type { Rights } from '../stores.ts';
import type { Cursor, Disruption } from './disruption.ts';
import { USED_IN_VAIN } from './undecided.ts';

/** What can still come in, or could leave and come again. Whoever is in already when there are fewer places has found room. */
const CAN_COME = { cancelled: ['issued', 'checked_in', 'frozen'], reduced: ['issued', 'frozen'] } as const;

/** Tickets of one order were sold at the same moment; it has at most so many. */
const ORDER_TICKETS_MAX = 500;

/**
 * Whole orders, so that each is told once: what was sold at the moment of the last one found is found, too.
 * @param after where an earlier step has come to; left out: from the newest ticket on
 */
export async function untoldTickets(
  rights: Rights,
  scope: Scope,
  id: string,
  disruption: Disruption,
  after: Cursor | undefined,
  limit: number,
): Promise<readonly Snapshot<RightState>[]> {
  const wanted = peopleLeft(disruption);
  if (wanted <= 0) return [];
  const untold = untoldFilter(id, disruption);
  const sort = { 'state.soldAt': -1, _id: 1 } as const;
  const next = after === undefined ? untold : { $and: [untold, behind(after)] };
  const page = await rights.find(scope, next, { sort, limit });
  const last = page.at(-1);
  if (last === undefined || last.state.status === 'none') return [];
  const rest = { ...untold, 'state.soldAt': last.state.soldAt, _id: { $gt: last.id } };
  return upToPeople([...page, ...(await rights.find(scope, rest, { sort, limit: ORDER_TICKETS_MAX }))], wanted);
}

/** Whether there is anybody to be told. */
export async function someUntold(rights: Rights, scope: Scope, id: string, disruption: Disruption): Promise<boolean> {
  return peopleLeft(disruption) > 0 && (await rights.count(scope, untoldFilter(id, disruption), 1)) > 0;
}

/** Below zero where more was taken back than is untold: that many who were told may stay. */
function peopleLeft({ places, people, restored = [] }: Disruption): number {
  if (places === undefined) return Number.POSITIVE_INFINITY;
  return places - people - restored.reduce((sum, one) => sum + one.places, 0);
}

/** A reduction leaves alone whom an earlier one has found; a cancellation is for everybody. */
export function untoldFilter(id: string, disruption: Disruption): Filter {
  const { sessionId, kind } = disruption;
  const canCome = { 'state.status': { $in: CAN_COME[kind] } };
  if (kind === 'reduced') return { 'state.sessionId': sessionId, ...canCome, 'state.offer': { $exists: false } };
  const goodThen = { 'state.status': 'expired', 'state.validUntil': { $gt: cancelledAtOf(disruption) } };
  return {
    'state.sessionId': sessionId,
    'state.offer.disruptionId': { $ne: id },
    $or: [canCome, USED_IN_VAIN, goodThen],
  };
}

/** Work that was begun by an older version knows only when it was heard of, which is later. */
export function cancelledAtOf({ decidedAt, begunAt }: Pick<Disruption, 'decidedAt' | 'begunAt'>): string {
  return decidedAt ?? begunAt;
}

export function behind({ soldAt, id }: Cursor): Filter {
  return { $or: [{ 'state.soldAt': { $lt: soldAt } }, { 'state.soldAt': soldAt, _id: { $gt: id } }] };
}

/** The first of them, until they are as many people as wanted. */
export function upToPeople(found: readonly Snapshot<RightState>[], wanted: number): readonly Snapshot<RightState>[] {
  let people = 0;
  return found.filter(({ state }) => {
    if (state.status === 'none' || people >= wanted) return false;
    people += state.admits;
    return true;
  });
}
