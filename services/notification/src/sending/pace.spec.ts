import { expect } from 'chai';
import { createPace } from './pace.ts';

describe('pace', () => {
  let now = 0;
  const pace = (perSecond: number) => createPace(perSecond, () => new Date(now));
  beforeEach(() => {
    now = Date.parse('2026-12-01T09:00:00Z');
  });

  it('NOT-08 lets so many begin per second, and half a second’s worth after a rest', () => {
    const slow = pace(100);
    expect(slow.left()).to.equal(50);
    slow.take(50);
    expect(slow.left()).to.equal(0);
    now += 100;
    expect(slow.left()).to.equal(10);
    now += 60_000;
    expect(slow.left()).to.equal(50);
  });

  it('NOT-08 what was not used may be used later, but never more than a rest saves', () => {
    const slow = pace(10);
    slow.take(5);
    slow.giveBack(3);
    expect(slow.left()).to.equal(3);
    slow.giveBack(50);
    expect(slow.left()).to.equal(5);
  });

  it('lets one begin even where there is less than one in half a second', () => {
    expect(pace(1).left()).to.equal(1);
  });

  it('is not confused by a clock that is set back', () => {
    const slow = pace(10);
    slow.take(5);
    now -= 60_000;
    expect(slow.left()).to.equal(0);
    now += 200;
    expect(slow.left()).to.equal(2);
  });
});
