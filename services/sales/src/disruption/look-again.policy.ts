// When a disruption looks again for tickets that were not there before: orders that were being paid while the session was cancelled,
// and exchanges that were under way. Pure, so that the times are specified and not tried out.

/** Soon after the beginning, when most late payments come. */
const LOOK_FIRST_MS = 30_000;
/** Afterwards less and less often: a holder hears of it at most this share of the time late that has passed. */
const LOOK_SHARE = 0.25;
/** An order may be paid a day after it was placed (the longest time to pay), and an hour is for its provider to say so. */
const WATCH_MS = 25 * 3_600_000;

const after = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString();

/** @returns the next time to look while there is still something to wait for */
export function lookAgainAt(begunAt: string, at: string): string {
  const passed = Math.max(0, Date.parse(at) - Date.parse(begunAt));
  return after(at, Math.max(LOOK_FIRST_MS, passed * LOOK_SHARE));
}

/** @returns undefined once nobody can come late any more */
export function watchAt(begunAt: string, at: string): string | undefined {
  const last = after(begunAt, WATCH_MS);
  if (Date.parse(at) >= Date.parse(last)) return undefined;
  return earlier(lookAgainAt(begunAt, at), last);
}

/** When the next look is, if the deadline does not come sooner. */
export function lookOrDecideAt(begunAt: string, at: string, decideBy: string): string {
  return earlier(lookAgainAt(begunAt, at), new Date(decideBy).toISOString());
}

/** Nobody in hand could be told: the pause grows, since what is in the way goes away by itself or not at all. */
const STUCK_PAUSES_MS = [1_000, 5_000, 15_000, 60_000, 300_000] as const;

/** @returns undefined when it was tried often enough */
export function tryAgainAt(at: string, stuck: number): string | undefined {
  const pause = STUCK_PAUSES_MS[stuck - 1];
  return pause === undefined ? undefined : after(at, pause);
}

function earlier(one: string, other: string): string {
  return Date.parse(one) <= Date.parse(other) ? one : other;
}
