// A right of ours was given back: its order records it and sends the money, by itself or with that of others (SAL-50).
// duplicate: the message id is known, and the order knows the refund · late and early: a right exists only after its order is fulfilled;
// NotYet until then, the retry rungs wait · crash before the write: it comes again · crash after: the outbox says the rest.
import { ticketRefunded } from '@tongpiao/contracts';
import { ContractBreach, fen } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { Orders } from '../stores.ts';

export function onTicketRefunded(foundation: Foundation, orders: Orders): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, ticketRefunded))
      throw new ContractBreach('sales.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { refundId, rightId, ticketNumber, orderId, fee, returned, reason, disruptionId, refundedAt } = envelope.data;
    await orders.handle(
      foundation.scopeOf(envelope),
      orderId,
      {
        type: 'ReturnTicket',
        returned: {
          refundId,
          rightId,
          number: ticketNumber,
          fee: fen(fee),
          returned: fen(returned),
          reason,
          at: refundedAt,
        },
        ...(disruptionId === undefined ? {} : { atDeadline: true as const }),
        at: foundation.clock().toISOString(),
      },
      { messageId: envelope.id },
    );
  };
}
