// One exchange by itself: how far it is, and taking it back before it is settled. The ticket stays as it was.
import { DomainError } from '@tongpiao/kernel';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { mayTouchOrder, OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import type { Exchange } from '../order/exchange.ts';
import { exchangeView, viewExchange } from '../order/order-view.ts';
import type { OrderWaiting } from '../order/order-waiting.ts';
import type { LiveOrder } from '../order/order.ts';
import type { Orders } from '../stores.ts';
import { mayExchange } from './exchange-ticket.ts';

/** Whoever exchanges a ticket for a customer sees it to its end, whoever sold it. */
const FOR_CUSTOMERS = { permission: 'sales:exchanges:create' } as const;

export function settleExchange(
  foundation: Foundation,
  parts: { orders: Orders; waiting: OrderWaiting },
): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/orders/:id/exchanges/:exchangeId',
      summary: 'How far an exchange is.',
      tags: ['tickets'],
      access: OWNER_OR_STAFF,
      responses: { 200: exchangeView },
      async handler(context) {
        const { id, exchangeId } = context.params;
        const { snapshot, order } = await mayTouchOrder(context, parts.orders, id, foundation.clock(), FOR_CUSTOMERS);
        return {
          status: 200,
          body: viewExchange(snapshot.id, exchangeOf(order, exchangeId)),
          headers: { 'Cache-Control': 'private, no-store' },
        };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/orders/:id/exchanges/:exchangeId/cancellation',
      summary: 'Takes back an exchange that is not settled.',
      tags: ['tickets'],
      access: OWNER_OR_STAFF,
      waits: true,
      problems: ['sales.exchange-settled'],
      responses: { 200: exchangeView, 202: exchangeView },
      async handler(context) {
        const { id, exchangeId } = context.params;
        const now = foundation.clock();
        const { scope, snapshot, order, staff } = await mayTouchOrder(context, parts.orders, id, now, FOR_CUSTOMERS);
        mayExchange(context, staff);
        exchangeOf(order, exchangeId);
        const command = { type: 'EndExchange', exchangeId, reason: 'cancelled', at: now.toISOString() } as const;
        const { state } = await parts.orders.handle(scope, snapshot.id, command);
        if (state.status === 'none') throw new Error('an order vanished');
        const isOver = (order: LiveOrder): boolean => exchangeOf(order, exchangeId).status === 'failed';
        const ended =
          isOver(state) || context.waitMs === 0
            ? state
            : ((await parts.waiting.until(scope, snapshot.id, isOver, context.waitMs, context.signal)) ?? state);
        const given = { body: viewExchange(snapshot.id, exchangeOf(ended, exchangeId)) };
        return isOver(ended) ? { status: 200, ...given } : { status: 202, ...given };
      },
    }),
  ];
}

function exchangeOf(order: LiveOrder, exchangeId: string): Exchange {
  const exchange = order.exchanges.find(({ id }) => id === exchangeId);
  if (exchange === undefined) throw new DomainError('platform.not-found', 'There is no such exchange.');
  return exchange;
}
