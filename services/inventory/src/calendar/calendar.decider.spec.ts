// INV-01: every cell of the table in calendar.decider.ts.
import { DomainError, fold, localDate } from '@tongpiao/kernel';
import { expect } from 'chai';
import { calendarDecider, type CalendarCommand, type CalendarEvent, type CalendarState } from './calendar.decider.ts';
import { slotsOf, type Calendar } from './calendar.ts';

const calendar: Calendar = {
  productId: 'prd_1',
  siteId: 'sit_1',
  weekly: [{ weekdays: [1, 2, 3, 4, 5, 6, 7], slots: [{ from: '09:00', to: '11:00', capacity: 100 }] }],
  exceptions: [],
  from: '2026-12-01',
  until: '2026-12-31',
  horizonDays: 30,
};
const none: CalendarState = { status: 'none' };
const active: CalendarState = { ...calendar, status: 'active' };
const create: CalendarCommand = { type: 'CreateCalendar', calendar };
const end = (until: string): CalendarCommand => ({ type: 'EndCalendar', until, reason: 'works' });
const moved = (until: string): CalendarEvent => ({ type: 'CalendarEndMoved', until, reason: 'works' });

const CELLS: readonly [string, CalendarState, CalendarCommand, readonly CalendarEvent[] | string][] = [
  ['none × create', none, create, [{ type: 'CalendarCreated', calendar }]],
  ['none × end', none, end('2026-12-10'), 'inventory.unknown-calendar'],
  ['active × create', active, create, []],
  ['active × end earlier', active, end('2026-12-10'), [moved('2026-12-10')]],
  ['active × end later', active, end('2027-01-31'), [moved('2027-01-31')]],
  ['active × end on the day that it ends on anyway', active, end('2026-12-31'), []],
];

describe('INV-01 calendar, its life', () => {
  for (const [cell, state, command, expected] of CELLS)
    it(cell, () => {
      const decide = (): readonly CalendarEvent[] => calendarDecider.decide(state, command);
      if (typeof expected !== 'string') expect(decide()).to.deep.equal(expected);
      else
        expect(decide)
          .to.throw(DomainError)
          .that.satisfies((error: DomainError) => error.code === expected);
    });

  it('has no slots after its new last day, and as many as before until then', () => {
    const state = fold(calendarDecider, active, [moved('2026-12-10')]);
    if (state.status === 'none') throw new Error('it is active');
    expect(slotsOf(state, localDate('2026-12-10'))).to.have.length(1);
    expect(slotsOf(state, localDate('2026-12-11'))).to.have.length(0);
  });
  it('an end before there is a calendar changes nothing', () => {
    expect(calendarDecider.evolve(none, moved('2026-12-10'))).to.equal(none);
  });
});
