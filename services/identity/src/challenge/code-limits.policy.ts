// How many codes one receiver may get (NOT-06): one a minute, five an hour, ten a day. Sliding windows over the times of sending.
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const CODE_LIMITS: readonly { readonly windowMs: number; readonly codes: number }[] = [
  { windowMs: MINUTE_MS, codes: 1 },
  { windowMs: HOUR_MS, codes: 5 },
  { windowMs: DAY_MS, codes: 10 },
];

/** @returns seconds until the next code may be sent; 0 when it may be sent now */
export function secondsUntilNextCode(sentAt: readonly string[], now: string): number {
  const nowMs = Date.parse(now);
  const waits = CODE_LIMITS.map(({ windowMs, codes }) => {
    const blocking = sentAt[sentAt.length - codes];
    return blocking === undefined ? 0 : Date.parse(blocking) + windowMs - nowMs;
  });
  return Math.max(0, Math.ceil(Math.max(...waits) / 1_000));
}
