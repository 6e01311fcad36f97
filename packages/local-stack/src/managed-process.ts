// One instance of a service (or the sandboxes) under supervision. Ready means that its health address says so.
import { startChild, type KillSignal } from './child.ts';
import { rotate } from './logs.ts';
import type { ServiceName } from './services.ts';
import { supervise } from './supervise.ts';
import { until } from './until.ts';
import type { Warden } from './warden.ts';

export type ManagedProcess = {
  /** Such as `sales-1`. */
  readonly name: string;
  readonly service: ServiceName | 'sandboxes';
  readonly url: string;
  readonly logFile: string;
  /** How often it was started again after it had ended by itself. */
  readonly restarts: number;
  pid(): number | undefined;
  /** Ends it on purpose: it stays down until `start`. To see a crash being repaired, signal `pid()` from outside. */
  kill(signal: KillSignal): Promise<void>;
  /** Same port, same settings. Resolves when it is ready. */
  start(): Promise<void>;
};

export type ManageOptions = {
  readonly name: string;
  readonly service: ServiceName | 'sandboxes';
  /** The TypeScript file that is run. */
  readonly entry: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly report: (line: string) => void;
  readonly warden: Warden;
  readonly restartCrashed: boolean;
  readonly firstDelayMs?: number;
};

// Services finish what is in flight within eight seconds of SIGTERM.
const graceMs = 12_000;
// Six services start at once on two cores; one alone takes a tenth of this.
const readyWithinMs = 60_000;

const probeHealth = async (url: string): Promise<string | undefined> => {
  const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
  const text = await answer.text();
  return answer.status === 200 ? undefined : `${answer.status} ${text.slice(0, 300)}`;
};

export const manageProcess = (options: ManageOptions): ManagedProcess => {
  const { name, service, logFile } = options;
  const url = `http://127.0.0.1:${options.port}`;
  rotate(logFile);
  const supervised = supervise({
    ...options,
    graceMs,
    launch: () =>
      startChild({
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', options.entry],
        environment: options.environment,
        logFile,
      }),
    ready: (signal) =>
      until({
        what: `${name} to be ready (log: ${logFile})`,
        timeoutMs: readyWithinMs,
        everyMs: 100,
        signal,
        probe: () => probeHealth(url),
      }),
  });
  return {
    name,
    service,
    url,
    logFile,
    get restarts() {
      return supervised.restarts();
    },
    pid: () => supervised.pid(),
    kill: (signal) => supervised.kill(signal),
    start: () => supervised.start(),
  };
};
