// The whole platform on one machine: servers and sandboxes first, then every service, the gateway's address last. Stopping goes
// the other way round, so that nobody loses what it still needs to finish its work.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { sandboxEnvironment, sandboxUrl, serviceEnvironment, type Wiring } from './environments.ts';
import { manageProcess, type ManagedProcess } from './managed-process.ts';
import { openStack } from './open-stack.ts';
import type { Ports } from './ports.ts';
import { backendNames, serviceNames, type ServiceName } from './services.ts';
import { addressesFromEnvironment, openServers, type Addresses, type Servers } from './start-servers.ts';
import type { ServerContext } from './server-context.ts';

export type Platform = {
  /** The gateway, for people: `http://localhost:8080`. */
  readonly baseUrl: string;
  /** The sandboxes' page and the payment providers' interfaces. */
  readonly sandboxUrl: string;
  /** The stand-in of the identity check, with its `POST /control`. */
  readonly identityCheckUrl: string;
  readonly adminPassword: string;
  readonly servers: Servers;
  /** By name, such as `sales-1` or `sandboxes-1`. */
  readonly processes: ReadonlyMap<string, ManagedProcess>;
  /** Gateway first, then services, sandboxes and servers; bounded. */
  stop(): Promise<void>;
  /** Kills everything at once, for whoever does not want to wait. */
  kill(): void;
};

export type StartPlatformOptions = {
  readonly stateDirectory: string;
  readonly report: (line: string) => void;
  /** Wins over what the stack would set; the same for every process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: one of each. */
  readonly instances?: Partial<Readonly<Record<ServiceName, number>>>;
  readonly restartCrashed?: boolean;
  /** Of the gateway; another one is taken when it is in use. */
  readonly preferredPort?: number;
  /** As for `startServers`. */
  readonly addresses?: Addresses;
  /** Gives up the start and stops what is running by then. */
  readonly signal?: AbortSignal;
};

const workspace = path.resolve(import.meta.dirname, '../../..');

// A bound on a typing mistake; more instances than cores help nobody on one machine.
const mostInstances = 16;

type Instance = { readonly service: ServiceName; readonly name: string; readonly port: number };

const planInstances = async (options: StartPlatformOptions, ports: Ports): Promise<readonly Instance[]> => {
  const instances: Instance[] = [];
  for (const service of serviceNames) {
    const count = options.instances?.[service] ?? 1;
    if (!Number.isInteger(count) || count < 0 || count > mostInstances) {
      throw new RangeError(`instances of ${service}: a whole number from 0 to ${mostInstances}, not ${count}`);
    }
    for (let number = 1; number <= count; number += 1) {
      const name = `${service}-${number}`;
      const preferred = name === 'gateway-1' ? (options.preferredPort ?? 8080) : undefined;
      instances.push({ service, name, port: await ports.choose(name, preferred) });
    }
  }
  return instances;
};

const planWiring = async (
  options: StartPlatformOptions,
  context: ServerContext,
  instances: readonly Instance[],
): Promise<Omit<Wiring, 'mongodbUri' | 'rabbitmqUrl' | 'redisUrl'>> => {
  const stateDirectory = path.join(context.stateDirectory, 'sandboxes');
  mkdirSync(stateDirectory, { recursive: true });
  const setting = (name: string): string | undefined => options.environment?.[name] ?? process.env[name];
  const gateway = instances.find(({ service }) => service === 'gateway');
  const urls = (service: ServiceName): readonly string[] =>
    instances.filter((instance) => instance.service === service).map(({ port }) => `http://127.0.0.1:${port}`);
  return {
    nodeEnvironment: setting('NODE_ENV') ?? 'development',
    logLevel: setting('LOG_LEVEL') ?? 'info',
    limits: setting('LIMITS') === 'off' ? 'off' : 'on',
    publicBaseUrl: `http://localhost:${gateway?.port ?? 0}`,
    secrets: context.secrets,
    sandboxes: {
      httpPort: await context.ports.choose('sandboxes', 8090),
      smppPort: await context.ports.choose('smpp'),
      smtpPort: await context.ports.choose('smtp'),
      identityCheckPort: await context.ports.choose('identity-check'),
      stateDirectory,
      credentialsFile: path.join(stateDirectory, 'payment-credentials.json'),
    },
    upstreams: {
      gateway: urls('gateway'),
      identity: urls('identity'),
      sales: urls('sales'),
      inventory: urls('inventory'),
      finance: urls('finance'),
      notification: urls('notification'),
      reissue: urls('reissue'),
    },
  };
};

const seconds = (since: number): string => ((Date.now() - since) / 1000).toFixed(1);

type Build = {
  servers: Servers | undefined;
  readonly processes: Map<string, ManagedProcess>;
};

const stopInOrder = async (build: Build, report: (line: string) => void): Promise<void> => {
  const of = (services: readonly string[]): readonly ManagedProcess[] =>
    [...build.processes.values()].filter(({ service }) => services.includes(service));
  const groups = [of(['gateway']), of(backendNames), of(['sandboxes'])];
  for (const group of groups) await Promise.all(group.map((process) => process.kill('SIGTERM')));
  report('services stopped');
  await build.servers?.stop();
  report('servers stopped');
};

const build = async (
  options: StartPlatformOptions,
  context: ServerContext,
  parts: Build,
): Promise<Pick<Platform, 'baseUrl' | 'sandboxUrl' | 'identityCheckUrl'>> => {
  const { report } = context;
  const instances = await planInstances(options, context.ports);
  const plan = await planWiring(options, context, instances);
  const manage = (
    name: string,
    service: ManagedProcess['service'],
    entry: string,
    port: number,
    environment: Record<string, string>,
  ): ManagedProcess => {
    const managed = manageProcess({
      ...context,
      name,
      service,
      entry: path.join(workspace, entry),
      port,
      logFile: context.logFile(name),
      environment: {
        ...process.env,
        // Compiled code is kept between starts; it saves every process the parsing of its libraries.
        NODE_COMPILE_CACHE: path.join(context.stateDirectory, 'compile-cache'),
        ...environment,
        ...options.environment,
      },
    });
    parts.processes.set(name, managed);
    return managed;
  };
  const start = async (managed: ManagedProcess): Promise<void> => {
    const begun = Date.now();
    await managed.start();
    report(`${managed.name} ready after ${seconds(begun)} s`);
  };

  const sandboxWiring: Wiring = { ...plan, mongodbUri: '', rabbitmqUrl: '', redisUrl: '' };
  const sandboxes = manage(
    'sandboxes-1',
    'sandboxes',
    'packages/sandboxes/src/main.ts',
    plan.sandboxes.httpPort,
    sandboxEnvironment(sandboxWiring),
  );
  const sandboxesStarted = start(sandboxes);
  // Looked at below; should the servers fail first, theirs is the failure to tell.
  sandboxesStarted.catch(() => undefined);
  parts.servers = await openServers(context, options.addresses ?? addressesFromEnvironment());
  await sandboxesStarted;
  options.signal?.throwIfAborted();

  const { mongodbUri, rabbitmqUrl, redisUrl } = parts.servers;
  const wiring: Wiring = { ...plan, mongodbUri, rabbitmqUrl, redisUrl };
  const services = instances.map(({ name, service, port }) =>
    manage(name, service, `services/${service}/src/main.ts`, port, serviceEnvironment(service, name, port, wiring)),
  );
  const giveUp = (): void => void Promise.allSettled(services.map((service) => service.kill('SIGTERM')));
  options.signal?.addEventListener('abort', giveUp, { once: true });
  await Promise.all(services.map(start));
  options.signal?.removeEventListener('abort', giveUp);
  options.signal?.throwIfAborted();
  const identityCheckUrl = `http://127.0.0.1:${wiring.sandboxes.identityCheckPort}`;
  return { baseUrl: wiring.publicBaseUrl, sandboxUrl: sandboxUrl(wiring), identityCheckUrl };
};

/**
 * Starts servers, sandboxes and services, and resolves when all of them are ready.
 * @throws AlreadyRunning when another process runs on that state directory
 * @throws Error naming the part that did not start and its log file; everything else is stopped by then
 */
export const startPlatform = async (options: StartPlatformOptions): Promise<Platform> => {
  const { context, release } = await openStack(options);
  const parts: Build = { servers: undefined, processes: new Map() };
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopInOrder(parts, options.report).finally(release));
  try {
    const addresses = await build(options, context, parts);
    const { servers } = parts;
    if (servers === undefined) throw new Error('the servers did not start');
    return {
      ...addresses,
      adminPassword: context.secrets.adminPassword,
      servers,
      processes: parts.processes,
      stop,
      kill: () => context.warden.killAll(),
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
