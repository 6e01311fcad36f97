// What the reissue service says: how an application goes on, and which ticket came of it. Freezing, thawing and replacing are asked of
// sales; the commands here are the service's own timers.
import { z } from 'zod';
import { amountSchema, defineCommand, defineEvent, instantSchema, sealedForRecipient } from './define.ts';
import { ticketReissued } from './sales.ts';
import { bilingualSchema, idSchema, languageSchema } from './vocabulary.ts';

/** REI-40 */
export const reissueStatusSchema = z.enum([
  'submitted',
  'verifying',
  'waiting_identity',
  'risk_check',
  'deciding',
  'reviewing',
  'material_wanted',
  'fee_due',
  'executing',
  'reissued',
  'refused',
  'appealing',
  'withdrawn',
  'closed',
]);
export type ReissueStatus = z.infer<typeof reissueStatusSchema>;

/** 补发: the same ticket anew. 重开: wrong data are put right. */
export const reissueKindSchema = z.enum(['replacement', 'correction']);
export type ReissueKind = z.infer<typeof reissueKindSchema>;

const APPLICATION = 'rei_0a5d8k2m7q9x3c6v1b4n';
const about = {
  applicationId: idSchema,
  orderId: idSchema,
  kind: reissueKindSchema,
  language: languageSchema,
  /** Of the purchase, sealed for notification: a stranger cannot send the new ticket elsewhere. */
  contact: z.object({ name: sealedForRecipient, phone: sealedForRecipient, email: sealedForRecipient.optional() }),
  product: bilingualSchema,
};
const ABOUT = {
  applicationId: APPLICATION,
  orderId: 'ord_0a5d8k2m7q9x3c6v1b4n',
  kind: 'replacement' as const,
  language: 'zh-CN' as const,
  contact: { name: 'b1.c2VhbGVk', phone: 'b1.c2VhbGVk' },
  product: { zh: '分时入园门票', en: 'Timed entry' },
};

/** Why a case came to nothing (REI-41): by a person, by its time, or by what sales found. Each has words for the applicant. */
export const REISSUE_END_REASONS = [
  'reissue.decided-against',
  'reissue.ticket-used',
  'reissue.ticket-refunded',
  'reissue.ticket-exchanged',
  'reissue.ticket-superseded',
  'reissue.ticket-expired',
  'reissue.ticket-not-living',
  'reissue.ticket-frozen',
  'reissue.ticket-changed',
  'reissue.document-has-ticket',
  'reissue.document-limit',
  'reissue.unproven',
  'reissue.proof-failed',
  'reissue.material-missing',
  'reissue.fee-unpaid',
] as const;
export type ReissueEndReason = (typeof REISSUE_END_REASONS)[number];

export const applicationProgressed = defineEvent({
  type: 'reissue.application.progressed.v1',
  summary: 'An application for a new ticket has come to a step that its applicant should know of.',
  data: z.object({
    ...about,
    ticketNumber: z.string(),
    status: reissueStatusSchema,
    /** Why it was refused or closed. */
    reason: z.string().max(100).optional(),
    /** What the person who refused it has to say to the applicant. */
    words: z.string().max(1_000).optional(),
    /** The same, sealed for notification; one of the two. */
    sealedWords: sealedForRecipient.optional(),
    /** What is due before it goes on. */
    fee: amountSchema.optional(),
    /** Until when the applicant can act: prove, bring, pay or appeal. */
    until: instantSchema.optional(),
    /** The ticket does not open a gate until the case is decided (REI-04). */
    frozen: z.boolean(),
    /** Nobody has shown yet that they have to do with this purchase: its telephone is left in peace (REI-04). */
    proven: z.boolean().optional(),
    /** What staff want to see, in their words (REI-21). */
    wanted: z.string().max(1_000).optional(),
    /** The same, sealed for notification; one of the two. */
    sealedWanted: sealedForRecipient.optional(),
    /** The same again, because the time to bring it runs out. */
    reminder: z.boolean().optional(),
    /** The fee goes back (REI-22). */
    returned: amountSchema.optional(),
    /** It was paid in cash: a counter hands it back. */
    inCash: z.boolean().optional(),
    at: instantSchema,
  }),
  example: {
    ...ABOUT,
    ticketNumber: '0A7F3K9Q2M5X8C4',
    status: 'fee_due',
    fee: 500,
    until: '2026-12-01T10:00:00+08:00',
    frozen: true,
    at: '2026-11-30T10:00:00+08:00',
  },
});

export const applicationReissued = defineEvent({
  type: 'reissue.application.reissued.v1',
  summary: 'The applicant has a new ticket and is told that the old one is void (REI-33).',
  data: z.object({
    ...about,
    previousNumber: z.string(),
    ticket: ticketReissued.data.shape.ticket,
    /** REI-35: the decision, and the moment from which sales refuses the old ticket. */
    approvedAt: instantSchema,
    reissuedAt: instantSchema,
    /** REI-53: one of many that are reissued together; telling them of it can wait for everybody else's messages. */
    batchId: idSchema.optional(),
  }),
  example: {
    ...ABOUT,
    previousNumber: '0A7F3K9Q2M5X8C4',
    ticket: ticketReissued.example.ticket,
    approvedAt: '2026-11-30T10:29:58+08:00',
    reissuedAt: '2026-11-30T10:30:00+08:00',
  },
});

export const applicationShipped = defineEvent({
  type: 'reissue.application.shipped.v1',
  summary: 'The new paper ticket is on its way by post, and where it can be followed (REI-30).',
  data: z.object({
    ...about,
    ticketNumber: z.string(),
    carrier: z.string().max(40),
    trackingNumber: z.string().max(40),
    shippedAt: instantSchema,
  }),
  example: {
    ...ABOUT,
    ticketNumber: '0A8G4M1R3N6Y9D5',
    carrier: '中国邮政',
    trackingNumber: 'EA123456789CN',
    shippedAt: '2026-11-30T15:00:00+08:00',
  },
});

export const applicationOverdue = defineEvent({
  type: 'reissue.application.overdue.v1',
  summary: 'Staff have let the time to decide an application pass: its desk is urged (REI-42).',
  data: z.object({
    applicationId: idSchema,
    orderId: idSchema,
    kind: reissueKindSchema,
    product: bilingualSchema,
    ticketNumber: z.string(),
    desk: z.enum(['operator', 'reviewer', 'manager']),
    /** The first deadline that has passed on this desk. */
    since: instantSchema,
    /** Deadlines of the case that have passed, this one too. */
    times: z.int().positive(),
    /** The next one. */
    nextBy: instantSchema,
    /** Mailbox that the tenant has named for the desk; left out: nobody is written to. */
    to: sealedForRecipient.optional(),
  }),
  example: {
    ...{ applicationId: APPLICATION, orderId: ABOUT.orderId, kind: ABOUT.kind, product: ABOUT.product },
    ticketNumber: '0A7F3K9Q2M5X8C4',
    desk: 'reviewer',
    since: '2026-11-30T20:00:00+08:00',
    times: 1,
    nextBy: '2026-12-01T20:00:00+08:00',
    to: 'b1.c2VhbGVk',
  },
});

export const verifyApplication = defineCommand({
  type: 'reissue.application.verify.v1',
  summary:
    'Reissue to itself, at once or as a timer: check the identity behind an application and assess it (REI-10, REI-12).',
  data: z.object({ applicationId: idSchema }),
  example: { applicationId: APPLICATION },
});

export const remindApplication = defineCommand({
  type: 'reissue.application.remind.v1',
  summary: 'Timer of reissue to itself: something of an application is due.',
  data: z.object({
    applicationId: idSchema,
    what: z.enum(['proof', 'decision', 'material-reminder', 'material', 'fee']),
  }),
  example: { applicationId: APPLICATION, what: 'material' },
});

export const workBatch = defineCommand({
  type: 'reissue.batch.work.v1',
  summary:
    'Reissue to itself, at once or as a timer: go on with a list of tickets that are reissued together (REI-53).',
  data: z.object({
    batchId: idSchema,
    /** Steps that were finished before: a repeated message finds more of them and does nothing. */
    step: z.int().nonnegative(),
  }),
  example: { batchId: 'rbt_0a5d8k2m7q9x3c6v1b4n', step: 3 },
});
