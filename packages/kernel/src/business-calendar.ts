// Working days as the law counts them (PLA-46): Monday to Friday, without public holidays, with the days that were moved (调休). Which
// days those are is told year by year and usually in November, so a calendar says which years it knows; beyond them it counts Monday to
// Friday and says that the answer is provisional.
import { addDays, instantOf, localDateOf, weekdayOf, type LocalDate, type LocalTime } from './local-dates.ts';

export type CalendarYear = {
  readonly year: number;
  /** Public holidays as they are taken, weekends between them included. */
  readonly holidays: readonly string[];
  /** Saturdays and Sundays on which work is made up for. */
  readonly workdays: readonly string[];
  /** The notice that says so. */
  readonly source: string;
};

export type BusinessCalendar = {
  readonly timeZone: string;
  readonly opens: LocalTime;
  readonly closes: LocalTime;
  readonly years: readonly CalendarYear[];
};

export type DayKind = 'working' | 'moved' | 'weekend' | 'holiday';
export type CountedDay = { readonly date: LocalDate; readonly kind: DayKind; readonly counts: boolean };

export type Deadline = {
  readonly at: Date;
  /** A year that the calendar does not know was counted: to be computed again when its days are told. */
  readonly provisional: boolean;
  /** How it was counted, day by day. */
  readonly days: readonly CountedDay[];
};

/** Source: 国务院办公厅关于2026年部分节假日安排的通知, 2025-11-04. */
export const CHINA_2026: CalendarYear = {
  year: 2026,
  holidays: [
    ...['2026-01-01', '2026-01-02', '2026-01-03'],
    ...['2026-02-15', '2026-02-16', '2026-02-17', '2026-02-18', '2026-02-19', '2026-02-20', '2026-02-21'],
    ...['2026-02-22', '2026-02-23', '2026-04-04', '2026-04-05', '2026-04-06'],
    ...['2026-05-01', '2026-05-02', '2026-05-03', '2026-05-04', '2026-05-05'],
    ...['2026-06-19', '2026-06-20', '2026-06-21', '2026-09-25', '2026-09-26', '2026-09-27'],
    ...['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04', '2026-10-05', '2026-10-06', '2026-10-07'],
  ],
  workdays: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
  source: '国务院办公厅关于2026年部分节假日安排的通知（2025-11-04）',
};

/** The longest run of days off is nine; a deadline is never this far away. */
const DAYS_MAX = 3_660;

function yearOf(calendar: BusinessCalendar, date: LocalDate): CalendarYear | undefined {
  const year = Number(date.slice(0, 4));
  return calendar.years.find((known) => known.year === year);
}

export function covers(calendar: BusinessCalendar, date: LocalDate): boolean {
  return yearOf(calendar, date) !== undefined;
}

export function dayKindOf(calendar: BusinessCalendar, date: LocalDate): DayKind {
  const year = yearOf(calendar, date);
  if (year?.holidays.includes(date) === true) return 'holiday';
  const weekend = weekdayOf(date) >= 6;
  if (weekend && year?.workdays.includes(date) === true) return 'moved';
  return weekend ? 'weekend' : 'working';
}

/**
 * The close of business of the last of so many working days. The day on which it begins is not counted (民法典 art. 201), and what
 * would end on a day off ends on the next working day (art. 203).
 * @param workingDays 1 or more
 * @throws RangeError for fewer, or for more than ten years
 */
export function afterWorkingDays(calendar: BusinessCalendar, from: Date, workingDays: number): Deadline {
  if (!Number.isInteger(workingDays) || workingDays < 1) throw new RangeError(`${workingDays} working days`);
  const days: CountedDay[] = [];
  let date = localDateOf(from, calendar.timeZone);
  let left = workingDays;
  while (left > 0) {
    if (days.length >= DAYS_MAX) throw new RangeError(`${workingDays} working days are too far away`);
    date = addDays(date, 1);
    const kind = dayKindOf(calendar, date);
    const counts = kind === 'working' || kind === 'moved';
    if (counts) left -= 1;
    days.push({ date, kind, counts });
  }
  const provisional = days.some((day) => !covers(calendar, day.date));
  return { at: instantOf(date, calendar.closes, calendar.timeZone), provisional, days };
}

/**
 * So many minutes later, counted while the office is open. It opens every day: a site sells on holidays, too.
 * @throws RangeError for an office that never opens, or a time too far away
 */
export function afterOpenMinutes(calendar: BusinessCalendar, from: Date, minutes: number): Date {
  const { timeZone, opens, closes } = calendar;
  if (closes <= opens) throw new RangeError(`an office that opens at ${opens} and closes at ${closes}`);
  let left = minutes * 60_000;
  let date = localDateOf(from, timeZone);
  for (let day = 0; day < DAYS_MAX; day += 1) {
    const start = Math.max(instantOf(date, opens, timeZone).getTime(), from.getTime());
    const open = instantOf(date, closes, timeZone).getTime() - start;
    if (open > 0 && left <= open) return new Date(start + left);
    left -= Math.max(0, open);
    date = addDays(date, 1);
  }
  throw new RangeError(`${minutes} minutes are too far away`);
}

/** What is wrong with a year as somebody has typed it in; undefined when nothing is. */
export function flawOf({ year, holidays, workdays }: CalendarYear): string | undefined {
  const inYear = (date: string): boolean => date.startsWith(`${year}-`);
  const stray = [...holidays, ...workdays].find((date) => !inYear(date));
  if (stray !== undefined) return `${stray} is not in ${year}`;
  const both = holidays.find((date) => workdays.includes(date));
  if (both !== undefined) return `${both} is a holiday and a working day`;
  const weekday = workdays.find((date) => weekdayOf(date as LocalDate) < 6);
  if (weekday !== undefined) return `${weekday} is a working day anyway`;
  return undefined;
}
