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
  idTypeSchema,
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

/** What a page of the ticket shows beyond the words of a message. */
const ticketPage = z.object({
  /** Its own: an order may have tickets of several products. */
  product: bilingualSchema,
  siteId: idSchema,
  validFrom: instantSchema,
  validUntil: instantSchema,
  entries: z.int().positive(),
  admits: z.int().positive(),
  realName: z.boolean(),
  showAtGate: z.array(z.string()),
  /** Sealed for notification, which masks it. */
  traveller: z.object({ name: sealedForRecipient, idType: idTypeSchema, idNumber: sealedForRecipient }).optional(),
});

const toldTicket = z.object({
  number: z.string(),
  ticketType: bilingualSchema,
  sessionId: idSchema,
  date: localDateSchema,
  startsAt: instantSchema,
  endsAt: instantSchema,
  amount: amountSchema,
  qr: z.string().max(400),
  /** Told where there is an address for mail: the ticket is attached as a page (SAL-32). */
  page: ticketPage.optional(),
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
    tickets: z.array(toldTicket).min(1).max(500),
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
        page: {
          product: { zh: '分时入园门票', en: 'Timed entry' },
          siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
          validFrom: '2026-12-01T00:30:00.000Z',
          validUntil: '2026-12-01T03:00:00.000Z',
          entries: 1,
          admits: 1,
          realName: true,
          showAtGate: ['student'],
          traveller: { name: 'b1.c2VhbGVk', idType: 'id_card', idNumber: 'b1.c2VhbGVk' },
        },
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

const aboutOrder = { orderId: idSchema, language: languageSchema, contact, product: bilingualSchema };
const ABOUT_ORDER = {
  orderId: ORDER,
  language: 'zh-CN' as const,
  contact: { name: 'b1.c2VhbGVk', phone: 'b1.c2VhbGVk' },
  product: { zh: '分时入园门票', en: 'Timed entry' },
};
const ticketFacts = { rightId: idSchema, ticketNumber: z.string(), orderId: idSchema, productId: idSchema };
const TICKET_FACTS = {
  rightId: 'rgt_0a5d8k2m7q9x3c6v1b4n',
  ticketNumber: '0A7F3K9Q2M5X8C4',
  orderId: ORDER,
  productId: 'prd_0a1b2c3d4e5f6g7h8j9k',
};

/** SAL-50 … SAL-53: why a ticket's money goes back. */
export const refundReasonSchema = z.enum(['customer', 'exception', 'session-cancelled', 'session-reduced']);
export type RefundReason = z.infer<typeof refundReasonSchema>;

export const ticketRefunded = defineEvent({
  type: 'sales.ticket.refunded.v1',
  summary: 'A ticket was given back: its QR is dead; fee and returned money add up to what it was worth.',
  data: z.object({
    ...ticketFacts,
    refundId: idSchema,
    /** Kept; where the session was cancelled it is no fee, but the share that was used. */
    fee: amountSchema,
    returned: amountSchema,
    reason: refundReasonSchema,
    /** Where its price was: still owed, which is so if left out, or earned, because the ticket was used up or had expired (FIN-12). */
    outOf: z.enum(['deferred', 'earned']).optional(),
    /** Nobody chose until the deadline of this disruption: it goes back with the other tickets of its order. */
    disruptionId: idSchema.optional(),
    refundedAt: instantSchema,
  }),
  example: {
    ...TICKET_FACTS,
    refundId: 'rfd_0a5d8k2m7q9x3c6v1b4n',
    fee: 1_200,
    returned: 10_800,
    reason: 'customer',
    refundedAt: '2026-11-30T10:00:00+08:00',
  },
});

export const ticketExchanged = defineEvent({
  type: 'sales.ticket.exchanged.v1',
  summary: 'A ticket was exchanged for another session; fee is kept and returned goes back to the customer.',
  data: z.object({
    ...ticketFacts,
    previousNumber: z.string(),
    exchangeId: idSchema,
    previousAmount: amountSchema,
    amount: amountSchema,
    fee: amountSchema,
    /** What was paid for it beforehand; never together with `returned`. */
    paid: amountSchema,
    returned: amountSchema,
    exchangedAt: instantSchema,
    revision: z.int().positive().optional(),
    sessionId: idSchema.optional(),
    startsAt: instantSchema.optional(),
    endsAt: instantSchema.optional(),
    validUntil: instantSchema.optional(),
  }),
  example: {
    ...TICKET_FACTS,
    ticketNumber: '0A8G4M1R3N6Y9D5',
    previousNumber: TICKET_FACTS.ticketNumber,
    exchangeId: 'exc_0a5d8k2m7q9x3c6v1b4n',
    previousAmount: 12_000,
    amount: 15_000,
    fee: 500,
    paid: 3_500,
    returned: 0,
    exchangedAt: '2026-11-30T10:00:00+08:00',
  },
});

export const ticketExpired = defineEvent({
  type: 'sales.ticket.expired.v1',
  summary: 'The time of a ticket is over and it was not used up: its price is earned (FIN-12).',
  data: z.object({
    ...ticketFacts,
    amount: amountSchema,
    /** 0: a no-show. */
    entriesUsed: z.int().nonnegative(),
    expiredAt: instantSchema,
  }),
  example: { ...TICKET_FACTS, amount: 12_000, entriesUsed: 0, expiredAt: '2026-12-01T11:00:00+08:00' },
});

const ofApplication = { ...ticketFacts, applicationId: idSchema };
const OF_APPLICATION = { ...TICKET_FACTS, applicationId: 'rei_0a5d8k2m7q9x3c6v1b4n' };

export const ticketFrozen = defineEvent({
  type: 'sales.ticket.frozen.v1',
  summary: 'A ticket was reported lost: no gate lets it in until the application is decided (REI-04).',
  data: z.object({ ...ofApplication, frozenAt: instantSchema }),
  example: { ...OF_APPLICATION, frozenAt: '2026-11-30T10:00:00+08:00' },
});

export const ticketThawed = defineEvent({
  type: 'sales.ticket.thawed.v1',
  summary: 'A frozen ticket is good again: the application came to nothing.',
  data: z.object({ ...ofApplication, thawedAt: instantSchema }),
  example: { ...OF_APPLICATION, thawedAt: '2026-11-30T11:00:00+08:00' },
});

export const ticketReissued = defineEvent({
  type: 'sales.ticket.reissued.v1',
  summary: 'A right has a new ticket; the old number and QR are dead (REI-32).',
  data: z.object({
    ...ofApplication,
    previousNumber: z.string(),
    revision: z.int().positive(),
    reissueCode: z.string().max(80),
    ticket: toldTicket,
    reissuedAt: instantSchema,
  }),
  example: {
    ...OF_APPLICATION,
    ticketNumber: '0A8G4M1R3N6Y9D5',
    previousNumber: TICKET_FACTS.ticketNumber,
    revision: 2,
    reissueCode: 'RC-0A5D8K2M7Q9X3C6V',
    ticket: {
      number: '0A8G4M1R3N6Y9D5',
      ticketType: { zh: '成人票', en: 'Adult' },
      sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
      date: '2026-12-01',
      startsAt: '2026-12-01T09:00:00+08:00',
      endsAt: '2026-12-01T11:00:00+08:00',
      amount: 12_000,
      qr: 'TP1.k1.payload.signature',
    },
    reissuedAt: '2026-11-30T10:30:00+08:00',
  },
});

export const gateSynced = defineEvent({
  type: 'sales.gate.synced.v1',
  summary:
    'A gate that goes by lists has shown that it holds one, and of when: what it would refuse without network (REI-35).',
  data: z.object({
    gateId: idSchema,
    siteId: idSchema,
    /** When the reading began whose end the gate holds. */
    heldOf: instantSchema,
  }),
  example: {
    gateId: 'gat_0a7f3k9q2m5x8c4v6b1n',
    siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
    heldOf: '2026-11-30T10:30:10+08:00',
  },
});

const refusedWork = { rightId: idSchema, applicationId: idSchema, reason: z.string().max(100) };
const REFUSED_WORK = {
  rightId: TICKET_FACTS.rightId,
  applicationId: OF_APPLICATION.applicationId,
  reason: 'sales.ticket-used',
};

export const formerTicketShown = defineEvent({
  type: 'sales.ticket.former-shown.v1',
  summary: 'Somebody held up a ticket at a gate that was exchanged or reissued before (REI-34).',
  data: z.object({
    ...ticketFacts,
    shownNumber: z.string(),
    became: z.enum(['exchanged', 'superseded']),
    gateId: idSchema,
    /** `admitted`: by a gate without network that did not know yet. */
    decided: z.enum(['admitted', 'refused']),
    shownAt: instantSchema,
  }),
  example: {
    ...TICKET_FACTS,
    ticketNumber: '0A8G4M1R3N6Y9D5',
    shownNumber: TICKET_FACTS.ticketNumber,
    became: 'superseded',
    gateId: 'gat_0a1b2c3d4e5f6g7h8j9k',
    decided: 'refused',
    shownAt: '2026-12-01T09:05:00+08:00',
  },
});

export const ticketScanned = defineEvent({
  type: 'sales.ticket.scanned.v1',
  summary: 'A ticket that has entries left was held up at a gate: let in for one of them, or refused (REI-11).',
  data: z.object({
    ...ticketFacts,
    gateId: idSchema,
    decided: z.enum(['admitted', 'refused']),
    /** Why it did not open the gate, or should not have. */
    reason: z.string().max(40).optional(),
    scannedAt: instantSchema,
  }),
  example: {
    ...TICKET_FACTS,
    gateId: 'gat_0a1b2c3d4e5f6g7h8j9k',
    decided: 'refused',
    reason: 'frozen',
    scannedAt: '2026-12-01T09:05:00+08:00',
  },
});

export const ticketFreezeRefused = defineEvent({
  type: 'sales.ticket.freeze-refused.v1',
  summary: 'The ticket cannot be frozen, and why: its application must not go on as if it were.',
  data: z.object(refusedWork),
  example: REFUSED_WORK,
});

export const ticketReissueRefused = defineEvent({
  type: 'sales.ticket.reissue-refused.v1',
  summary:
    'The ticket cannot be replaced: it was used, given back or exchanged meanwhile, or its corrected document has a ticket there.',
  data: z.object({ ...refusedWork, reissueCode: z.string().max(80) }),
  example: { ...REFUSED_WORK, reissueCode: 'RC-0A5D8K2M7Q9X3C6V' },
});

export const freezeTicket = defineCommand({
  type: 'sales.ticket.freeze.v1',
  summary: 'Freeze a ticket that its owner has lost.',
  data: z.object({
    rightId: idSchema,
    applicationId: idSchema,
    /** Which of the right's tickets; left out: whichever lives. */
    number: z.string().optional(),
    /** REI-41: for an appeal. The thaw of the same application's refusal comes first. */
    again: z.literal(true).optional(),
  }),
  example: { rightId: TICKET_FACTS.rightId, applicationId: OF_APPLICATION.applicationId },
});

export const thawTicket = defineCommand({
  type: 'sales.ticket.thaw.v1',
  summary: 'The application came to nothing: the ticket that it froze is good again.',
  data: z.object({ rightId: idSchema, applicationId: idSchema }),
  example: { rightId: TICKET_FACTS.rightId, applicationId: OF_APPLICATION.applicationId },
});

export const reissueTicket = defineCommand({
  type: 'sales.ticket.reissue.v1',
  summary: 'Replace a ticket by a new one for the same place; with one reissue code it happens once (REI-23).',
  data: z.object({
    rightId: idSchema,
    applicationId: idSchema,
    reissueCode: z.string().min(8).max(80),
    kind: z.enum(['replacement', 'correction']),
    /** Of the ticket that was applied for: if another one lives by now, it is left alone. */
    number: z.string().optional(),
    /** REI-31: what is put right, sealed for sales. */
    traveller: z.object({ name: sealedForRecipient, idType: idTypeSchema, idNumber: sealedForRecipient }).optional(),
  }),
  example: {
    rightId: TICKET_FACTS.rightId,
    applicationId: OF_APPLICATION.applicationId,
    reissueCode: 'RC-0A5D8K2M7Q9X3C6V',
    kind: 'replacement',
    number: TICKET_FACTS.ticketNumber,
  },
});

/** What the reissue service needs to know of each ticket that was sold, with personal data sealed for it alone. */
export const ticketsRecorded = defineEvent({
  type: 'sales.order.tickets-recorded.v1',
  summary: 'Tickets of an order as they were sold, for whoever has to recognise their owners (REI-10).',
  data: z.object({
    orderId: idSchema,
    channel: salesChannelSchema,
    language: languageSchema,
    placedAt: instantSchema,
    /** Sealed for reissue. */
    contact,
    /** Who was signed in, and the hash of the token that opens the order: whoever shows either has bought it (REI-04). */
    userId: idSchema.optional(),
    accessHash: z.string().max(100).optional(),
    tickets: z
      .array(
        z.object({
          rightId: idSchema,
          number: z.string(),
          siteId: idSchema,
          productId: idSchema,
          /** Absent: an admission, or from before there was anything else. */
          productKind: z.enum(['admission', 'trip', 'bundle']).optional(),
          product: bilingualSchema,
          ticketTypeId: idSchema,
          ticketType: bilingualSchema,
          sessionId: idSchema,
          date: localDateSchema,
          startsAt: instantSchema,
          endsAt: instantSchema,
          validUntil: instantSchema,
          amount: amountSchema,
          realName: z.boolean(),
          traveller: z
            .object({ name: sealedForRecipient, idType: idTypeSchema, idNumber: sealedForRecipient })
            .optional(),
        }),
      )
      .min(1)
      .max(500),
  }),
  example: {
    orderId: ORDER,
    channel: 'web',
    language: 'zh-CN',
    placedAt: '2026-11-28T10:00:00+08:00',
    contact: { name: 'b1.c2VhbGVk', phone: 'b1.c2VhbGVk' },
    tickets: [
      {
        rightId: TICKET_FACTS.rightId,
        number: TICKET_FACTS.ticketNumber,
        siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
        productId: TICKET_FACTS.productId,
        product: { zh: '分时入园门票', en: 'Timed entry' },
        ticketTypeId: 'tty_0a1b2c3d4e5f6g7h8j9k',
        ticketType: { zh: '成人票', en: 'Adult' },
        sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
        date: '2026-12-01',
        startsAt: '2026-12-01T09:00:00+08:00',
        endsAt: '2026-12-01T11:00:00+08:00',
        validUntil: '2026-12-01T11:00:00+08:00',
        amount: 12_000,
        realName: true,
        traveller: { name: 'b1.c2VhbGVk', idType: 'id_card', idNumber: 'b1.c2VhbGVk' },
      },
    ],
  },
});

export const ticketsRefunded = defineEvent({
  type: 'sales.order.tickets-refunded.v1',
  summary: 'The customer is told which tickets were given back and how much money comes.',
  data: z.object({
    ...aboutOrder,
    refundId: idSchema,
    ticketNumbers: z.array(z.string()).min(1).max(500),
    fee: amountSchema,
    returned: amountSchema,
    reason: refundReasonSchema,
    /** Some of it was paid in cash: that part waits at a counter. */
    inCash: z.boolean().optional(),
  }),
  example: {
    ...ABOUT_ORDER,
    refundId: 'rfd_0a5d8k2m7q9x3c6v1b4n',
    ticketNumbers: [TICKET_FACTS.ticketNumber],
    fee: 1_200,
    returned: 10_800,
    reason: 'customer',
  },
});

export const exchangeCompleted = defineEvent({
  type: 'sales.order.exchange-completed.v1',
  summary: 'The customer is told of the new ticket.',
  data: z.object({
    ...aboutOrder,
    exchangeId: idSchema,
    previousNumber: z.string(),
    ticket: toldTicket,
    fee: amountSchema,
    returned: amountSchema,
    /** Some of what comes back was paid in cash: that part waits at a counter. */
    inCash: z.boolean().optional(),
  }),
  example: {
    ...ABOUT_ORDER,
    exchangeId: 'exc_0a5d8k2m7q9x3c6v1b4n',
    previousNumber: TICKET_FACTS.ticketNumber,
    ticket: {
      number: '0A8G4M1R3N6Y9D5',
      ticketType: { zh: '成人票', en: 'Adult' },
      sessionId: 'ses_0a1b2c3d4e5f6g7h8j9k',
      date: '2026-12-02',
      startsAt: '2026-12-02T09:00:00+08:00',
      endsAt: '2026-12-02T11:00:00+08:00',
      amount: 15_000,
      qr: 'TP1.k1.payload.signature',
    },
    fee: 500,
    returned: 0,
  },
});

export const exchangeFailed = defineEvent({
  type: 'sales.order.exchange-failed.v1',
  summary: 'An exchange came to nothing: the old ticket stays as it was, and what was paid for the exchange goes back.',
  data: z.object({
    ...aboutOrder,
    exchangeId: idSchema,
    ticketNumber: z.string(),
    reason: z.string().max(100),
    returned: amountSchema,
  }),
  example: {
    ...ABOUT_ORDER,
    exchangeId: 'exc_0a5d8k2m7q9x3c6v1b4n',
    ticketNumber: TICKET_FACTS.ticketNumber,
    reason: 'sold-out',
    returned: 0,
  },
});

export const waitingJoined = defineEvent({
  type: 'sales.order.waiting-joined.v1',
  summary: 'The customer is told that the order stands in line, and until when.',
  data: z.object({ ...aboutOrder, startsAt: instantSchema, position: z.int().positive(), until: instantSchema }),
  example: {
    ...ABOUT_ORDER,
    startsAt: '2026-12-01T09:00:00+08:00',
    position: 3,
    until: '2026-11-30T20:00:00+08:00',
  },
});

export const waitingServed = defineEvent({
  type: 'sales.order.waiting-served.v1',
  summary: 'Places came back for an order in line that is not prepaid: the customer is told to pay in time.',
  data: z.object({ ...aboutOrder, startsAt: instantSchema, total: amountSchema, payBy: instantSchema }),
  example: {
    ...ABOUT_ORDER,
    startsAt: '2026-12-01T09:00:00+08:00',
    total: 24_000,
    payBy: '2026-11-29T10:30:00+08:00',
  },
});

export const holderToldOfDisruption = defineEvent({
  type: 'sales.order.session-disrupted.v1',
  summary: 'The holder of tickets for a cancelled or reduced session is told once what to choose from, and until when.',
  data: z.object({
    ...aboutOrder,
    disruptionId: idSchema,
    kind: z.enum(['cancelled', 'reduced']),
    ticketNumbers: z.array(z.string()).min(1).max(500),
    startsAt: instantSchema,
    reason: z.string().max(500),
    decideBy: instantSchema,
  }),
  example: {
    ...ABOUT_ORDER,
    disruptionId: 'dis_0a5d8k2m7q9x3c6v1b4n',
    kind: 'cancelled',
    ticketNumbers: [TICKET_FACTS.ticketNumber],
    startsAt: '2026-12-01T09:00:00+08:00',
    reason: '大风停园',
    decideBy: '2026-11-30T20:00:00+08:00',
  },
});

export const holderKeepsTickets = defineEvent({
  type: 'sales.order.session-kept.v1',
  summary: 'There is room again in a reduced session: these tickets stay good, and no money comes back for them.',
  data: z.object({
    ...aboutOrder,
    disruptionId: idSchema,
    ticketNumbers: z.array(z.string()).min(1).max(500),
    startsAt: instantSchema,
  }),
  example: {
    ...ABOUT_ORDER,
    disruptionId: 'dis_0a5d8k2m7q9x3c6v1b4n',
    ticketNumbers: [TICKET_FACTS.ticketNumber],
    startsAt: '2026-12-01T09:00:00+08:00',
  },
});

/** SAL-43: how full a site is. Sales and entry stop at red. */
export const siteLightSchema = z.enum(['green', 'yellow', 'orange', 'red']);
export type SiteLight = z.infer<typeof siteLightSchema>;

export const siteLightChanged = defineEvent({
  type: 'sales.site.light-changed.v1',
  summary: 'The light of a site changed: figures of the moment against its carrying capacity.',
  data: z.object({
    siteId: idSchema,
    date: localDateSchema,
    light: siteLightSchema,
    inside: z.int().nonnegative(),
    entered: z.int().nonnegative(),
    insideMax: z.int().positive().optional(),
    dayMax: z.int().positive().optional(),
    changedAt: instantSchema,
  }),
  example: {
    siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
    date: '2026-12-01',
    light: 'yellow',
    inside: 4_000,
    entered: 9_000,
    insideMax: 5_000,
    dayMax: 20_000,
    changedAt: '2026-12-01T10:00:00+08:00',
  },
});

export const gateIncidentFound = defineEvent({
  type: 'sales.gate.incident-found.v1',
  summary:
    'What a gate decided without network was not true: a double use, a dead ticket let in, a clock that is wrong.',
  data: z.object({
    incidentId: idSchema,
    kind: z.enum(['double-use', 'dead-ticket-admitted', 'wrong-ticket-admitted', 'forged-admitted', 'clock-skew']),
    siteId: idSchema,
    gateId: idSchema,
    ticketNumber: z.string().optional(),
    foundAt: instantSchema,
  }),
  example: {
    incidentId: 'inc_0a5d8k2m7q9x3c6v1b4n',
    kind: 'double-use',
    siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
    gateId: 'gat_0a7f3k9q2m5x8c4v6b1n',
    ticketNumber: TICKET_FACTS.ticketNumber,
    foundAt: '2026-12-01T12:00:00+08:00',
  },
});

export const sendOwedBack = defineCommand({
  type: 'sales.order.send-owed-back.v1',
  summary: 'Timer of sales to itself: money that was collected goes back in one refund.',
  data: z.object({ orderId: idSchema }),
  example: { orderId: ORDER },
});

export const expireExchange = defineCommand({
  type: 'sales.exchange.expire.v1',
  summary: 'Timer of sales to itself: the time to settle an exchange is over.',
  data: z.object({ orderId: idSchema, exchangeId: idSchema }),
  example: { orderId: ORDER, exchangeId: 'exc_0a5d8k2m7q9x3c6v1b4n' },
});

export const replaceTicket = defineCommand({
  type: 'sales.exchange.replace-ticket.v1',
  summary: 'Timer of sales to itself: an exchange is settled and the ticket is not replaced yet.',
  data: z.object({ orderId: idSchema, exchangeId: idSchema }),
  example: { orderId: ORDER, exchangeId: 'exc_0a5d8k2m7q9x3c6v1b4n' },
});

export const workDisruption = defineCommand({
  type: 'sales.disruption.work.v1',
  summary: 'Sales to itself, at once or as a timer: go on with the holders of a disrupted session.',
  data: z.object({
    disruptionId: idSchema,
    /** Steps that were finished before: a repeated message finds more of them and does nothing. */
    step: z.int().nonnegative().optional(),
  }),
  example: { disruptionId: 'dis_0a5d8k2m7q9x3c6v1b4n', step: 3 },
});

export const carryOutRefundException = defineCommand({
  type: 'sales.refund-exception.carry-out.v1',
  summary: 'Sales to itself: an approved refund beyond the rules is carried out at its ticket.',
  data: z.object({ exceptionId: idSchema }),
  example: { exceptionId: 'rex_0a5d8k2m7q9x3c6v1b4n' },
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
