// So many per second at most, a little more after a rest: what many are told at once leaves the provider's rate to the others (NOT-08).

export type Pace = {
  /** How many may begin now. */
  left(): number;
  take(count: number): void;
  giveBack(count: number): void;
};

/** What a rest saves up: as much as is looked for work on disk in between (see run.ts), and as much again. */
const SAVED_MS = 500;

export function createPace(perSecond: number, clock: () => Date): Pace {
  const most = Math.max(1, (perSecond * SAVED_MS) / 1_000);
  let saved = most;
  let lookedAt = clock().getTime();

  function refill(): void {
    const now = clock().getTime();
    saved = Math.min(most, saved + (Math.max(0, now - lookedAt) * perSecond) / 1_000);
    lookedAt = now;
  }

  return {
    left() {
      refill();
      return Math.floor(saved);
    },
    take(count) {
      saved -= count;
    },
    giveBack(count) {
      saved = Math.min(most, saved + count);
    },
  };
}
