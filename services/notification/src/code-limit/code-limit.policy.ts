// How many one-time codes one person may be sent (NOT-06). Rolling windows: providers count by the clock, and whoever keeps within a
// rolling window keeps within theirs. What counts is the wish to send, whether or not it arrives, as providers count too.

export type Window = { readonly name: 'minute' | 'hour' | 'day'; readonly ms: number; readonly max: number };

/** Source: the limits of providers for codes to one number; also what keeps a stranger's phone from being flooded. */
export const CODE_WINDOWS: readonly Window[] = [
  { name: 'minute', ms: 60_000, max: 1 },
  { name: 'hour', ms: 3_600_000, max: 5 },
  { name: 'day', ms: 86_400_000, max: 10 },
];

/** Longest window: what is older does not matter. */
export const REMEMBERED_MS = 86_400_000;

/**
 * @param sentAt instants of earlier codes to the same receiver, in ms
 * @returns the window that is full, or undefined when one more is fine
 */
export function fullWindow(sentAt: readonly number[], now: number): Window['name'] | undefined {
  return CODE_WINDOWS.find(({ ms, max }) => sentAt.filter((at) => at > now - ms).length >= max)?.name;
}
