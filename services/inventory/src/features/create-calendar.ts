// POST /api/v1/session-calendars: a product gets its slots; sessions up to the horizon are there when the answer comes.
import { DomainError, formatId } from '@tongpiao/kernel';
import type { AggregateStore } from '@tongpiao/persistence';
import { derivedBytes, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import {
  calendarSchema,
  type CalendarCommand,
  type CalendarEvent,
  type CalendarState,
} from '../calendar/calendar.store.ts';
import type { SessionGenerator } from './generate-sessions.ts';

export function createCalendar(
  foundation: Foundation,
  calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>,
  generator: SessionGenerator,
): Route {
  const key = foundation.vault.serviceKey('calendar-ids');
  return route({
    method: 'post',
    path: '/api/v1/session-calendars',
    summary: 'Creates a calendar and generates its sessions up to the horizon.',
    tags: ['sessions'],
    access: { permission: 'inventory:calendars:create' },
    body: calendarSchema,
    problems: ['inventory.unknown-site'],
    responses: {
      201: z.object({
        id: z.string(),
        sessions: z.int().nonnegative().describe('Sessions that were generated now.'),
        dayCapacities: z
          .array(z.object({ date: z.string(), capacity: z.int() }))
          .describe(
            'What bounds all sessions of the site on the calendar’s days up to the horizon: the tightest of all that apply.',
          ),
      }),
    },
    async handler(context) {
      const scope = context.scope();
      const site = foundation.tenants.site(context.body.siteId);
      if (site?.tenantId !== scope.tenantId)
        throw new DomainError('inventory.unknown-site', 'There is no such site.', { siteId: context.body.siteId });
      const id = formatId(
        'cal',
        scope.tenantId,
        derivedBytes(key, context.callerKey, 'POST session-calendars', context.idempotencyKey),
      );
      const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
      await calendars.handle(
        scope,
        id,
        { type: 'CreateCalendar', calendar: context.body },
        { request, expectNew: true },
      );
      const { sessions, dayCapacities } = await generator.generate(scope, id, context.body);
      return { status: 201, body: { id, sessions, dayCapacities: [...dayCapacities] } };
    },
  });
}
