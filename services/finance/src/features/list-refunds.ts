// GET /api/v1/refunds: money that is owed and did not find its way back, and cash that nobody has fetched yet. It waits here until a
// person has seen to it.
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { CURSOR_MAX, cursorText, olderThan } from './cursor.ts';
import type { Payments } from './provider-work.ts';
import { refundView, viewRefund } from './refund-view.ts';

const WAITING = ['failed', 'abnormal', 'refused', 'to-hand-over'] as const;
/** Payments; a page shows all their refunds that wait. */
const PAGE = 50;

export function listRefunds(payments: Payments): Route {
  return route({
    method: 'get',
    path: '/api/v1/refunds',
    summary: 'Refunds that wait for a person, those of the newest payments first.',
    tags: ['payments'],
    access: { permission: 'finance:payments:read' },
    query: z.strictObject({ status: z.enum(WAITING).optional(), cursor: z.string().max(CURSOR_MAX).optional() }),
    problems: ['finance.cursor-invalid'],
    responses: { 200: z.object({ items: z.array(refundView), next: z.string().optional() }) },
    async handler(context) {
      const { status, cursor } = context.query;
      const wanted: readonly string[] = status === undefined ? WAITING : [status];
      const found = await payments.find(
        context.scope(),
        {
          'state.refunds.status': { $in: wanted },
          // Says to the database that the small index will do: whatever waits has a problem.
          'state.refunds.problem': { $exists: true },
          ...(cursor === undefined ? {} : olderThan(cursor)),
        },
        { sort: { 'state.requestedAt': -1, _id: -1 }, limit: PAGE },
      );
      const items = found.flatMap(({ id, state }) =>
        state.status === 'none'
          ? []
          : state.refunds
              .filter((refund) => wanted.includes(refund.status))
              .map((refund) => viewRefund(id, state, refund)),
      );
      const last = found[PAGE - 1];
      const next =
        last === undefined || last.state.status === 'none'
          ? {}
          : { next: cursorText({ at: last.state.requestedAt, id: last.id }) };
      return { status: 200, body: { items, ...next } };
    },
  });
}
