// POST /api/v1/orders/{id}/payments: the order asks finance for a payment. The answer waits until the payer has something to do (a
// page to pay at) or, where nothing is left to do (cash, sandbox), until the tickets are there.
import { paymentMethodSchema } from '@tongpiao/contracts';
import { DomainError, formatId } from '@tongpiao/kernel';
import { derivedBytes, may, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { mayTouchOrder, OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { money } from '../order/order-view.ts';
import type { OrderWaiting } from '../order/order-waiting.ts';
import type { LiveOrder, OrderPayment } from '../order/order.ts';
import type { Orders } from '../stores.ts';

const paymentView = z.object({
  id: z.string(),
  orderId: z.string(),
  orderStatus: z.string(),
  method: paymentMethodSchema,
  status: z.enum(['requested', 'opened', 'captured', 'failed', 'closed']),
  amount: money,
  payUrl: z.string().optional(),
});

type Parts = { readonly orders: Orders; readonly waiting: OrderWaiting; readonly production: boolean };

export function requestPayment(foundation: Foundation, parts: Parts): Route {
  const idKey = foundation.vault.serviceKey('payment-ids');
  return route({
    method: 'post',
    path: '/api/v1/orders/:id/payments',
    summary: 'Starts a payment for the whole order.',
    tags: ['orders'],
    access: OWNER_OR_STAFF,
    waits: true,
    body: z.strictObject({ method: paymentMethodSchema }),
    problems: [
      'sales.order-not-payable-yet',
      'sales.order-already-paid',
      'sales.order-ended',
      'sales.method-not-allowed',
      'sales.too-many-payments',
    ],
    responses: { 201: paymentView, 202: paymentView },
    async handler(context) {
      const now = foundation.clock();
      const { method } = context.body;
      const { scope, snapshot, order } = await mayTouchOrder(context, parts.orders, context.params.id, now, 'recall');
      const { principal } = context;
      if (method === 'cash' && !may(principal, 'sales:payments:cash'))
        throw new DomainError('platform.forbidden', 'Only a clerk takes cash.');
      if (method === 'sandbox' && (parts.production || foundation.tenants.get(snapshot.tenantId)?.demo !== true)) {
        throw new DomainError('sales.method-not-allowed', 'The sandbox pays for demo tenants only.', { method });
      }
      const paymentId = formatId<'Payment'>(
        'pay',
        scope.tenantId,
        derivedBytes(idKey, `${context.callerKey}|${snapshot.id}`, 'payment', context.idempotencyKey).subarray(0, 12),
      );
      const known = order.payments.find(({ id }) => id === paymentId);
      if (known !== undefined && known.method !== method)
        throw new DomainError('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
      const takenBy = method === 'cash' && principal.type === 'user' ? { takenBy: principal.id } : {};
      const command = { type: 'RequestPayment', paymentId, method, at: now.toISOString(), ...takenBy } as const;
      const handled = known === undefined ? (await parts.orders.handle(scope, snapshot.id, command)).state : order;
      if (handled.status === 'none') throw new Error('an order vanished');
      const isSettled = settledFor(paymentId, method);
      const settled =
        context.waitMs === 0 || isSettled(handled)
          ? handled
          : ((await parts.waiting.until(scope, snapshot.id, isSettled, context.waitMs, context.signal)) ?? handled);
      const payment = settled.payments.find(({ id }) => id === paymentId);
      if (payment === undefined) throw new Error('a payment was requested and is not there');
      const given = {
        body: view(snapshot.id, settled, payment),
        headers: { Location: `/api/v1/orders/${snapshot.id}` },
      };
      return isSettled(settled) ? { status: 201, ...given } : { status: 202, ...given };
    },
  });
}

function settledFor(paymentId: string, method: OrderPayment['method']): (order: LiveOrder) => boolean {
  return (order) => {
    const status = order.payments.find(({ id }) => id === paymentId)?.status;
    if (
      order.status === 'fulfilled' ||
      status === 'failed' ||
      status === 'closed' ||
      order.status === 'expired' ||
      order.status === 'cancelled'
    )
      return true;
    return method !== 'cash' && method !== 'sandbox' && status === 'opened';
  };
}

function view(orderId: string, order: LiveOrder, payment: OrderPayment): z.input<typeof paymentView> {
  const { id, method, status, amount, payUrl } = payment;
  return {
    id,
    orderId,
    orderStatus: order.status,
    method,
    status,
    amount: { amount, currency: 'CNY' },
    ...(payUrl === undefined ? {} : { payUrl }),
  };
}
