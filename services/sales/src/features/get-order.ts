// GET /api/v1/orders/{id}: the order with its payments and tickets; GET /api/v1/orders lists those that the caller may see.
import { orderStatusSchema } from '@tongpiao/contracts';
import { DomainError, parsePhone } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { etagOf, InvalidRequest, may, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { mayTouchOrder, OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { orderView, viewOrder, type OrderView } from '../order/order-view.ts';
import type { LiveOrder } from '../order/order.ts';
import type { RightState } from '../right/right.ts';
import type { Orders, Rights } from '../stores.ts';
import type { WaitingLines } from '../waiting-line/waiting-lines.store.ts';

const PAGE = 50;

export type OrderParts = { readonly rights: Rights; readonly lines: WaitingLines };

/** The order as its GET answers it, with the state of each ticket. */
export async function readOrder(scope: Scope, parts: OrderParts, id: string, order: LiveOrder): Promise<OrderView> {
  const found = new Map<string, RightState>();
  if ('tickets' in order) {
    const ids = order.tickets.map(({ rightId }) => rightId);
    for (const right of await parts.rights.find(scope, { _id: { $in: ids } }, { limit: ids.length }))
      found.set(right.id, right.state);
  }
  const sessionId = order.status === 'placed' ? order.lines[0]?.sessionId : undefined;
  const position = sessionId === undefined ? undefined : await parts.lines.positionOf(scope, sessionId, id);
  return viewOrder(id, scope.tenantId, order, found, position);
}

export function getOrder(foundation: Foundation, parts: OrderParts & { readonly orders: Orders }): Route {
  return route({
    method: 'get',
    path: '/api/v1/orders/:id',
    summary: 'One order with its lines, payments and tickets.',
    tags: ['orders'],
    access: OWNER_OR_STAFF,
    responses: { 200: orderView },
    async handler(context) {
      const { scope, snapshot, order } = await mayTouchOrder(
        context,
        parts.orders,
        context.params.id,
        foundation.clock(),
      );
      const body = await readOrder(scope, parts, snapshot.id, order);
      // Tickets and lines have lives of their own, which the order's version does not tell.
      const etag = body.tickets.length > 0 || body.status === 'placed' ? {} : { ETag: etagOf(snapshot.version) };
      return { status: 200, body, headers: { ...etag, 'Cache-Control': 'private, no-store' } };
    },
  });
}

export function listOrders(foundation: Foundation, orders: Orders): Route {
  return route({
    method: 'get',
    path: '/api/v1/orders',
    summary: 'Orders of the tenant for staff, own orders for travellers, newest first.',
    tags: ['orders'],
    access: 'authenticated',
    query: z.strictObject({
      status: orderStatusSchema.optional(),
      phone: z.string().max(30).optional().describe('Staff only: finds by the contact’s phone.'),
      cursor: z.string().max(120).optional(),
    }),
    problems: ['sales.cursor-invalid'],
    responses: { 200: z.object({ items: z.array(orderView), next: z.string().optional() }) },
    async handler(context) {
      const { principal, query } = context;
      const any = may(principal, 'sales:orders:read-any');
      const own = may(principal, 'sales:orders:read');
      const self = principal.type === 'user' || principal.type === 'apiKey' ? principal.id : '';
      const scope = any || own ? context.scope() : context.scopeAcrossTenants('a traveller lists their own orders');
      const mine = any ? {} : own ? { 'state.clerkId': self } : { 'state.userId': self };
      if (query.phone !== undefined && !any)
        throw new DomainError('platform.forbidden', 'Only staff who see every order find orders by a phone.');
      const phone = query.phone === undefined ? undefined : readPhone(query.phone);
      const byPhone =
        phone === undefined
          ? {}
          : { 'state.contact.phone.index': await foundation.vault.blindIndex(scope, 'phone', phone) };
      const byStatus = query.status === undefined ? {} : { 'state.status': query.status };
      const after = query.cursor === undefined ? {} : olderThan(query.cursor);
      const found = await orders.find(
        scope,
        { ...mine, ...byPhone, ...byStatus, ...after },
        { sort: { 'state.placedAt': -1, _id: -1 }, limit: PAGE },
      );
      // Whose orders were looked for, under the name that only we can make of a telephone (PLA-21).
      for (const index of Object.values(byPhone))
        await foundation.trail.record(scope, 'read', `phone:${index}`, { orders: found.length });
      const items = found.flatMap(({ id, tenantId, state }) =>
        state.status === 'none' ? [] : [viewOrder(id, tenantId, state, new Map())],
      );
      const last = items[items.length - 1];
      return {
        status: 200,
        body: {
          items,
          ...(items.length === PAGE && last !== undefined ? { next: `${last.placedAt}~${last.id}` } : {}),
        },
      };
    },
  });
}

/** A filter that cannot be read is refused: left out, it would show everybody's orders. */
function readPhone(text: string): string {
  const parsed = parsePhone(text);
  if (parsed.ok) return parsed.phone;
  const message = { zh: '手机号码无效', en: 'not a phone number that can receive SMS' };
  throw new InvalidRequest([{ in: 'query', field: 'phone', message }]);
}

/** Many orders may be placed in one millisecond: the id decides among them. */
function olderThan(cursor: string): Record<string, unknown> {
  const [placedAt = '', id = ''] = cursor.split('~');
  if (!z.iso.datetime({ offset: true }).safeParse(placedAt).success || id === '')
    throw new DomainError('sales.cursor-invalid', 'This is no cursor of ours.');
  return { $or: [{ 'state.placedAt': { $lt: placedAt } }, { 'state.placedAt': placedAt, _id: { $lt: id } }] };
}
