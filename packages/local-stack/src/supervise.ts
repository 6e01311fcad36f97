// Keeps one process alive: starts it, waits until it is ready, starts it again when it ends by itself, and stops it when told.
// Servers and services share it, so "crashed", "killed on purpose" and "stopped" mean the same for both.
import { setTimeout as delay } from 'node:timers/promises';
import type { Child, KillSignal } from './child.ts';
import { within } from './until.ts';
import type { Warden } from './warden.ts';

export type Supervised = {
  readonly name: string;
  readonly logFile: string;
  /** How often it was started again after it had ended by itself. */
  restarts(): number;
  pid(): number | undefined;
  start(): Promise<void>;
  /** Ends it on purpose: it stays down until `start`. Resolves when the process is gone. */
  kill(signal: KillSignal): Promise<void>;
};

export type SuperviseOptions = {
  readonly name: string;
  readonly logFile: string;
  readonly launch: () => Promise<Child>;
  /** Resolves when the process does its work; gives up when the signal fires. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** Runs after the process has ended, whatever the cause. */
  readonly afterEnd?: () => Promise<void>;
  readonly restartCrashed: boolean;
  readonly report: (line: string) => void;
  readonly warden: Warden;
  /** Grace after SIGTERM before SIGKILL. */
  readonly graceMs: number;
  readonly firstDelayMs?: number;
};

// Grows to ten seconds: long enough not to burn a core, short enough that nobody starts it by hand.
const longestDelayMs = 10_000;
// A process that lived a minute has recovered; its next crash is a new story.
const recoveredAfterMs = 60_000;
// About three minutes of attempts; after that somebody must look.
const mostAttempts = 20;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const supervise = (options: SuperviseOptions): Supervised => {
  const { name, report, warden } = options;
  let child: Child | undefined;
  let wanted = false;
  let restarts = 0;
  let attempts = 0;
  let pendingRestart = new AbortController();

  const launch = async (): Promise<void> => {
    const launched = await options.launch();
    const startedAt = Date.now();
    warden.watch(launched.pid);
    if (!wanted) {
      // Told to stop while the process was being made.
      launched.signal('SIGKILL');
      await launched.ended;
      warden.forget(launched.pid);
      throw new Error(`${name} was stopped while it started`);
    }
    child = launched;
    const gone = new AbortController();
    void launched.ended.then((how) => {
      warden.forget(launched.pid);
      gone.abort();
      if (child === launched) child = undefined;
      if (Date.now() - startedAt > recoveredAfterMs) attempts = 0;
      if (wanted && options.restartCrashed) void restart(how);
      else if (wanted) report(`${name} ended by itself (${how}); log: ${options.logFile}`);
    });
    const endedEarly = launched.ended.then((how) => {
      throw new Error(`${name} ended before it was ready (${how}); log: ${options.logFile}`);
    });
    await Promise.race([options.ready(gone.signal), endedEarly]);
  };

  const restart = async (how: string): Promise<void> => {
    attempts += 1;
    if (attempts > mostAttempts) {
      report(
        `${name} ended by itself (${how}) ${attempts} times in a row and is left alone now; log: ${options.logFile}`,
      );
      return;
    }
    const waitMs = Math.min((options.firstDelayMs ?? 250) * 2 ** (attempts - 1), longestDelayMs);
    report(`${name} ended by itself (${how}); starting it again in ${waitMs / 1000} s; log: ${options.logFile}`);
    try {
      await options.afterEnd?.();
      await delay(waitMs, undefined, { signal: pendingRestart.signal });
    } catch {
      return;
    }
    restarts += 1;
    try {
      await launch();
      report(`${name} is running again`);
    } catch (error) {
      // An early end brings its own restart; anything else is worth a line.
      if (child !== undefined) report(`${name}: ${message(error)}`);
    }
  };

  const end = async (signal: KillSignal): Promise<void> => {
    wanted = false;
    pendingRestart.abort();
    const ending = child;
    if (ending !== undefined) {
      ending.signal(signal);
      if (signal === 'SIGTERM' && !(await within(ending.ended, options.graceMs))) {
        report(`${name} did not stop within ${options.graceMs / 1000} s; killing it`);
        ending.signal('SIGKILL');
      }
      await ending.ended;
    }
    await options.afterEnd?.();
  };

  return {
    name,
    logFile: options.logFile,
    restarts: () => restarts,
    pid: () => child?.pid,
    start: async () => {
      if (wanted) throw new Error(`${name} is already started`);
      wanted = true;
      attempts = 0;
      pendingRestart = new AbortController();
      try {
        await launch();
      } catch (error) {
        await end('SIGKILL');
        throw error;
      }
    },
    kill: end,
  };
};
