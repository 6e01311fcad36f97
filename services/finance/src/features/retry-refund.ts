// POST /api/v1/refunds/{id}/retry: a person has another go at money that did not find its way back. What failed or was refused is asked
// for anew; of what nobody knows about, the provider is asked once more. A retry of what is under way or done changes nothing.
import { DomainError, TransientError } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import type { LivePayment, PaymentState, Refund } from '../payment/payment.ts';
import type { Payments, ProviderWork } from './provider-work.ts';
import { refundView, viewRefund } from './refund-view.ts';

export function retryRefund({ clock, logger }: Foundation, payments: Payments, work: ProviderWork): Route {
  async function atProvider(scope: Scope, id: string, state: LivePayment, refund: Refund): Promise<PaymentState> {
    try {
      return refund.status === 'abnormal'
        ? await work.askForRefund(scope, id, state, refund.id)
        : await work.sendRefund(scope, id, state, refund.id);
    } catch (error) {
      if (!(error instanceof TransientError) && !(error instanceof DomainError)) throw error;
      // What was retried is written down, and its timer asks until there is an answer; of the others nothing has changed.
      logger.warn({ paymentId: id, refundId: refund.id, code: error.code }, 'the provider has not answered a retry');
      return state;
    }
  }

  return route({
    method: 'post',
    path: '/api/v1/refunds/:id/retry',
    summary: 'Tries a refund again that failed, was refused, or of which nobody knows.',
    tags: ['payments'],
    access: { permission: 'finance:refunds:retry' },
    problems: ['finance.refund-unknown', 'finance.refund-not-possible'],
    responses: {
      200: refundView.describe('It is done, or it failed again: the status says so.'),
      202: refundView.describe('It is under way.'),
    },
    async handler(context) {
      const scope = context.scope();
      const refundId = context.params.id;
      const [found] = await payments.find(scope, { 'state.refunds.id': refundId }, { limit: 1 });
      if (found === undefined) throw unknown();
      const { id } = found;
      const { state, repeated } = await payments.handle(
        scope,
        id,
        { type: 'RetryRefund', refundId, at: clock().toISOString() },
        { request: { key: `${context.callerKey}/${context.idempotencyKey}`, fingerprint: context.fingerprint } },
      );
      const written = refundIn(state, refundId);
      const after = repeated ? state : await atProvider(scope, id, written.state, written.refund);
      const now = refundIn(after, refundId);
      const body = viewRefund(id, now.state, now.refund);
      const underWay = body.status === 'requested' || body.status === 'accepted';
      return underWay ? { status: 202, body } : { status: 200, body };
    },
  });
}

function refundIn(state: PaymentState, refundId: string): { state: LivePayment; refund: Refund } {
  const refund = state.status === 'none' ? undefined : state.refunds.find(({ id }) => id === refundId);
  if (state.status === 'none' || refund === undefined) throw unknown();
  return { state, refund };
}

function unknown(): DomainError {
  return new DomainError('finance.refund-unknown', 'There is no such refund.');
}
