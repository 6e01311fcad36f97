// finance.payment.request: opens a payment at the provider and writes it down. The first try does so with one write, after the
// provider has answered: until then the command itself, unacknowledged in its queue, is the record, and the provider knows the payment
// by its id. Any other try, and a first one that the provider does not answer, writes the request down first, so that it can be seen
// and closed while the provider is away.
import { requestPayment } from '@tongpiao/contracts';
import { ContractBreach, fen, TransientError } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import { refusalOf } from '../payment/payment.policy.ts';
import type { PaymentFacts } from '../payment/payment.ts';
import type { Openings } from './openings.ts';
import type { Payments, Providers, ProviderWork } from './provider-work.ts';

type Parts = {
  readonly foundation: Foundation;
  readonly payments: Payments;
  readonly providers: Providers;
  readonly work: ProviderWork;
  readonly openings: Openings;
  readonly production: boolean;
};

export function onRequestPayment(parts: Parts): (message: Received) => Promise<void> {
  const { foundation, payments, providers, work, openings, production } = parts;
  const available = new Set(providers.keys());
  return async (message) => {
    if (!isMessage(message, requestPayment))
      throw new ContractBreach('finance.unexpected-message', message.definition.type);
    const { envelope, attempt, redelivered } = message;
    const { paymentId, ...wanted } = envelope.data;
    const tenant = foundation.tenants.get(envelope.tenantid);
    if (tenant === undefined) throw new TransientError('finance.tenant-unknown', 'The tenant is not known here yet.');
    const scope = foundation.scopeOf(envelope);
    const at = foundation.clock().toISOString();
    const facts: PaymentFacts = { ...wanted, amount: fen(wanted.amount), requestedAt: at };
    const refusal = refusalOf({ ...facts, paymentId }, { production, demoTenant: tenant.demo, providers: available });
    const isFirstTry = attempt === 1 && !redelivered && refusal === undefined;
    const handled = await openings.during(paymentId, async () => {
      const payUrl = isFirstTry ? await work.openFirst(scope, paymentId, facts) : undefined;
      const command = { type: 'RequestPayment', facts, refusal, payUrl } as const;
      const written = await payments.handle(scope, paymentId, command, { expectNew: true });
      if (payUrl === undefined || written.events.length > 0) return written;
      // Somebody else wrote it down, and it may have ended since: then it must not stay open at the provider.
      return payments.handle(scope, paymentId, { type: 'OpenPayment', payUrl, at });
    });
    await work.settle(scope, paymentId, handled.state);
  };
}
