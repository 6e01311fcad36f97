// A session calendar: the weekly pattern, the exceptions and the horizon from which sessions are generated (INV-01). Pure: the
// sessions of a day follow from the calendar alone.
import { weekdayOf, type LocalDate } from '@tongpiao/kernel';

export type Slot = { readonly from: string; readonly to: string; readonly capacity: number };

export type Calendar = {
  readonly productId: string;
  readonly siteId: string;
  /** INV-05: all sessions of the site's day together. */
  readonly dayCapacity?: number | undefined;
  readonly weekly: readonly { readonly weekdays: readonly number[]; readonly slots: readonly Slot[] }[];
  readonly exceptions: readonly { readonly date: string; readonly slots: readonly Slot[] }[];
  readonly from: string;
  readonly until?: string | undefined;
  readonly horizonDays: number;
  /** INV-20: a change of a session's capacity by more than this share needs a second person. Default 30. */
  readonly approvalAbovePercent?: number | undefined;
};

/** Slots of one day: an exception replaces the weekly pattern, an empty one closes the day. */
export function slotsOf(calendar: Calendar, date: LocalDate): readonly Slot[] {
  if (date < calendar.from || (calendar.until !== undefined && date > calendar.until)) return [];
  const exception = calendar.exceptions.find((entry) => entry.date === date);
  if (exception !== undefined) return exception.slots;
  const weekday = weekdayOf(date);
  return calendar.weekly.filter(({ weekdays }) => weekdays.includes(weekday)).flatMap(({ slots }) => slots);
}
