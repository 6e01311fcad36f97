// GET /api/v1/payments and /api/v1/payments/{id}: what staff see of payments, with whatever went wrong about their money.
import { paymentMethodSchema } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import type { Snapshot } from '@tongpiao/persistence';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { needsAttention, refundable, refundedAmount } from '../payment/payment.policy.ts';
import type { Capture, PaymentState } from '../payment/payment.ts';
import { CURSOR_MAX, cursorText, olderThan } from './cursor.ts';
import type { Payments } from './provider-work.ts';
import { inYuan, moneyView as money, partOf, refundPart } from './refund-view.ts';

const STATUSES = ['requested', 'opened', 'captured', 'failed', 'closed'] as const;
const capture = z.object({ transactionId: z.string(), amount: money, at: z.string() });

export const paymentView = z
  .object({
    id: z.string(),
    orderId: z.string(),
    status: z.enum(STATUSES),
    method: paymentMethodSchema,
    amount: money,
    description: z.string(),
    requestedAt: z.string(),
    expiresAt: z.string(),
    takenBy: z.string().optional(),
    failure: z.string().optional(),
    capture: capture.optional(),
    /** Transactions that came on top and go back by themselves. */
    surplus: z.array(capture),
    refunds: z.array(refundPart),
    refunded: money,
    refundable: money,
    /** Money did not find its way back, or came twice: a person has to look. */
    needsAttention: z.boolean(),
  })
  .meta({ id: 'Payment' });
type PaymentView = z.input<typeof paymentView>;

const PAGE = 50;

export function listPayments(payments: Payments): Route {
  return route({
    method: 'get',
    path: '/api/v1/payments',
    summary: 'Payments of an order or with a status, newest first.',
    tags: ['payments'],
    access: { permission: 'finance:payments:read' },
    query: z.strictObject({
      orderId: z.string().min(3).max(80).optional(),
      status: z.enum(STATUSES).optional(),
      cursor: z.string().max(CURSOR_MAX).optional(),
    }),
    problems: ['finance.cursor-invalid'],
    responses: { 200: z.object({ items: z.array(paymentView), next: z.string().optional() }) },
    async handler(context) {
      const { orderId, status, cursor } = context.query;
      const found = await payments.find(
        context.scope(),
        {
          ...(orderId === undefined ? {} : { 'state.orderId': orderId }),
          // Naming every status lets the index by status and time serve a list without a filter.
          ...(orderId === undefined || status !== undefined
            ? { 'state.status': status === undefined ? { $in: [...STATUSES] } : status }
            : {}),
          ...(cursor === undefined ? {} : olderThan(cursor)),
        },
        { sort: { 'state.requestedAt': -1, _id: -1 }, limit: PAGE },
      );
      const items = found.flatMap((snapshot) => viewOf(snapshot) ?? []);
      const last = items[items.length - 1];
      const next =
        items.length < PAGE || last === undefined ? {} : { next: cursorText({ at: last.requestedAt, id: last.id }) };
      return { status: 200, body: { items, ...next } };
    },
  });
}

export function getPayment(payments: Payments): Route {
  return route({
    method: 'get',
    path: '/api/v1/payments/:id',
    summary: 'One payment with its refunds.',
    tags: ['payments'],
    access: { permission: 'finance:payments:read' },
    problems: ['finance.payment-unknown'],
    responses: { 200: paymentView },
    async handler(context) {
      const snapshot = await payments.load(context.scope(), context.params.id);
      const view = snapshot === undefined ? undefined : viewOf(snapshot);
      if (snapshot === undefined || view === undefined)
        throw new DomainError('finance.payment-unknown', 'There is no such payment.');
      return { status: 200, body: view, headers: { ETag: etagOf(snapshot.version) } };
    },
  });
}

function captureView({ transactionId, amount, at }: Capture): z.input<typeof capture> {
  return { transactionId, amount: inYuan(amount), at };
}

function viewOf({ id, state }: Snapshot<PaymentState>): PaymentView | undefined {
  if (state.status === 'none') return undefined;
  const { orderId, status, method, description, requestedAt, expiresAt, takenBy } = state;
  return {
    id,
    orderId,
    status,
    method,
    amount: inYuan(state.amount),
    description,
    requestedAt,
    expiresAt,
    ...(takenBy === undefined ? {} : { takenBy }),
    ...(state.status === 'failed' ? { failure: state.reason } : {}),
    ...(state.status === 'captured' ? { capture: captureView(state.capture) } : {}),
    surplus: state.surplus.map(captureView),
    refunds: state.refunds.map((refund) => partOf(state, refund)),
    refunded: inYuan(refundedAmount(state)),
    refundable: inYuan(refundable(state)),
    needsAttention: needsAttention(state),
  };
}
