// One child process: its pid, when it ends and how, its log file. Children get a process group of their own, so that
// Ctrl-C in the terminal reaches only the supervisor, which then stops them in the right order.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';

export type KillSignal = 'SIGKILL' | 'SIGTERM';

export type Child = {
  readonly pid: number;
  /** Resolves with a few words such as "exit code 1" or "signal SIGKILL"; never rejects. */
  readonly ended: Promise<string>;
  running(): boolean;
  signal(signal: KillSignal): void;
};

export type ChildOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
};

const spawned = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });

/** @throws Error when the command cannot be run at all */
export const startChild = async (options: ChildOptions): Promise<Child> => {
  mkdirSync(path.dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...options.environment },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`),
    );
  });
  await spawned(child);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${options.command} has no process id`);
  return {
    pid,
    ended,
    running: () => child.exitCode === null && child.signalCode === null,
    signal: (signal) => void child.kill(signal),
  };
};

/** Runs a command to its end, output into the log file. @throws Error with the exit when it is not 0 */
export const runToEnd = async (options: ChildOptions): Promise<void> => {
  const child = await startChild(options);
  const how = await child.ended;
  if (how !== 'exit code 0') {
    throw new Error(
      `${path.basename(options.command)} ${options.args[0] ?? ''} failed (${how}); see ${options.logFile}`,
    );
  }
};
