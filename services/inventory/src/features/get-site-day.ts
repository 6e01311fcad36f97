// GET /api/v1/site-days/{siteId}/{date}: the counters as they stand, for staff and for whoever checks that nothing is lost.
import { DomainError } from '@tongpiao/kernel';
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { HoldStore } from '../hold/hold.store.ts';
import { balanced } from '../site-day/counters.policy.ts';
import { overOf } from '../site-day/day-limits.policy.ts';
import { siteDayId, type SiteDayStore } from '../site-day/site-day.store.ts';
import { sessionOf } from '../site-day/waiting-line.policy.ts';

const counters = z.object({ capacity: z.int(), available: z.int(), held: z.int(), sold: z.int() });

export function getSiteDay(siteDays: SiteDayStore, holds: HoldStore): Route {
  return route({
    method: 'get',
    path: '/api/v1/site-days/:siteId/:date',
    summary: 'Counters of a site’s day and of its sessions (INV-11).',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:read' },
    responses: {
      200: z.object({
        revision: z.int(),
        day: counters.optional(),
        over: z
          .int()
          .describe('Places given out beyond a limit that was lowered since: the day has to be reduced (INV-20).'),
        sessions: z.array(
          counters.extend({
            id: z.string(),
            status: z.enum(['open', 'closed', 'cancelled']),
            shrink: z.int().describe('Places that have to go as they come back (INV-20).'),
            planned: z.int().describe('Sold places whose holders sales looks after.'),
            outsideDay: z
              .boolean()
              .describe('It was cancelled before it began: the day does not count its held and sold places.'),
            waiting: z.int().describe('Orders that stand in line for places to come back.'),
          }),
        ),
        pending: z.int().describe('Decisions whose documents are being written.'),
        balanced: z.boolean().describe('available + held + sold = capacity, everywhere.'),
        heldHolds: z.int(),
      }),
    },
    async handler(context) {
      const scope = context.scope();
      const id = siteDayId(context.params.siteId, context.params.date);
      const siteDay = (await siteDays.load(scope, [id])).get(id);
      if (siteDay === undefined) throw new DomainError('platform.not-found', 'There is no such day.');
      const { revision, day, pending } = siteDay;
      const lines = Map.groupBy(siteDay.waiting ?? [], sessionOf);
      const sessions = Object.entries(siteDay.sessions).map(([sessionId, figures]) => ({
        id: sessionId,
        ...figures,
        shrink: figures.shrink ?? 0,
        planned: figures.planned ?? 0,
        outsideDay: figures.outsideDay ?? false,
        waiting: lines.get(sessionId)?.length ?? 0,
      }));
      const all = day === undefined ? sessions : [day, ...sessions];
      const heldHolds = await holds.count(scope, { status: 'held', 'lines.siteDay': id });
      return {
        status: 200,
        body: {
          revision,
          ...(day === undefined ? {} : { day }),
          over: overOf(siteDay),
          sessions,
          pending: pending.length,
          balanced: all.every(balanced),
          heldHolds,
        },
      };
    },
  });
}
