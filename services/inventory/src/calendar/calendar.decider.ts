// A calendar is created, and its last day is moved. Sessions that exist already are not its business any more: they may be sold.
//
// calendar is ↓ \ input →  create           end on a day                    end on the day that it ends on anyway
// none                     CalendarCreated  inventory.unknown-calendar      inventory.unknown-calendar
// active                   –                CalendarEndMoved                –
import { DomainError, type Decider } from '@tongpiao/kernel';
import type { Calendar } from './calendar.ts';

export type CalendarState = { readonly status: 'none' } | (Calendar & { readonly status: 'active' });
export type CalendarCommand =
  | { readonly type: 'CreateCalendar'; readonly calendar: Calendar }
  | { readonly type: 'EndCalendar'; readonly until: string; readonly reason: string };
export type CalendarEvent =
  | { readonly type: 'CalendarCreated'; readonly calendar: Calendar }
  | { readonly type: 'CalendarEndMoved'; readonly until: string; readonly reason: string };

export const calendarDecider: Decider<CalendarState, CalendarCommand, CalendarEvent> = {
  initial: { status: 'none' },
  decide(state, command) {
    switch (command.type) {
      case 'CreateCalendar':
        return state.status === 'none' ? [{ type: 'CalendarCreated', calendar: command.calendar }] : [];
      case 'EndCalendar': {
        if (state.status === 'none') throw new DomainError('inventory.unknown-calendar', 'There is no such calendar.');
        const { until, reason } = command;
        return state.until === until ? [] : [{ type: 'CalendarEndMoved', until, reason }];
      }
    }
  },
  evolve(state, event) {
    switch (event.type) {
      case 'CalendarCreated':
        return state.status === 'none' ? { ...event.calendar, status: 'active' } : state;
      case 'CalendarEndMoved':
        return state.status === 'none' ? state : { ...state, until: event.until };
    }
  },
};
