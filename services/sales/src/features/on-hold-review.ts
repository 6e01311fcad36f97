// Inventory asks what became of the order behind a hold that is long past its time; the answer is the command that was missed.
import { reviewHold } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import { say } from '@tongpiao/persistence';
import { releaseHold } from '@tongpiao/contracts';
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
      const { definition, data } = say(releaseHold, { holdId, orderId, reason: 'rejected' });
      await foundation.broker.publisher.publish({
        kind: 'command',
        envelope: {
          ...envelope,
          id: `${envelope.id}:answer`,
          type: definition.type,
          source: 'sales',
          causationid: envelope.id,
          time: foundation.clock().toISOString(),
          data,
        },
      });
      return;
    }
    await orders.handle(scope, orderId, { type: 'ReviewHold' }, { messageId: envelope.id });
  };
}
