// Which tickets are being exchanged at the moment. Their orders know; neither the end of their session nor the deadline of its cancellation
// takes a ticket from under an exchange that may turn out paid (SAL-53).
import type { Scope, Snapshot } from '@tongpiao/persistence';
import type { RightState } from '../right/right.ts';
import type { Orders } from '../stores.ts';

/** @returns ids of rights */
export async function exchanging(
  orders: Orders,
  scope: Scope,
  tickets: readonly Snapshot<RightState>[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(tickets.flatMap(({ state }) => (state.status === 'none' ? [] : [state.orderId])))];
  const found = await orders.find(scope, { _id: { $in: ids } }, { limit: ids.length });
  const underWay = found.flatMap(({ state }) => (state.status === 'none' ? [] : state.exchanges));
  return new Set(
    underWay.filter(({ status }) => status !== 'done' && status !== 'failed').map(({ rightId }) => rightId),
  );
}
