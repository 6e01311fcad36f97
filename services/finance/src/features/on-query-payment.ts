// Timer: a payment that nobody has confirmed is asked for at the provider (FIN-02). A provider that does not answer sets the timer
// again instead of using up the message's tries: the question stays until there is an answer.
import { queryPayment } from '@tongpiao/contracts';
import { ContractBreach, TransientError } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import { isAwaitingPayer } from '../payment/payment.policy.ts';
import type { Payments, ProviderWork } from './provider-work.ts';

export function onQueryPayment(
  foundation: Foundation,
  payments: Payments,
  work: ProviderWork,
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, queryPayment))
      throw new ContractBreach('finance.unexpected-message', message.definition.type);
    const { paymentId } = message.envelope.data;
    const scope = foundation.scopeOf(message.envelope);
    const found = await payments.load(scope, paymentId);
    if (found === undefined) return;
    try {
      if (isAwaitingPayer(found.state)) await work.ask(scope, paymentId, found.state);
      else await work.settle(scope, paymentId, found.state);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      foundation.logger.warn({ paymentId, code: error.code }, 'payment could not be asked for; asking again later');
      await payments.handle(scope, paymentId, { type: 'ReportUnpaid', at: foundation.clock().toISOString() });
    }
  };
}
