// The embedded MongoDB: one host process with the engine, data under the state directory, every acknowledged write journaled.
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from './child.ts';
import type { LoaderPrefix } from './glibc.ts';
import { rotate } from './logs.ts';
import { ownServer, type RunningServer } from './server-process.ts';
import type { ServerContext } from './server-context.ts';
import { supervise } from './supervise.ts';
import { firstAnswer } from './tcp.ts';
import { until } from './until.ts';

const hostScript = fileURLToPath(new URL('mongodb-host.ts', import.meta.url));

// A Unix socket path has 107 usable bytes, and the engine adds about 45 of its own below the folder before the rename.
const longestSocketDirectory = 60;

/** The folder for the socket: beside the data, or a short private one when the checkout lies deep. */
export const socketDirectoryFor = (stateDirectory: string): string => {
  const beside = path.join(stateDirectory, 'mongodb');
  if (Buffer.byteLength(beside) <= longestSocketDirectory) return beside;
  const digest = createHash('sha256').update(stateDirectory).digest('hex').slice(0, 12);
  return path.join(tmpdir(), `tongpiao-${digest}`);
};

const makePrivate = (directory: string): void => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const owner = process.getuid?.();
  if (owner !== undefined && lstatSync(directory).uid !== owner)
    throw new Error(`${directory} belongs to somebody else`);
  chmodSync(directory, 0o700);
};

/** `journal=true`: an acknowledged write survives `kill -9`. A lone `w: 1` would not promise that. */
export const uriFor = (socketPath: string): string =>
  `mongodb://${encodeURIComponent(socketPath)}/?directConnection=true&journal=true`;

export const startMongodb = async (context: ServerContext, prefix: LoaderPrefix): Promise<RunningServer> => {
  const { stateDirectory, logFile } = context;
  const socketDirectory = socketDirectoryFor(stateDirectory);
  makePrivate(socketDirectory);
  const socketPath = path.join(socketDirectory, 'mongodb.sock');
  const [command, ...before] = [...prefix, process.execPath];
  const log = logFile('mongodb');
  rotate(log);
  const supervised = supervise({
    ...context,
    name: 'mongodb',
    logFile: log,
    graceMs: 20_000,
    launch: () =>
      startChild({
        command,
        args: [...before, '--disable-warning=ExperimentalWarning', hostScript],
        environment: {
          ...process.env,
          DATA_DIRECTORY: path.join(stateDirectory, 'mongodb', 'data'),
          SOCKET_PATH: socketPath,
        },
        logFile: log,
      }),
    ready: (signal) =>
      until({
        what: 'MongoDB to answer',
        // Recovery after a kill replays the journal; a minute covers far more data than a demo holds.
        timeoutMs: 60_000,
        signal,
        probe: async () => {
          await firstAnswer({ path: socketPath }, undefined, 1_000);
          return undefined;
        },
      }),
  });
  await supervised.start();
  return ownServer(uriFor(socketPath), supervised);
};
