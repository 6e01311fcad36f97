// The pace of work on thousands of tickets while sales go on: a few at a time, so many a second at most, and never more than half of the
// time. What it sets going elsewhere (money, messages, places) costs more than what is done here, so the bound per second is what leaves
// room on a platform that has little else to do; on a busy one the work itself gets slower, and the rests with it.
import { setTimeout as sleep } from 'node:timers/promises';

export type Pace = {
  /** Orders or tickets at the same time: whatever follows of them is done together as well, which costs half of what six at a time do. */
  readonly atOnce: number;
  readonly perSecond: number;
  /** How many times slower than that, because others feel it; asked before each rest. Default: never slower. */
  readonly slowedBy?: () => number;
};
/** More a second would take a core from those who buy. */
const USUAL: Pace = { atOnce: 20, perSecond: 90 };
/** Of the time that was worked. */
const REST_SHARE = 1;
/** A timer that comes this late says that the process has more to do than it can; twice as late, twice the rest. */
const LAG_MS = 15;
const REST_MAX_MS = 1_000;
/** A stop waits for what is in hand, at most ten seconds; a step ends well before. */
const STEP_MS = 2_000;

/** Tickets of one step: what is done in its time, so that progress is seen and little is repeated after a crash. */
export const STEP_TICKETS = 150;

/** The same for work that is slowed by so much: what is read for a step and not done in it is read again for the next. */
export function stepTickets(slower: number): number {
  return Math.ceil(STEP_TICKETS / slower);
}

/** @param lagMs how late the last rest ended */
export function restAfter(
  worked: { readonly items: number; readonly ms: number },
  lagMs: number,
  perSecond: number = USUAL.perSecond,
): number {
  const due = (worked.items * 1_000) / perSecond - worked.ms;
  const fair = worked.ms * REST_SHARE * (1 + Math.max(0, lagMs) / LAG_MS);
  return Math.min(REST_MAX_MS, Math.max(due, fair));
}

/**
 * Works through a list from its beginning until it is through, or the step's time is over.
 * @returns how many were begun, and are finished by now
 */
export async function paced<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
  pace: Partial<Pace> = {},
): Promise<number> {
  const { atOnce, perSecond, slowedBy } = { ...USUAL, ...pace };
  const end = performance.now() + STEP_MS;
  let lagMs = 0;
  let begun = 0;
  while (begun < items.length) {
    const chunk = items.slice(begun, begun + atOnce);
    const from = performance.now();
    await Promise.all(chunk.map(work));
    begun += chunk.length;
    const until = performance.now();
    const slower = slowedBy?.() ?? 1;
    const rest = restAfter({ items: chunk.length, ms: until - from }, lagMs, perSecond / slower);
    // The last rest, too: the next step follows at once.
    await sleep(rest);
    lagMs = performance.now() - until - rest;
    if (until >= end) break;
  }
  return begun;
}

/** Said and not yet with the broker for this long: the platform is behind, and this work can wait. */
const BEHIND_MS = 3_000;
const REST_WHILE_BEHIND_MS = 1_000;

/** A step begins later while messages of this process wait for the broker. */
export async function restWhileBehind(
  relay: { oldestMs(): Promise<number> },
  rest: (ms: number) => Promise<unknown> = sleep,
): Promise<void> {
  if ((await relay.oldestMs()) > BEHIND_MS) await rest(REST_WHILE_BEHIND_MS);
}
