// An order as the API shows it: personal values masked (PLA-11), tickets with their own states from their rights.
import {
  idTypeSchema,
  languageSchema,
  orderStatusSchema,
  paymentMethodSchema,
  salesChannelSchema,
  ticketStatusSchema,
} from '@tongpiao/contracts';
import { z } from 'zod';
import type { RightState } from '../right/right.ts';
import type { Exchange } from './exchange.ts';
import { carries } from './order-money.ts';
import type { LiveOrder } from './order.ts';

export const money = z.object({ amount: z.int(), currency: z.literal('CNY') });
const bilingual = z.object({ zh: z.string(), en: z.string() });

const ticketSummary = z.object({
  number: z.string(),
  status: ticketStatusSchema,
  ticketTypeId: z.string(),
  sessionId: z.string(),
  qr: z.string().optional().describe('Not of a ticket that was exchanged or replaced.'),
});

export const exchangeView = z.object({
  id: z.string(),
  orderId: z.string(),
  status: z.enum(['holding', 'awaiting_payment', 'replacing', 'done', 'failed']),
  reason: z.string().optional(),
  ticketNumber: z.string(),
  newTicketNumber: z.string().optional(),
  sessionId: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  price: money,
  newPrice: money,
  fee: money,
  due: money,
  returned: money,
  expiresAt: z.string(),
});

export const orderView = z.object({
  id: z.string(),
  tenantId: z.string(),
  status: orderStatusSchema,
  reason: z.string().optional().describe('Code of the refusal or the end, e.g. sold-out.'),
  reasonData: z.record(z.string(), z.unknown()).optional(),
  channel: salesChannelSchema,
  language: languageSchema,
  placedAt: z.string(),
  expiresAt: z.string(),
  total: money,
  contact: z.object({ name: z.string(), phone: z.string(), email: z.string().optional() }).describe('Masked.'),
  lines: z.array(
    z.object({
      lineId: z.string(),
      productId: z.string(),
      productName: bilingual,
      ticketTypeId: z.string(),
      ticketTypeName: bilingual,
      sessionId: z.string(),
      startsAt: z.string(),
      endsAt: z.string(),
      quantity: z.int(),
      unitAmount: money,
      showAtGate: z.array(z.string()),
      travellers: z
        .array(z.object({ name: z.string(), idType: idTypeSchema, idNumber: z.string() }))
        .describe('Masked.'),
    }),
  ),
  payments: z.array(
    z.object({
      id: z.string(),
      method: paymentMethodSchema,
      status: z.enum(['requested', 'opened', 'captured', 'failed', 'closed']),
      amount: money,
      payUrl: z.string().optional(),
    }),
  ),
  refunds: z.array(
    z.object({
      id: z.string(),
      paymentId: z.string(),
      amount: money,
      reason: z.string(),
      status: z.enum(['requested', 'done', 'failed']).describe('failed: it did not arrive; staff see to it.'),
      ticketNumbers: z.array(z.string()).describe('Tickets that were given back and whose money it carries.'),
    }),
  ),
  owed: z
    .object({ amount: money, sendBy: z.string() })
    .optional()
    .describe('Collected to go back in one refund, by then at the latest.'),
  tickets: z.array(ticketSummary),
  returned: z
    .array(z.object({ refundId: z.string(), ticketNumber: z.string(), fee: money, amount: money, reason: z.string() }))
    .describe('Tickets that were given back.'),
  exchanges: z.array(exchangeView),
  waiting: z
    .object({ until: z.string(), prepaid: z.boolean(), paid: z.boolean(), position: z.int().optional() })
    .optional()
    .describe('It stands in line, or stood there; position counts from 1 while it does.'),
});
export type OrderView = z.input<typeof orderView>;

const cny = (amount: number): z.input<typeof money> => ({ amount, currency: 'CNY' });

export function viewOrder(
  id: string,
  tenantId: string,
  order: LiveOrder,
  rights: ReadonlyMap<string, RightState>,
  /** In line, from 1. */
  position?: number,
): OrderView {
  const { contact } = order;
  return {
    id,
    tenantId,
    status: order.status,
    ...('reason' in order ? { reason: order.reason, reasonData: { ...order.reasonData } } : {}),
    channel: order.channel,
    language: order.language,
    placedAt: order.placedAt,
    expiresAt: order.expiresAt,
    total: cny(order.total),
    contact: {
      name: contact.name.masked,
      phone: contact.phone.masked,
      ...(contact.email === undefined ? {} : { email: contact.email.masked }),
    },
    lines: order.lines.map((line) => ({
      lineId: line.lineId,
      productId: line.productId,
      productName: line.productName,
      ticketTypeId: line.ticketTypeId,
      ticketTypeName: line.ticketTypeName,
      sessionId: line.sessionId,
      startsAt: line.startsAt,
      endsAt: line.endsAt,
      quantity: line.quantity,
      unitAmount: cny(line.unitAmount),
      showAtGate: [...line.showAtGate],
      travellers: line.travellers.map(({ name, idType, idNumber }) => ({
        name: name.masked,
        idType: idTypeSchema.parse(idType),
        idNumber: idNumber.masked,
      })),
    })),
    payments: order.payments.map(({ id: paymentId, method, status, amount, payUrl }) => ({
      id: paymentId,
      method,
      status,
      amount: cny(amount),
      ...(payUrl === undefined ? {} : { payUrl }),
    })),
    refunds: order.refunds.map((refund) => ({
      id: refund.id,
      paymentId: refund.paymentId,
      amount: cny(refund.amount),
      reason: refund.reason,
      status: refund.status,
      ticketNumbers: order.returned.filter(({ refundId }) => carries(refund, refundId)).map(({ number }) => number),
    })),
    ...owedOf(order),
    tickets: ticketsOf(order, rights),
    returned: order.returned.map(({ refundId, number, fee, returned, reason }) => ({
      refundId,
      ticketNumber: number,
      fee: cny(fee),
      amount: cny(returned),
      reason,
    })),
    exchanges: order.exchanges.map((exchange) => viewExchange(id, exchange)),
    ...waitingOf(order, position),
  };
}

export function viewExchange(orderId: string, exchange: Exchange): z.input<typeof exchangeView> {
  const { id, status, reason, number, newNumber, line, price, fee, due, returned, expiresAt } = exchange;
  return {
    id,
    orderId,
    status,
    ...(reason === undefined ? {} : { reason }),
    ticketNumber: number,
    ...(newNumber === undefined ? {} : { newTicketNumber: newNumber }),
    sessionId: line.sessionId,
    startsAt: line.startsAt,
    endsAt: line.endsAt,
    price: cny(price),
    newPrice: cny(line.unitAmount),
    fee: cny(fee),
    due: cny(due),
    returned: cny(returned),
    expiresAt,
  };
}

function owedOf(order: LiveOrder): Pick<OrderView, 'owed'> {
  if (!('owed' in order) || order.owed === undefined) return {};
  const { items, sendBy } = order.owed;
  return { owed: { amount: cny(items.reduce<number>((sum, { amount }) => sum + amount, 0)), sendBy } };
}

function waitingOf(order: LiveOrder, position: number | undefined): Pick<OrderView, 'waiting'> {
  const { waiting } = order;
  if (waiting === undefined) return {};
  const { until, prepaid } = waiting;
  const place = order.status === 'placed' && position !== undefined ? { position } : {};
  return { waiting: { until, prepaid, paid: order.prepaidBy !== undefined, ...place } };
}

/** Each ticket with its state: former ones stay on the list, so that whoever holds an old number sees what became of it. */
function ticketsOf(order: LiveOrder, rights: ReadonlyMap<string, RightState>): OrderView['tickets'] {
  if (!('tickets' in order)) return [];
  return order.tickets.flatMap(({ rightId }) => {
    const right = rights.get(rightId);
    if (right === undefined || right.status === 'none') return [];
    const { ticketTypeId, sessionId, past } = right;
    const former = past.map((old) => ({
      number: old.number,
      status: old.status,
      ticketTypeId,
      sessionId: old.sessionId,
    }));
    return [...former, { number: right.number, status: right.status, ticketTypeId, sessionId, qr: right.qr }];
  });
}
