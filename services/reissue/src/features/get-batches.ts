// GET /api/v1/reissue-batches, one of them, and its lines: what a list comes to before it is approved, and how far it is after (REI-53).
import { bilingualSchema } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import { route, type RequestContext, type Route } from '@tongpiao/service-shell';
import type { Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import { batchStatusSchema, batchView, viewBatch } from '../batch/batch-view.ts';
import type { BatchLine, BatchLines, LineState } from '../batch/batch-lines.store.ts';
import type { Batches } from '../batch/batch.store.ts';
import type { Batch } from '../batch/batch.ts';
import { problems } from '../problems.ts';
import type { Applications, ApplicationSnapshot } from '../stores.ts';

/** Each of them is counted while the caller waits. */
const PAGE = 20;
const LINES_PAGE = 500;
const CURSOR = /^\d{4}-\d\d-\d\dT[\d:.]+Z~[\w-]{3,80}$/;

const outcomeSchema = z.enum(['unchecked', 'ready', 'refused', 'executing', 'reissued', 'failed']);
const lineView = z.object({
  line: z.int(),
  number: z.string(),
  corrected: z.boolean().describe('The new ticket has other data than the old one (REI-31).'),
  outcome: outcomeSchema.describe('failed: begun, and sales has refused.'),
  reason: z.string().optional(),
  reasonText: bilingualSchema.optional(),
  applicationId: z.string().optional(),
  newNumber: z.string().optional(),
});
type LineView = z.output<typeof lineView>;

export type BatchReading = {
  readonly batches: Batches;
  readonly lines: BatchLines;
  readonly applications: Applications;
};

export function getBatches(parts: BatchReading): readonly Route[] {
  const reading = { tags: ['reissue'], access: { permission: 'reissue:batches:read' } } as const;
  return [
    route({
      ...reading,
      method: 'get',
      path: '/api/v1/reissue-batches',
      summary: 'Lists of tickets that are reissued together, newest first.',
      query: z.strictObject({ status: batchStatusSchema.optional(), cursor: z.string().regex(CURSOR).optional() }),
      responses: { 200: z.object({ items: z.array(batchView), next: z.string().optional() }) },
      async handler(context) {
        const scope = context.scope();
        const { status, cursor } = context.query;
        const found = await parts.batches.find(
          scope,
          {
            ...(status === undefined ? {} : { 'state.status': status }),
            ...(cursor === undefined ? {} : olderThan(cursor)),
          },
          { sort: { 'state.enteredAt': -1, _id: -1 }, limit: PAGE },
        );
        const items = await Promise.all(
          found.flatMap(({ id, state }) => (state.status === 'none' ? [] : [viewBatch(parts, scope, id, state)])),
        );
        const last = items.at(-1);
        const next = items.length === PAGE && last !== undefined ? { next: `${last.enteredAt}~${last.id}` } : {};
        return { status: 200, body: { items, ...next } };
      },
    }),
    route({
      ...reading,
      method: 'get',
      path: '/api/v1/reissue-batches/:id',
      summary: 'One list: what it comes to, and how far it is.',
      responses: { 200: batchView },
      async handler(context) {
        const { scope, id, batch } = await seenBatch(context, parts.batches, context.params.id);
        const body = await viewBatch(parts, scope, id, batch);
        return { status: 200, body, headers: { 'Cache-Control': 'private, no-store' } };
      },
    }),
    route({
      ...reading,
      method: 'get',
      path: '/api/v1/reissue-batches/:id/lines',
      summary: 'The lines of a list in their order, each with what becomes of it and why.',
      query: z.strictObject({
        outcome: z.enum(['unchecked', 'ready', 'refused', 'begun']).optional(),
        after: z.coerce.number().int().nonnegative().default(0).describe('Line; `next` of the page before.'),
      }),
      responses: { 200: z.object({ items: z.array(lineView), next: z.int().optional() }) },
      async handler(context) {
        const { scope, id } = await seenBatch(context, parts.batches, context.params.id);
        const { outcome, after } = context.query;
        const states: readonly LineState[] | undefined = outcome === undefined ? undefined : [outcome];
        const found = await parts.lines.page(scope, id, states, after, LINES_PAGE);
        const cases = await casesOf(parts.applications, scope, found);
        const last = found.at(-1);
        const next = found.length === LINES_PAGE && last !== undefined ? { next: last.line } : {};
        return {
          status: 200,
          body: { items: found.map((line) => viewLine(line, cases.get(line.applicationId ?? ''))), ...next },
          headers: { 'Cache-Control': 'private, no-store' },
        };
      },
    }),
  ];
}

async function casesOf(
  applications: Applications,
  scope: Scope,
  lines: readonly BatchLine[],
): Promise<ReadonlyMap<string, ApplicationSnapshot>> {
  const ids = lines.flatMap(({ applicationId }) => applicationId ?? []);
  if (ids.length === 0) return new Map();
  const found = await applications.find(scope, { _id: { $in: ids } }, { limit: ids.length });
  return new Map(found.map((snapshot) => [snapshot.id, snapshot]));
}

function viewLine(
  { line, number, correction, state, reason, applicationId }: BatchLine,
  begun: ApplicationSnapshot | undefined,
): LineView {
  const common = { line, number, corrected: correction !== undefined };
  if (state !== 'begun') return { ...common, outcome: state, ...whyOf(reason) };
  const of = applicationId === undefined ? {} : { applicationId };
  const now = begun?.state;
  if (now?.status === 'reissued') return { ...common, outcome: 'reissued', ...of, newNumber: now.newNumber };
  if (now?.status === 'refused') return { ...common, outcome: 'failed', ...of, ...whyOf(now.refusal.reason) };
  return { ...common, outcome: 'executing', ...of };
}

function whyOf(reason: string | undefined): Pick<LineView, 'reason' | 'reasonText'> {
  if (reason === undefined) return {};
  const reasonText = problems[reason.replace(/^sales\./, 'reissue.')]?.detail;
  return { reason, ...(reasonText === undefined ? {} : { reasonText }) };
}

export type SeenBatch = { readonly scope: Scope; readonly id: string; readonly batch: Batch };

/** @throws DomainError 404 also for another tenant's: it does not exist for the caller */
export async function seenBatch(
  context: Pick<RequestContext, 'scope'>,
  batches: Batches,
  id: string,
): Promise<SeenBatch> {
  const scope = context.scope();
  const found = await batches.load(scope, id);
  if (found === undefined || found.state.status === 'none')
    throw new DomainError('platform.not-found', 'There is no such list.');
  return { scope, id, batch: found.state };
}

function olderThan(cursor: string): Record<string, unknown> {
  const [enteredAt = '', id = ''] = cursor.split('~');
  return { $or: [{ 'state.enteredAt': { $lt: enteredAt } }, { 'state.enteredAt': enteredAt, _id: { $lt: id } }] };
}
