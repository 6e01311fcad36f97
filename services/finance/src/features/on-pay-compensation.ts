// finance.compensation.pay: money for what went wrong, over the payment of the order (REI-52, FIN-12).
// duplicate: the compensation has its payment, the payment has its refund, `[]` both times · late: the same · early: there is no payment to
// wait for, it is refused and told · crash in between: it comes again and goes on where it was · two instances: one write places it.
import { payCompensation } from '@tongpiao/contracts';
import { ContractBreach, fen } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { Carrier } from '../compensation/compensation.decider.ts';
import type { Compensations } from '../compensation/compensation.store.ts';
import { refundable } from '../payment/payment.policy.ts';
import type { Payments, ProviderWork } from './provider-work.ts';

/** Payments that one order has begun, an exchange's included. */
const PAYMENTS_MAX = 50;

type Parts = { readonly compensations: Compensations; readonly payments: Payments; readonly work: ProviderWork };

export function onPayCompensation(
  foundation: Foundation,
  { compensations, payments, work }: Parts,
): (message: Received) => Promise<void> {
  async function carriersOf(scope: Scope, orderId: string): Promise<readonly Carrier[]> {
    const found = await payments.find(scope, { 'state.orderId': orderId }, { limit: PAYMENTS_MAX });
    return found.flatMap(({ id, state }) =>
      state.status === 'captured' ? [{ paymentId: id, left: refundable(state) }] : [],
    );
  }

  return async (message) => {
    if (!isMessage(message, payCompensation))
      throw new ContractBreach('finance.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { compensationId, orderId, about, approvedBy } = envelope.data;
    const scope = foundation.scopeOf(envelope);
    const amount = fen(envelope.data.amount);
    const { state } = await compensations.handle(
      scope,
      compensationId,
      {
        type: 'PlaceCompensation',
        facts: { orderId, amount, about, approvedBy },
        carriers: await carriersOf(scope, orderId),
      },
      { messageId: envelope.id },
    );
    if (state.status !== 'placed') return;
    const { paymentId } = state;
    const at = foundation.clock().toISOString();
    const refund = {
      type: 'RequestRefund',
      refundId: compensationId,
      amount: state.amount,
      reason: 'compensation',
      at,
    } as const;
    const { state: payment } = await payments.handle(scope, paymentId, refund);
    if (payment.status !== 'none') await work.sendRefund(scope, paymentId, payment, compensationId);
  };
}
