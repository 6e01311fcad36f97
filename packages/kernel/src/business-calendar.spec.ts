import { expect } from 'chai';
import fc from 'fast-check';
import {
  afterOpenMinutes,
  afterWorkingDays,
  CHINA_2026,
  dayKindOf,
  flawOf,
  type BusinessCalendar,
} from './business-calendar.ts';
import { datesInRange, instantOf, localDate, localTime } from './local-dates.ts';

const ZONE = 'Asia/Shanghai';
const calendar: BusinessCalendar = {
  timeZone: ZONE,
  opens: localTime('08:30'),
  closes: localTime('18:00'),
  years: [CHINA_2026],
};
const at = (day: string, time: string): Date => instantOf(localDate(day), localTime(time), ZONE);

describe('working days', () => {
  it('PLA-46 2026 has 248 of them', () => {
    const days = datesInRange(localDate('2026-01-01'), localDate('2026-12-31'), 366);
    const working = days.filter((day) => ['working', 'moved'].includes(dayKindOf(calendar, day)));
    expect(working.length).to.equal(248);
  });
  it('REI-42 one working day: the start is not counted, the end is the close of business', () => {
    const rows: readonly (readonly [why: string, day: string, time: string, ends: string])[] = [
      ['in the middle of a week', '2026-11-24', '10:00', '2026-11-25'],
      ['at midnight', '2026-11-24', '00:00', '2026-11-25'],
      ['Friday evening', '2026-11-27', '20:15', '2026-11-30'],
      ['Saturday', '2026-11-28', '09:00', '2026-11-30'],
      ['Sunday', '2026-11-29', '23:59', '2026-11-30'],
      ['the eve of Spring Festival is a moved Saturday', '2026-02-13', '12:00', '2026-02-14'],
      ['a moved Saturday itself', '2026-02-14', '12:00', '2026-02-24'],
      ['in the middle of a holiday', '2026-10-03', '12:00', '2026-10-08'],
      ['before a holiday on Friday', '2026-06-18', '17:59', '2026-06-22'],
      ['Friday before a moved Saturday', '2026-10-09', '09:00', '2026-10-10'],
      ['Saturday before a moved Sunday', '2026-09-19', '09:00', '2026-09-20'],
    ];
    for (const [why, day, time, ends] of rows) {
      const deadline = afterWorkingDays(calendar, at(day, time), 1);
      expect(deadline.at.toISOString(), why).to.equal(at(ends, '18:00').toISOString());
      expect(deadline.provisional, why).to.equal(false);
    }
  });
  it('PLA-46 says day by day how it counted', () => {
    expect(afterWorkingDays(calendar, at('2026-10-09', '09:00'), 2).days).to.deep.equal([
      { date: '2026-10-10', kind: 'moved', counts: true },
      { date: '2026-10-11', kind: 'weekend', counts: false },
      { date: '2026-10-12', kind: 'working', counts: true },
    ]);
    const holiday = afterWorkingDays(calendar, at('2026-09-30', '09:00'), 1).days;
    expect(holiday.filter(({ kind }) => kind === 'holiday').length).to.equal(7);
  });
  it('PLA-46 past the years that it knows it is provisional, and Monday to Friday', () => {
    const late = afterWorkingDays(calendar, at('2026-12-31', '09:00'), 1);
    expect(late).to.deep.include({ at: at('2027-01-01', '18:00'), provisional: true });
    const told: BusinessCalendar = {
      ...calendar,
      years: [CHINA_2026, { year: 2027, holidays: ['2027-01-01'], workdays: [], source: 'a notice' }],
    };
    expect(afterWorkingDays(told, at('2026-12-31', '09:00'), 1)).to.deep.include({
      at: at('2027-01-04', '18:00'),
      provisional: false,
    });
  });
  it('a deadline is never before its start, and one more day is never earlier', () => {
    const moments = fc.date({ min: new Date('2025-12-01'), max: new Date('2027-02-01'), noInvalidDate: true });
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 40 }), (from, days) => {
        const one = afterWorkingDays(calendar, from, days).at.getTime();
        expect(one).to.be.greaterThan(from.getTime());
        expect(afterWorkingDays(calendar, from, days + 1).at.getTime()).to.be.greaterThan(one);
      }),
    );
  });
  it('refuses what is no number of days', () => {
    for (const days of [0, -1, 1.5, 100_000])
      expect(() => afterWorkingDays(calendar, at('2026-11-24', '10:00'), days)).to.throw(RangeError);
  });
});

describe('minutes while the office is open', () => {
  it('REI-42 two hours', () => {
    const rows: readonly (readonly [why: string, from: Date, ends: Date])[] = [
      ['within a day', at('2026-11-24', '10:00'), at('2026-11-24', '12:00')],
      ['to the minute of closing', at('2026-11-24', '16:00'), at('2026-11-24', '18:00')],
      ['over night', at('2026-11-24', '17:00'), at('2026-11-25', '09:30')],
      ['before opening', at('2026-11-24', '06:00'), at('2026-11-24', '10:30')],
      ['Friday evening: the desk opens on Saturday', at('2026-11-27', '20:00'), at('2026-11-28', '10:30')],
      ['on a holiday', at('2026-10-03', '10:00'), at('2026-10-03', '12:00')],
    ];
    for (const [why, from, ends] of rows)
      expect(afterOpenMinutes(calendar, from, 120).toISOString(), why).to.equal(ends.toISOString());
  });
  it('refuses an office that never opens', () => {
    const shut = { ...calendar, opens: localTime('18:00'), closes: localTime('08:30') };
    expect(() => afterOpenMinutes(shut, at('2026-11-24', '10:00'), 1)).to.throw(RangeError);
  });
});

describe('a year as it is typed in', () => {
  it('names what cannot be', () => {
    expect(flawOf(CHINA_2026)).to.equal(undefined);
    const year = { year: 2027, holidays: [], workdays: [], source: 'a notice' };
    expect(flawOf({ ...year, holidays: ['2026-01-01'] })).to.equal('2026-01-01 is not in 2027');
    expect(flawOf({ ...year, holidays: ['2027-01-02'], workdays: ['2027-01-02'] })).to.include('and a working day');
    expect(flawOf({ ...year, workdays: ['2027-01-04'] })).to.include('anyway');
  });
});
