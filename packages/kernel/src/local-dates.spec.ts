import { expect } from 'chai';
import fc from 'fast-check';
import {
  addDays,
  ageOn,
  compareDates,
  datesInRange,
  daysBetween,
  formatInstant,
  instantOf,
  isLocalDate,
  isTimeZone,
  localDate,
  localDateOf,
  localTime,
  localTimeOf,
  parseLocalDate,
  parseLocalTime,
  weekdayOf,
} from './local-dates.ts';

const FIXED_ZONES = ['Asia/Shanghai', 'Asia/Hong_Kong', 'Asia/Macau', 'Asia/Taipei', 'Asia/Urumqi', 'UTC'];
const ZONES = [
  ...FIXED_ZONES,
  'America/New_York',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
];

const anyDate = fc
  .integer({ min: -50_000, max: 100_000 })
  .map((days) => localDate(new Date(days * 86_400_000).toISOString().slice(0, 10)));
const anyInstant = (from: string, to: string) =>
  fc.integer({ min: Date.parse(from), max: Date.parse(to) }).map((ms) => new Date(ms));
const recentInstant = anyInstant('1992-01-01T00:00:00Z', '2100-01-01T00:00:00Z');

/** What Intl itself says, in the zone, without this package's arithmetic. */
function byIntl(instant: Date, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(instant);
}

describe('local dates', () => {
  it('SAL-02 accepts existing days only', () => {
    for (const text of ['2024-02-29', '2000-02-29', '1800-01-01', '9999-12-31'])
      expect(isLocalDate(text), text).to.equal(true);
    for (const text of [
      '2023-02-29',
      '1900-02-29',
      '2024-13-01',
      '2024-00-01',
      '2024-04-31',
      '2024-01-00',
      '1799-12-31',
      '2024-1-1',
      '20240101',
      ' 2024-01-01',
      '2024-01-01\n',
      '',
    ])
      expect(parseLocalDate(text), text).to.equal(undefined);
    expect(() => localDate('2023-02-29')).to.throw(RangeError);
    expect(isLocalDate(20240101)).to.equal(false);
  });

  it('SAL-03 accepts times of day up to 24:00', () => {
    for (const text of ['00:00', '08:30', '23:59', '24:00']) expect(parseLocalTime(text)).to.equal(text);
    for (const text of ['24:01', '8:30', '08:60', '25:00', '08:30:00', ''])
      expect(parseLocalTime(text), text).to.equal(undefined);
    expect(() => localTime('noon')).to.throw(RangeError);
  });

  it('SAL-03 counts days forward and back, and days between', () => {
    expect(addDays(localDate('2024-02-28'), 2)).to.equal('2024-03-01');
    expect(addDays(localDate('2026-01-01'), -1)).to.equal('2025-12-31');
    expect(daysBetween(localDate('2026-01-01'), localDate('2027-01-01'))).to.equal(365);
    expect(() => addDays(localDate('9999-12-31'), 1)).to.throw(RangeError);
    expect(() => addDays(localDate('1800-01-01'), -1)).to.throw(RangeError);
    expect(() => addDays(localDate('2026-01-01'), 0.5)).to.throw(RangeError);
    fc.assert(
      fc.property(anyDate, fc.integer({ min: -10_000, max: 10_000 }), (date, days) => {
        const other = addDays(date, days);
        expect(daysBetween(date, other)).to.equal(days);
        expect(compareDates(date, other)).to.equal(Math.sign(-days) + 0);
      }),
    );
  });

  it('SAL-10 knows the weekday, Monday first', () => {
    expect(weekdayOf(localDate('2026-11-23'))).to.equal(1);
    expect(weekdayOf(localDate('2026-11-22'))).to.equal(7);
    fc.assert(
      fc.property(anyDate, (date) => {
        expect(weekdayOf(date) % 7).to.equal(new Date(`${date}T00:00:00Z`).getUTCDay());
      }),
    );
  });

  it('SAL-10 lists the days of a range, both ends included, within a bound', () => {
    expect(datesInRange(localDate('2024-02-28'), localDate('2024-03-01'), 3)).to.deep.equal([
      '2024-02-28',
      '2024-02-29',
      '2024-03-01',
    ]);
    expect(datesInRange(localDate('2024-03-01'), localDate('2024-02-28'), 3)).to.deep.equal([]);
    expect(() => datesInRange(localDate('2024-02-28'), localDate('2024-03-02'), 3)).to.throw(RangeError);
  });

  it('SAL-02 counts full years on the day of use', () => {
    const birth = localDate('2019-11-21');
    expect(ageOn(birth, localDate('2026-11-20'))).to.equal(6);
    expect(ageOn(birth, localDate('2026-11-21'))).to.equal(7);
    expect(ageOn(birth, localDate('2019-11-20'))).to.equal(-1);
  });

  it('SAL-02 lets who was born on 29 February complete the year on 1 March of common years', () => {
    const birth = localDate('2008-02-29');
    expect(ageOn(birth, localDate('2026-02-28'))).to.equal(17);
    expect(ageOn(birth, localDate('2026-03-01'))).to.equal(18);
    expect(ageOn(birth, localDate('2028-02-29'))).to.equal(20);
  });
});

describe('instants in a zone', () => {
  it('SAL-03 takes the day from the zone and not from UTC', () => {
    const instant = new Date('2026-04-30T16:00:00Z');
    expect(localDateOf(instant, 'Asia/Shanghai')).to.equal('2026-05-01');
    expect(localDateOf(instant, 'America/New_York')).to.equal('2026-04-30');
    expect(localTimeOf(instant, 'Asia/Shanghai')).to.equal('00:00');
  });

  it('SAL-03 agrees with Intl in every zone, the shortcut of fixed offsets included', () => {
    fc.assert(
      fc.property(recentInstant, fc.constantFrom(...ZONES), (instant, zone) => {
        expect(`${localDateOf(instant, zone)} ${localTimeOf(instant, zone)}`).to.equal(byIntl(instant, zone));
      }),
      { numRuns: 2_000 },
    );
  });

  it('SAL-03 does not take the shortcut where Shanghai still had summer time', () => {
    expect(formatInstant(new Date('1991-07-01T00:00:00Z'), 'Asia/Shanghai')).to.equal('1991-07-01T09:00:00+09:00');
    expect(formatInstant(new Date('1991-12-31T23:59:59Z'), 'Asia/Shanghai')).to.equal('1992-01-01T07:59:59+08:00');
    for (const zone of FIXED_ZONES) expect(byIntl(new Date('1992-01-01T00:00:00Z'), zone)).to.match(/^1992-01-01/);
  });

  it('SAL-03 finds the instant of a local time, 24:00 being the end of the day', () => {
    const day = localDate('2026-05-01');
    expect(instantOf(day, localTime('08:30'), 'Asia/Shanghai').toISOString()).to.equal('2026-05-01T00:30:00.000Z');
    expect(instantOf(day, localTime('24:00'), 'Asia/Shanghai')).to.deep.equal(
      instantOf(addDays(day, 1), localTime('00:00'), 'Asia/Shanghai'),
    );
    expect(instantOf(day, localTime('08:30'), 'America/New_York').toISOString()).to.equal('2026-05-01T12:30:00.000Z');
  });

  it('SAL-03 moves a skipped time forward and takes the first of a repeated one', () => {
    const spring = localDate('2026-03-08');
    const autumn = localDate('2026-11-01');
    expect(formatInstant(instantOf(spring, localTime('02:30'), 'America/New_York'), 'America/New_York')).to.equal(
      '2026-03-08T03:30:00-04:00',
    );
    expect(formatInstant(instantOf(autumn, localTime('01:30'), 'America/New_York'), 'America/New_York')).to.equal(
      '2026-11-01T01:30:00-04:00',
    );
    expect(formatInstant(instantOf(autumn, localTime('02:00'), 'America/New_York'), 'America/New_York')).to.equal(
      '2026-11-01T02:00:00-05:00',
    );
    expect(instantOf(localDate('2011-12-31'), localTime('01:00'), 'Pacific/Apia').toISOString()).to.equal(
      '2011-12-30T11:00:00.000Z',
    );
  });

  it('SAL-03 returns to the same minute: instant, local time, instant', () => {
    fc.assert(
      fc.property(recentInstant, fc.constantFrom(...ZONES), (instant, zone) => {
        const [date, time] = [localDateOf(instant, zone), localTimeOf(instant, zone)];
        const back = instantOf(date, time, zone);
        // A repeated time gives its first instant, which reads the same on the clock.
        expect([localDateOf(back, zone), localTimeOf(back, zone)]).to.deep.equal([date, time]);
        expect(back.getTime()).to.be.at.most(instant.getTime());
      }),
      { numRuns: 2_000 },
    );
  });

  it('SAL-03 writes RFC 3339 that reads back as the same instant, even before zones existed', () => {
    expect(formatInstant(new Date('2026-05-01T00:30:00Z'), 'Asia/Shanghai')).to.equal('2026-05-01T08:30:00+08:00');
    expect(formatInstant(new Date('2026-05-01T00:30:00.007Z'), 'Asia/Kathmandu')).to.equal(
      '2026-05-01T06:15:00.007+05:45',
    );
    fc.assert(
      fc.property(
        anyInstant('1800-01-03T00:00:00Z', '2200-01-01T00:00:00Z'),
        fc.constantFrom(...ZONES),
        (instant, zone) => {
          expect(Date.parse(formatInstant(instant, zone))).to.equal(instant.getTime());
        },
      ),
    );
  });

  it('SAL-03 refuses unknown zones and instants that are none', () => {
    expect(isTimeZone('Asia/Shanghai')).to.equal(true);
    expect(isTimeZone('Asia/Atlantis')).to.equal(false);
    expect(() => localDateOf(new Date('2026-01-01T00:00:00Z'), 'Asia/Atlantis')).to.throw(RangeError);
    expect(() => localDateOf(new Date(NaN), 'Asia/Shanghai')).to.throw(RangeError);
    expect(() => formatInstant(new Date(8.64e15), 'Asia/Shanghai')).to.throw(RangeError);
  });
});
