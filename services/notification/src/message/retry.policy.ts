// How long a message waits before it is tried again, and when it is given up. Only for submissions that were certainly not sent.

/** A restart of a provider costs seconds; an outage is over or noticed by people within two hours. Twelve waits, thirteen tries. */
const WAITS_MS = [
  1_000, 2_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 1_800_000, 3_600_000,
] as const;

/**
 * @param tries submissions begun so far
 * @returns undefined when it has been tried often enough
 */
export function waitAfter(tries: number): number | undefined {
  return WAITS_MS[Math.max(0, tries - 1)];
}

export const TRIES_MAX = WAITS_MS.length + 1;
