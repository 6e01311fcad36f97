// GET /api/v1/session-calendars: the tenant's calendars, for staff.
import type { AggregateStore } from '@tongpiao/persistence';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import {
  calendarSchema,
  type CalendarCommand,
  type CalendarEvent,
  type CalendarState,
} from '../calendar/calendar.store.ts';
import type { Calendar } from '../calendar/calendar.ts';

export const calendarView = z.object({ id: z.string(), calendar: calendarSchema, etag: z.string() });

export function viewCalendar(
  id: string,
  version: number,
  state: Calendar & { status: 'active' },
): z.input<typeof calendarView> {
  const { status: _status, ...calendar } = state;
  return { id, calendar, etag: etagOf(version) };
}

const PAGE = 50;

export function listCalendars(calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>): Route {
  return route({
    method: 'get',
    path: '/api/v1/session-calendars',
    summary: 'Calendars of the tenant, of all products or one.',
    tags: ['sessions'],
    access: { permission: 'inventory:calendars:read' },
    query: z.strictObject({
      productId: z.string().max(80).optional(),
      cursor: z.string().max(80).optional(),
    }),
    responses: { 200: z.object({ items: z.array(calendarView), next: z.string().optional() }) },
    async handler(context) {
      const { productId, cursor } = context.query;
      const found = await calendars.find(
        context.scope(),
        {
          ...(productId === undefined ? {} : { 'state.productId': productId }),
          ...(cursor === undefined ? {} : { _id: { $gt: cursor } }),
        },
        { sort: { _id: 1 }, limit: PAGE },
      );
      const items = found.flatMap(({ id, version, state }) =>
        state.status === 'none' ? [] : [viewCalendar(id, version, state)],
      );
      const last = found[found.length - 1];
      return {
        status: 200,
        body: { items, ...(found.length === PAGE && last !== undefined ? { next: last.id } : {}) },
      };
    },
  });
}
