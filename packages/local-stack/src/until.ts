// Waiting for something outside this process: poll, bounded, and say on failure what was last seen.
// Nothing in the stack sleeps and hopes; every wait has a name, a limit and a reason to give up early.
import { setTimeout as delay } from 'node:timers/promises';

export type Wait = {
  /** Completes the sentence "gave up waiting for …". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
  /** Returns undefined when it holds, else what was seen instead. A thrown error counts as "seen". */
  readonly probe: () => Promise<string | undefined>;
};

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws Error that names the wait and what was last seen, when the time is over or the signal fires */
export const until = async (wait: Wait): Promise<void> => {
  const deadline = Date.now() + wait.timeoutMs;
  for (;;) {
    const seen = await wait.probe().catch(describe);
    if (seen === undefined) return;
    if (wait.signal?.aborted === true) throw new Error(`stopped waiting for ${wait.what}`);
    if (Date.now() >= deadline) throw new Error(`gave up waiting for ${wait.what}: ${seen}`);
    await delay(wait.everyMs ?? 50);
  }
};

/** True when the promise settles in time; the promise goes on otherwise. */
export const within = async (promise: Promise<unknown>, timeoutMs: number): Promise<boolean> => {
  const timer = new AbortController();
  const late = delay(timeoutMs, false, { signal: timer.signal }).catch(() => false);
  const done = await Promise.race([promise.then(() => true), late]);
  timer.abort();
  return done;
};
