// A record reminds itself of a deadline by a timer, and looks at the time again when it rings: the timer may be one of an earlier
// deadline, or have rung by the clock of another instance, which is ahead. Nobody can tell the two apart, and of the second there is no
// other, so a record that is reminded too early is to be reminded once more.

/** Whoever is reminded later than this because of another's clock is reminded late enough. */
const LATER_MAX_MS = 60_000;

/**
 * @param due the deadline
 * @param at an instant before it, by the clock of whoever was reminded
 * @returns when to ring: as much after the deadline as the other clock may be ahead, so that it does not ring too early again and again
 */
export function remindAgainAt(due: string, at: string): string {
  const dueMs = Date.parse(due);
  return new Date(dueMs + Math.min(LATER_MAX_MS, Math.max(0, dueMs - Date.parse(at)))).toISOString();
}
