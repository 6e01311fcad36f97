// Counts requests and says who has had enough (PLA-35). Generous limits are decided at once from counters in memory, and what was
// counted is told to Redis in batches a few times a second, which brings back what other gateways counted: a request never waits
// for Redis, and one gateway alone is exact. Strict limits (sign-in, codes) ask Redis first. Without Redis the memory is the limit.
import { LRUCache } from 'lru-cache';
import {
  admits,
  freeInMs,
  remaining,
  resetSeconds,
  windowIndex,
  type Counts,
  type LimitPolicy,
} from './limits.policy.ts';
import type { Booking, SharedCounters } from './shared-counters.ts';

export type Claim = { readonly policy: LimitPolicy; readonly key: string };

export type Verdict = {
  readonly admitted: boolean;
  /** The `RateLimit` header: how much is left, and for how long. */
  readonly header: string;
  readonly retryAfterSeconds: number;
};

export type Limiter = {
  /** Decides from memory; all claims must admit, and only then is any of them counted. */
  take(claims: readonly Claim[], nowMs: number): Verdict;
  /** As `take`, asking Redis first for what is exact. */
  takeExactly(claims: readonly Claim[], nowMs: number): Promise<Verdict>;
  /** Counts without a verdict; `isExhausted` tells later. */
  charge(claim: Claim, nowMs: number): void;
  isExhausted(claim: Claim, nowMs: number): boolean;
  /** Tells Redis what is not told yet; by itself this happens a few times a second. */
  settle(): Promise<void>;
  stop(): Promise<void>;
};

type Tally = {
  readonly policy: LimitPolicy;
  readonly key: string;
  index: number;
  current: number;
  previous: number;
  /** Counted here, not yet told. */
  untold: number;
};

/** Some 150 bytes each; above it whoever has not been seen for longest starts afresh from Redis. */
const TALLIES_MAX = 100_000;
/** How late several gateways learn of each other. */
const SETTLE_EVERY_MS = 100;

export function createLimiter(counters: SharedCounters, options: { settleEveryMs?: number } = {}): Limiter {
  const tallies = new LRUCache<string, Tally>({ max: TALLIES_MAX });
  let dirty = new Set<Tally>();
  /** What belongs to a window that is over. */
  let late: Booking[] = [];
  let settling: Promise<void> | undefined;

  function tallyOf({ policy, key }: Claim, nowMs: number): Tally {
    const name = `${policy.name}:${key}`;
    const index = windowIndex(policy, nowMs);
    const known = tallies.get(name);
    if (known === undefined) {
      const tally = { policy, key, index, current: 0, previous: 0, untold: 0 };
      tallies.set(name, tally);
      return tally;
    }
    if (known.index !== index) {
      if (known.untold > 0) late.push({ policy, key, index: known.index, count: known.untold });
      known.previous = known.index === index - 1 ? known.current : 0;
      known.index = index;
      known.current = 0;
      known.untold = 0;
    }
    return known;
  }

  function count(tally: Tally): void {
    tally.current += 1;
    tally.untold += 1;
    dirty.add(tally);
  }

  function refused(claim: Claim, counts: Counts, nowMs: number): Verdict {
    const seconds = Math.max(1, Math.ceil(freeInMs(claim.policy, counts, nowMs) / 1_000));
    return { admitted: false, header: `"${claim.policy.name}";r=0;t=${seconds}`, retryAfterSeconds: seconds };
  }

  function header(claims: readonly Claim[], tallied: readonly Counts[], nowMs: number): string {
    let text = '';
    for (const [position, { policy }] of claims.entries()) {
      const counts = tallied[position];
      if (counts === undefined) continue;
      const item = `"${policy.name}";r=${remaining(policy, counts, nowMs)};t=${resetSeconds(policy, nowMs)}`;
      text = text === '' ? item : `${text}, ${item}`;
    }
    return text;
  }

  function take(claims: readonly Claim[], nowMs: number): Verdict {
    const tallied = claims.map((claim) => tallyOf(claim, nowMs));
    for (const tally of tallied) if (!admits(tally.policy, tally, nowMs)) return refused(tally, tally, nowMs);
    for (const tally of tallied) count(tally);
    return { admitted: true, header: header(claims, tallied, nowMs), retryAfterSeconds: 0 };
  }

  async function settleNow(): Promise<void> {
    if (!counters.isConnected()) {
      // Told when Redis is back, as far as the window is still running; what is over is forgotten.
      late = [];
      if (dirty.size > TALLIES_MAX) dirty = new Set();
      return;
    }
    const told = [...dirty];
    const bookings = [
      ...told.map(({ policy, key, index, untold }) => ({ policy, key, index, count: untold })),
      ...late,
    ];
    dirty = new Set();
    late = [];
    for (const tally of told) tally.untold = 0;
    const answers = await counters.add(bookings.filter(({ count: many }) => many > 0));
    let position = 0;
    for (const [which, tally] of told.entries()) {
      const booking = bookings[which];
      if (booking === undefined || booking.count === 0) continue;
      const counts = answers[position];
      position += 1;
      if (tally.index !== booking.index) continue;
      if (counts === undefined) {
        tally.untold += booking.count;
        dirty.add(tally);
      } else {
        tally.current = counts.current + tally.untold;
        tally.previous = Math.max(tally.previous, counts.previous);
      }
    }
  }

  function settle(): Promise<void> {
    settling ??= settleNow().finally(() => {
      settling = undefined;
    });
    return settling;
  }

  const timer = setInterval(() => {
    if (dirty.size > 0 || late.length > 0) void settle();
  }, options.settleEveryMs ?? SETTLE_EVERY_MS);
  timer.unref();

  return {
    take,
    async takeExactly(claims, nowMs) {
      const tallied = claims.map((claim) => tallyOf(claim, nowMs));
      for (const tally of tallied) if (!admits(tally.policy, tally, nowMs)) return refused(tally, tally, nowMs);
      const asked = await Promise.all(
        tallied.map(async ({ policy, key }) => (policy.exact ? counters.take(policy, key, nowMs) : undefined)),
      );
      for (const [position, tally] of tallied.entries()) {
        const answer = asked[position];
        if (answer === undefined) continue;
        tally.current = Math.max(tally.current, answer.current);
        tally.previous = Math.max(tally.previous, answer.previous);
        if (!answer.admitted) return refused(tally, answer, nowMs);
      }
      for (const [position, tally] of tallied.entries()) if (asked[position] === undefined) count(tally);
      return { admitted: true, header: header(claims, tallied, nowMs), retryAfterSeconds: 0 };
    },
    charge(claim, nowMs) {
      count(tallyOf(claim, nowMs));
    },
    isExhausted(claim, nowMs) {
      const tally = tallyOf(claim, nowMs);
      return !admits(tally.policy, tally, nowMs);
    },
    settle,
    async stop() {
      clearInterval(timer);
      await settle();
      counters.stop();
    },
  };
}
