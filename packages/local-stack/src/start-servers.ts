// Brings up MongoDB, RabbitMQ and Redis from whatever this machine has to offer: an address that was given, programs that are
// installed, Docker, or apt; and says plainly what is missing when none of it helps.
import { canInstall, install } from './apt.ts';
import { dockerAnswers, startContainer } from './docker.ts';
import { findExecutable } from './executables.ts';
import { loaderPrefix } from './glibc.ts';
import { startMongodb } from './mongodb.ts';
import { openStack } from './open-stack.ts';
import { findRabbitmq, startRabbitmq } from './rabbitmq.ts';
import { startRedis } from './redis.ts';
import { externalServer, type RunningServer, type ServerProcess } from './server-process.ts';
import type { ServerContext } from './server-context.ts';

export type Servers = {
  readonly mongodbUri: string;
  readonly rabbitmqUrl: string;
  readonly redisUrl: string;
  readonly mongodb: ServerProcess;
  readonly rabbitmq: ServerProcess;
  readonly redis: ServerProcess;
  stop(): Promise<void>;
};

/** Addresses of servers that somebody else runs; what is missing is started here. */
export type Addresses = {
  readonly mongodbUri?: string | undefined;
  readonly rabbitmqUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
};

export type StartServersOptions = {
  readonly stateDirectory: string;
  readonly report: (line: string) => void;
  /** Default: MONGODB_URI, RABBITMQ_URL and REDIS_URL of the environment. `{}` starts own ones whatever the environment says. */
  readonly addresses?: Addresses;
};

export const addressesFromEnvironment = (): Addresses => ({
  mongodbUri: process.env['MONGODB_URI'],
  rabbitmqUrl: process.env['RABBITMQ_URL'],
  redisUrl: process.env['REDIS_URL'],
});

const given = (address: string | undefined): address is string => address !== undefined && address !== '';

const findRedis = (): string | undefined => findExecutable('redis-server');

/** Programs that neither an address nor this machine provides, by package name. */
const missingPackages = (addresses: Addresses): readonly string[] => [
  ...(given(addresses.rabbitmqUrl) || findRabbitmq() !== undefined ? [] : ['rabbitmq-server']),
  ...(given(addresses.redisUrl) || findRedis() !== undefined ? [] : ['redis-server']),
];

const missing = (names: readonly string[]): Error =>
  new Error(
    `Missing: ${names.join(', ')}. Install the programs, start Docker, run as root where apt works, ` +
      'or give addresses in MONGODB_URI, RABBITMQ_URL and REDIS_URL.',
  );

type Plan = { readonly mongodb: Start; readonly rabbitmq: Start; readonly redis: Start };
type Start = () => Promise<RunningServer>;

const memo = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined;
  return () => (made ??= make());
};

const plan = async (context: ServerContext, addresses: Addresses): Promise<Plan> => {
  const { report } = context;
  const docker = memo(dockerAnswers);
  const lacking = missingPackages(addresses);
  if (lacking.length > 0 && !(await docker()) && canInstall()) {
    await install(lacking, context.logFile('apt'), report);
  }
  const problems: string[] = [];
  const otherwise = async (server: 'mongodb' | 'rabbitmq' | 'redis', name: string): Promise<Start> => {
    if (await docker()) return () => startContainer(context, server);
    problems.push(name);
    return () => Promise.reject(missing([name]));
  };
  const mongodb = async (): Promise<Start> => {
    const { mongodbUri } = addresses;
    if (given(mongodbUri)) return async () => externalServer('MongoDB', mongodbUri, 'MONGODB_URI');
    const prefix = await loaderPrefix(report);
    if (prefix !== undefined) return () => startMongodb(context, prefix);
    return otherwise(
      'mongodb',
      'MongoDB (the embedded engine runs on Linux x64 and arm64 with glibc 2.38 and on macOS arm64)',
    );
  };
  const rabbitmq = async (): Promise<Start> => {
    const { rabbitmqUrl } = addresses;
    if (given(rabbitmqUrl)) return async () => externalServer('RabbitMQ', rabbitmqUrl, 'RABBITMQ_URL');
    const binaries = findRabbitmq();
    return binaries === undefined ? otherwise('rabbitmq', 'RabbitMQ') : () => startRabbitmq(context, binaries);
  };
  const redis = async (): Promise<Start> => {
    const { redisUrl } = addresses;
    if (given(redisUrl)) return async () => externalServer('Redis', redisUrl, 'REDIS_URL');
    const binary = findRedis();
    return binary === undefined ? otherwise('redis', 'Redis') : () => startRedis(context, binary);
  };
  const starts = { mongodb: await mongodb(), rabbitmq: await rabbitmq(), redis: await redis() };
  if (problems.length > 0) throw missing(problems);
  return starts;
};

const timed = async (name: string, report: (line: string) => void, start: Start): Promise<RunningServer> => {
  const begun = Date.now();
  const server = await start();
  report(
    server.process.external
      ? `${name} at the given address`
      : `${name} ready after ${((Date.now() - begun) / 1000).toFixed(1)} s`,
  );
  return server;
};

const stopAll = async (servers: readonly RunningServer[]): Promise<void> => {
  await Promise.all(
    servers.filter(({ process: { external } }) => !external).map((server) => server.process.kill('SIGTERM')),
  );
};

/** For callers that hold the lock, the warden and the ports themselves. */
export const openServers = async (context: ServerContext, addresses: Addresses): Promise<Servers> => {
  const starts = await plan(context, addresses);
  const outcomes = await Promise.allSettled([
    timed('MongoDB', context.report, starts.mongodb),
    timed('RabbitMQ', context.report, starts.rabbitmq),
    timed('Redis', context.report, starts.redis),
  ]);
  const running = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
  const [mongodb, rabbitmq, redis] = running;
  if (mongodb === undefined || rabbitmq === undefined || redis === undefined) {
    await stopAll(running);
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }): unknown => reason);
    const messages = failures.map((failure) => (failure instanceof Error ? failure.message : String(failure)));
    throw new AggregateError(failures, messages.join('; '));
  }
  return {
    mongodbUri: mongodb.uri,
    rabbitmqUrl: rabbitmq.uri,
    redisUrl: redis.uri,
    mongodb: mongodb.process,
    rabbitmq: rabbitmq.process,
    redis: redis.process,
    stop: () => stopAll(running),
  };
};

/**
 * Starts the three servers on a state directory of their own.
 * @throws AlreadyRunning when another process runs on that directory
 * @throws Error that says what is missing and how to get it
 */
export const startServers = async (options: StartServersOptions): Promise<Servers> => {
  const { context, release } = await openStack(options);
  try {
    const servers = await openServers(context, options.addresses ?? addressesFromEnvironment());
    return {
      ...servers,
      stop: async () => {
        await servers.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
};
