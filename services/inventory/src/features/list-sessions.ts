// GET /api/v1/sessions: sessions of a product with their counters, for staff.
import type { AggregateStore } from '@tongpiao/persistence';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { SessionCommand, SessionEvent, SessionState } from '../session/session.ts';
import { siteDayId, type SiteDayStore } from '../site-day/site-day.store.ts';

const sessionView = z.object({
  id: z.string(),
  productId: z.string(),
  siteId: z.string(),
  date: z.iso.date(),
  startsAt: z.string(),
  endsAt: z.string(),
  status: z.enum(['open', 'closed', 'cancelled']),
  capacity: z.int(),
  available: z.int(),
  held: z.int(),
  sold: z.int(),
  proposal: z
    .object({
      id: z.string(),
      capacity: z.int(),
      reason: z.string(),
      by: z.string(),
      decideWithinHours: z.int().optional().describe('It is a reduction with a plan for those who hold tickets.'),
    })
    .optional()
    .describe('A change of the capacity that waits for a second person (INV-20).'),
  etag: z.string(),
});

const PAGE = 100;

export function listSessions(
  sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>,
  siteDays: SiteDayStore,
): Route {
  return route({
    method: 'get',
    path: '/api/v1/sessions',
    summary: 'Sessions of a product with their counters, in order of their start.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:read' },
    query: z.strictObject({
      productId: z.string().max(80),
      from: z.iso.date(),
      to: z.iso.date(),
      cursor: z.string().max(160).optional(),
    }),
    responses: { 200: z.object({ items: z.array(sessionView), next: z.string().optional() }) },
    async handler(context) {
      const scope = context.scope();
      const { productId, from, to, cursor } = context.query;
      const after = cursor === undefined ? {} : laterThan(cursor);
      const found = await sessions.find(
        scope,
        { 'state.productId': productId, 'state.date': { $gte: from, $lte: to }, ...after },
        { sort: { 'state.startsAt': 1, _id: 1 }, limit: PAGE },
      );
      const days = new Set(
        found.flatMap(({ state }) => (state.status === 'none' ? [] : [siteDayId(state.siteId, state.date)])),
      );
      const counters = await siteDays.load(scope, [...days]);
      const items = found.flatMap(({ id, version, state }) => {
        if (state.status === 'none') return [];
        const { productId, siteId, date, startsAt, endsAt, status, capacity, proposal } = state;
        const settings = { productId, siteId, date, startsAt, endsAt, status, capacity };
        const figures = counters.get(siteDayId(state.siteId, state.date))?.sessions[id];
        const { available, held, sold } = figures ?? { available: 0, held: 0, sold: 0 };
        const proposed = proposal === undefined ? {} : { proposal };
        return [{ id, ...settings, available, held, sold, ...proposed, etag: etagOf(version) }];
      });
      const last = items[items.length - 1];
      return {
        status: 200,
        body: {
          items,
          ...(items.length === PAGE && last !== undefined ? { next: `${last.startsAt}~${last.id}` } : {}),
        },
      };
    },
  });
}

/** Many sessions may start together, in two calendars of one product: the id decides among them. */
function laterThan(cursor: string): Record<string, unknown> {
  const [startsAt = '', id = ''] = cursor.split('~');
  return { $or: [{ 'state.startsAt': { $gt: startsAt } }, { 'state.startsAt': startsAt, _id: { $gt: id } }] };
}
