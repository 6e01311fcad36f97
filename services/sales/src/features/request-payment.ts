// POST /api/v1/orders/{id}/payments: the order asks finance for a payment. The answer waits until the payer has something to do (a
// page to pay at) or, where nothing is left to do (cash, sandbox), until the tickets are there.
import type { SecretKey } from '@tongpiao/persistence';
import { paymentMethodSchema } from '@tongpiao/contracts';
import { DomainError, formatId } from '@tongpiao/kernel';
import { derivedBytes, may, route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { createCancellationLook } from '../disruption/known-cancellation.ts';
import { mayTouchOrder, OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { money } from '../order/order-view.ts';
import type { OrderWaiting } from '../order/order-waiting.ts';
import type { LiveOrder, OrderPayment } from '../order/order.ts';
import type { Disruptions, Orders } from '../stores.ts';

const paymentView = z.object({
  id: z.string(),
  orderId: z.string(),
  orderStatus: z.string(),
  exchangeId: z.string().optional(),
  method: paymentMethodSchema,
  status: z.enum(['requested', 'opened', 'captured', 'failed', 'closed']),
  amount: money,
  payUrl: z.string().optional(),
});

type Parts = {
  readonly orders: Orders;
  readonly disruptions: Disruptions;
  readonly waiting: OrderWaiting;
  readonly production: boolean;
};

const body = z.strictObject({ method: paymentMethodSchema });
const PAYMENT_PROBLEMS = [
  'sales.order-not-payable-yet',
  'sales.order-already-paid',
  'sales.order-ended',
  'sales.method-not-allowed',
  'sales.too-many-payments',
  'sales.session-cancelled',
] as const;

export function requestPayment(foundation: Foundation, parts: Parts): readonly Route[] {
  const idKey = foundation.vault.serviceKey('payment-ids');
  const pay = payer(foundation, parts, idKey, createCancellationLook(parts.disruptions));
  return [
    route({
      method: 'post',
      path: '/api/v1/orders/:id/payments',
      summary: 'Starts a payment for the whole order.',
      tags: ['orders'],
      access: OWNER_OR_STAFF,
      waits: true,
      body,
      problems: PAYMENT_PROBLEMS,
      responses: { 201: paymentView, 202: paymentView },
      handler: (context) => pay(context, undefined),
    }),
    route({
      method: 'post',
      path: '/api/v1/orders/:id/exchanges/:exchangeId/payments',
      summary: 'Pays what is due for an exchange.',
      tags: ['tickets'],
      access: OWNER_OR_STAFF,
      waits: true,
      body,
      problems: [...PAYMENT_PROBLEMS, 'sales.exchange-ended'],
      responses: { 201: paymentView, 202: paymentView },
      handler: (context) => pay(context, context.params.exchangeId),
    }),
  ];
}

type Given = { readonly body: z.input<typeof paymentView>; readonly headers: Readonly<Record<string, string>> };
type Answer = ({ readonly status: 201 } & Given) | ({ readonly status: 202 } & Given);
type Asked = RequestContext<{ id: string }, unknown, z.output<typeof body>>;

/** One way to pay, for an order and for an exchange of one of its tickets. */
function payer(
  foundation: Foundation,
  parts: Parts,
  idKey: SecretKey,
  isCancelled: ReturnType<typeof createCancellationLook>,
): (context: Asked, exchangeId: string | undefined) => Promise<Answer> {
  return async (context, exchangeId) => {
    const now = foundation.clock();
    const { method } = context.body;
    const { scope, snapshot, order } = await mayTouchOrder(context, parts.orders, context.params.id, now, {
      look: 'recall',
      ...(exchangeId === undefined ? {} : { permission: 'sales:exchanges:create' }),
    });
    const { principal } = context;
    const ownStaff = 'tenantId' in principal && principal.tenantId === scope.tenantId;
    if (method === 'cash' && !(ownStaff && may(principal, 'sales:payments:cash')))
      throw new DomainError('platform.forbidden', 'Only a clerk takes cash.');
    if (method === 'sandbox' && (parts.production || foundation.tenants.get(snapshot.tenantId)?.demo !== true)) {
      throw new DomainError('sales.method-not-allowed', 'The sandbox pays for demo tenants only.', { method });
    }
    const caller = `${context.callerKey}|${snapshot.id}${exchangeId === undefined ? '' : `|${exchangeId}`}`;
    const paymentId = formatId<'Payment'>(
      'pay',
      scope.tenantId,
      derivedBytes(idKey, caller, 'payment', context.idempotencyKey).subarray(0, 12),
    );
    const known = order.payments.find(({ id }) => id === paymentId);
    if (known !== undefined && known.method !== method)
      throw new DomainError('platform.idempotency-key-reused', 'This Idempotency-Key was used for another request.');
    const unpaid = known === undefined ? sessionsOf(order, exchangeId) : [];
    if (await isCancelled(scope, unpaid))
      throw new DomainError('sales.session-cancelled', 'What would be paid for does not take place.');
    const takenBy = method === 'cash' && principal.type === 'user' ? { takenBy: principal.id } : {};
    const about = exchangeId === undefined ? {} : { exchangeId };
    const command = {
      type: 'RequestPayment',
      paymentId,
      method,
      at: now.toISOString(),
      ...takenBy,
      ...about,
    } as const;
    const handled = known === undefined ? (await parts.orders.handle(scope, snapshot.id, command)).state : order;
    if (handled.status === 'none') throw new Error('an order vanished');
    const isSettled = settledFor(paymentId, method, exchangeId);
    const settled =
      context.waitMs === 0 || isSettled(handled)
        ? handled
        : ((await parts.waiting.until(scope, snapshot.id, isSettled, context.waitMs, context.signal)) ?? handled);
    const payment = settled.payments.find(({ id }) => id === paymentId);
    if (payment === undefined) throw new Error('a payment was requested and is not there');
    const path = exchangeId === undefined ? '' : `/exchanges/${exchangeId}`;
    const given = {
      body: view(snapshot.id, settled, payment),
      headers: { Location: `/api/v1/orders/${snapshot.id}${path}` },
    };
    return isSettled(settled) ? { status: 201, ...given } : { status: 202, ...given };
  };
}

/** What the payment would be for; of what is not to be paid, the order itself says why. */
function sessionsOf(order: LiveOrder, exchangeId: string | undefined): readonly string[] {
  const exchange = order.exchanges.find(({ id }) => id === exchangeId);
  if (exchange !== undefined) return exchange.status === 'awaiting_payment' ? [exchange.line.sessionId] : [];
  return order.status === 'awaiting_payment' ? order.lines.map(({ sessionId }) => sessionId) : [];
}

function settledFor(
  paymentId: string,
  method: OrderPayment['method'],
  exchangeId: string | undefined,
): (order: LiveOrder) => boolean {
  return (order) => {
    const status = order.payments.find(({ id }) => id === paymentId)?.status;
    if (status === 'failed' || status === 'closed') return true;
    if (exchangeId === undefined ? isOver(order, paymentId) : isDone(order, exchangeId)) return true;
    return method !== 'cash' && method !== 'sandbox' && status === 'opened';
  };
}

function isOver(order: LiveOrder, paymentId: string): boolean {
  return (
    'tickets' in order || order.prepaidBy === paymentId || order.status === 'expired' || order.status === 'cancelled'
  );
}

function isDone(order: LiveOrder, exchangeId: string): boolean {
  const status = order.exchanges.find(({ id }) => id === exchangeId)?.status;
  return status === 'done' || status === 'failed';
}

function view(orderId: string, order: LiveOrder, payment: OrderPayment): z.input<typeof paymentView> {
  const { id, method, status, amount, payUrl, exchangeId } = payment;
  return {
    id,
    orderId,
    orderStatus: order.status,
    ...(exchangeId === undefined ? {} : { exchangeId }),
    method,
    status,
    amount: { amount, currency: 'CNY' },
    ...(payUrl === undefined ? {} : { payUrl }),
  };
}
