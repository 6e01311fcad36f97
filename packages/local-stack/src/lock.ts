// One running stack per state directory. A second start is told so in one sentence; a lock left by a dead process is taken
// over, after the warden of that process has finished tidying up behind it.
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { isAlive, startOf } from './process-identity.ts';
import { until } from './until.ts';

const Holder = z.object({ pid: z.int(), start: z.string().optional(), warden: z.int() });
type Holder = z.infer<typeof Holder>;

const lockFile = (stateDirectory: string): string => path.join(stateDirectory, 'running.json');

const readHolder = (stateDirectory: string): Holder | undefined => {
  try {
    return Holder.parse(JSON.parse(readFileSync(lockFile(stateDirectory), 'utf8')));
  } catch {
    return undefined;
  }
};

const isRunning = (holder: Holder): boolean =>
  isAlive(holder.pid) && (holder.start === undefined || startOf(holder.pid) === holder.start);

export class AlreadyRunning extends Error {
  constructor(stateDirectory: string, pid: number) {
    super(`A stack is already running on ${stateDirectory} (process ${pid}); stop it first, or use that one.`);
    this.name = 'AlreadyRunning';
  }
}

/** The process that holds the directory now, if any. */
export const runningProcess = (stateDirectory: string): number | undefined => {
  const holder = readHolder(stateDirectory);
  return holder !== undefined && isRunning(holder) ? holder.pid : undefined;
};

/** @throws AlreadyRunning */
export const takeLock = async (stateDirectory: string, wardenPid: number): Promise<() => void> => {
  mkdirSync(stateDirectory, { recursive: true });
  const file = lockFile(stateDirectory);
  const mine: Holder = { pid: process.pid, start: startOf(process.pid), warden: wardenPid };
  const earlier = readHolder(stateDirectory);
  if (earlier !== undefined && isRunning(earlier)) throw new AlreadyRunning(stateDirectory, earlier.pid);
  if (earlier !== undefined) {
    // The warden needs ten seconds at most, then a moment for the kernel.
    await until({
      what: 'the processes of an earlier run to end',
      timeoutMs: 15_000,
      probe: async () => (isAlive(earlier.warden) ? `process ${earlier.warden} still tidies up` : undefined),
    });
    unlinkSync(file);
  }
  try {
    writeFileSync(file, JSON.stringify(mine), { flag: 'wx' });
  } catch {
    throw new AlreadyRunning(stateDirectory, readHolder(stateDirectory)?.pid ?? 0);
  }
  return () => unlinkSync(file);
};
