// POST /api/v1/reissue-applications/{id}/payments: the fee is paid through finance, as an order is (REI-22). The answer waits until the
// payer has something to do, or, where nothing is left to do (cash, sandbox), until the fee is paid.
import { paymentMethodSchema } from '@tongpiao/contracts';
import { DomainError, formatId } from '@tongpiao/kernel';
import { derivedBytes, may, route, type Foundation, type Route, type Waiters } from '@tongpiao/service-shell';
import { z } from 'zod';
import { APPLICANT_OR_STAFF, seenApplication } from '../access/may-see-application.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import type { LiveApplication } from '../application/application.ts';
import type { Applications } from '../stores.ts';

const body = z.strictObject({ method: paymentMethodSchema });
type Parts = { readonly applications: Applications; readonly waiters: Waiters; readonly production: boolean };

export function payFee(foundation: Foundation, { applications, waiters, production }: Parts): Route {
  const idKey = foundation.vault.serviceKey('payment-ids');
  return route({
    method: 'post',
    path: '/api/v1/reissue-applications/:id/payments',
    summary: 'Starts a payment of the fee.',
    tags: ['reissue'],
    access: APPLICANT_OR_STAFF,
    waits: true,
    body,
    problems: [
      ...['reissue.no-fee-due', 'reissue.fee-paid', 'reissue.too-many-payments', 'reissue.no-more-payments'],
      ...['reissue.method-not-allowed', 'reissue.case-ended'],
    ],
    responses: { 201: applicationView, 202: applicationView },
    async handler(context) {
      const { method } = context.body;
      const { principal } = context;
      const { scope, id, staff, open } = await seenApplication(
        context,
        applications,
        foundation.clock(),
        context.params.id,
      );
      if (method === 'cash' && !may(principal, 'sales:payments:cash'))
        throw new DomainError('platform.forbidden', 'Only a clerk takes cash.');
      if (method === 'sandbox' && (production || foundation.tenants.get(scope.tenantId)?.demo !== true))
        throw new DomainError('reissue.method-not-allowed', 'The sandbox pays for demo tenants only.', { method });
      const bytes = derivedBytes(idKey, `${context.callerKey}|${id}|${method}`, 'payment', context.idempotencyKey);
      const paymentId = formatId<'Payment'>('pay', scope.tenantId, bytes.subarray(0, 12));
      const takenBy = method === 'cash' && principal.type === 'user' ? { takenBy: principal.id } : {};
      const at = foundation.clock().toISOString();
      const { state } = await applications.handle(scope, id, {
        type: 'RequestPayment',
        paymentId,
        method,
        at,
        ...takenBy,
        ...(staff ? { helped: true } : {}),
      });
      if (state.status === 'none') throw new Error('an application vanished');
      const isSettled = settledFor(paymentId, method);
      const probe = async (): Promise<LiveApplication | undefined> => {
        const now = (await applications.load(scope, id))?.state;
        return now === undefined || now.status === 'none' || !isSettled(now) ? undefined : now;
      };
      const settled = isSettled(state) ? state : await waiters.until(id, probe, context.waitMs, context.signal);
      const given = {
        body: viewApplication(id, scope.tenantId, settled ?? state, staff, open),
        headers: { Location: `/api/v1/reissue-applications/${id}` },
      };
      return settled === undefined ? { status: 202, ...given } : { status: 201, ...given };
    },
  });
}

function settledFor(
  paymentId: string,
  method: z.output<typeof paymentMethodSchema>,
): (state: LiveApplication) => boolean {
  return (state) => {
    if (state.paidBy !== undefined || state.status !== 'fee_due') return true;
    const status = state.payments.find(({ id }) => id === paymentId)?.status;
    return status === 'failed' || status === 'closed' || (status === 'opened' && method !== 'sandbox');
  };
}
