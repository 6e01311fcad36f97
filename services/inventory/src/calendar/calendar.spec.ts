// The sessions of a day follow from the calendar alone.
import { localDate } from '@tongpiao/kernel';
import { expect } from 'chai';
import { calendarSchema } from './calendar.store.ts';
import { slotsOf, type Calendar } from './calendar.ts';

const morning = { from: '09:00', to: '11:00', capacity: 100 };
const noon = { from: '12:00', to: '14:00', capacity: 50 };
const calendar: Calendar = {
  productId: 'prd_1',
  siteId: 'sit_1',
  weekly: [
    { weekdays: [1, 2, 3, 4, 5], slots: [morning] },
    { weekdays: [6, 7], slots: [morning, noon] },
    { weekdays: [7], slots: [{ from: '19:00', to: '24:00', capacity: 10 }] },
  ],
  exceptions: [
    { date: '2026-12-24', slots: [] },
    { date: '2026-12-25', slots: [noon] },
  ],
  from: '2026-12-01',
  until: '2026-12-31',
  horizonDays: 30,
};
const starts = (date: string): readonly string[] => slotsOf(calendar, localDate(date)).map(({ from }) => from);

describe('INV-01 calendar', () => {
  for (const [rule, date, expected] of [
    ['a weekday has its pattern', '2026-12-02', ['09:00']],
    ['Saturday has another', '2026-12-05', ['09:00', '12:00']],
    ['patterns of one weekday are joined', '2026-12-06', ['09:00', '12:00', '19:00']],
    ['an empty exception closes the day', '2026-12-24', []],
    ['an exception replaces the pattern', '2026-12-25', ['12:00']],
    ['the first day is in it', '2026-12-01', ['09:00']],
    ['the day before is not', '2026-11-30', []],
    ['the last day is in it', '2026-12-31', ['09:00']],
    ['the day after is not', '2027-01-01', []],
  ] as const) {
    it(rule, () => expect(starts(date)).to.deep.equal(expected));
  }
  it('without an end it goes on', () => {
    const { until: _until, ...endless } = calendar;
    expect(slotsOf(endless, localDate('2031-01-01'))).to.deep.equal([morning]);
  });

  describe('what staff may send', () => {
    const accepts = (change: Partial<Calendar>): boolean =>
      calendarSchema.safeParse({ ...calendar, ...change }).success;
    it('a sound one', () => expect(accepts({})).to.equal(true));
    it('a slot ends after it begins', () => {
      expect(accepts({ weekly: [{ weekdays: [1], slots: [{ ...morning, to: '09:00' }] }] })).to.equal(false);
    });
    it('two slots of one weekday do not start together, also from two patterns', () => {
      const shorter = { ...morning, to: '10:00' };
      expect(accepts({ weekly: [{ weekdays: [1], slots: [morning, shorter] }] })).to.equal(false);
      expect(
        accepts({
          weekly: [
            { weekdays: [1], slots: [morning] },
            { weekdays: [1, 2], slots: [shorter] },
          ],
        }),
      ).to.equal(false);
      expect(
        accepts({
          weekly: [
            { weekdays: [1], slots: [morning] },
            { weekdays: [2], slots: [shorter] },
          ],
        }),
      ).to.equal(true);
    });
    it('a date has one exception, whose slots start apart', () => {
      expect(
        accepts({
          exceptions: [
            { date: '2026-12-24', slots: [] },
            { date: '2026-12-24', slots: [noon] },
          ],
        }),
      ).to.equal(false);
      expect(accepts({ exceptions: [{ date: '2026-12-24', slots: [noon, noon] }] })).to.equal(false);
    });
    it('a day is no time of day', () => {
      expect(accepts({ weekly: [{ weekdays: [1], slots: [{ ...morning, from: '9:00' }] }] })).to.equal(false);
      expect(accepts({ weekly: [{ weekdays: [8], slots: [morning] }] })).to.equal(false);
    });
  });
});
