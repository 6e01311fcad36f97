// A private RabbitMQ broker: own home, node name, ports, data and port mapper, so that it meets no other broker of the machine.
// The Erlang machine is our direct child, so that a kill hits the broker and not a shell around it.
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runToEnd, startChild, type Child } from './child.ts';
import { findExecutable } from './executables.ts';
import { rotate } from './logs.ts';
import { probeRabbitmq } from './probes.ts';
import { ownServer, type RunningServer } from './server-process.ts';
import type { ServerContext } from './server-context.ts';
import { supervise } from './supervise.ts';
import { firstAnswer } from './tcp.ts';
import { until } from './until.ts';

const nodeName = 'rabbit@localhost';
const userName = 'tongpiao';

export type RabbitmqBinaries = { readonly server: string; readonly ctl: string; readonly epmd: string };

/** The broker's own scripts come before the PATH: the wrappers that distributions put there switch to another user. */
export const findRabbitmq = (): RabbitmqBinaries | undefined => {
  const found = findExecutable('rabbitmq-server', ['/usr/lib/rabbitmq/bin/rabbitmq-server']);
  if (found === undefined) return undefined;
  const epmd = findExecutable('epmd', [
    '/usr/lib/erlang/bin/epmd',
    '/usr/lib64/erlang/bin/epmd',
    '/usr/local/lib/erlang/bin/epmd',
    '/opt/homebrew/opt/erlang/lib/erlang/bin/epmd',
  ]);
  if (epmd === undefined) return undefined;
  const server = realpathSync(found);
  return { server, ctl: path.join(path.dirname(server), 'rabbitmqctl'), epmd };
};

const settings = (port: number, password: string): string =>
  [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'num_acceptors.tcp = 2',
    `default_user = ${userName}`,
    `default_pass = ${password}`,
    // The shared log of all quorum queues; the default of 512 MB is held in memory and read again at each start.
    'raft.wal_max_size_bytes = 64000000',
    'vm_memory_high_watermark.absolute = 1GB',
    'disk_free_limit.absolute = 200MB',
    'log.console = true',
    'log.console.level = info',
    'log.file = false',
    'collect_statistics_interval = 60000',
    '',
  ].join('\n');

const inherited = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(RABBITMQ_|ERL_|RUNNING_UNDER)/.test(name)));

type Broker = {
  readonly home: string;
  readonly port: number;
  readonly epmdPort: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

const prepare = async (context: ServerContext): Promise<Broker> => {
  const home = path.join(context.stateDirectory, 'rabbitmq');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const port = await context.ports.choose('rabbitmq');
  const distributionPort = await context.ports.choose('rabbitmq-distribution');
  const epmdPort = await context.ports.choose('rabbitmq-epmd');
  const file = (name: string, content: string): string => {
    const target = path.join(home, name);
    writeFileSync(target, content, { mode: 0o600 });
    return target;
  };
  const environment = {
    ...inherited(),
    HOME: home,
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf', settings(port, context.secrets.rabbitmqPassword)),
    RABBITMQ_CONF_ENV_FILE: file('rabbitmq-env.conf', ''),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins', '[].\n'),
    RABBITMQ_MNESIA_BASE: path.join(home, 'data'),
    RABBITMQ_LOG_BASE: path.join(home, 'log'),
    RABBITMQ_PID_FILE: path.join(home, 'pid'),
    RABBITMQ_DIST_PORT: String(distributionPort),
    // Bound schedulers fight with the services over the same core on a small machine.
    RABBITMQ_SCHEDULER_BIND_TYPE: 'u',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: [
      // Schedulers that spin while they wait take the time that the services want.
      '+sbwt none +sbwtdcpu none +sbwtdio none',
      // Nobody beyond this machine has any business with the node.
      '-kernel inet_dist_use_interface {127,0,0,1}',
    ].join(' '),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    // Makes the script replace itself by the Erlang machine instead of staying around it.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
  return { home, port, epmdPort, environment };
};

/** A new node enables every feature flag by itself; data of an older broker may lack those that quorum queues lean on. */
const enableFeatureFlags = async (broker: Broker, ctl: string, logFile: string): Promise<void> => {
  const flags = readFileSync(path.join(broker.home, 'data', `${nodeName}-feature_flags`), 'utf8');
  if (flags.includes('stream_queue')) return;
  await runToEnd({ command: ctl, args: ['enable_feature_flag', 'all'], environment: broker.environment, logFile });
};

export const startRabbitmq = async (context: ServerContext, binaries: RabbitmqBinaries): Promise<RunningServer> => {
  const broker = await prepare(context);
  const log = context.logFile('rabbitmq');
  rotate(log);
  let portMapper: Child | undefined;

  const startPortMapper = async (): Promise<void> => {
    if (portMapper?.running() === true) return;
    const started = await startChild({
      command: binaries.epmd,
      args: ['-port', String(broker.epmdPort), '-address', '127.0.0.1'],
      environment: broker.environment,
      logFile: log,
    });
    context.warden.watch(started.pid);
    portMapper = started;
    await until({
      what: "RabbitMQ's port mapper to answer",
      timeoutMs: 5_000,
      everyMs: 20,
      probe: async () => {
        await firstAnswer({ host: '127.0.0.1', port: broker.epmdPort }, undefined, 1_000);
        return undefined;
      },
    });
  };

  const stopPortMapper = async (): Promise<void> => {
    if (portMapper === undefined) return;
    const { pid } = portMapper;
    if (portMapper.running()) {
      portMapper.signal('SIGKILL');
      await portMapper.ended;
    } else {
      // Ours was ended by somebody else; the broker has started another one by then, which nobody would ever stop.
      const kill = { command: binaries.epmd, args: ['-port', String(broker.epmdPort), '-kill'] };
      await runToEnd({ ...kill, environment: broker.environment, logFile: log }).catch(() => undefined);
    }
    context.warden.forget(pid);
    portMapper = undefined;
  };

  const supervised = supervise({
    ...context,
    name: 'rabbitmq',
    logFile: log,
    graceMs: 20_000,
    launch: async () => {
      await startPortMapper();
      return startChild({ command: binaries.server, args: [], environment: broker.environment, logFile: log });
    },
    ready: (signal) =>
      until({
        what: 'RabbitMQ to answer',
        timeoutMs: 90_000,
        everyMs: 100,
        signal,
        probe: () => probeRabbitmq(broker.port),
      }),
    afterEnd: stopPortMapper,
  });
  await supervised.start();
  await enableFeatureFlags(broker, binaries.ctl, log);
  const password = encodeURIComponent(context.secrets.rabbitmqPassword);
  return ownServer(`amqp://${userName}:${password}@127.0.0.1:${broker.port}`, supervised);
};
