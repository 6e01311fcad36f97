// Applications on disk.
import { idTypeSchema, languageSchema, paymentMethodSchema, reissueKindSchema } from '@tongpiao/contracts';
import { isFen, type Fen } from '@tongpiao/kernel';
import { personalValueSchema, type AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import { keptPolicySchema } from '../policy/policy.ts';
import { applicationDecider } from './application.decider.ts';
import { applicationMessages } from './application.messages.ts';
import {
  ATTACHMENT_SUBJECTS,
  FILE_TYPES,
  type ApplicationCommand,
  type ApplicationEvent,
  type ApplicationState,
} from './application.ts';

const fenSchema = z.custom<Fen>(isFen, 'not an amount in fen');
const bilingual = z.object({ zh: z.string(), en: z.string() });
const person = z.object({ name: personalValueSchema, idType: idTypeSchema, idNumber: personalValueSchema });
const desk = z.enum(['operator', 'reviewer', 'manager']);
const verdict = z.enum(['approve', 'refuse']);
const count = z.number().int().nonnegative();
const waived = { waivedFor: z.string().optional() };

const factsShape = {
  kind: reissueKindSchema,
  reason: z.enum(['lost', 'damaged', 'not-received', 'wrong-data', 'system-fault', 'other']),
  channel: z.enum(['web', 'app', 'counter', 'hotline', 'kiosk', 'ota', 'batch']),
  language: languageSchema,
  ticket: z.object({
    rightId: z.string(),
    number: z.string(),
    orderId: z.string(),
    siteId: z.string(),
    productId: z.string(),
    product: bilingual,
    ticketTypeId: z.string(),
    ticketType: bilingual,
    startsAt: z.string(),
    validUntil: z.string(),
    amount: fenSchema,
    realName: z.boolean(),
    road: z.boolean(),
    reissues: count,
  }),
  contact: z.object({ name: personalValueSchema, phone: personalValueSchema, email: personalValueSchema.optional() }),
  traveller: person.optional(),
  correction: person.optional(),
  note: personalValueSchema.optional(),
  enteredBy: z.string().optional(),
  userId: z.string().optional(),
  batch: z.object({ id: z.string(), line: count }).optional(),
  personIndex: z.string(),
  addressIndex: z.string(),
  deviceIndex: z.string().optional(),
  accessHash: z.string(),
  submittedAt: z.string(),
  policy: keptPolicySchema,
};

/** Sealed; of an older case, text. */
const words = z.union([personalValueSchema, z.string()]);

const attachment = z.object({
  id: z.string(),
  about: z.enum(ATTACHMENT_SUBJECTS),
  type: z.enum(FILE_TYPES),
  bytes: count,
  sha256: z.string(),
  pixels: count.optional(),
  blob: z.string(),
  by: z.string(),
  at: z.string(),
});

export const assessmentSchema = z.object({
  policyVersion: count,
  identity: z.enum(['match', 'mismatch', 'not-needed']),
  history: z.object({
    ...{ sameDay: count, refused: count, sameTicket: count, sharedAddress: count },
    sharedDevice: count.default(0),
    sameMonth: count.optional(),
    ...{ failedChecks: count.default(0), scansAdmitted: count.default(0), scansRefused: count.default(0) },
  }),
  findings: z.array(z.object({ factor: z.string(), points: count, value: count })),
  score: count,
  desk,
  escalatedFor: z.array(z.string()),
  suspended: z.boolean(),
  fee: fenSchema,
  ...waived,
  selfService: z.boolean(),
});
const approval = z.object({
  verdict,
  by: z.string(),
  reason: words,
  at: z.string(),
  sampled: z.boolean().optional(),
  desk: desk.optional(),
  code: z.string(),
  fee: fenSchema,
  ...waived,
});
const refusal = z.object({
  reason: z.string(),
  words: words.optional(),
  by: z.string(),
  at: z.string(),
  desk: desk.optional(),
  appealBy: z.string().optional(),
});

const common = {
  ...factsShape,
  freeze: z.enum(['none', 'asked', 'frozen']),
  proof: z
    .object({
      how: z.enum(['code', 'document', 'purchase-proof', 'order-token', 'login']),
      by: z.string().optional(),
      at: z.string(),
      words: personalValueSchema.optional(),
      documentAt: z.string().optional(),
    })
    .optional(),
  documentBy: z.string().optional(),
  codes: count,
  code: z.object({ hash: z.string(), sentAt: z.string(), validUntil: z.string(), misses: count }).optional(),
  misses: count,
  deciders: z.array(z.string()),
  materials: z.array(
    z.object({
      what: words,
      by: z.string(),
      until: z.string(),
      at: z.string(),
      supplied: z
        .object({ note: personalValueSchema, at: z.string(), attachments: z.array(z.string()).optional() })
        .optional(),
    }),
  ),
  attachments: z.array(attachment).default([]),
  calls: z.array(z.object({ by: z.string(), note: words, at: z.string() })),
  payments: z.array(
    z.object({
      id: z.string(),
      method: paymentMethodSchema,
      amount: fenSchema,
      status: z.enum(['requested', 'opened', 'captured', 'failed', 'closed']),
      payUrl: z.string().optional(),
      at: z.string().optional(),
      refundId: z.string().optional(),
    }),
  ),
  refunds: z.array(
    z.object({
      id: z.string(),
      paymentId: z.string(),
      amount: fenSchema,
      reason: z.enum(['late-payment', 'double-payment', 'cancelled']),
      status: z.enum(['requested', 'done', 'failed']),
      problem: z.string().optional(),
    }),
  ),
  paidBy: z.string().optional(),
  appeal: z.object({ words: personalValueSchema, at: z.string() }).optional(),
  sampleReview: z
    .object({ verdict: z.enum(['confirm', 'contest']), by: z.string(), words: z.string(), at: z.string() })
    .optional(),
  overdue: count,
};
const verified = { ...common, verifyBy: z.string().optional(), overdueSince: z.string().optional() };
const judged = { ...common, assessment: assessmentSchema };
const onDesk = {
  ...judged,
  desk,
  decideBy: z.string(),
  countedFrom: z.string().optional(),
  provisional: z.boolean().default(false),
  overdueSince: z.string().optional(),
  recommendation: z.object({ verdict, by: z.string(), reason: words }).optional(),
};
const deskStatus = z.enum(['risk_check', 'deciding', 'reviewing']);

const stateSchema: z.ZodType<ApplicationState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({ ...verified, status: z.enum(['submitted', 'verifying']) }),
  z.object({ ...verified, status: z.literal('waiting_identity'), tries: count }),
  z.object({ ...onDesk, status: deskStatus }),
  z.object({ ...onDesk, status: z.literal('material_wanted'), back: deskStatus }),
  z.object({ ...judged, status: z.literal('fee_due'), approval, payBy: z.string() }),
  z.object({ ...judged, status: z.literal('executing'), approval, orderedAt: z.string() }),
  z.object({
    ...judged,
    status: z.literal('reissued'),
    approval,
    newNumber: z.string(),
    reissuedAt: z.string(),
    carriedOutMs: count,
    orderedAt: z.string().optional(),
    shipments: z
      .array(
        z.object({
          carrier: z.string(),
          trackingNumber: z.string(),
          serial: z.string().optional(),
          by: z.string(),
          at: z.string(),
        }),
      )
      .optional(),
    gates: z.object({ count, lastAt: z.string(), knowMs: count }).optional(),
    awaitsGates: z.literal(true).optional(),
  }),
  z.object({
    ...common,
    status: z.literal('refused'),
    refusal,
    assessment: assessmentSchema.optional(),
    approval: approval.optional(),
  }),
  z.object({ ...onDesk, status: z.literal('appealing'), refusal }),
  z.object({
    ...common,
    status: z.enum(['withdrawn', 'closed']),
    endReason: z.string(),
    endedAt: z.string(),
    assessment: assessmentSchema.optional(),
  }),
]);

export const applicationSpec: AggregateSpec<ApplicationState, ApplicationCommand, ApplicationEvent> = {
  service: 'reissue',
  collection: 'applications',
  decider: applicationDecider,
  state: stateSchema,
  messages: applicationMessages,
  personal: ['personIndex', 'addressIndex', 'deviceIndex', 'accessHash', 'userId', 'sha256', 'trackingNumber'],
  indexes: [
    { fields: { 'state.status': 1, 'state.submittedAt': -1 } },
    // Past cases of a period, for trials and figures.
    { fields: { 'state.submittedAt': -1, _id: -1 } },
    // REI-50: those that have something to erase, oldest first.
    { fields: { 'state.submittedAt': 1 }, where: { key: { $exists: true } } },
    // What waits at a desk: a case that does not lie on one has none.
    {
      fields: { 'state.desk': 1, 'state.submittedAt': -1, _id: -1 },
      where: { 'state.desk': { $exists: true } },
    },
    { fields: { 'state.ticket.rightId': 1 } },
    // REI-35: those of a site that a gate's list may not know yet.
    { fields: { 'state.ticket.siteId': 1, 'state.reissuedAt': -1 }, where: { 'state.awaitsGates': true } },
    { fields: { 'state.personIndex': 1, 'state.submittedAt': -1 } },
    { fields: { 'state.addressIndex': 1, 'state.submittedAt': -1 } },
    {
      fields: { 'state.deviceIndex': 1, 'state.submittedAt': -1 },
      where: { 'state.deviceIndex': { $exists: true } },
    },
    { fields: { 'state.approval.sampled': 1, 'state.submittedAt': -1 }, where: { 'state.approval.sampled': true } },
    { fields: { 'state.contact.phone.index': 1, 'state.submittedAt': -1 } },
    {
      fields: { 'state.enteredBy': 1, 'state.submittedAt': -1 },
      where: { 'state.enteredBy': { $exists: true } },
    },
    { fields: { 'state.userId': 1, 'state.submittedAt': -1 }, where: { 'state.userId': { $exists: true } } },
    {
      fields: { 'state.refunds.status': 1, 'state.submittedAt': -1 },
      where: { 'state.refunds.status': 'failed' },
    },
    {
      fields: { 'state.overdueSince': 1, 'state.status': 1 },
      where: { 'state.overdueSince': { $exists: true } },
    },
    { fields: { 'state.provisional': 1, _id: 1 }, where: { 'state.provisional': true }, acrossTenants: true },
    {
      fields: { 'state.batch.id': 1, 'state.status': 1 },
      where: { 'state.batch.id': { $exists: true } },
    },
    { fields: { 'state.approval.code': 1 }, unique: true, where: { 'state.approval.code': { $exists: true } } },
  ],
};
