// How the providers spell times, money and identifiers on the wire.
import { randomInt } from 'node:crypto';

const chinaOffsetMs = 8 * 3_600_000;
const chinaIso = (at: number): string => new Date(at + chinaOffsetMs).toISOString();

/** `2026-12-01T09:30:00+08:00`, as WeChat Pay writes times. */
export const wechatTime = (at: number): string => `${chinaIso(at).slice(0, 19)}+08:00`;

/** `2026-12-01 09:30:00` in Beijing, as Alipay writes times. */
export const alipayTime = (at: number): string => chinaIso(at).slice(0, 19).replace('T', ' ');

/** @returns milliseconds since 1970, or undefined where the text is not such a time */
export const parseAlipayTime = (text: string): number | undefined => {
  const at = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? Date.parse(`${text.replace(' ', 'T')}+08:00`) : NaN;
  return Number.isNaN(at) ? undefined : at;
};

/** 12345 fen → `123.45`. */
export const yuanOf = (fen: number): string => `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`;

/** `123.45` or `123.4` or `123` → fen; undefined where it is not an amount with at most two places. */
export const fenOf = (yuan: string): number | undefined => {
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(yuan);
  return match === null ? undefined : Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
};

/** 28 digits that no other start of the process hands out again: a prefix, the time, and a count from a random place. */
export const createNumbers = (): ((prefix: string, at: number) => string) => {
  let count = randomInt(1_000_000_000);
  return (prefix, at) => {
    count = (count + 1) % 100_000_000_000;
    return `${prefix}${String(at)}${String(count).padStart(11, '0')}`;
  };
};
