// GET /api/v1/events?subject=order:<id>: the order's life as server-sent events; data is what its GET answers (PLA-33).
import { DomainError } from '@tongpiao/kernel';
import { events, route, type Foundation, type Route, type Waiters } from '@tongpiao/service-shell';
import { z } from 'zod';
import { mayTouchOrder, OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { orderView } from '../order/order-view.ts';
import type { Orders } from '../stores.ts';
import { readOrder, type OrderParts } from './get-order.ts';

/** A quiet stream looks again now and then, in case a wake was lost. */
const LOOK_AGAIN_MS = 20_000;
const STREAM_MAX_MS = 3_600_000;
const OVER = new Set(['rejected', 'expired', 'cancelled', 'refunded']);

export function followEvents(
  foundation: Foundation,
  parts: OrderParts & { readonly orders: Orders; readonly waiters: Waiters },
): Route {
  return route({
    method: 'get',
    path: '/api/v1/events',
    summary: 'Follows an order; event ids are journal sequences, so Last-Event-ID continues where a reader left off.',
    tags: ['orders'],
    access: OWNER_OR_STAFF,
    query: z.strictObject({ subject: z.string().regex(/^order:ord_[0-9a-z]{10,60}$/, 'order:<order id>') }),
    responses: { 200: events(orderView, 'The order after each change.') },
    async handler(context) {
      const orderId = context.query.subject.slice('order:'.length);
      const first = await mayTouchOrder(context, parts.orders, orderId, foundation.clock());
      return {
        status: 200,
        stream: async (sink) => {
          const end = Date.now() + STREAM_MAX_MS;
          let told = seqOf(sink.lastEventId);
          let toldPlace: number | undefined;
          while (!sink.signal.aborted && Date.now() < end) {
            // Listening begins before the look, so that a change in between is not missed.
            const changed = parts.waiters.waitFor(orderId, LOOK_AGAIN_MS, sink.signal);
            const snapshot = await parts.orders.load(first.scope, orderId);
            if (snapshot === undefined || snapshot.state.status === 'none')
              throw new DomainError('platform.not-found', 'There is no such order.');
            const inLine = snapshot.state.status === 'placed';
            if (snapshot.seq > told || inLine) {
              const data = await readOrder(first.scope, parts, orderId, snapshot.state);
              // In line, a step forward is news although the order itself has not changed.
              const place = data.waiting?.position;
              if (snapshot.seq > told || place !== toldPlace) sink.send({ id: snapshot.seq, event: 'order', data });
              told = snapshot.seq;
              toldPlace = place;
            }
            if (OVER.has(snapshot.state.status)) return;
            await changed;
          }
        },
      };
    },
  });
}

/** What is no sequence of ours tells nothing: the reader gets the order as it is. */
function seqOf(lastEventId: string | undefined): number {
  return lastEventId !== undefined && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : -1;
}
