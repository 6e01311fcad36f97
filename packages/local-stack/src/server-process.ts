// What the rest of the project sees of MongoDB, RabbitMQ and Redis: an address, and a handle to kill and start the process
// behind it with the same address and data. Fault tests live on that handle.
import type { KillSignal } from './child.ts';
import type { Supervised } from './supervise.ts';

export type ServerProcess = {
  readonly name: string;
  /** True when the address came from outside; such a server is not ours to kill or start. */
  readonly external: boolean;
  pid(): number | undefined;
  /** Stays down until `start`. Resolves when the process is gone. */
  kill(signal: KillSignal): Promise<void>;
  /** Same address, same data. Resolves when it answers. */
  start(): Promise<void>;
};

export type RunningServer = { readonly uri: string; readonly process: ServerProcess };

export const externalServer = (name: string, uri: string, variable: string): RunningServer => {
  const refuse = async (): Promise<never> => {
    throw new Error(`${name} is at the address given in ${variable}; it is not ours to stop or start`);
  };
  return { uri, process: { name, external: true, pid: () => undefined, kill: refuse, start: refuse } };
};

export const ownServer = (uri: string, supervised: Supervised): RunningServer => ({
  uri,
  process: {
    name: supervised.name,
    external: false,
    pid: () => supervised.pid(),
    kill: (signal) => supervised.kill(signal),
    start: () => supervised.start(),
  },
});
