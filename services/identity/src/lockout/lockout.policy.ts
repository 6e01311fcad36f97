// How long an account or an address waits after failed sign-ins (PLA-05): a few are free, then the wait doubles up to a bound.
// The bound keeps a stranger from locking a person out for the day; with it, an account can be guessed at 50 times a day.
export type LockoutPolicy = { readonly free: number; readonly firstWaitMs: number; readonly longestWaitMs: number };

const MINUTE_MS = 60_000;
export const ACCOUNT_LOCKOUT: LockoutPolicy = { free: 4, firstWaitMs: 30_000, longestWaitMs: 30 * MINUTE_MS };
/** Many people sit behind one address of an office, and attempts that are still being judged count too. */
export const ADDRESS_LOCKOUT: LockoutPolicy = { free: 100, firstWaitMs: 10_000, longestWaitMs: 15 * MINUTE_MS };
/** Whoever has not failed for a day starts anew. */
export const FORGIVEN_AFTER_MS = 24 * 60 * MINUTE_MS;

/** @param failures in a row, this one included */
export function waitAfter(failures: number, policy: LockoutPolicy): number {
  if (failures <= policy.free) return 0;
  return Math.min(policy.firstWaitMs * 2 ** (failures - policy.free - 1), policy.longestWaitMs);
}
