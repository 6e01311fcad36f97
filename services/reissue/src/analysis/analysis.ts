// REI-51: the figures of reissuing as they are read, month by month and for the period.
import { z } from 'zod';
import {
  COUNTED_NAMES,
  PERIOD,
  STAGES,
  type CountedName,
  type Figures,
  type StaffErrorFigures,
  type StageName,
} from './analysis.pipeline.ts';

const counts = z.record(z.string(), z.int());
const spread = z
  .object({ count: z.int(), medianMs: z.int().optional(), p90Ms: z.int().optional() })
  .describe('Milliseconds; approximate percentiles.');
const hits = z.object({
  name: z.string(),
  hits: z.int(),
  share: z.number().describe('Of the applications that were assessed.'),
  points: z.int(),
  reissued: z.int(),
  refused: z.int(),
});

const spanView = z.object({
  span: z.string().describe('A month, `2026-11`, or `period`.'),
  applications: z.int(),
  kinds: counts,
  reasons: counts,
  channels: counts,
  outcomes: counts,
  desks: counts,
  overdue: z.int(),
  decidedByPolicy: z.int(),
  sampled: z
    .object({ drawn: z.int(), confirmed: z.int(), contested: z.int() })
    .describe('Second looks at what the policy has decided alone.'),
  times: z.object({
    prove: spread,
    decide: spread,
    pay: spread,
    carryOut: spread,
    whole: spread,
    appeal: spread,
  }),
  refusals: counts.describe('Why cases were refused.'),
  ends: counts.describe('Why cases were closed or withdrawn.'),
  appeals: counts.describe('`granted`, `refused`, `open`, or `ended` otherwise.'),
  repeatApplicants: z.object({ people: z.int(), applications: z.int() }),
  factors: z.array(hits),
  rules: z.array(hits),
  ownFaults: z.object({ cases: z.int(), feesWaived: z.int().describe('Fen.') }),
  staffErrors: z
    .object({
      count: z.int(),
      kinds: counts,
      people: counts.describe('By whose error it was.'),
      compensated: z.int().describe('Fen that customers have got.'),
      promised: z.int().describe('Fen that were approved and have not arrived.'),
    })
    .describe('In the month in which they were marked.'),
});
export type SpanView = z.output<typeof spanView>;

export const analysisView = z.object({
  from: z.iso.date(),
  to: z.iso.date(),
  timeZone: z.string(),
  period: spanView,
  months: z.array(spanView),
});
export type Analysis = z.output<typeof analysisView>;

type Span = Figures['spans'][number];
const EMPTY: Omit<Span, '_id'> = {
  ...{
    applications: 0,
    overdue: 0,
    assessed: 0,
    byPolicy: 0,
    sampled: 0,
    confirmed: 0,
    contested: 0,
    ownFaultCases: 0,
    feesWaived: 0,
  },
  ...{ prove: [], decide: [], pay: [], carryOut: [], whole: [], appeal: [] },
  ...{ proveCount: 0, decideCount: 0, payCount: 0, carryOutCount: 0, wholeCount: 0, appealCount: 0 },
};

export function analysisOf(
  cases: Figures,
  errors: StaffErrorFigures,
  given: Pick<Analysis, 'from' | 'to' | 'timeZone'>,
): Analysis {
  const figures = { ...cases, errors };
  const marked = errors.spans.map(({ _id }) => _id);
  const names = [...new Set([...cases.spans.map(({ _id }) => _id), ...marked, PERIOD])].sort();
  const spans = names.map((name) => spanOf(figures, name));
  const period = spans.find(({ span }) => span === PERIOD);
  if (period === undefined) throw new Error('a period is missing from its own spans');
  return { ...given, period, months: spans.filter(({ span }) => span !== PERIOD) };
}

const NO_ERRORS = { count: 0, compensated: 0, promised: 0 };
type All = Figures & { readonly errors: StaffErrorFigures };

function spanOf(figures: All, name: string): SpanView {
  const span = figures.spans.find(({ _id }) => _id === name) ?? { _id: name, ...EMPTY };
  const { applications, overdue, assessed, byPolicy, ownFaultCases, feesWaived } = span;
  const repeats = [...figures.repeats, ...figures.erasedRepeats].filter(({ _id }) => _id === name);
  const tallies = Object.fromEntries(
    COUNTED_NAMES.map((counted) => [counted, countsOf(figures[counted], name)]),
  ) as Record<CountedName, Record<string, number>>;
  return {
    span: name,
    applications,
    ...tallies,
    overdue,
    decidedByPolicy: byPolicy,
    sampled: { drawn: span.sampled, confirmed: span.confirmed, contested: span.contested },
    times: Object.fromEntries(STAGES.map((stage) => [stage, spreadOf(span, stage)])) as SpanView['times'],
    repeatApplicants: {
      people: repeats.reduce((sum, { people }) => sum + people, 0),
      applications: repeats.reduce((sum, one) => sum + one.applications, 0),
    },
    factors: hitsOf(figures.factors, name, assessed),
    rules: hitsOf(figures.rules, name, assessed),
    ownFaults: { cases: ownFaultCases, feesWaived },
    staffErrors: staffErrorsOf(figures.errors, name),
  };
}

function staffErrorsOf({ spans, kinds, people }: StaffErrorFigures, name: string): SpanView['staffErrors'] {
  const { count, compensated, promised } = spans.find(({ _id }) => _id === name) ?? NO_ERRORS;
  return { count, kinds: countsOf(kinds, name), people: countsOf(people, name), compensated, promised };
}

function countsOf(tallies: Figures[CountedName], span: string): Record<string, number> {
  const own = tallies.filter(({ _id }) => _id.span === span).sort((a, b) => b.count - a.count);
  return Object.fromEntries(own.map(({ _id, count }) => [_id.key, count]));
}

function spreadOf(span: Span, stage: StageName): SpanView['times'][StageName] {
  const [median, p90] = span[stage];
  return {
    count: span[`${stage}Count`],
    ...(typeof median === 'number' ? { medianMs: Math.round(median) } : {}),
    ...(typeof p90 === 'number' ? { p90Ms: Math.round(p90) } : {}),
  };
}

function hitsOf(all: Figures['factors'], span: string, assessed: number): SpanView['factors'] {
  return all
    .filter(({ _id }) => _id.span === span)
    .map(({ _id, hits: found, points, reissued, refused }) => {
      const share = assessed === 0 ? 0 : Math.round((found / assessed) * 10_000) / 10_000;
      return { name: _id.key, hits: found, share, points, reissued, refused };
    })
    .sort((a, b) => b.hits - a.hits || (a.name < b.name ? -1 : 1));
}
