import { expect } from 'chai';
import { remindAgainAt } from './reminder.ts';

const DUE = '2026-11-30T02:15:00.000Z';

describe('PLA-40 a reminder that came too early', () => {
  it('comes again as much later as the clock that rang it may be ahead', () => {
    expect(remindAgainAt(DUE, '2026-11-30T02:14:20.000Z')).to.equal('2026-11-30T02:15:40.000Z');
  });
  it('comes a minute late at most: it may have been the one of an earlier deadline', () => {
    expect(remindAgainAt(DUE, '2026-11-20T00:00:00.000Z')).to.equal('2026-11-30T02:16:00.000Z');
  });
  it('is never set before its deadline', () => {
    expect(remindAgainAt(DUE, '2026-11-30T03:00:00.000Z')).to.equal(DUE);
  });
});
