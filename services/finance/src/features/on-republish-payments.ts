// finance.payment.republish: the current state of every payment, told to the queue that asks, rate-bounded.
import { paymentReported, republishPayments } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import { republish, type Foundation } from '@tongpiao/service-shell';
import { reportOf } from '../payment/payment.messages.ts';
import type { Payments } from './provider-work.ts';

export function onRepublishPayments(foundation: Foundation, payments: Payments): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, republishPayments))
      throw new ContractBreach('finance.unexpected-message', message.definition.type);
    await republish(foundation, payments, message.envelope, paymentReported, ({ id, state }) =>
      state.status === 'none' ? undefined : reportOf(id, state),
    );
  };
}
