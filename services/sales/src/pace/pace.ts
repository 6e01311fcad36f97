// The pace of work on thousands of tickets while sales go on: a few at a time, then a rest that is as long as the work was and grows
// when this process falls behind. A busy platform makes the work slower, and so, by itself, makes the rests longer.

/** Orders or tickets at the same time: enough for the database to write them together, few enough not to crowd out a purchase. */
const AT_ONCE = 10;
/** A stop waits for what is in hand, at most ten seconds; a step ends well before. */
const STEP_MS = 2_000;
/** Of the time that was worked: at most half of what there is to do in this process is this. */
const REST_SHARE = 1;
/** A timer that comes this late says that the process has more to do than it can; twice as late, twice the rest. */
const LAG_MS = 15;
const REST_MAX_MS = 1_000;

/** Tickets of one step: some seconds of work, so that progress is seen and little is repeated after a crash. */
export const STEP_TICKETS = 200;

/** @param lagMs how late the last rest ended */
export function restAfter(workedMs: number, lagMs: number): number {
  return Math.min(REST_MAX_MS, workedMs * REST_SHARE * (1 + Math.max(0, lagMs) / LAG_MS));
}

/**
 * Works through a list from its beginning until it is through, or the step's time is over.
 * @returns how many were begun, and are finished by now
 */
export async function paced<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<number> {
  const end = performance.now() + STEP_MS;
  let lagMs = 0;
  let begun = 0;
  while (begun < items.length) {
    const chunk = items.slice(begun, begun + AT_ONCE);
    const from = performance.now();
    await Promise.all(chunk.map(work));
    begun += chunk.length;
    const until = performance.now();
    if (until >= end) break;
    const rest = restAfter(until - from, lagMs);
    await new Promise((resolve) => setTimeout(resolve, rest));
    lagMs = performance.now() - until - rest;
  }
  return begun;
}
