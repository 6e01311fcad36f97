// finance.payment.refund: the refund is written down with its share of the capture set aside, then asked for at the provider.
import { refundPayment } from '@tongpiao/contracts';
import { ContractBreach, fen } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { Payments, ProviderWork } from './provider-work.ts';

export function onRefundPayment(
  foundation: Foundation,
  payments: Payments,
  work: ProviderWork,
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, refundPayment))
      throw new ContractBreach('finance.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { paymentId, refundId, amount, reason } = envelope.data;
    const scope = foundation.scopeOf(envelope);
    const at = foundation.clock().toISOString();
    const { state } = await payments.handle(
      scope,
      paymentId,
      { type: 'RequestRefund', refundId, amount: fen(amount), reason, at },
      { messageId: envelope.id },
    );
    if (state.status !== 'none') await work.sendRefund(scope, paymentId, state, refundId);
  };
}
