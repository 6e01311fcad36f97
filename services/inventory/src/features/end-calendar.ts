// POST /api/v1/session-calendars/{id}/end: a calendar's last day is moved, to an earlier day or a later one. Sessions up to a later day
// are generated at once; those that exist after an earlier one stay, since they may be sold: the answer counts them, and staff cancel them.
import { DomainError, localDateOf } from '@tongpiao/kernel';
import type { AggregateStore } from '@tongpiao/persistence';
import { etagOf, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { CalendarCommand, CalendarEvent, CalendarState } from '../calendar/calendar.store.ts';
import type { SessionCommand, SessionEvent, SessionState } from '../session/session.ts';
import type { SessionGenerator } from './generate-sessions.ts';
import { calendarView, viewCalendar } from './list-calendars.ts';

type Parts = {
  readonly calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>;
  readonly sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>;
  readonly generator: SessionGenerator;
};

export function endCalendar(foundation: Pick<Foundation, 'clock' | 'tenants'>, parts: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/session-calendars/:id/end',
    summary: 'Moves the last day of a calendar.',
    tags: ['sessions'],
    access: { permission: 'inventory:calendars:update' },
    body: z.strictObject({
      until: z.iso.date().describe('Its last day, today at the earliest.'),
      reason: z.string().min(3).max(500),
    }),
    problems: ['inventory.unknown-calendar', 'inventory.calendar-end-past'],
    responses: {
      200: calendarView.extend({
        sessions: z.int().describe('Sessions that were generated now.'),
        sessionsAfter: z.int().describe('Sessions that exist after its last day and are not cancelled.'),
      }),
    },
    async handler(context) {
      const scope = context.scope();
      const { id } = context.params;
      const { until, reason } = context.body;
      const today = localDateOf(foundation.clock(), foundation.tenants.require(scope.tenantId).timeZone);
      if (until < today)
        throw new DomainError('inventory.calendar-end-past', 'Days that are over cannot be taken out.', { today });
      const request = { key: `${context.callerKey}:${context.idempotencyKey}`, fingerprint: context.fingerprint };
      const { state, version } = await parts.calendars.handle(
        scope,
        id,
        { type: 'EndCalendar', until, reason },
        { request },
      );
      if (state.status === 'none') throw new Error('a calendar vanished');
      const { sessions } = await parts.generator.generate(scope, id, state);
      const sessionsAfter = await parts.sessions.count(scope, {
        'state.calendarId': id,
        'state.date': { $gt: state.until ?? until },
        'state.status': { $ne: 'cancelled' },
      });
      return {
        status: 200,
        body: { ...viewCalendar(id, version, state), sessions, sessionsAfter },
        headers: { ETag: etagOf(version) },
      };
    },
  });
}
