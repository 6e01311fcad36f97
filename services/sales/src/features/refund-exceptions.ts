// Refunds beyond the rules as those who decide see them (SAL-51): the list, one of them, the decision, and taking one back. Whoever may
// only ask sees their own.
import { DomainError } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { may, route, type Foundation, type RequestContext, type Route, type Waiters } from '@tongpiao/service-shell';
import { z } from 'zod';
import { mayTouchOrder, OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import type { ProductCatalogue } from '../product/product-catalogue.ts';
import { exceptionView, viewException } from '../refund-exception/exception-view.ts';
import { SMALL_UP_TO } from '../refund-exception/refund-exception.decider.ts';
import type { ExceptionCommand, RefundException } from '../refund-exception/refund-exception.ts';
import type { Orders, RefundExceptions } from '../stores.ts';

const PAGE = 50;
const CURSOR = /^\d{4}-\d\d-\d\dT[\d:.]+Z~[\w-]{3,80}$/;
const statuses = z.enum(['requested', 'approved', 'refused', 'withdrawn', 'done', 'failed']);

type Parts = {
  readonly exceptions: RefundExceptions;
  readonly orders: Orders;
  readonly catalogue: ProductCatalogue;
  readonly waiters: Waiters;
};
type Caller = Pick<RequestContext, 'principal'>;
type Seen = {
  readonly scope: Scope;
  readonly id: string;
  readonly exception: RefundException;
  readonly staff: boolean;
};

const decides = ({ principal }: Caller): boolean =>
  may(principal, 'sales:refund-exceptions:approve') || may(principal, 'sales:refund-exceptions:approve-large');
const asks = ({ principal }: Caller): boolean => may(principal, 'sales:refund-exceptions:request');
const notFound = (): DomainError => new DomainError('platform.not-found', 'There is no such request.');

export function refundExceptions(foundation: Foundation, parts: Parts): readonly Route[] {
  const { exceptions } = parts;

  /** Staff of its tenant, the colleague who asked for it, the holder of the order; for everybody else there is none. */
  async function seen<Query, Body>(context: RequestContext<{ id: string }, Query, Body>): Promise<Seen> {
    const { id } = context.params;
    const staff = decides(context) || asks(context);
    const traveller = context.principal.type === 'user' && !staff;
    const looking = traveller
      ? context.scopeAcrossTenants('a traveller reads a request of their own')
      : context.scope();
    const found = await exceptions.load(looking, id);
    if (found === undefined || found.state.status === 'none') throw notFound();
    const exception = found.state;
    if (staff) {
      if (!decides(context) && exception.requestedBy !== context.callerKey) throw notFound();
      return { scope: looking, id, exception, staff };
    }
    const { scope } = await mayTouchOrder(context, parts.orders, exception.orderId, foundation.clock());
    return { scope, id, exception, staff };
  }

  /** How much whoever decides may decide, by the rules of the ticket's product. */
  async function mayUpTo(context: Caller, { productId }: RefundException): Promise<{ mayUpTo?: typeof SMALL_UP_TO }> {
    if (may(context.principal, 'sales:refund-exceptions:approve-large')) return {};
    const { product } = (await parts.catalogue.byIds([productId])).get(productId) ?? {};
    return { mayUpTo: product?.exceptions?.smallUpTo ?? SMALL_UP_TO };
  }

  /** With Prefer: wait=N until it was carried out. */
  async function carriedOut(
    context: Pick<RequestContext, 'waitMs' | 'signal'>,
    { scope, id, staff }: Seen,
    now: RefundException,
  ): Promise<z.input<typeof exceptionView>> {
    const probe = async (): Promise<RefundException | undefined> => {
      const state = (await exceptions.load(scope, id))?.state;
      return state === undefined || state.status === 'none' || state.status === 'approved' ? undefined : state;
    };
    const { waitMs, signal } = context;
    const later = now.status === 'approved' && waitMs > 0 ? await parts.waiters.until(id, probe, waitMs, signal) : now;
    return viewException(id, later ?? now, staff);
  }

  async function handled(at: Seen, command: ExceptionCommand, context: RequestContext): Promise<RefundException> {
    const request = { key: `${context.callerKey}:${context.idempotencyKey}`, fingerprint: context.fingerprint };
    const { state } = await exceptions.handle(at.scope, at.id, command, { request });
    if (state.status === 'none') throw notFound();
    return state;
  }

  return [
    route({
      method: 'get',
      path: '/api/v1/refund-exceptions',
      summary: 'Refunds beyond the rules, newest first: all for those who decide, their own for those who ask.',
      tags: ['refund exceptions'],
      access: {
        anyOf: [
          { permission: 'sales:refund-exceptions:approve' },
          { permission: 'sales:refund-exceptions:approve-large' },
          { permission: 'sales:refund-exceptions:request' },
        ],
      },
      query: z.strictObject({
        status: statuses.optional(),
        ticketNumber: z.string().min(3).max(40).optional(),
        cursor: z.string().regex(CURSOR).optional(),
      }),
      responses: { 200: z.object({ items: z.array(exceptionView), next: z.string().optional() }) },
      async handler(context) {
        const { status, ticketNumber, cursor } = context.query;
        const found = await exceptions.find(
          context.scope(),
          {
            ...(decides(context) ? {} : { 'state.requestedBy': context.callerKey }),
            ...(status === undefined ? {} : { 'state.status': status }),
            ...(ticketNumber === undefined ? {} : { 'state.ticketNumber': ticketNumber }),
            ...(cursor === undefined ? {} : olderThan(cursor)),
          },
          { sort: { 'state.requestedAt': -1, _id: -1 }, limit: PAGE },
        );
        const items = found.flatMap(({ id, state }) =>
          state.status === 'none' ? [] : [viewException(id, state, true)],
        );
        const last = items[items.length - 1];
        const next = items.length === PAGE && last !== undefined ? { next: `${last.requestedAt}~${last.id}` } : {};
        return { status: 200, body: { items, ...next } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/refund-exceptions/:id',
      summary: 'One refund beyond the rules, for staff and for the holder of its order.',
      tags: ['refund exceptions'],
      access: OWNER_OR_STAFF,
      responses: { 200: exceptionView },
      async handler(context) {
        const { id, exception, staff } = await seen(context);
        const headers = { 'Cache-Control': 'private, no-store' };
        return { status: 200, body: viewException(id, exception, staff), headers };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/refund-exceptions/:id/decision',
      summary: 'Approves or refuses; not one’s own, and by the amount.',
      description: 'With Prefer: wait=N the answer to an approval tells whether the ticket could be given back.',
      tags: ['refund exceptions'],
      access: {
        anyOf: [
          { permission: 'sales:refund-exceptions:approve' },
          { permission: 'sales:refund-exceptions:approve-large' },
        ],
      },
      waits: true,
      body: z.strictObject({ approve: z.boolean(), remark: z.string().trim().min(3).max(500) }),
      problems: ['sales.refund-exception-own', 'sales.refund-exception-too-large', 'sales.refund-exception-decided'],
      responses: { 200: exceptionView },
      async handler(context) {
        const at = await seen(context);
        const { approve, remark } = context.body;
        const command: ExceptionCommand = {
          type: 'DecideException',
          by: context.callerKey,
          approve,
          remark,
          at: foundation.clock().toISOString(),
          ...(await mayUpTo(context, at.exception)),
        };
        return { status: 200, body: await carriedOut(context, at, await handled(at, command, context)) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/refund-exceptions/:id/withdrawal',
      summary: 'Takes back what one has asked for, before it is decided.',
      tags: ['refund exceptions'],
      access: OWNER_OR_STAFF,
      problems: ['sales.refund-exception-not-yours', 'sales.refund-exception-decided'],
      responses: { 200: exceptionView },
      async handler(context) {
        const at = await seen(context);
        const by = context.callerKey;
        const command: ExceptionCommand = { type: 'WithdrawException', by, at: foundation.clock().toISOString() };
        return { status: 200, body: viewException(at.id, await handled(at, command, context), at.staff) };
      },
    }),
  ];
}

function olderThan(cursor: string): Record<string, unknown> {
  const [at = '', id = ''] = cursor.split('~');
  return { $or: [{ 'state.requestedAt': { $lt: at } }, { 'state.requestedAt': at, _id: { $lt: id } }] };
}
