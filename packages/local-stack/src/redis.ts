// A private Redis: own port and password, nothing on disk, because nothing in it may matter after a restart.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startChild } from './child.ts';
import { rotate } from './logs.ts';
import { probeRedis } from './probes.ts';
import { ownServer, type RunningServer } from './server-process.ts';
import type { ServerContext } from './server-context.ts';
import { supervise } from './supervise.ts';
import { until } from './until.ts';

const settings = (port: number, password: string, directory: string): string =>
  [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${directory}"`,
    'save ""',
    'appendonly no',
    'daemonize no',
    // Counters and wake-ups; the bound keeps a load test from eating the machine.
    'maxmemory 256mb',
    'maxmemory-policy volatile-lru',
    '',
  ].join('\n');

export const startRedis = async (context: ServerContext, binary: string): Promise<RunningServer> => {
  const directory = path.join(context.stateDirectory, 'redis');
  mkdirSync(directory, { recursive: true });
  const port = await context.ports.choose('redis');
  const password = context.secrets.redisPassword;
  const configFile = path.join(directory, 'redis.conf');
  writeFileSync(configFile, settings(port, password, directory), { mode: 0o600 });
  const log = context.logFile('redis');
  rotate(log);
  const supervised = supervise({
    ...context,
    name: 'redis',
    logFile: log,
    graceMs: 5_000,
    launch: () => startChild({ command: binary, args: [configFile], environment: process.env, logFile: log }),
    ready: (signal) =>
      until({
        what: 'Redis to answer',
        timeoutMs: 15_000,
        signal,
        probe: () => probeRedis(port, password),
      }),
  });
  await supervised.start();
  return ownServer(`redis://:${password}@127.0.0.1:${port}`, supervised);
};
