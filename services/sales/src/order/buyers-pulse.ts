// What work on thousands costs those who buy at the same time: how long they wait for their places now, against how long they do while
// there is no such work. It goes through sales, the broker, inventory and both databases, so it tells of the whole platform (SAL-52).
import type { Orders } from '../stores.ts';

export type BuyersPulse = {
  /** How many times slower work on thousands should go than it could; asked while it is under way, which it learns by it. */
  slowedBy(): number;
};

/** Waits of the last seconds, and the last ones from quiet times. */
const RECENT_MS = 3_000;
const RECENT_MIN = 5;
const QUIET_MAX = 200;
const QUIET_MIN = 20;
/** What follows of the work goes on for a while. */
const SETTLES_MS = 5_000;
/** The aim: those who buy wait half as long again as they usually do. */
const FELT = { little: 1.3, much: 1.6 } as const;
const SLOWER = 1.2;
const FASTER = 0.92;
/** Whoever has lost a session is not left waiting for ever either. */
const SLOWEST = 4;
const WAITING_MAX = 5_000;

export function createBuyersPulse(
  orders: Pick<Orders, 'onCommit'>,
  now = (): number => performance.now(),
): BuyersPulse {
  const placed = new Map<string, number>();
  let recent: { readonly at: number; readonly ms: number }[] = [];
  let quiet: number[] = [];
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
      if (sample.at - worked > SETTLES_MS) quiet = [...quiet, sample.ms].slice(-QUIET_MAX);
      else recent = [...recent, sample];
    }
  });

  return {
    slowedBy() {
      worked = now();
      recent = recent.filter(({ at }) => worked - at < RECENT_MS);
      if (recent.length < RECENT_MIN || quiet.length < QUIET_MIN) slower = Math.max(1, slower * FASTER);
      else {
        const felt = median(recent.map(({ ms }) => ms)) / median(quiet);
        if (felt > FELT.much) slower = Math.min(SLOWEST, slower * SLOWER);
        else if (felt < FELT.little) slower = Math.max(1, slower * FASTER);
      }
      return slower;
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
