// Whether an order still counts against a claim that it took.
import type { HolderFates } from './claim.store.ts';
import type { Orders } from '../stores.ts';
import type { OrderState } from '../order/order.ts';

const UNPAID: ReadonlySet<OrderState['status']> = new Set(['holding', 'awaiting_payment']);
const LIVE: ReadonlySet<OrderState['status']> = new Set(['holding', 'awaiting_payment', 'paid', 'fulfilled']);

export function orderFates(orders: Orders): HolderFates {
  return async (scope, orderIds, counts) => {
    const counting = counts === 'unpaid' ? UNPAID : LIVE;
    const found = await orders.find(scope, { _id: { $in: orderIds } }, { limit: orderIds.length });
    return new Map(found.map(({ id, state }) => [id, counting.has(state.status) ? 'counts' : 'over'] as const));
  };
}
