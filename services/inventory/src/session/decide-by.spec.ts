// How long holders may choose.
import { expect } from 'chai';
import { decideByOf } from './decide-by.policy.ts';

describe('INV-21 the time to decide', () => {
  const now = new Date('2026-12-01T02:00:00Z');
  for (const [rule, hours, startsAt, expected] of [
    ['so many hours', 48, '2026-12-10T09:00:00+08:00', '2026-12-03T02:00:00.000Z'],
    ['never past the start', 48, '2026-12-02T09:00:00+08:00', '2026-12-02T01:00:00.000Z'],
    ['to the start, however near it is', 1, '2026-12-01T10:05:00+08:00', '2026-12-01T02:05:00.000Z'],
    ['not at all when it has begun', 48, '2026-12-01T09:00:00+08:00', '2026-12-01T02:00:00.000Z'],
  ] as const) {
    it(rule, () => expect(decideByOf(now, hours, startsAt)).to.equal(expected));
  }
});
