// Inventory has granted or refused the order's places.
// duplicate: the message id is known · late (the order has ended): a granted hold is let go · early: cannot be, the order is stored
// before its request leaves · crash after commit or publish: the outbox says the rest.
import { holdGranted, holdRejected } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { Orders } from '../stores.ts';
import type { TicketIssuer } from './issue-tickets.ts';

export const HOLD_ANSWERS = [holdGranted, holdRejected] as const;

export function onHoldAnswered(
  foundation: Foundation,
  orders: Orders,
  issue: TicketIssuer,
): (message: Received) => Promise<void> {
  return async (message) => {
    const scope = foundation.scopeOf(message.envelope);
    const messageId = message.envelope.id;
    if (isMessage(message, holdGranted)) {
      const { orderId } = message.envelope.data;
      const { state } = await orders.handle(
        scope,
        orderId,
        { type: 'GrantHold', at: foundation.clock().toISOString() },
        { messageId },
      );
      // Nothing to pay: the order is paid by being granted.
      if (state.status === 'paid') await issue(scope, orderId);
    } else if (isMessage(message, holdRejected)) {
      const { orderId, reason, sessionId, available } = message.envelope.data;
      const reasonData = {
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(available === undefined ? {} : { available }),
      };
      await orders.handle(scope, orderId, { type: 'RejectHold', reason, reasonData }, { messageId });
    } else throw new ContractBreach('sales.unexpected-message', message.definition.type);
  };
}
