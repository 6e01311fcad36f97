// Timer: a refund whose end is not known is asked for at the provider, with growing gaps, until there is an answer (FIN-02).
import { queryRefund } from '@tongpiao/contracts';
import { ContractBreach, TransientError } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import type { Payments, ProviderWork } from './provider-work.ts';

export function onQueryRefund(
  foundation: Foundation,
  payments: Payments,
  work: ProviderWork,
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, queryRefund))
      throw new ContractBreach('finance.unexpected-message', message.definition.type);
    const { paymentId, refundId } = message.envelope.data;
    const scope = foundation.scopeOf(message.envelope);
    const found = await payments.load(scope, paymentId);
    if (found === undefined || found.state.status === 'none') return;
    try {
      await work.askForRefund(scope, paymentId, found.state, refundId);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      foundation.logger.warn({ paymentId, refundId, code: error.code }, 'refund is not known yet; asking again later');
      const at = foundation.clock().toISOString();
      const attempt = found.state.refunds.find(({ id }) => id === refundId)?.attempt ?? 1;
      await payments.handle(scope, paymentId, { type: 'ReportRefundPending', refundId, attempt, at });
    }
  };
}
