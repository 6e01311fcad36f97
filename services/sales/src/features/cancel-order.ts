// POST /api/v1/orders/{id}/cancellation: before it is paid, an order can be cancelled; an open payment is closed at the provider first.
import { may, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { mayTouchOrder, OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { orderView, viewOrder } from '../order/order-view.ts';
import type { OrderWaiting } from '../order/order-waiting.ts';
import { DomainError } from '@tongpiao/kernel';
import type { LiveOrder } from '../order/order.ts';
import type { RefundIds } from '../order/refund-ids.ts';
import type { Orders } from '../stores.ts';

export function cancelOrder(
  foundation: Foundation,
  parts: { orders: Orders; waiting: OrderWaiting; refundIds: RefundIds },
): Route {
  return route({
    method: 'post',
    path: '/api/v1/orders/:id/cancellation',
    summary: 'Cancels an order that is not paid.',
    tags: ['orders'],
    access: OWNER_OR_STAFF,
    waits: true,
    problems: ['sales.order-already-paid', 'sales.order-ended'],
    responses: { 200: orderView, 202: orderView },
    async handler(context) {
      const now = foundation.clock();
      // Cancelling twice is cancelled: the state itself makes a retry safe.
      const { scope, snapshot, staff } = await mayTouchOrder(context, parts.orders, context.params.id, now);
      if (staff && !may(context.principal, 'sales:orders:cancel'))
        throw new DomainError('platform.forbidden', 'Cancelling needs a permission.');
      const { state } = await parts.orders.handle(scope, snapshot.id, {
        type: 'CancelOrder',
        at: now.toISOString(),
        by: staff ? 'staff' : 'customer',
        refundId: parts.refundIds.ofPrepayment(snapshot.tenantId, snapshot.id),
      });
      if (state.status === 'none') throw new Error('an order vanished');
      const ended =
        state.status === 'cancelled'
          ? state
          : ((await parts.waiting.until(scope, snapshot.id, isOver, context.waitMs, context.signal)) ?? state);
      const given = {
        body: viewOrder(snapshot.id, snapshot.tenantId, ended, new Map()),
        headers: { Location: `/api/v1/orders/${snapshot.id}` },
      };
      return isOver(ended) ? { status: 200, ...given } : { status: 202, ...given };
    },
  });
}

/** Still waiting for what is open at the provider to be closed. */
const isOver = ({ status }: LiveOrder): boolean => status !== 'awaiting_payment' && status !== 'placed';
