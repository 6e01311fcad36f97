// The order's own timers: the time to pay, to wait or to settle an exchange is over; a paid order still has no tickets; a settled exchange
// still has the old one; money that was collected is to go back.
import { expireExchange, expireOrder, issueTickets, replaceTicket, sendOwedBack } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { RefundIds } from '../order/refund-ids.ts';
import type { Orders } from '../stores.ts';
import type { TicketExchanger } from './carry-out-exchange.ts';
import type { TicketIssuer } from './issue-tickets.ts';

export const ORDER_TIMERS = [expireOrder, issueTickets, expireExchange, replaceTicket, sendOwedBack] as const;

export function onOrderTimer(
  foundation: Foundation,
  parts: { orders: Orders; issue: TicketIssuer; exchange: TicketExchanger; refundIds: RefundIds },
): (message: Received) => Promise<void> {
  return async (message) => {
    const scope = foundation.scopeOf(message.envelope);
    const at = foundation.clock().toISOString();
    const messageId = message.envelope.id;
    if (isMessage(message, expireOrder)) {
      const { orderId } = message.envelope.data;
      const refundId = parts.refundIds.ofPrepayment(scope.tenantId, orderId);
      await parts.orders.handle(scope, orderId, { type: 'ExpireOrder', at, refundId }, { messageId });
    } else if (isMessage(message, expireExchange)) {
      const { orderId, exchangeId } = message.envelope.data;
      const command = { type: 'EndExchange', exchangeId, reason: 'expired', at } as const;
      await parts.orders.handle(scope, orderId, command, { messageId });
    } else if (isMessage(message, sendOwedBack))
      await parts.orders.handle(scope, message.envelope.data.orderId, { type: 'SendOwedBack', at }, { messageId });
    else if (isMessage(message, issueTickets)) await parts.issue(scope, message.envelope.data.orderId);
    else if (isMessage(message, replaceTicket)) {
      const { orderId, exchangeId } = message.envelope.data;
      await parts.exchange(scope, orderId, exchangeId);
    } else throw new ContractBreach('sales.unexpected-message', message.definition.type);
  };
}
