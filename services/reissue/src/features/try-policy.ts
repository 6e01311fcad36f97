// POST /api/v1/reissue-policy/trials: what other rules would have made of the cases of a period (REI-54). Cases stream by in batches, so a
// long period takes no more memory than a short one; nothing is written, and the same question again gets the same answer.
import { reissueKindSchema } from '@tongpiao/contracts';
import { DomainError, isFen, type Fen } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { Judgeable } from '../application/application.policy.ts';
import { assessmentSchema } from '../application/application.store.ts';
import { RISK_FACTORS, rulesSchema, type Policy } from '../policy/policy.ts';
import { differenceOf, emptyTally, tally, type Difference, type PastCase, type Tally } from '../policy/past-cases.ts';
import type { Applications } from '../stores.ts';
import { periodFields, periodOf, type Period } from './period.ts';

/** Read at once: some hundred kilobytes. */
const BATCH = 500;
/** Judged in one request: about a second. A longer period goes on from `next`. */
const CASES_MAX = 20_000;
const SHOWN_MAX = 100;
/** Each takes a processor for its time. */
const AT_ONCE = 2;

const money = z.custom<Fen>(isFen, 'not an amount in fen');
/** All that a judgement depends on: what is left out here would be judged as if it were not there. Lists are not tried. */
const judgedBy = {
  kind: reissueKindSchema,
  reason: z.enum(['lost', 'damaged', 'not-received', 'wrong-data', 'system-fault', 'other']),
  channel: z.enum(['web', 'app', 'counter', 'hotline', 'kiosk', 'ota', 'batch']),
  ticket: z.object({
    productId: z.string(),
    ticketTypeId: z.string(),
    amount: money,
    realName: z.boolean(),
    road: z.boolean(),
    reissues: z.number(),
  }),
  correction: z.object({ idType: z.string() }).optional(),
} satisfies Record<keyof Judgeable, z.ZodType>;
const storedSchema = z.object({
  _id: z.string(),
  state: z.object({
    ...judgedBy,
    status: z.string(),
    submittedAt: z.string(),
    misses: z.number(),
    assessment: assessmentSchema,
  }),
});
/** No personal value is read, not even a sealed one. */
const FIELDS = Object.fromEntries(
  [...Object.keys(judgedBy), 'status', 'submittedAt', 'misses', 'assessment']
    .map((name) => (name === 'correction' ? 'correction.idType' : name))
    .map((name) => [`state.${name}`, 1]),
);

const judgement = z.object({
  desk: z.enum(['operator', 'reviewer', 'manager']),
  suspended: z.boolean(),
  fee: z.int(),
  selfService: z.boolean(),
  score: z.int(),
});
const answer = z.object({
  cases: z.int(),
  different: z.int(),
  desks: z.record(z.string(), z.int()).describe('`operator>reviewer`: so many would move.'),
  suspended: z.object({ newly: z.int(), noLonger: z.int() }),
  selfService: z.object({
    newly: z.int(),
    noLonger: z.int(),
    newlyThoughRefused: z
      .int()
      .describe('People have refused these; the draft would have decided them without people.'),
  }),
  fees: z.object({ before: z.int(), after: z.int(), raised: z.int(), lowered: z.int() }).describe('Fen.'),
  factors: z.record(z.enum(RISK_FACTORS), z.object({ raised: z.int(), lowered: z.int() }).optional()),
  items: z.array(
    z.object({
      id: z.string(),
      submittedAt: z.string(),
      status: z.string(),
      policyVersion: z.int(),
      differs: z.array(z.string()),
      was: judgement,
      would: judgement,
      escalatedFor: z.array(z.string()),
      factors: z.array(z.object({ factor: z.string(), value: z.int(), was: z.int(), would: z.int() })),
    }),
  ),
  complete: z.boolean().describe('Whether the period was judged to its end.'),
  next: z.string().optional().describe('More cases differ, or are left: ask again with this as `after`.'),
});

type Place = { readonly submittedAt: string; readonly id: string };
type Trial = {
  readonly counts: Tally;
  readonly items: readonly Difference[];
  readonly complete: boolean;
  readonly next: Place | undefined;
};

export function tryPolicy(foundation: Foundation, applications: Applications): Route {
  let running = 0;

  async function batch(scope: Scope, { from, before }: Period, after: Place | undefined): Promise<readonly PastCase[]> {
    const later =
      after === undefined
        ? {}
        : {
            $or: [
              { 'state.submittedAt': { $gt: after.submittedAt } },
              { 'state.submittedAt': after.submittedAt, _id: { $gt: after.id } },
            ],
          };
    const found = await applications.aggregate(scope, [
      { $match: { 'state.submittedAt': { $gte: after?.submittedAt ?? from, $lt: before } } },
      // A list after a fault of ours was judged as a whole (REI-53).
      { $match: { 'state.assessment': { $exists: true }, 'state.batch': { $exists: false }, ...later } },
      { $sort: { 'state.submittedAt': 1, _id: 1 } },
      { $limit: BATCH },
      { $project: FIELDS },
    ]);
    return found.map((document) => {
      const { _id: id, state } = storedSchema.parse(document);
      const { status, submittedAt, misses, assessment: judged, ...facts } = state;
      return { id, submittedAt, status, misses, judged, facts };
    });
  }

  async function tryOut(
    scope: Scope,
    period: Period,
    draft: Policy,
    start: Place | undefined,
    signal: AbortSignal,
  ): Promise<Trial> {
    const counts = emptyTally();
    const items: Difference[] = [];
    let place = start;
    let lastShown: Place | undefined;
    while (!signal.aborted) {
      const past = await batch(scope, period, place);
      for (const one of past) {
        if (counts.cases >= CASES_MAX) return { counts, items, complete: false, next: lastShown ?? place };
        const difference = differenceOf(draft, one);
        tally(counts, one, difference);
        if (difference !== undefined && items.length < SHOWN_MAX) items.push(difference);
        else if (difference !== undefined) lastShown ??= items.at(-1);
        place = { submittedAt: one.submittedAt, id: one.id };
      }
      if (past.length < BATCH) break;
    }
    return { counts, items, complete: true, next: lastShown };
  }

  return route({
    method: 'post',
    path: '/api/v1/reissue-policy/trials',
    summary: 'Tries other rules on the applications of a period and says what would have come out differently.',
    description:
      'Nothing changes. Counts are of every case from `from` or `after` on; of those that differ the first hundred are listed.',
    tags: ['reissue'],
    access: { permission: 'reissue:policies:try' },
    // It makes nothing.
    idempotent: false,
    body: z.strictObject({
      rules: rulesSchema,
      ...periodFields,
      after: z
        .string()
        .regex(/^[\d:.TZ-]{20,30}~rei_[0-9a-z]{10,60}$/, 'what `next` said')
        .optional(),
    }),
    problems: ['reissue.period-invalid', 'reissue.trials-busy'],
    responses: { 200: answer },
    async handler(context) {
      const { rules: asked, after, ...days } = context.body;
      const { urging: _mailboxes, ...rules } = asked;
      const scope = context.scope();
      const period = periodOf(foundation, scope.tenantId, days);
      if (running >= AT_ONCE) throw new DomainError('reissue.trials-busy', 'Other trials are under way.');
      const [submittedAt = '', id = ''] = after?.split('~') ?? [];
      running += 1;
      try {
        const start = after === undefined ? undefined : { submittedAt, id };
        const trial = await tryOut(scope, period, { ...rules, version: 0 }, start, context.signal);
        const { cases } = trial.counts;
        await foundation.trail.record(scope, 'export', 'reissue-policy-trial', { from: days.from, to: days.to, cases });
        return { status: 200, body: viewOf(trial), headers: { 'Cache-Control': 'private, no-store' } };
      } finally {
        running -= 1;
      }
    },
  });
}

function viewOf({ counts, items, complete, next }: Trial): z.input<typeof answer> {
  const { desks, factors, ...figures } = counts;
  return {
    ...figures,
    complete,
    desks: Object.fromEntries(desks),
    factors: Object.fromEntries(factors),
    items: items.map((item) => ({
      ...item,
      differs: [...item.differs],
      escalatedFor: [...item.escalatedFor],
      factors: [...item.factors],
    })),
    ...(next === undefined ? {} : { next: `${next.submittedAt}~${next.id}` }),
  };
}
