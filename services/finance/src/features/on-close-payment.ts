// finance.payment.close: the wish is written down, then the payment is closed at the provider; or it turns out to be paid.
// A closing that overtakes its request, or whose request never came, is answered as well: the order must not wait for ever.
import { closePayment } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { Payments, ProviderWork } from './provider-work.ts';

export function onClosePayment(
  foundation: Foundation,
  payments: Payments,
  work: ProviderWork,
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, closePayment))
      throw new ContractBreach('finance.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { paymentId, orderId } = envelope.data;
    const scope = foundation.scopeOf(envelope);
    const at = foundation.clock().toISOString();
    const { state } = await payments.handle(
      scope,
      paymentId,
      { type: 'ClosePayment', orderId, at },
      { messageId: envelope.id },
    );
    await work.settle(scope, paymentId, state);
  };
}
