// The warden ends what the supervisor started when the supervisor itself dies without warning (kill -9, closed terminal).
// It is a few lines of shell that hold one pipe: when the pipe closes, the processes listed last are told to stop, then killed.
import { spawn } from 'node:child_process';

export type Warden = {
  readonly pid: number;
  watch(pid: number): void;
  forget(pid: number): void;
  /** Kills every watched process at once, for the impatient second Ctrl-C. */
  killAll(): void;
  /** Lets the warden go; nothing is killed. */
  dismiss(): void;
};

// Ten seconds are more than any part needs to stop by itself; services are told to finish within eight.
const script = `
list=
while read -r line; do list="$line"; done
[ -n "$list" ] || exit 0
kill -TERM $list 2>/dev/null
for second in 1 2 3 4 5 6 7 8 9 10; do
  sleep 1
  alive=
  for pid in $list; do kill -0 "$pid" 2>/dev/null && alive="$alive $pid"; done
  [ -n "$alive" ] || exit 0
done
kill -KILL $alive 2>/dev/null
`;

export const startWarden = (): Warden => {
  const shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // A warden that cannot run or was killed protects nobody; the supervisor works without it.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  const pids = new Set<number>();
  const tell = (): void => void shell.stdin.write(`${[...pids].join(' ')}\n`);
  return {
    pid: shell.pid ?? 0,
    watch: (pid) => {
      pids.add(pid);
      tell();
    },
    forget: (pid) => {
      pids.delete(pid);
      tell();
    },
    killAll: () => {
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended already, which is what was wanted.
        }
      }
    },
    dismiss: () => {
      pids.clear();
      tell();
      shell.stdin.end();
    },
  };
};
