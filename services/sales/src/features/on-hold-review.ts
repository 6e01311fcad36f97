// Inventory asks what became of the order behind a hold that is long past its time; the answer is the command that was missed.
import { envelopeOf, releaseHold, reviewHold } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { Orders } from '../stores.ts';

export function onHoldReview(foundation: Foundation, orders: Orders): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, reviewHold)) throw new ContractBreach('sales.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { holdId, orderId } = envelope.data;
    const scope = foundation.scopeOf(envelope);
    const snapshot = await orders.load(scope, orderId);
    if (snapshot === undefined) {
      // No such order was ever stored: nobody will pay for these places.
      const id = `${envelope.id}:answer`;
      const facts = {
        id,
        source: 'sales',
        subject: holdId,
        time: foundation.clock(),
        tenantId: scope.tenantId,
        cause: envelope,
      };
      const answer = envelopeOf(releaseHold.type, facts, { holdId, orderId, reason: 'rejected' as const });
      await foundation.broker.publisher.publish({ kind: 'command', envelope: answer });
      return;
    }
    await orders.handle(scope, orderId, { type: 'ReviewHold', holdId }, { messageId: envelope.id });
  };
}
