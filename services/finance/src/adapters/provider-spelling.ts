// How the providers write times and money. Pure, so that the awkward cases are specified without a provider.

const chinaOffsetMs = 8 * 3_600_000;
const chinaIso = (at: Date): string => new Date(at.getTime() + chinaOffsetMs).toISOString();

/** `2026-12-01T09:30:00+08:00`. */
export const wechatTime = (at: Date): string => `${chinaIso(at).slice(0, 19)}+08:00`;

/** `2026-12-01 09:30:00`, Beijing time. */
export const alipayTime = (at: Date): string => chinaIso(at).slice(0, 19).replace('T', ' ');

/** Reads Alipay's Beijing time, with or without milliseconds. */
export const parseAlipayTime = (text: string): Date | undefined => {
  const at = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?$/.test(text)
    ? new Date(`${text.replace(' ', 'T')}+08:00`)
    : undefined;
  return at === undefined || Number.isNaN(at.getTime()) ? undefined : at;
};

/** 12345 → `123.45`; amounts are positive. */
export const yuanOf = (amountFen: number): string =>
  `${Math.floor(amountFen / 100)}.${String(amountFen % 100).padStart(2, '0')}`;

/** `123.45` → 12345, without a detour through floating point; undefined where it is no such amount. */
export const fenOf = (yuan: string): number | undefined => {
  const match = /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(yuan);
  return match === null ? undefined : Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
};

/** Cuts to so many characters without tearing a surrogate pair. */
export const cut = (text: string, characters: number): string => Array.from(text).slice(0, characters).join('');
