// Whether an order still counts against a claim that it took. An order without tickets counts as a whole; one with tickets counts
// where a living ticket of it has that document, session or day: one that was given back or exchanged makes room again.
import { isLiving } from '../right/right.decider.ts';
import type { RightState } from '../right/right.ts';
import type { OrderState } from '../order/order.ts';
import type { Orders, Rights } from '../stores.ts';
import type { HolderFates } from './claim.store.ts';

const UNPAID: ReadonlySet<OrderState['status']> = new Set(['placed', 'holding', 'awaiting_payment']);
const LIVE: ReadonlySet<OrderState['status']> = new Set([...UNPAID, 'paid']);
/** An order has at most 20 lines of at most 500 places; claims are per document, so far fewer are met. */
const RIGHTS_MAX = 2_000;

export function orderFates(orders: Orders, rights: Rights): HolderFates {
  return async (scope, orderIds, wish) => {
    const found = await orders.find(scope, { _id: { $in: orderIds } }, { limit: orderIds.length });
    const withTickets =
      wish.counts === 'live' ? found.filter(({ state }) => 'tickets' in state).map(({ id }) => id) : [];
    const living =
      withTickets.length === 0
        ? []
        : (await rights.find(scope, { 'state.orderId': { $in: withTickets } }, { limit: RIGHTS_MAX })).map(
            ({ state }) => state,
          );
    return new Map(
      found.map(({ id, state }) => {
        const counts =
          wish.counts === 'unpaid'
            ? UNPAID.has(state.status)
            : LIVE.has(state.status) ||
              living.some((right) => right.status !== 'none' && right.orderId === id && isAbout(wish.key, right)) ||
              isExchangingTo(wish.key, state);
        return [id, counts ? 'counts' : 'over'] as const;
      }),
    );
  };
}

/** Keys are written in place-order.ts and exchange-ticket.ts: `session-document:<session>:<document>`, `day-document:<type>:<day>:<document>`. */
function isAbout(key: string, right: RightState): boolean {
  if (!isLiving(right) && right.status !== 'used' && right.status !== 'frozen') return false;
  const document = right.traveller?.idNumber.index ?? '';
  return (
    key === `session-document:${right.sessionId}:${document}` ||
    key === `day-document:${right.ticketTypeId}:${right.date}:${document}`
  );
}

function isExchangingTo(key: string, order: OrderState): boolean {
  if (order.status === 'none') return false;
  return order.exchanges.some(
    ({ status, line }) =>
      status !== 'done' && status !== 'failed' && key.startsWith(`session-document:${line.sessionId}:`),
  );
}
