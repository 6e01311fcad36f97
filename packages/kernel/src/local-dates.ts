// Days and times of day as people at a site read them, and their conversion to instants in an IANA time zone.
// A day of use is a fact of the tenant's zone, never of the server's: every conversion names its zone. Nothing here reads a clock.

declare const localDateBrand: unique symbol;
/** A day of the Gregorian calendar, `YYYY-MM-DD`, 1800 … 9999. As text it sorts in time order. */
export type LocalDate = string & { readonly [localDateBrand]: 'LocalDate' };

declare const localTimeBrand: unique symbol;
/** A time of day, `HH:MM`, 00:00 … 23:59, and 24:00 for the end of the day. */
export type LocalTime = string & { readonly [localTimeBrand]: 'LocalTime' };

/** ISO 8601: Monday is 1, Sunday is 7. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** No ticket and no document is older, and a year such as 0206 is a slip of the finger. */
const FIRST_YEAR = 1800;
/** A day inside the first and the last `LocalDate`, so that no zone's offset leads outside. */
const FIRST_INSTANT_MS = Date.UTC(FIRST_YEAR, 0, 2);
const LAST_INSTANT_MS = Date.UTC(9999, 11, 31);

const DATE_PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME_PATTERN = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
const WEEKDAYS: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 7];

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

export function isLocalDate(value: unknown): value is LocalDate {
  if (typeof value !== 'string') return false;
  const match = DATE_PATTERN.exec(value);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return year >= FIRST_YEAR && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

/** @returns undefined when the text is not an existing day written `YYYY-MM-DD` */
export function parseLocalDate(text: string): LocalDate | undefined {
  return isLocalDate(text) ? text : undefined;
}

/** @throws RangeError when the text is not an existing day written `YYYY-MM-DD` */
export function localDate(text: string): LocalDate {
  if (!isLocalDate(text)) throw new RangeError(`not a day: ${text}`);
  return text;
}

export function isLocalTime(value: unknown): value is LocalTime {
  return typeof value === 'string' && TIME_PATTERN.test(value);
}

/** @returns undefined when the text is not a time of day written `HH:MM` */
export function parseLocalTime(text: string): LocalTime | undefined {
  return isLocalTime(text) ? text : undefined;
}

/** @throws RangeError when the text is not a time of day written `HH:MM` */
export function localTime(text: string): LocalTime {
  if (!isLocalTime(text)) throw new RangeError(`not a time of day: ${text}`);
  return text;
}

/** Days since 1970-01-01, negative before it. */
function dayNumberOf(date: LocalDate): number {
  return Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8, 10))) / DAY_MS;
}

function dateOfDayNumber(dayNumber: number): LocalDate {
  const ms = dayNumber * DAY_MS;
  if (!(ms >= FIRST_INSTANT_MS - DAY_MS && ms <= LAST_INSTANT_MS))
    throw new RangeError(`day ${dayNumber} is outside the calendar`);
  return localDate(new Date(ms).toISOString().slice(0, 10));
}

/**
 * @param days whole days, negative to go back
 * @throws RangeError when days is not whole or the result leaves 1800 … 9999
 */
export function addDays(date: LocalDate, days: number): LocalDate {
  if (!Number.isSafeInteger(days)) throw new RangeError(`not whole days: ${days}`);
  return dateOfDayNumber(dayNumberOf(date) + days);
}

/** Negative when `a` is earlier, 0 when equal, positive when later: fit for `sort`. */
export function compareDates(a: LocalDate, b: LocalDate): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function weekdayOf(date: LocalDate): Weekday {
  // 1970-01-01 was a Thursday.
  return WEEKDAYS[(((dayNumberOf(date) + 3) % 7) + 7) % 7] ?? 1;
}

/** Whole days from one day to another; negative when `to` is earlier. */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return dayNumberOf(to) - dayNumberOf(from);
}

/**
 * Every day from `from` to `to`, both included; none when `to` is earlier.
 * @param maxDays the caller's bound, because a range often comes from outside
 * @throws RangeError when the range holds more than `maxDays` days
 */
export function datesInRange(from: LocalDate, to: LocalDate, maxDays: number): readonly LocalDate[] {
  const count = daysBetween(from, to) + 1;
  if (count > maxDays) throw new RangeError(`${count} days are more than ${maxDays}`);
  const first = dayNumberOf(from);
  return Array.from({ length: Math.max(0, count) }, (_, index) => dateOfDayNumber(first + index));
}

/**
 * Full years of age on a day; negative before the birth. Who was born on 29 February completes a year on 1 March of common years.
 * Source: SAL-02, age counts on the day of use.
 */
export function ageOn(birthDate: LocalDate, day: LocalDate): number {
  const years = Number(day.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return day.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

/**
 * Zones whose offset has not changed since 1992 (Shanghai's summer time ended in 1991), in minutes. They spare the hot paths a walk
 * through Intl; the spec compares them with Intl, so a change in the law that reaches the zone data fails there.
 */
const FIXED_OFFSET_MINUTES: ReadonlyMap<string, number> = new Map([
  ['Asia/Shanghai', 480],
  ['Asia/Hong_Kong', 480],
  ['Asia/Macau', 480],
  ['Asia/Taipei', 480],
  ['Asia/Urumqi', 360],
  ['UTC', 0],
]);
const FIXED_SINCE_MS = Date.UTC(1992, 0, 1);

/** About 600 zones exist; spellings come from outside, so the cache is emptied rather than allowed to grow. */
const MAX_CACHED_ZONES = 1_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const created = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formatters.size >= MAX_CACHED_ZONES) formatters.clear();
  formatters.set(zone, created);
  return created;
}

/** Whether the runtime's zone data know this IANA zone. */
export function isTimeZone(zone: string): boolean {
  try {
    formatterFor(zone);
    return true;
  } catch {
    return false;
  }
}

function offsetByIntl(instantMs: number, zone: string): number {
  // en-US writes month, day, year, hour, minute, second; reading the numbers is several times faster than formatToParts.
  const numbers = formatterFor(zone).format(instantMs).match(/\d+/g) ?? [];
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = numbers.map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instantMs / 1000) * 1000;
}

/** Local time minus UTC in ms at an instant. */
function offsetMsAt(instantMs: number, zone: string): number {
  const fixedMinutes = instantMs >= FIXED_SINCE_MS ? FIXED_OFFSET_MINUTES.get(zone) : undefined;
  return fixedMinutes === undefined ? offsetByIntl(instantMs, zone) : fixedMinutes * MINUTE_MS;
}

function instantMsOf(instant: Date): number {
  const ms = instant.getTime();
  if (!(ms >= FIRST_INSTANT_MS && ms < LAST_INSTANT_MS)) throw new RangeError('not an instant between 1800 and 9999');
  return ms;
}

/**
 * The day that a wall calendar in the zone shows at an instant.
 * @throws RangeError for an invalid instant or an unknown zone
 */
export function localDateOf(instant: Date, zone: string): LocalDate {
  const ms = instantMsOf(instant);
  return dateOfDayNumber(Math.floor((ms + offsetMsAt(ms, zone)) / DAY_MS));
}

/**
 * The time of day that a clock in the zone shows at an instant, seconds dropped.
 * @throws RangeError for an invalid instant or an unknown zone
 */
export function localTimeOf(instant: Date, zone: string): LocalTime {
  const ms = instantMsOf(instant);
  return localTime(new Date(ms + offsetMsAt(ms, zone)).toISOString().slice(11, 16));
}

/**
 * The instant at which a clock in the zone shows the given day and time; 24:00 is 00:00 of the next day.
 * A time that the clocks skip is taken with the offset before the change (02:30 becomes 03:30); of a time that they show twice, the
 * first is meant. Both as RFC 5545 3.3.5 has it.
 * @throws RangeError for an unknown zone or a day at the very ends of the calendar
 */
export function instantOf(date: LocalDate, time: LocalTime, zone: string): Date {
  const localMs = dayNumberOf(date) * DAY_MS + (Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))) * MINUTE_MS;
  const before = offsetMsAt(instantMsOf(new Date(localMs - DAY_MS)), zone);
  const after = offsetMsAt(instantMsOf(new Date(localMs + DAY_MS)), zone);
  const byBefore = localMs - before;
  if (before === after || offsetMsAt(byBefore, zone) === before) return new Date(byBefore);
  const byAfter = localMs - after;
  return new Date(offsetMsAt(byAfter, zone) === after ? byAfter : byBefore);
}

/**
 * An instant as RFC 3339 text with the zone's offset, e.g. `2026-05-01T08:30:00+08:00`; milliseconds only where there are any.
 * Offsets of local mean time, before zones existed, are rounded to the minute that RFC 3339 can write; the instant stays exact.
 * @throws RangeError for an invalid instant or an unknown zone
 */
export function formatInstant(instant: Date, zone: string): string {
  const ms = instantMsOf(instant);
  const offsetMinutes = Math.round(offsetMsAt(ms, zone) / MINUTE_MS);
  const local = new Date(ms + offsetMinutes * MINUTE_MS).toISOString();
  const size = Math.abs(offsetMinutes);
  const hours = String(Math.floor(size / 60)).padStart(2, '0');
  const minutes = String(size % 60).padStart(2, '0');
  return `${local.slice(0, ms % 1000 === 0 ? 19 : 23)}${offsetMinutes < 0 ? '-' : '+'}${hours}:${minutes}`;
}
