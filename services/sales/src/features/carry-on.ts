// What an order needs as soon as its money and places are there: a paid order its tickets, a settled exchange its new ticket. Whoever
// has just changed the order calls it; the order's own timers call it again after a crash.
import type { Scope } from '@tongpiao/persistence';
import type { OrderState } from '../order/order.ts';
import type { TicketExchanger } from './carry-out-exchange.ts';
import type { TicketIssuer } from './issue-tickets.ts';

export type CarryOn = (scope: Scope, orderId: string, state: OrderState) => Promise<void>;

export function createCarryOn(parts: { issue: TicketIssuer; exchange: TicketExchanger }): CarryOn {
  return async (scope, orderId, state) => {
    if (state.status === 'none') return;
    if (state.status === 'paid') await parts.issue(scope, orderId);
    for (const { id, status } of state.exchanges) {
      if (status === 'replacing') await parts.exchange(scope, orderId, id);
    }
  };
}
