// By how much one person may change the capacity of a calendar's sessions, where the calendar says so itself (INV-20).
import type { AggregateStore, Scope } from '@tongpiao/persistence';
import type { CalendarCommand, CalendarEvent, CalendarState } from './calendar.store.ts';

/** @returns a share in percent; undefined: the usual one */
export async function approvalShareOf(
  calendars: Pick<AggregateStore<CalendarState, CalendarCommand, CalendarEvent>, 'recall'>,
  scope: Scope,
  calendarId: string,
): Promise<number | undefined> {
  const calendar = (await calendars.recall(scope, calendarId))?.state;
  return calendar?.status === 'active' ? calendar.approvalAbovePercent : undefined;
}
