// The order's own timers: the time to pay is over, or a paid order still has no tickets.
import { expireOrder, issueTickets } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { Orders } from '../stores.ts';
import type { TicketIssuer } from './issue-tickets.ts';

export const ORDER_TIMERS = [expireOrder, issueTickets] as const;

export function onOrderTimer(
  foundation: Foundation,
  orders: Orders,
  issue: TicketIssuer,
): (message: Received) => Promise<void> {
  return async (message) => {
    const scope = foundation.scopeOf(message.envelope);
    if (isMessage(message, expireOrder)) {
      await orders.handle(
        scope,
        message.envelope.data.orderId,
        { type: 'ExpireOrder', at: foundation.clock().toISOString() },
        { messageId: message.envelope.id },
      );
    } else if (isMessage(message, issueTickets)) await issue(scope, message.envelope.data.orderId);
    else throw new ContractBreach('sales.unexpected-message', message.definition.type);
  };
}
