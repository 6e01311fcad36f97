// What sales is asked and what it says: orders, tickets, products.
import { z } from 'zod';
import {
  amountSchema,
  defineCommand,
  defineEvent,
  instantSchema,
  localDateSchema,
  sealedForRecipient,
} from './define.ts';
import {
  bilingualSchema,
  idSchema,
  languageSchema,
  orderStatusSchema,
  salesChannelSchema,
  ticketStatusSchema,
} from './vocabulary.ts';

const ORDER = 'ord_0a5d8k2m7q9x3c6v1b4n';

export const productChanged = defineEvent({
  type: 'sales.product.changed.v1',
  summary: 'A product was created, changed, put on sale, paused or retired; carries the whole current state.',
  data: z.object({
    productId: idSchema,
    siteId: idSchema,
    kind: z.enum(['admission', 'trip', 'bundle']),
    name: bilingualSchema,
    status: z.enum(['draft', 'on_sale', 'paused', 'retired']),
    ticketTypes: z.array(z.object({ id: idSchema, name: bilingualSchema })),
  }),
  example: {
    productId: 'prd_0a1b2c3d4e5f6g7h8j9k',
    siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
    kind: 'admission',
    name: { zh: '分时入园门票', en: 'Timed entry' },
    status: 'on_sale',
    ticketTypes: [{ id: 'tty_0a1b2c3d4e5f6g7h8j9k', name: { zh: '成人票', en: 'Adult' } }],
  },
});

const contact = z.object({
  /** Sealed for notification. */
  name: sealedForRecipient,
  phone: sealedForRecipient,
  email: sealedForRecipient.optional(),
});

export const orderFulfilled = defineEvent({
  type: 'sales.order.fulfilled.v1',
  summary: 'The order is paid and its tickets are issued.',
  data: z.object({
    orderId: idSchema,
    language: languageSchema,
    contact,
    total: amountSchema,
    product: bilingualSchema,
    tickets: z
      .array(
        z.object({
          number: z.string(),
          ticketType: bilingualSchema,
          sessionId: idSchema,
          date: localDateSchema,
          startsAt: instantSchema,
          endsAt: instantSchema,
          amount: amountSchema,
          qr: z.string().max(400),
        }),
      )
      .min(1)
      .max(500),
  }),
  example: {
    orderId: ORDER,
    language: 'zh-CN',
    contact: { name: 'b1.c2VhbGVk', phone: 'b1.c2VhbGVk', email: 'b1.c2VhbGVk' },
    total: 24_000,
    product: { zh: '分时入园门票', en: 'Timed entry' },
    tickets: [
      {
        number: '0A7F3K9Q2M5X8C4',
        ticketType: { zh: '成人票', en: 'Adult' },
        sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
        date: '2026-12-01',
        startsAt: '2026-12-01T09:00:00+08:00',
        endsAt: '2026-12-01T11:00:00+08:00',
        amount: 12_000,
        qr: 'TP1.k1.payload.signature',
      },
    ],
  },
});

export const orderClosed = defineEvent({
  type: 'sales.order.closed.v1',
  summary: 'The order ended without tickets: rejected, expired or cancelled.',
  data: z.object({
    orderId: idSchema,
    status: z.enum(['rejected', 'expired', 'cancelled']),
    reason: z.string(),
    language: languageSchema,
    contact,
    product: bilingualSchema,
    /** Told to the buyer only when there was something to lose: not for an order that was refused at once. */
    notify: z.boolean(),
  }),
  example: {
    orderId: ORDER,
    status: 'expired',
    reason: 'unpaid',
    language: 'zh-CN',
    contact: { name: 'b1.c2VhbGVk', phone: 'b1.c2VhbGVk' },
    product: { zh: '分时入园门票', en: 'Timed entry' },
    notify: true,
  },
});

export const paymentReturned = defineEvent({
  type: 'sales.order.payment-returned.v1',
  summary: 'Money that came too late or twice was sent back in full.',
  data: z.object({
    orderId: idSchema,
    amount: amountSchema,
    language: languageSchema,
    contact,
    product: bilingualSchema,
  }),
  example: {
    orderId: ORDER,
    amount: 24_000,
    language: 'zh-CN',
    contact: { name: 'b1.c2VhbGVk', phone: 'b1.c2VhbGVk' },
    product: { zh: '分时入园门票', en: 'Timed entry' },
  },
});

export const ticketUsed = defineEvent({
  type: 'sales.ticket.used.v1',
  summary: 'A ticket was used up: its price is earned.',
  data: z.object({
    rightId: idSchema,
    ticketNumber: z.string(),
    orderId: idSchema,
    productId: idSchema,
    amount: amountSchema,
    usedAt: instantSchema,
    gateId: idSchema,
  }),
  example: {
    rightId: 'rgt_0a5d8k2m7q9x3c6v1b4n',
    ticketNumber: '0A7F3K9Q2M5X8C4',
    orderId: ORDER,
    productId: 'prd_0a1b2c3d4e5f6g7h8j9k',
    amount: 12_000,
    usedAt: '2026-12-01T09:12:30+08:00',
    gateId: 'gat_0a7f3k9q2m5x8c4v6b1n',
  },
});

export const reviewHold = defineCommand({
  type: 'sales.hold.review.v1',
  summary: 'Inventory asks what became of the order behind a hold that is long past its time.',
  data: z.object({ holdId: idSchema, orderId: idSchema }),
  example: { holdId: 'hld_0a5d8k2m7q9x3c6v1b4n', orderId: ORDER },
});

export const expireOrder = defineCommand({
  type: 'sales.order.expire.v1',
  summary: 'Timer of sales to itself: the time to pay is over.',
  data: z.object({ orderId: idSchema }),
  example: { orderId: ORDER },
});

export const issueTickets = defineCommand({
  type: 'sales.order.issue-tickets.v1',
  summary: 'Timer of sales to itself: a paid order still has no tickets.',
  data: z.object({ orderId: idSchema }),
  example: { orderId: ORDER },
});

const republish = z.object({ replyQueue: z.string().min(1).max(200), since: instantSchema.optional() });

export const republishProducts = defineCommand({
  type: 'sales.product.republish.v1',
  summary: 'Asks sales to tell the current state of every product to one queue.',
  data: republish,
  example: { replyQueue: 'inventory.on-product-changed' },
});

export const republishOrders = defineCommand({
  type: 'sales.order.republish.v1',
  summary: 'Asks sales to tell the current state of every order to one queue.',
  data: republish,
  example: { replyQueue: 'insight.orders' },
});

export const orderReported = defineEvent({
  type: 'sales.order.reported.v1',
  summary: 'Current state of an order, without personal data, told on request.',
  data: z.object({
    orderId: idSchema,
    status: orderStatusSchema,
    channel: salesChannelSchema,
    productIds: z.array(idSchema),
    total: amountSchema,
    quantity: z.int().positive(),
    placedAt: instantSchema,
  }),
  example: {
    orderId: ORDER,
    status: 'fulfilled',
    channel: 'web',
    productIds: ['prd_0a1b2c3d4e5f6g7h8j9k'],
    total: 24_000,
    quantity: 2,
    placedAt: '2026-12-01T08:00:00+08:00',
  },
});

export const republishTickets = defineCommand({
  type: 'sales.ticket.republish.v1',
  summary: 'Asks sales to tell the current state of every ticket to one queue.',
  data: republish,
  example: { replyQueue: 'reissue.on-ticket-reported' },
});

export const ticketReported = defineEvent({
  type: 'sales.ticket.reported.v1',
  summary: 'Current state of a ticket, without personal data, told on request.',
  data: z.object({
    rightId: idSchema,
    ticketNumber: z.string(),
    revision: z.int().positive(),
    status: ticketStatusSchema,
    orderId: idSchema,
    productId: idSchema,
    sessionId: idSchema,
    ticketTypeId: idSchema,
    amount: amountSchema,
    validFrom: instantSchema,
    validUntil: instantSchema,
  }),
  example: {
    rightId: 'rgt_0a5d8k2m7q9x3c6v1b4n',
    ticketNumber: '0A7F3K9Q2M5X8C4',
    revision: 1,
    status: 'issued',
    orderId: ORDER,
    productId: 'prd_0a1b2c3d4e5f6g7h8j9k',
    sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
    ticketTypeId: 'tty_0a1b2c3d4e5f6g7h8j9k',
    amount: 12_000,
    validFrom: '2026-12-01T08:30:00+08:00',
    validUntil: '2026-12-01T11:00:00+08:00',
  },
});
