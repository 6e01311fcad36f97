// Is that process still the one that wrote its pid down? A pid alone is reused by the system after a while, so the moment
// of its start is compared as well, where the system tells it.
import { readFileSync } from 'node:fs';

/** The words after the name in /proc/<pid>/stat, from the state on; undefined where it is not told or the process is gone. */
const statOf = (pid: number): readonly string[] | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is a name in parentheses that may itself contain blanks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

export const isAlive = (pid: number): boolean => {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  // A zombie has ended; in a container without an init process it may stay listed for ever.
  if (statOf(pid)?.[0] === 'Z') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** Start time in clock ticks since boot, as Linux counts: field 22. */
export const startOf = (pid: number): string | undefined => statOf(pid)?.[19];
