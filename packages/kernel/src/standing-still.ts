// Work on thousands of records goes on step by step, and each step says when the next one is due. When one stands still, somebody has to
// take it up again; before that, nobody must, or two would go on with it.

/** A step takes seconds, its retries a quarter of an hour at most; after that nobody goes on with it by himself. */
const STANDS_STILL_MS = 20 * 60_000;

/** @returns what was due before this instant and is not done stands still */
export function standsStillBefore(at: string): string {
  return new Date(Date.parse(at) - STANDS_STILL_MS).toISOString();
}

/** @param nextAt when the next step is due; undefined when there is none */
export function standsStill(nextAt: string | undefined, at: string): boolean {
  return nextAt !== undefined && Date.parse(nextAt) < Date.parse(standsStillBefore(at));
}
