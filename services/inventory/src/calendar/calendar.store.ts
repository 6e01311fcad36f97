// Calendars on disk, and what staff may send as one.
import type { AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import type { Calendar } from './calendar.ts';
import { calendarDecider, type CalendarCommand, type CalendarEvent, type CalendarState } from './calendar.decider.ts';

const time = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of day, HH:MM');
const slot = z
  .strictObject({ from: time, to: time, capacity: z.int().min(0).max(1_000_000) })
  .refine(({ from, to }) => from < to, 'a slot ends after it begins');
const slots = z.array(slot).max(100);

/** A session is known by its calendar, day and start, so two slots of one day never start together. */
const startApart = (list: readonly { readonly from: string }[]): boolean =>
  new Set(list.map(({ from }) => from)).size === list.length;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

export const calendarSchema: z.ZodType<Calendar> = z.strictObject({
  productId: z.string().min(3).max(80),
  siteId: z.string().min(3).max(80),
  dayCapacity: z.int().min(0).max(1_000_000).optional(),
  weekly: z
    .array(z.strictObject({ weekdays: z.array(z.int().min(1).max(7)).min(1).max(7), slots: slots.min(1) }))
    .max(20)
    .refine(
      (weekly) =>
        WEEKDAYS.every((day) =>
          startApart(weekly.filter(({ weekdays }) => weekdays.includes(day)).flatMap((entry) => entry.slots)),
        ),
      'two slots of one weekday start at the same time',
    ),
  exceptions: z
    .array(z.strictObject({ date: z.iso.date(), slots: slots.refine(startApart, 'two slots start at the same time') }))
    .max(400)
    .refine(
      (exceptions) => new Set(exceptions.map(({ date }) => date)).size === exceptions.length,
      'a date has one exception',
    ),
  from: z.iso.date(),
  until: z.iso.date().optional(),
  horizonDays: z.int().min(1).max(400),
  approvalAbovePercent: z.int().min(0).max(100).optional(),
});

export type { CalendarCommand, CalendarEvent, CalendarState };

export const calendarSpec: AggregateSpec<CalendarState, CalendarCommand, CalendarEvent> = {
  service: 'inventory',
  collection: 'calendars',
  decider: calendarDecider,
  state: z.custom<CalendarState>(
    (value) => typeof value === 'object' && value !== null && 'status' in value,
    'not a calendar',
  ),
  messages: () => [],
  indexes: [{ fields: { 'state.productId': 1 } }],
};
