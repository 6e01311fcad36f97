import { expect } from 'chai';
import fc from 'fast-check';
import { CODE_WINDOWS, fullWindow } from './code-limit.policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-12-01T09:00:00Z');

describe('NOT-06 limits for codes', () => {
  it('NOT-06 the first code is fine, a second within a minute is not', () => {
    expect(fullWindow([], NOW)).to.equal(undefined);
    expect(fullWindow([NOW - MINUTE + 1], NOW)).to.equal('minute');
    expect(fullWindow([NOW - MINUTE], NOW)).to.equal(undefined);
  });

  it('NOT-06 five within an hour, ten within a day', () => {
    const spread = (count: number, over: number): number[] =>
      Array.from({ length: count }, (_, index) => NOW - MINUTE - Math.floor((index * (over - 2 * MINUTE)) / count));
    expect(fullWindow(spread(4, HOUR), NOW)).to.equal(undefined);
    expect(fullWindow(spread(5, HOUR), NOW)).to.equal('hour');
    expect(fullWindow(spread(9, 24 * HOUR), NOW)).to.equal(undefined);
    expect(fullWindow(spread(10, 24 * HOUR), NOW)).to.equal('day');
  });

  it('NOT-06 whatever is asked, no window ever holds more than it may', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 * MINUTE }), { maxLength: 80 }), (gaps) => {
        let now = NOW;
        const sent: number[] = [];
        for (const gap of gaps) {
          now += gap;
          if (fullWindow(sent, now) === undefined) sent.push(now);
          for (const { ms, max } of CODE_WINDOWS) {
            const end = now;
            expect(sent.filter((at) => at > end - ms).length).to.be.at.most(max);
          }
        }
      }),
    );
  });
});
