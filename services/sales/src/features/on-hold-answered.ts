// Inventory has granted, refused or queued places: those of an order, or the new place of an exchange.
// duplicate: the message id is known · late (the order or the exchange has ended): a granted hold is let go · early: cannot be, both
// are stored before their request leaves · crash after commit or publish: the outbox says the rest.
import { holdGranted, holdQueued, holdRejected } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { OrderCommand } from '../order/order.ts';
import type { RefundIds } from '../order/refund-ids.ts';
import type { Orders } from '../stores.ts';
import type { CarryOn } from './carry-on.ts';

export const HOLD_ANSWERS = [holdGranted, holdRejected, holdQueued] as const;

export function onHoldAnswered(
  foundation: Foundation,
  parts: { orders: Orders; carryOn: CarryOn; refundIds: RefundIds },
): (message: Received) => Promise<void> {
  function commandOf(message: Received): OrderCommand {
    const { tenantid } = message.envelope;
    if (isMessage(message, holdGranted))
      return { type: 'GrantHold', holdId: message.envelope.data.holdId, at: foundation.clock().toISOString() };
    if (isMessage(message, holdQueued)) {
      const { holdId, position } = message.envelope.data;
      return { type: 'QueueHold', holdId, position };
    }
    if (isMessage(message, holdRejected)) {
      const { holdId, orderId, reason, sessionId, available } = message.envelope.data;
      const reasonData = {
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(available === undefined ? {} : { available }),
      };
      const refundId = parts.refundIds.ofPrepayment(tenantid, orderId);
      return { type: 'RejectHold', holdId, reason, reasonData, refundId };
    }
    throw new ContractBreach('sales.unexpected-message', message.definition.type);
  }

  return async (message) => {
    const scope = foundation.scopeOf(message.envelope);
    const { orderId } = message.envelope.data as { orderId: string };
    const { state } = await parts.orders.handle(scope, orderId, commandOf(message), { messageId: message.envelope.id });
    await parts.carryOn(scope, orderId, state);
  };
}
