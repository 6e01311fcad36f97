// A quote's id proves that we made it: what was quoted, for how much, until when, under our key. Nothing is stored, and a quote
// survives a restart.
import { mac, type SecretKey } from '@tongpiao/persistence';
import { timingSafeEqual } from 'node:crypto';

export type QuoteTokens = {
  issue(fingerprint: string, total: number, validUntil: Date): string;
  /** `stale`: it is ours but old, or its total is no longer the price. */
  check(token: string, fingerprint: string, total: number, now: Date): 'valid' | 'stale' | 'invalid';
};

export function createQuoteTokens(key: SecretKey): QuoteTokens {
  const sign = (text: string): Buffer => mac(key, text).subarray(0, 16);
  return {
    issue(fingerprint, total, validUntil) {
      const facts = `${Math.floor(validUntil.getTime() / 1_000)}.${total}`;
      return `qt_${facts}.${sign(`${facts}.${fingerprint}`).toString('base64url')}`;
    },
    check(token, fingerprint, total, now) {
      const match = /^qt_(\d{1,12})\.(\d{1,13})\.([\w-]{22})$/.exec(token);
      if (match === null) return 'invalid';
      const [, until, quoted, signature] = match;
      const given = Buffer.from(signature ?? '', 'base64url');
      const expected = sign(`${until ?? ''}.${quoted ?? ''}.${fingerprint}`);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid';
      return Number(quoted) === total && Number(until) * 1_000 >= now.getTime() ? 'valid' : 'stale';
    },
  };
}
