// A case as it is shown: to its applicant in words of both languages (REI-40, REI-41), to staff with what they decide by (REI-54). Personal
// values are masked for everybody (PLA-11).
import {
  bilingualSchema,
  idTypeSchema,
  paymentMethodSchema,
  reissueKindSchema,
  reissueStatusSchema,
  type Bilingual,
  type ReissueStatus,
} from '@tongpiao/contracts';
import type { Fen } from '@tongpiao/kernel';
import type { PersonalValue } from '@tongpiao/persistence';
import { z } from 'zod';
import { problems } from '../problems.ts';
import type { Desk, LiveApplication, Of, Person, Words } from './application.ts';
import { countedDays } from './times.ts';

const money = z.object({ amount: z.int(), currency: z.literal('CNY') });
const personView = z.object({ name: z.string(), idType: idTypeSchema, idNumber: z.string() });

const staffView = z.object({
  desk: z.enum(['operator', 'reviewer', 'manager']).optional(),
  decideBy: z.string().optional(),
  verifyBy: z.string().optional().describe('REI-42: until when it is to be verified.'),
  provisional: z
    .boolean()
    .optional()
    .describe('Counted into a year whose working days are not told yet; counted again when they are (REI-42).'),
  countedDays: z
    .array(
      z.object({
        date: z.string(),
        kind: z.enum(['working', 'moved', 'weekend', 'holiday']),
        counts: z.boolean(),
      }),
    )
    .optional()
    .describe('How the deadline was counted, day by day.'),
  overdue: z.int(),
  overdueSince: z
    .string()
    .optional()
    .describe('REI-42: the first deadline that has passed on its desk, or while it is verified.'),
  proof: z
    .object({
      how: z.enum(['code', 'document', 'purchase-proof', 'order-token', 'login']),
      at: z.string(),
      by: z.string().optional(),
      words: z
        .string()
        .optional()
        .describe('That a proof of purchase was noted; what it was is revealed for a purpose.'),
      documentAt: z.string().optional().describe('When the document of the purchase was shown.'),
    })
    .optional(),
  channel: z.string(),
  enteredBy: z.string().optional(),
  batch: z.object({ id: z.string(), line: z.int() }).optional().describe('REI-53: the list that it is a line of.'),
  policyVersion: z.int(),
  assessment: z
    .object({
      identity: z.enum(['match', 'mismatch', 'not-needed']),
      score: z.int(),
      findings: z.array(z.object({ factor: z.string(), points: z.int(), value: z.int() })),
      escalatedFor: z.array(z.string()),
      suspended: z.boolean(),
      waivedFor: z.string().optional(),
    })
    .optional(),
  recommendation: z.object({ verdict: z.string(), by: z.string(), reason: z.string() }).optional(),
  decision: z
    .object({ by: z.string(), reason: z.string(), at: z.string(), code: z.string(), sampled: z.boolean().optional() })
    .optional(),
  failedRefunds: z
    .array(z.object({ refundId: z.string(), paymentId: z.string(), amount: money, problem: z.string() }))
    .optional()
    .describe('REI-22: fees that could not be paid back; somebody at finance has to look.'),
  deciders: z.array(z.string()),
  calls: z.array(z.object({ by: z.string(), note: z.string(), at: z.string() })),
  sampleReview: z.object({ verdict: z.string(), by: z.string(), words: z.string(), at: z.string() }).optional(),
  refusedBy: z.string().optional(),
  carriedOutMs: z
    .int()
    .optional()
    .describe('REI-35: from the decision until we have heard that gates with network refuse the old ticket.'),
  gates: z
    .object({ count: z.int(), lastAt: z.string(), knowMs: z.int() })
    .optional()
    .describe('REI-35: when the last gate that goes by a list knew of it; absent until then.'),
  serial: z.string().optional().describe('Of the numbered sheet that was sent.'),
});

export const applicationView = z.object({
  id: z.string(),
  tenantId: z.string(),
  status: reissueStatusSchema,
  statusText: bilingualSchema,
  kind: reissueKindSchema,
  reason: z.string(),
  submittedAt: z.string(),
  ticket: z.object({
    number: z.string(),
    orderId: z.string(),
    product: bilingualSchema,
    ticketType: bilingualSchema,
    startsAt: z.string(),
    traveller: personView.optional(),
  }),
  contact: z.object({ name: z.string(), phone: z.string() }),
  correction: personView.optional(),
  proven: z.boolean(),
  frozen: z.boolean(),
  documentBy: z
    .string()
    .optional()
    .describe('REI-02: until when the document of the purchase is to be shown; the application goes on with it.'),
  material: z.object({ what: z.string(), until: z.string() }).optional(),
  fee: money.optional(),
  payBy: z.string().optional(),
  payments: z.array(
    z.object({
      id: z.string(),
      method: paymentMethodSchema,
      amount: money,
      status: z.string(),
      payUrl: z.string().optional(),
    }),
  ),
  refunds: z.array(z.object({ amount: money, status: z.string(), statusText: bilingualSchema })),
  refusal: z
    .object({
      reason: z.string(),
      text: bilingualSchema,
      words: z.string().optional(),
      appealBy: z.string().optional(),
    })
    .optional(),
  endReason: z.string().optional(),
  endText: bilingualSchema.optional(),
  newNumber: z.string().optional(),
  reissuedAt: z.string().optional(),
  shipment: z
    .object({ carrier: z.string(), trackingNumber: z.string(), shippedAt: z.string() })
    .optional()
    .describe('The paper ticket, where it goes by post.'),
  staff: staffView.optional().describe('For staff only.'),
});
export type ApplicationView = z.input<typeof applicationView>;

/** REI-40 */
export const STATUS_TEXT: Readonly<Record<ReissueStatus, Bilingual>> = {
  submitted: { zh: '已提交', en: 'Submitted' },
  verifying: { zh: '核验中', en: 'Being verified' },
  waiting_identity: { zh: '核验中（身份核验服务暂不可用，恢复后自动继续）', en: 'Waiting for the identity check' },
  risk_check: { zh: '审核中', en: 'Under review' },
  deciding: { zh: '审核中', en: 'Under review' },
  reviewing: { zh: '审核中', en: 'Under review' },
  material_wanted: { zh: '待补充材料', en: 'More material is needed' },
  fee_due: { zh: '待缴费', en: 'Waiting for the fee' },
  executing: { zh: '补发中', en: 'Being reissued' },
  reissued: { zh: '已补发', en: 'Reissued' },
  refused: { zh: '未通过', en: 'Refused' },
  appealing: { zh: '申诉审核中', en: 'Appeal under review' },
  withdrawn: { zh: '已撤回', en: 'Withdrawn' },
  closed: { zh: '已关闭', en: 'Closed' },
};
/** REI-22 */
const REFUND_TEXT: Readonly<Record<LiveApplication['refunds'][number]['status'], Bilingual>> = {
  requested: { zh: '退款中', en: 'On its way back' },
  done: { zh: '已退款', en: 'Paid back' },
  failed: { zh: '退款未成功，工作人员正在处理', en: 'It could not be paid back yet; our staff look into it' },
};
const CASH_TO_FETCH: Bilingual = { zh: '现金请到售票窗口领取', en: 'To be fetched in cash at a counter' };
const DOCUMENT_WANTED: Bilingual = { zh: '核验中（待出示购票证件）', en: 'Waiting for the document of the purchase' };
const NO_WORDS: Bilingual = { zh: '不符合补发条件。', en: 'The conditions for a new ticket are not met.' };

type Opener = (value: PersonalValue) => string;
export const textOf = (words: Words, open: Opener): string => (typeof words === 'string' ? words : open(words));

const yuan = (amount: Fen): { amount: number; currency: 'CNY' } => ({ amount, currency: 'CNY' });
const shown = ({ name, idType, idNumber }: Person): z.input<typeof personView> => ({
  name: name.masked,
  idType,
  idNumber: idNumber.masked,
});

/** @param open what was written to or about the applicant; left out, it is masked */
export function viewApplication(
  id: string,
  tenantId: string,
  state: LiveApplication,
  staff: boolean,
  open: Opener = ({ masked }) => masked,
): ApplicationView {
  const { status, kind, reason, submittedAt, ticket, contact, traveller, correction } = state;
  const { number, orderId, product, ticketType, startsAt } = ticket;
  return {
    ...{ id, tenantId, status, kind, reason, submittedAt },
    statusText: state.documentBy === undefined ? STATUS_TEXT[status] : DOCUMENT_WANTED,
    ticket: {
      ...{ number, orderId, product, ticketType, startsAt },
      ...(traveller === undefined ? {} : { traveller: shown(traveller) }),
    },
    contact: { name: contact.name.masked, phone: contact.phone.masked },
    ...(correction === undefined ? {} : { correction: shown(correction) }),
    proven: state.proof !== undefined,
    frozen: state.freeze !== 'none',
    ...(state.documentBy === undefined ? {} : { documentBy: state.documentBy }),
    ...moneyOf(state),
    ...endOf(state, open),
    ...(status === 'material_wanted' ? wantedOf(state, open) : {}),
    ...(staff ? { staff: { ...forStaff(state, open), ...proofOf(state) } } : {}),
  };
}

function proofOf({ proof }: LiveApplication): Pick<z.input<typeof staffView>, 'proof'> {
  if (proof === undefined) return {};
  const { words, ...rest } = proof;
  return { proof: { ...rest, ...(words === undefined ? {} : { words: words.masked }) } };
}

function wantedOf({ materials }: LiveApplication, open: Opener): Pick<ApplicationView, 'material'> {
  const last = materials.at(-1);
  return last === undefined ? {} : { material: { what: textOf(last.what, open), until: last.until } };
}

function moneyOf(state: LiveApplication): Pick<ApplicationView, 'fee' | 'payBy' | 'payments' | 'refunds'> {
  const fee = 'approval' in state ? state.approval?.fee : undefined;
  return {
    ...(fee === undefined ? {} : { fee: yuan(fee) }),
    ...(state.status === 'fee_due' ? { payBy: state.payBy } : {}),
    payments: state.payments.map(({ id, method, amount, status, payUrl }) => ({
      ...{ id, method, amount: yuan(amount), status },
      ...(payUrl === undefined ? {} : { payUrl }),
    })),
    refunds: state.refunds.map(({ paymentId, amount, status }) => {
      const isCash = state.payments.some(({ id, method }) => id === paymentId && method === 'cash');
      const statusText = isCash && status === 'requested' ? CASH_TO_FETCH : REFUND_TEXT[status];
      return { amount: yuan(amount), status, statusText };
    }),
  };
}

type End = Pick<ApplicationView, 'refusal' | 'endReason' | 'endText' | 'newNumber' | 'reissuedAt' | 'shipment'>;

function endOf(state: LiveApplication, open: Opener): End {
  switch (state.status) {
    case 'reissued':
      return { newNumber: state.newNumber, reissuedAt: state.reissuedAt, ...shipmentOf(state) };
    case 'refused':
    case 'appealing': {
      const { reason, words, appealBy } = state.refusal;
      const text = problems[reason.replace(/^sales\./, 'reissue.')]?.detail ?? NO_WORDS;
      return {
        refusal: {
          ...{ reason, text },
          ...(words === undefined ? {} : { words: textOf(words, open) }),
          ...(appealBy === undefined || state.status === 'appealing' ? {} : { appealBy }),
        },
      };
    }
    case 'withdrawn':
      return { endReason: state.endReason };
    case 'closed':
      return { endReason: state.endReason, endText: problems[state.endReason]?.detail ?? NO_WORDS };
    default:
      return {};
  }
}

function shipmentOf({ shipments }: Of<'reissued'>): Pick<ApplicationView, 'shipment'> {
  const last = shipments?.at(-1);
  if (last === undefined) return {};
  const { carrier, trackingNumber, at: shippedAt } = last;
  return { shipment: { carrier, trackingNumber, shippedAt } };
}

/** REI-30, REI-35 */
function afterwards({ carriedOutMs, gates, shipments }: Of<'reissued'>) {
  const serial = shipments?.at(-1)?.serial;
  return { carriedOutMs, ...(gates === undefined ? {} : { gates }), ...(serial === undefined ? {} : { serial }) };
}

function forStaff(state: LiveApplication, open: Opener): z.input<typeof staffView> {
  const { overdue, channel, enteredBy, batch, policy, deciders, calls } = state;
  const judged = 'assessment' in state ? state.assessment : undefined;
  const approval = 'approval' in state ? state.approval : undefined;
  return {
    ...{
      overdue,
      channel,
      policyVersion: policy.version,
      deciders: [...deciders],
      calls: calls.map((call) => ({ ...call, note: textOf(call.note, open) })),
    },
    ...(enteredBy === undefined ? {} : { enteredBy }),
    ...(batch === undefined ? {} : { batch }),
    ...failedRefundsOf(state),
    ...('desk' in state ? deadlineOf(state) : 'verifyBy' in state ? verificationOf(state) : {}),
    ...('recommendation' in state && state.recommendation !== undefined
      ? { recommendation: { ...state.recommendation, reason: textOf(state.recommendation.reason, open) } }
      : {}),
    ...(judged === undefined ? {} : { assessment: assessmentOf(judged) }),
    ...(approval === undefined ? {} : { decision: decisionOf(approval, open) }),
    ...(state.sampleReview === undefined ? {} : { sampleReview: state.sampleReview }),
    ...('refusal' in state ? { refusedBy: state.refusal.by } : {}),
    ...(state.status === 'reissued' ? afterwards(state) : {}),
  };
}

function failedRefundsOf({ refunds }: LiveApplication): Pick<z.input<typeof staffView>, 'failedRefunds'> {
  const failed = refunds.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return {};
  return {
    failedRefunds: failed.map(({ id, paymentId, amount, problem = '' }) => ({
      ...{ refundId: id, paymentId, amount: yuan(amount), problem },
    })),
  };
}

type Lying = Extract<LiveApplication, { desk: Desk }>;
function deadlineOf({ desk, decideBy, provisional, overdueSince, countedFrom, policy }: Lying) {
  const counted = countedFrom === undefined ? [] : countedDays(policy, desk, countedFrom);
  return {
    ...{ desk, decideBy, provisional },
    ...(overdueSince === undefined ? {} : { overdueSince }),
    ...(counted.length === 0 ? {} : { countedDays: [...counted] }),
  };
}

function verificationOf({ verifyBy, overdueSince }: Of<'verifying' | 'submitted'> | Of<'waiting_identity'>) {
  return {
    ...(verifyBy === undefined ? {} : { verifyBy }),
    ...(overdueSince === undefined ? {} : { overdueSince }),
  };
}

type Judged = NonNullable<Extract<LiveApplication, { status: 'refused' }>['assessment']>;
function assessmentOf({ identity, score, findings, escalatedFor, suspended, waivedFor }: Judged) {
  return {
    ...{ identity, score, findings: [...findings], escalatedFor: [...escalatedFor], suspended },
    ...(waivedFor === undefined ? {} : { waivedFor }),
  };
}

type Approved = Extract<LiveApplication, { status: 'executing' }>['approval'];
function decisionOf({ by, reason, at, code, sampled }: Approved, open: Opener) {
  return { ...{ by, reason: textOf(reason, open), at, code }, ...(sampled === undefined ? {} : { sampled }) };
}
