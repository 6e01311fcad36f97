// What each process costs, read from /proc: processor time between two looks, and resident memory.
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Processor seconds used so far, user and system, children that have ended included. */
function cpuSeconds(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return 0;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMegabytes(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`) ?? '');
  return match === null ? 0 : Number(match[1]) / 1_024;
}

export type Usage = { readonly name: string; readonly cpuSeconds: number; readonly megabytes: number };

export function watchUsage(processes: readonly { name: string; pid: number }[]): () => readonly Usage[] {
  const before = new Map(processes.map(({ name, pid }) => [name, cpuSeconds(pid)]));
  return () =>
    processes.map(({ name, pid }) => ({
      name,
      cpuSeconds: cpuSeconds(pid) - (before.get(name) ?? 0),
      megabytes: residentMegabytes(pid),
    }));
}
