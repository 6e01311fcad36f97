// An order as the API shows it: personal values masked (PLA-11), tickets with their own states from their rights.
import {
  idTypeSchema,
  languageSchema,
  orderStatusSchema,
  paymentMethodSchema,
  salesChannelSchema,
  ticketStatusSchema,
  type OrderStatus,
} from '@tongpiao/contracts';
import { z } from 'zod';
import type { RightState } from '../right/right.ts';
import type { LiveOrder } from './order.ts';

export const money = z.object({ amount: z.int(), currency: z.literal('CNY') });
const bilingual = z.object({ zh: z.string(), en: z.string() });

const ticketSummary = z.object({
  number: z.string(),
  status: ticketStatusSchema,
  ticketTypeId: z.string(),
  sessionId: z.string(),
  qr: z.string(),
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
      status: z.enum(['requested', 'done']),
    }),
  ),
  tickets: z.array(ticketSummary),
});
export type OrderView = z.input<typeof orderView>;

const cny = (amount: number): z.input<typeof money> => ({ amount, currency: 'CNY' });

export function viewOrder(
  id: string,
  tenantId: string,
  order: LiveOrder,
  rights: ReadonlyMap<string, RightState>,
): OrderView {
  const { contact } = order;
  return {
    id,
    tenantId,
    status: publicStatus(order),
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
    refunds: order.refunds.map(({ id: refundId, paymentId, amount, reason, status }) => ({
      id: refundId,
      paymentId,
      amount: cny(amount),
      reason,
      status,
    })),
    tickets: ticketsOf(order, rights),
  };
}

function ticketsOf(order: LiveOrder, rights: ReadonlyMap<string, RightState>): OrderView['tickets'] {
  if (order.status !== 'fulfilled') return [];
  return order.tickets.flatMap(({ rightId }) => {
    const right = rights.get(rightId);
    if (right === undefined || right.status === 'none') return [];
    const { number, status, ticketTypeId, sessionId, qr } = right;
    return [{ number, status, ticketTypeId, sessionId, qr }];
  });
}

function publicStatus(order: LiveOrder): OrderStatus {
  return order.status;
}
