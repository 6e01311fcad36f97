// A quote's id proves what was quoted, and nothing that was not.
import { secretKey } from '@tongpiao/persistence';
import { expect } from 'chai';
import { createQuoteTokens } from './quote-token.ts';

const NOW = new Date('2026-12-01T02:00:00Z');
const UNTIL = new Date('2026-12-01T02:10:00Z');
const tokens = createQuoteTokens(secretKey(Buffer.alloc(32, 1)));

describe('SAL-22 quote token', () => {
  const token = tokens.issue('ses_1/tty_1/2', 24_000, UNTIL);

  it('is valid for what was quoted until its time, the last second included', () => {
    expect(tokens.check(token, 'ses_1/tty_1/2', 24_000, NOW)).to.equal('valid');
    expect(tokens.check(token, 'ses_1/tty_1/2', 24_000, UNTIL)).to.equal('valid');
  });
  it('is stale after its time', () => {
    expect(tokens.check(token, 'ses_1/tty_1/2', 24_000, new Date(UNTIL.getTime() + 1))).to.equal('stale');
  });
  it('is stale when the price has changed, up or down', () => {
    expect(tokens.check(token, 'ses_1/tty_1/2', 24_001, NOW)).to.equal('stale');
    expect(tokens.check(token, 'ses_1/tty_1/2', 0, NOW)).to.equal('stale');
  });
  it('is invalid for other lines', () => {
    expect(tokens.check(token, 'ses_1/tty_1/3', 24_000, NOW)).to.equal('invalid');
  });
  it('is invalid when the price in it was touched', () => {
    expect(tokens.check(token.replace('.24000.', '.1.'), 'ses_1/tty_1/2', 1, NOW)).to.equal('invalid');
  });
  it('is invalid when its time was touched', () => {
    const later = token.replace(/\d+/, (until) => String(Number(until) + 60));
    expect(tokens.check(later, 'ses_1/tty_1/2', 24_000, NOW)).to.equal('invalid');
  });
  it('is invalid under another key, and when it is no token at all', () => {
    const others = createQuoteTokens(secretKey(Buffer.alloc(32, 2)));
    expect(others.check(token, 'ses_1/tty_1/2', 24_000, NOW)).to.equal('invalid');
    for (const text of ['', 'qt_', 'qt_1.2.x', `${token}x`, token.slice(1)])
      expect(tokens.check(text, 'ses_1/tty_1/2', 24_000, NOW)).to.equal('invalid');
  });
});
