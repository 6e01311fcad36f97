// The figures of a period as one pass over its cases (REI-51): an index on tenant and day finds them, each is cut down to what is counted,
// and counted twice, for its month and for the period. No personal value is read; people are told apart by their blind index.
import { z } from 'zod';

type Stage = Readonly<Record<string, unknown>>;

/** The span that is the whole period. */
export const PERIOD = 'period';

/** REI-22: reasons for which we put right for nothing what it was our fault. */
const OWN_FAULTS = ['system-fault', 'not-received', 'our-fault'];

export const STAGES = ['prove', 'decide', 'pay', 'carryOut', 'whole', 'appeal'] as const;
export type StageName = (typeof STAGES)[number];

const exists = (field: string): Stage => ({ $ne: [{ $type: field }, 'missing'] });
const date = (field: unknown): Stage => ({ $toDate: field });
const between = (from: unknown, to: unknown): Stage => ({ $subtract: [date(to), date(from)] });
const only = (condition: unknown, then: unknown): Stage => ({ $cond: [condition, then, null] });
const many = (condition: unknown): Stage => ({ $sum: { $cond: [condition, 1, 0] } });

const appealed = exists('$state.appeal');
/** Of a person: the refusals of facts have no decision in them. */
const decidedAt = {
  $ifNull: [
    '$state.approval.at',
    only({ $eq: ['$state.refusal.reason', 'reissue.decided-against'] }, '$state.refusal.at'),
  ],
};

/** What would have been charged: the first line of the case's own policy that fits, as `feeOf` reads it. */
const feeLine = {
  $first: {
    $filter: {
      input: '$state.policy.fees',
      as: 'line',
      cond: {
        $and: [
          { $eq: ['$$line.kind', '$state.kind'] },
          { $eq: [{ $ifNull: ['$$line.productId', '$state.ticket.productId'] }, '$state.ticket.productId'] },
        ],
      },
    },
  },
};

const MEASURED: Readonly<Record<StageName, Stage>> = {
  prove: between('$state.submittedAt', '$state.proof.at'),
  // An appeal has overwritten when it was decided first.
  decide: only({ $not: [appealed] }, between('$state.proof.at', decidedAt)),
  pay: only(
    { $and: [{ $gt: ['$state.approval.fee', 0] }, exists('$state.reissuedAt')] },
    between('$state.approval.at', '$state.orderedAt'),
  ),
  carryOut: { $ifNull: ['$state.carriedOutMs', null] },
  whole: between('$state.submittedAt', '$state.reissuedAt'),
  appeal: only({ $and: [appealed, { $ne: ['$state.status', 'appealing'] }] }, between('$state.appeal.at', decidedAt)),
};

const ended = {
  $switch: {
    branches: [
      { case: { $eq: ['$state.status', 'appealing'] }, then: 'open' },
      { case: { $eq: ['$state.status', 'refused'] }, then: 'refused' },
      { case: { $in: ['$state.status', ['fee_due', 'executing', 'reissued']] }, then: 'granted' },
    ],
    default: 'ended',
  },
};

/** Key → field that is counted by its values. */
const COUNTED = {
  kinds: 'kind',
  reasons: 'reason',
  channels: 'channel',
  outcomes: 'status',
  desks: 'desk',
  refusals: 'refusal',
  ends: 'endReason',
  appeals: 'appealEnd',
} as const;
export type CountedName = keyof typeof COUNTED;
export const COUNTED_NAMES = Object.keys(COUNTED) as readonly CountedName[];

const ofSpan = (key: string): Stage => ({ span: '$span', key });
const tallyOf = (field: string): readonly Stage[] => [
  { $match: { [field]: { $type: 'string' } } },
  { $group: { _id: ofSpan(`$${field}`), count: { $sum: 1 } } },
];
/** How often a factor or rule has hit, and what became of those cases: what policy is tuned by. */
const hitsOf = (list: string, key: string, points: unknown): readonly Stage[] => [
  { $unwind: `$${list}` },
  {
    $group: {
      _id: ofSpan(key),
      hits: { $sum: 1 },
      points: { $sum: points },
      reissued: many({ $eq: ['$status', 'reissued'] }),
      refused: many({ $eq: ['$refusal', 'reissue.decided-against'] }),
    },
  },
];

export function analysisStages(period: {
  readonly from: string;
  readonly before: string;
  readonly timeZone: string;
}): readonly Stage[] {
  const { from, before, timeZone: timezone } = period;
  return [
    { $match: { 'state.submittedAt': { $gte: from, $lt: before } } },
    {
      $project: {
        _id: 0,
        span: [{ $dateToString: { date: date('$state.submittedAt'), format: '%Y-%m', timezone } }, PERIOD],
        kind: '$state.kind',
        reason: '$state.reason',
        channel: '$state.channel',
        status: '$state.status',
        desk: '$state.assessment.desk',
        refusal: '$state.refusal.reason',
        endReason: '$state.endReason',
        appealEnd: only(appealed, ended),
        // What nobody has proven may be a stranger's doing.
        person: only(exists('$state.proof'), '$state.personIndex'),
        // Who was erased has applied so often in that month before, as it was counted then.
        erasedEarlier: only(
          { $eq: ['$state.personIndex', ''] },
          { $ifNull: ['$state.assessment.history.sameMonth', 0] },
        ),
        overdue: { $gt: ['$state.overdue', 0] },
        assessed: exists('$state.assessment'),
        byPolicy: { $eq: [{ $indexOfBytes: [{ $ifNull: ['$state.approval.by', ''] }, 'policy:'] }, 0] },
        sampled: { $eq: ['$state.approval.sampled', true] },
        secondLook: { $ifNull: ['$state.sampleReview.verdict', null] },
        findings: { $ifNull: ['$state.assessment.findings', []] },
        rules: { $ifNull: ['$state.assessment.escalatedFor', []] },
        waived: only(
          { $in: ['$state.approval.waivedFor', OWN_FAULTS] },
          { $ifNull: [{ $let: { vars: { line: feeLine }, in: '$$line.amount' } }, 0] },
        ),
        ...Object.fromEntries(STAGES.map((stage) => [stage, MEASURED[stage]])),
      },
    },
    { $unwind: '$span' },
    {
      $facet: {
        spans: [
          {
            $group: {
              _id: '$span',
              applications: { $sum: 1 },
              overdue: many('$overdue'),
              assessed: many('$assessed'),
              byPolicy: many('$byPolicy'),
              sampled: many('$sampled'),
              confirmed: many({ $eq: ['$secondLook', 'confirm'] }),
              contested: many({ $eq: ['$secondLook', 'contest'] }),
              ownFaultCases: many({ $ne: ['$waived', null] }),
              feesWaived: { $sum: '$waived' },
              ...Object.fromEntries(
                STAGES.flatMap((stage) => [
                  [stage, { $percentile: { input: `$${stage}`, p: [0.5, 0.9], method: 'approximate' } }],
                  [`${stage}Count`, many({ $isNumber: `$${stage}` })],
                ]),
              ),
            },
          },
        ],
        repeats: [
          // All who were erased are no one person.
          { $match: { person: { $type: 'string', $ne: '' } } },
          { $group: { _id: { span: '$span', person: '$person' }, count: { $sum: 1 } } },
          { $match: { count: { $gt: 1 } } },
          { $group: { _id: '$_id.span', people: { $sum: 1 }, applications: { $sum: '$count' } } },
        ],
        // The second application of a person brings in the first.
        erasedRepeats: [
          { $match: { erasedEarlier: { $gt: 0 } } },
          {
            $group: {
              _id: '$span',
              people: many({ $eq: ['$erasedEarlier', 1] }),
              applications: { $sum: { $cond: [{ $eq: ['$erasedEarlier', 1] }, 2, 1] } },
            },
          },
        ],
        factors: hitsOf('findings', '$findings.factor', '$findings.points'),
        rules: hitsOf('rules', '$rules', 0),
        ...Object.fromEntries(COUNTED_NAMES.map((name) => [name, tallyOf(COUNTED[name])])),
      },
    },
  ];
}

/** Errors of staff count in the month in which they were marked. */
export function staffErrorStages(period: {
  readonly from: string;
  readonly before: string;
  readonly timeZone: string;
}): readonly Stage[] {
  const { from, before, timeZone: timezone } = period;
  const errorTally = (field: string): readonly Stage[] => [
    { $group: { _id: ofSpan(`$${field}`), count: { $sum: 1 } } },
  ];
  return [
    { $match: { 'state.markedAt': { $gte: from, $lt: before } } },
    {
      $project: {
        _id: 0,
        span: [{ $dateToString: { date: date('$state.markedAt'), format: '%Y-%m', timezone } }, PERIOD],
        kind: '$state.kind',
        whose: '$state.whose',
        paid: { $cond: [{ $eq: ['$state.status', 'paid'] }, '$state.proposal.amount', 0] },
        promised: { $cond: [{ $in: ['$state.status', ['paying', 'failed']] }, '$state.proposal.amount', 0] },
      },
    },
    { $unwind: '$span' },
    {
      $facet: {
        spans: [
          {
            $group: {
              _id: '$span',
              count: { $sum: 1 },
              compensated: { $sum: '$paid' },
              promised: { $sum: '$promised' },
            },
          },
        ],
        kinds: errorTally('kind'),
        people: errorTally('whose'),
      },
    },
  ];
}

const count = z.number();
const key = z.object({ span: z.string(), key: z.string() });
const percentiles = z.array(z.number().nullable()).length(2);
const tallies = z.array(z.object({ _id: key, count }));
const hits = z.array(z.object({ _id: key, hits: count, points: count, reissued: count, refused: count }));
const span = z.object({
  ...{ _id: z.string(), applications: count, overdue: count, assessed: count, byPolicy: count, sampled: count },
  ...{ confirmed: count, contested: count },
  ...{ ownFaultCases: count, feesWaived: count },
  ...{ prove: percentiles, decide: percentiles, pay: percentiles },
  ...{ carryOut: percentiles, whole: percentiles, appeal: percentiles },
  ...{ proveCount: count, decideCount: count, payCount: count, carryOutCount: count, wholeCount: count },
  appealCount: count,
});

const repeats = z.array(z.object({ _id: z.string(), people: count, applications: count }));

/** What the stages come to: one document. */
export const figuresSchema = z.object({
  spans: z.array(span),
  repeats,
  erasedRepeats: repeats,
  factors: hits,
  rules: hits,
  ...{ kinds: tallies, reasons: tallies, channels: tallies, outcomes: tallies },
  ...{ desks: tallies, refusals: tallies, ends: tallies, appeals: tallies },
});
const errorSpan = z.object({ _id: z.string(), count, compensated: count, promised: count });
export const staffErrorFiguresSchema = z.object({ spans: z.array(errorSpan), kinds: tallies, people: tallies });
export type StaffErrorFigures = z.output<typeof staffErrorFiguresSchema>;
export type Figures = z.output<typeof figuresSchema>;
