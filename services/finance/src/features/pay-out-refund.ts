// POST /api/v1/refunds/{id}/payout: a clerk has handed over the cash of a refund (FIN-02). Until then the books owe it, and nobody is told
// that it is done; twice is harmless, and the first who did it stays on record.
import { DomainError } from '@tongpiao/kernel';
import { nameOf, route, type Foundation, type Route } from '@tongpiao/service-shell';
import type { Payments } from './provider-work.ts';
import { refundView, viewRefund } from './refund-view.ts';

export function payOutRefund({ clock }: Foundation, payments: Payments): Route {
  return route({
    method: 'post',
    path: '/api/v1/refunds/:id/payout',
    summary: 'Records that the cash of a refund was handed over.',
    tags: ['payments'],
    access: { permission: 'finance:refunds:pay-out' },
    problems: ['finance.refund-unknown', 'finance.refund-not-cash'],
    responses: { 200: refundView },
    async handler(context) {
      const scope = context.scope();
      const refundId = context.params.id;
      const [found] = await payments.find(scope, { 'state.refunds.id': refundId }, { limit: 1 });
      if (found === undefined) throw new DomainError('finance.refund-unknown', 'There is no such refund.');
      const { state } = await payments.handle(
        scope,
        found.id,
        { type: 'PayOutRefund', refundId, by: nameOf(context.principal), at: clock().toISOString() },
        { request: { key: `${context.callerKey}/${context.idempotencyKey}`, fingerprint: context.fingerprint } },
      );
      const refund = state.status === 'none' ? undefined : state.refunds.find(({ id }) => id === refundId);
      if (state.status === 'none' || refund === undefined) throw new Error('a refund vanished');
      return { status: 200, body: viewRefund(found.id, state, refund) };
    },
  });
}
