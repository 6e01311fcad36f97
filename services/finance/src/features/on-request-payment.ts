// finance.payment.request: the payment is written down first and opened at the provider second, so that a call-back always finds
// it. Killed in between, the command comes again and goes on from what is stored.
import { requestPayment } from '@tongpiao/contracts';
import { ContractBreach, fen, TransientError } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Foundation } from '@tongpiao/service-shell';
import { refusalOf } from '../payment/payment.policy.ts';
import type { Payments, Providers, ProviderWork } from './provider-work.ts';

type Parts = {
  readonly foundation: Foundation;
  readonly payments: Payments;
  readonly providers: Providers;
  readonly work: ProviderWork;
  readonly production: boolean;
};

export function onRequestPayment(parts: Parts): (message: Received) => Promise<void> {
  const { foundation, payments, providers, work, production } = parts;
  const available = new Set(providers.keys());
  return async (message) => {
    if (!isMessage(message, requestPayment))
      throw new ContractBreach('finance.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { paymentId, ...wanted } = envelope.data;
    const tenant = foundation.tenants.get(envelope.tenantid);
    if (tenant === undefined) throw new TransientError('finance.tenant-unknown', 'The tenant is not known here yet.');
    const scope = foundation.scopeOf(envelope);
    const amount = fen(wanted.amount);
    const { state } = await payments.handle(
      scope,
      paymentId,
      {
        type: 'RequestPayment',
        facts: { ...wanted, amount, requestedAt: foundation.clock().toISOString() },
        refusal: refusalOf(
          { paymentId, method: wanted.method, amount, takenBy: wanted.takenBy },
          { production, demoTenant: tenant.demo, providers: available },
        ),
      },
      { expectNew: true },
    );
    await work.settle(scope, paymentId, state);
  };
}
