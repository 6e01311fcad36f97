// GET /api/v1/site-days/{siteId}/{date}/reduction-plan: what a reduction of the day would do at this moment, and how far what was decided
// before has come (INV-20). Nothing is written.
import type { AggregateStore } from '@tongpiao/persistence';
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { approvalShareOf } from '../calendar/approval-share.ts';
import type { CalendarCommand, CalendarEvent, CalendarState } from '../calendar/calendar.store.ts';
import { needsApproval } from '../session/approval.policy.ts';
import { lowered } from '../session/reduction.policy.ts';
import { loadDay, type CountersParts } from '../session/session-steps.ts';
import { targetOf } from '../site-day/capacity.policy.ts';
import { dayReduction } from '../site-day/day-reduction.policy.ts';
import { siteDayId } from '../site-day/site-day.store.ts';

export function previewDayReduction(
  parts: CountersParts,
  calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>,
): Route {
  return route({
    method: 'get',
    path: '/api/v1/site-days/:siteId/:date/reduction-plan',
    summary: 'What a reduction of the day would do, and how far those that were decided have come.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:read' },
    responses: {
      200: z.object({
        over: z.int().describe('Places given out beyond the day’s maximum.'),
        going: z
          .int()
          .describe('Those of them that reductions and cancellations have seen to and that have not come back.'),
        left: z.int().describe('Those of the rest that no session can give up, because it has begun or is over.'),
        sessions: z.array(
          z.object({
            id: z.string(),
            startsAt: z.string(),
            from: z.int().describe('The capacity that the session has.'),
            capacity: z.int().describe('The one that it would come to.'),
            gives: z.int().describe('Held and sold places that would go.'),
            places: z.int().describe('Sold ones whose holders sales would look after at once.'),
            needsApproval: z.boolean().describe('More than one person may decide alone.'),
          }),
        ),
      }),
    },
    async handler(context) {
      const scope = context.scope();
      const { siteId, date } = context.params;
      const { siteDay, sessions } = await loadDay(parts, scope, siteDayId(siteId, date));
      const { over, going, left, sessions: giving } = dayReduction(siteDay, sessions, parts.clock());
      const shown = [];
      for (const session of sessions) {
        const counters = siteDay.sessions[session.id];
        const own = giving.find(({ id }) => id === session.id);
        if (counters === undefined || own === undefined) continue;
        const { gives, capacity } = own;
        const { places } = lowered(counters, capacity);
        const share = await approvalShareOf(calendars, scope, session.calendarId);
        const approval = needsApproval(session, capacity, share);
        const { id, startsAt } = session;
        shown.push({ id, startsAt, from: targetOf(counters), capacity, gives, places, needsApproval: approval });
      }
      return { status: 200, body: { over, going, left, sessions: shown } };
    },
  });
}
