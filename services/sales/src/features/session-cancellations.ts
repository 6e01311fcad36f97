// GET /api/v1/session-cancellations: what staff see of the work on cancelled and reduced sessions (SAL-52). One of them can be followed
// as server-sent events (follow-events.ts).
import { DomainError } from '@tongpiao/kernel';
import type { RequestContext, Route } from '@tongpiao/service-shell';
import { route } from '@tongpiao/service-shell';
import type { Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import type { Disruption } from '../disruption/disruption.ts';
import { progressView, type Progress } from '../disruption/progress.ts';
import type { Disruptions } from '../stores.ts';

/** Each of them is counted while the caller waits. */
const PAGE = 20;
const CURSOR = /^\d{4}-\d\d-\d\dT[\d:.]+Z~[\w-]{3,80}$/;

type Parts = { readonly disruptions: Disruptions; readonly progress: Progress };

export function sessionCancellations(parts: Parts): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/session-cancellations',
      summary: 'Cancelled and reduced sessions of the tenant with the progress on their holders, newest first.',
      tags: ['disruptions'],
      access: { permission: 'sales:disruptions:read' },
      query: z.strictObject({
        sessionId: z.string().min(3).max(80).optional(),
        status: z.enum(['telling', 'open', 'returning', 'done']).optional(),
        cursor: z.string().regex(CURSOR).optional(),
      }),
      responses: { 200: z.object({ items: z.array(progressView), next: z.string().optional() }) },
      async handler(context) {
        const scope = context.scope();
        const { sessionId, status, cursor } = context.query;
        const found = await parts.disruptions.find(
          scope,
          {
            ...(sessionId === undefined ? {} : { 'state.sessionId': sessionId }),
            ...(status === undefined ? {} : { 'state.status': status }),
            ...(cursor === undefined ? {} : olderThan(cursor)),
          },
          { sort: { 'state.begunAt': -1, _id: -1 }, limit: PAGE },
        );
        const items = await Promise.all(
          found.flatMap(({ id, state }) => (state.status === 'none' ? [] : [parts.progress(scope, id, state)])),
        );
        const last = items[items.length - 1];
        const next = items.length === PAGE && last !== undefined ? { next: `${last.startedAt}~${last.id}` } : {};
        return { status: 200, body: { items, ...next } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/session-cancellations/:id',
      summary: 'One cancelled or reduced session: how many are told, given back, exchanged, undecided.',
      tags: ['disruptions'],
      access: { permission: 'sales:disruptions:read' },
      responses: { 200: progressView },
      async handler(context) {
        const { scope, disruption } = await seenDisruption(context, parts.disruptions, context.params.id);
        const body = await parts.progress(scope, context.params.id, disruption);
        return { status: 200, body, headers: { 'Cache-Control': 'private, no-store' } };
      },
    }),
  ];
}

/** @throws DomainError 404 also for another tenant's: it does not exist for the caller */
export async function seenDisruption<Params, Query, Body>(
  context: RequestContext<Params, Query, Body>,
  disruptions: Disruptions,
  id: string,
): Promise<{ readonly scope: Scope; readonly disruption: Disruption; readonly seq: number }> {
  const scope = context.scope();
  const found = await disruptions.load(scope, id);
  if (found === undefined || found.state.status === 'none')
    throw new DomainError('platform.not-found', 'There is no such cancellation.');
  return { scope, disruption: found.state, seq: found.seq };
}

function olderThan(cursor: string): Record<string, unknown> {
  const [begunAt = '', id = ''] = cursor.split('~');
  return { $or: [{ 'state.begunAt': { $lt: begunAt } }, { 'state.begunAt': begunAt, _id: { $lt: id } }] };
}
