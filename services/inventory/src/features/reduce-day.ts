// POST /api/v1/site-days/{siteId}/{date}/reductions: more is given out for a day than it may take since its maximum was lowered (INV-05),
// so its sessions that have not begun give up what is over, with a plan for those who hold tickets (INV-20). All counters move in one
// write; each session then tells its reduction like one that was reduced by itself, and sales does the rest (SAL-52).
import { formatId, localDateOf } from '@tongpiao/kernel';
import type { AggregateStore } from '@tongpiao/persistence';
import { derivedBytes, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { approvalShareOf } from '../calendar/approval-share.ts';
import type { CalendarCommand, CalendarEvent, CalendarState } from '../calendar/calendar.store.ts';
import { refuseAlone } from '../session/approval.policy.ts';
import { reducedOf, reducedSessions } from '../session/day-disruptions.ts';
import { decideByOf } from '../session/decide-by.policy.ts';
import { disruptionRequest } from '../session/disruption-request.ts';
import { loweredDay } from '../session/reduction.policy.ts';
import { decideOnDay, disruptionBefore, type CountersParts } from '../session/session-steps.ts';
import { siteDayId } from '../site-day/site-day.store.ts';

export function reduceDay(
  { tenants, vault }: Pick<Foundation, 'tenants' | 'vault'>,
  parts: CountersParts,
  calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>,
): Route {
  const key = vault.serviceKey('disruption-ids');
  return route({
    method: 'post',
    path: '/api/v1/site-days/:siteId/:date/reductions',
    summary: 'Reduces the sessions of a day that is over its maximum, with a time to decide for those whose places go.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:cancel' },
    body: z.strictObject({
      ...disruptionRequest(),
    }),
    problems: [
      'inventory.day-past',
      'inventory.day-not-over',
      'inventory.no-session-ahead',
      'inventory.capacity-needs-approval',
    ],
    responses: { 201: z.object({ siteId: z.string(), date: z.string(), sessions: reducedSessions }) },
    async handler(context) {
      const scope = context.scope();
      const { siteId, date } = context.params;
      const { reason, decideWithinHours } = context.body;
      const { fingerprint, callerKey, idempotencyKey } = context;
      const day = siteDayId(siteId, date);
      const idOf = (sessionId: string): string => {
        const bytes = derivedBytes(key, callerKey, `POST reductions of ${day}: ${sessionId}`, idempotencyKey);
        return formatId('dis', scope.tenantId, bytes);
      };
      const sessions = await decideOnDay(
        parts,
        scope,
        day,
        (states) =>
          reducedOf(states, (state) => disruptionBefore(state, { id: idOf(state.id), fingerprint }, undefined)),
        async (siteDay, states) => {
          const now = parts.clock();
          const today = localDateOf(now, tenants.require(scope.tenantId).timeZone);
          const lower = loweredDay(siteDay, states, { now, today, date });
          for (const { session, capacity } of lower)
            refuseAlone(session, capacity, await approvalShareOf(calendars, scope, session.calendarId));
          return lower.map(({ session, capacity, counters, places }) => {
            const disruptionId = idOf(session.id);
            const decideBy = decideByOf(now, decideWithinHours, session.startsAt);
            const facts = { disruptionId, capacity, places, reason, decideWithinHours, decideBy, fingerprint };
            return {
              sessionId: session.id,
              id: disruptionId,
              counters,
              command: { type: 'ReduceSession', ...facts },
            } as const;
          });
        },
      );
      return { status: 201, body: { siteId, date, sessions } };
    },
  });
}
