import { expect } from 'chai';
import { standsStill, standsStillBefore } from './standing-still.ts';

const AT = '2026-11-30T02:20:00.000Z';

describe('work that stands still', () => {
  it('was due twenty minutes ago', () => {
    expect(standsStillBefore(AT)).to.equal('2026-11-30T02:00:00.000Z');
    expect(standsStill('2026-11-30T02:00:00.000Z', AT)).to.equal(false);
    expect(standsStill('2026-11-30T01:59:59.999Z', AT)).to.equal(true);
  });
  it('is due at all', () => {
    expect(standsStill(undefined, AT)).to.equal(false);
  });
});
