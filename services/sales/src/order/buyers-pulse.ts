// What work on thousands costs those who buy at the same time: how long they wait for their places now, against how long they do while
// there is no such work. It goes through sales, the broker, inventory and both databases, so it tells of the whole platform (SAL-52).
import type { Orders } from '../stores.ts';

export type BuyersPulse = {
  /** How many times slower work on thousands should go than it could; asked while it is under way, which it learns by it. */
  slowedBy(): number;
  /** The same as it was said last. */
  slowed(): number;
};

type Wait = { readonly at: number; readonly ms: number };

/** Waits of the last seconds, and the last ones from quiet times. */
const RECENT_MS = 3_000;
const RECENT_MIN = 5;
const QUIET_MAX = 200;
const QUIET_MIN = 20;
/** What follows of the work goes on for a while. */
const SETTLES_MS = 5_000;
/** The aim: those who buy wait a third longer than they usually do. The slowest of twenty then waits less than twice as long. */
const FELT = { little: 1.2, much: 1.4 } as const;
const SLOWER = 1.2;
const FASTER = 0.92;
/** Whoever has lost a session is not left waiting for ever either. */
const SLOWEST = 6;
/** Beside buyers, work that has just begun goes at half its pace until it is known what they feel of it. */
const AT_FIRST = 2;
const WAITING_MAX = 5_000;

export function createBuyersPulse(
  orders: Pick<Orders, 'onCommit'>,
  now = (): number => performance.now(),
): BuyersPulse {
  const placed = new Map<string, number>();
  let recent: readonly Wait[] = [];
  let quiet: readonly Wait[] = [];
  let worked = Number.NEGATIVE_INFINITY;
  let slower = 1;

  orders.onCommit((id, state, _scope, events) => {
    for (const { type } of events) {
      if (type === 'OrderPlaced') {
        if (placed.size >= WAITING_MAX) placed.clear();
        placed.set(id, now());
      }
      const since = placed.get(id);
      if (since === undefined || type === 'OrderPlaced') continue;
      placed.delete(id);
      // Whoever stands in line, or was refused, says nothing about speed.
      if (state.status !== 'awaiting_payment') continue;
      const sample = { at: now(), ms: now() - since };
      if (sample.at - worked > SETTLES_MS) quiet = [...quiet, sample].slice(-QUIET_MAX);
      else recent = [...recent, sample];
    }
  });

  return {
    slowed: () => slower,
    slowedBy() {
      const begins = now() - worked > SETTLES_MS;
      worked = now();
      if (begins) {
        slower = quiet.filter(({ at }) => worked - at < RECENT_MS).length < RECENT_MIN ? 1 : AT_FIRST;
        return slower;
      }
      recent = recent.filter(({ at }) => worked - at < RECENT_MS);
      if (recent.length < RECENT_MIN || quiet.length < QUIET_MIN) slower = Math.max(1, slower * FASTER);
      else {
        const felt = median(recent) / median(quiet);
        if (felt > FELT.much) slower = Math.min(SLOWEST, slower * SLOWER);
        else if (felt < FELT.little) slower = Math.max(1, slower * FASTER);
      }
      return slower;
    },
  };
}

function median(waits: readonly Wait[]): number {
  const sorted = waits.map(({ ms }) => ms).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
