// A tenant's rules for reissuing, as versioned data: what costs what, what goes to whom, what is a risk, and how long anything may take
// (REI-20, REI-22, REI-42, REI-51). A case keeps the version that judges it.
import { reissueKindSchema } from '@tongpiao/contracts';
import {
  CHINA_2026,
  fen,
  flawOf,
  isFen,
  isLocalTime,
  isTimeZone,
  localTime,
  type BusinessCalendar,
  type Fen,
  type LocalTime,
} from '@tongpiao/kernel';
import { z } from 'zod';

export const RISK_FACTORS = [
  'identity-mismatch',
  'same-day',
  'refused-before',
  'same-ticket',
  'shared-address',
  'shared-device',
  'failed-proofs',
  'reissued-before',
  'scanned-since',
] as const;
export type RiskFactor = (typeof RISK_FACTORS)[number];

const fenSchema = z.custom<Fen>(isFen, 'not an amount in fen');
const points = z.int().min(0).max(100);
const YEAR_HOURS = 365 * 24;
const hours = z.int().min(1).max(YEAR_HOURS);

const timeSchema = z.custom<LocalTime>(isLocalTime, 'not a time of day, HH:MM');
const days = z.array(z.iso.date()).max(366);

/** REI-42: what a working day is, and when the office is open. The years are told one by one; see `BusinessCalendar`. */
const calendarSchema = z
  .strictObject({
    timeZone: z.string().refine(isTimeZone, 'not a time zone'),
    opens: timeSchema,
    closes: timeSchema,
    years: z
      .array(
        z
          .strictObject({
            year: z.int().min(2020).max(2100),
            holidays: days,
            workdays: days,
            source: z.string().trim().min(2).max(200),
          })
          .superRefine((year, context) => {
            const message = flawOf(year);
            if (message !== undefined) context.addIssue({ code: 'custom', message });
          }),
      )
      .max(20)
      .refine((years) => new Set(years.map(({ year }) => year)).size === years.length, 'a year is there twice'),
  })
  .refine(({ opens, closes }) => opens < closes, 'the office closes before it opens');

const mailbox = z.email().max(200);

const minutes = z
  .int()
  .min(1)
  .max(YEAR_HOURS * 60);
const DEFAULT_VERIFY_MINUTES = 120;
const deadlines = {
  proveHours: hours,
  /** From the proof until it is assessed, by day and by night. */
  verifyMinutes: minutes.default(DEFAULT_VERIFY_MINUTES),
  /** Of an ordinary case, counted while the office is open. */
  decideMinutes: minutes,
  /** Of a case that a reviewer or manager sees. */
  reviewWorkingDays: z.int().min(1).max(60),
  materialHours: hours,
  payHours: hours,
  appealHours: hours,
  identityRetrySeconds: z.int().min(1).max(86_400),
};
/** Above it the gateway lets nothing through. */
const ATTACHMENT_BYTES_CEILING = 20 * 1_048_576;

const attachmentRules = z.strictObject({
  /** Files of one case. */
  maxCount: z.int().min(1).max(50),
  maxBytes: z.int().min(10_000).max(ATTACHMENT_BYTES_CEILING),
  /** Width times height of an image: what a program that opens it has to unpack. */
  maxPixels: z.int().min(10_000).max(200_000_000),
});
export type AttachmentRules = z.output<typeof attachmentRules>;

const paymentRules = z.strictObject({
  /** Payments that an applicant begins before they have to wait, or to ask staff. */
  maxAtOnce: z.int().min(1).max(20),
  /** After the first of those: then one more may be begun. */
  againAfterMinutes: z
    .int()
    .min(1)
    .max(7 * 24 * 60),
});

/** More in one list than this would take hours, and nobody could look through it. */
export const BATCH_LINES_MAX = 50_000;
const batchRules = z.strictObject({
  linesMax: z.int().min(1).max(BATCH_LINES_MAX),
  /** From so many tickets on a manager approves, below a reviewer may. */
  managerFromLines: z
    .int()
    .min(1)
    .max(BATCH_LINES_MAX + 1),
});
const DEFAULT_BATCHES: z.output<typeof batchRules> = { linesMax: BATCH_LINES_MAX, managerFromLines: 500 };

const DEFAULT_FAILED_CHECKS_DAYS = 30;

export const rulesSchema = z.strictObject({
  selfService: z.strictObject({
    /** REI-43: low-risk replacements of real-name tickets are decided at once. */
    on: z.boolean(),
    /** Share of those that a person looks at afterwards. */
    sampleShare: z.number().min(0).max(1),
  }),
  /** First line that fits; none fits: free. */
  fees: z
    .array(z.strictObject({ productId: z.string().max(80).optional(), kind: reissueKindSchema, amount: fenSchema }))
    .max(200),
  escalation: z.strictObject({
    reviewerFromAmount: fenSchema,
    managerFromAmount: fenSchema,
    /** Ticket types that a reviewer sees whatever they cost: first class, VIP. */
    classes: z.array(z.string().max(80)).max(200),
  }),
  risk: z.strictObject({
    /** From so many points on, the case is suspended (REI-11). */
    suspendFrom: z.int().min(1).max(1_000),
    /** How far back failed proofs and identity checks of the same person count. */
    failedChecksDays: z.int().min(1).max(365).default(DEFAULT_FAILED_CHECKS_DAYS),
    points: z.strictObject({
      'identity-mismatch': points,
      'same-day': points,
      'refused-before': points,
      'same-ticket': points,
      'shared-address': points,
      /** A policy that does not say counts it for nothing. */
      'shared-device': points.default(0),
      'failed-proofs': points,
      'reissued-before': points,
      /** Where it has points at all, it suspends, however few they are. */
      'scanned-since': points.default(0),
    }),
  }),
  deadlines: z.strictObject(deadlines),
  calendar: calendarSchema,
  /** REI-42: mailboxes that hear of what is overdue at a desk; left out: the list and the figures show it. */
  urging: z
    .strictObject({ operator: mailbox.optional(), reviewer: mailbox.optional(), manager: mailbox.optional() })
    .optional(),
  /** REI-03; left out: `DEFAULT_ATTACHMENT_RULES`. */
  attachments: attachmentRules.optional(),
  /** REI-52: the most that an error of staff may be made good with; left out: `DEFAULT_COMPENSATION_MAX`. */
  compensation: z.strictObject({ maxAmount: fenSchema }).optional(),
  /** REI-22: how often a payment of the fee is begun; left out: `DEFAULT_PAYMENT_RULES`. */
  payments: paymentRules.optional(),
  /** REI-50: how long personal data of a case are kept after its end; left out: `DEFAULT_RETENTION_YEARS`. */
  retentionYears: z.int().min(1).max(30).optional(),
  /** REI-53. Policies that were set before there were lists do not name it. */
  batches: batchRules.default(DEFAULT_BATCHES),
});
/** What a case is judged by. Mailboxes are nobody's rule: they lie beside, sealed, and no case copies them. */
export type Rules = Omit<z.output<typeof rulesSchema>, 'urging'>;
export type Urging = NonNullable<z.output<typeof rulesSchema>['urging']>;

const DEFAULT_CALENDAR: BusinessCalendar = {
  timeZone: 'Asia/Shanghai',
  opens: localTime('08:00'),
  closes: localTime('20:00'),
  years: [CHINA_2026],
};

/** Ten photos of a telephone; 8 MB and 50 megapixels hold what its camera takes. */
const DEFAULT_ATTACHMENT_RULES: AttachmentRules = { maxCount: 10, maxBytes: 8 * 1_048_576, maxPixels: 50_000_000 };

export function attachmentRulesOf({ attachments }: Pick<Policy, 'attachments'>): AttachmentRules {
  return attachments ?? DEFAULT_ATTACHMENT_RULES;
}

/** 50 yuan: a way back home and a day's annoyance. */
const DEFAULT_COMPENSATION_MAX = fen(5_000);

export function compensationMaxOf({ compensation }: Pick<Policy, 'compensation'>): Fen {
  return compensation?.maxAmount ?? DEFAULT_COMPENSATION_MAX;
}

/** A payer tries each method twice, and their bank is given half an hour. */
const DEFAULT_PAYMENT_RULES: z.output<typeof paymentRules> = { maxAtOnce: 5, againAfterMinutes: 30 };

export function paymentRulesOf({ payments }: Pick<Policy, 'payments'>): z.output<typeof paymentRules> {
  return payments ?? DEFAULT_PAYMENT_RULES;
}

/** Orders have to be kept for three years; a dispute about one takes its time. */
const DEFAULT_RETENTION_YEARS = 5;

export function retentionYearsOf({ retentionYears }: Pick<Policy, 'retentionYears'>): number {
  return retentionYears ?? DEFAULT_RETENTION_YEARS;
}

/** What holds until a tenant says otherwise: nothing is charged, nothing is decided without a person. */
export const DEFAULT_RULES: Rules = {
  selfService: { on: false, sampleShare: 0.05 },
  fees: [],
  escalation: { reviewerFromAmount: fen(50_000), managerFromAmount: fen(200_000), classes: [] },
  risk: {
    suspendFrom: 50,
    failedChecksDays: DEFAULT_FAILED_CHECKS_DAYS,
    points: {
      'identity-mismatch': 60,
      'same-day': 20,
      'refused-before': 20,
      'same-ticket': 10,
      'shared-address': 15,
      'shared-device': 20,
      'failed-proofs': 10,
      'reissued-before': 15,
      'scanned-since': 50,
    },
  },
  deadlines: {
    proveHours: 24,
    verifyMinutes: DEFAULT_VERIFY_MINUTES,
    decideMinutes: 120,
    reviewWorkingDays: 1,
    materialHours: 72,
    payHours: 72,
    appealHours: 168,
    identityRetrySeconds: 60,
  },
  calendar: copyOf(DEFAULT_CALENDAR),
  batches: DEFAULT_BATCHES,
};

/** As read: what a policy of an earlier day does not say is as the rules are without a tenant's word. */
export const policySchema = rulesSchema.extend({
  version: z.int().nonnegative(),
  deadlines: z.object({ ...deadlines, reviewWorkingDays: deadlines.reviewWorkingDays.default(1) }),
  calendar: calendarSchema.default(DEFAULT_RULES.calendar),
});
export type Policy = Readonly<Omit<z.output<typeof policySchema>, 'urging'>>;
/** As a case or a list has it; one of an earlier day may have mailboxes in it. */
export const keptPolicySchema = policySchema.transform(({ urging: _mailboxes, ...policy }): Policy => policy);

function copyOf({ years, ...calendar }: BusinessCalendar): Rules['calendar'] {
  // In the order of the schema: policies are compared as text.
  const copied = years.map(({ year, holidays, workdays, source }) => ({
    year,
    holidays: [...holidays],
    workdays: [...workdays],
    source,
  }));
  return { ...calendar, years: copied };
}
