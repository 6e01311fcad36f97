// The servers as containers, for machines that have a Docker engine and none of the programs. Fixed host ports and named
// volumes keep the address and the data over a kill; the library's reaper removes the containers when this process dies.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { StartedTestContainer } from 'testcontainers';
import { z } from 'zod';
import { probeRabbitmq, probeRedis } from './probes.ts';
import type { RunningServer } from './server-process.ts';
import type { ServerContext } from './server-context.ts';
import { until } from './until.ts';

type Recipe = {
  readonly name: string;
  readonly image: string;
  readonly containerPort: number;
  /** Where the image keeps its data; undefined when it keeps none. */
  readonly dataPath: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly uri: (port: number) => string;
  readonly probe: (port: number, container: StartedTestContainer) => Promise<string | undefined>;
};

const user = 'tongpiao';

const recipes = (context: ServerContext): Readonly<Record<'mongodb' | 'rabbitmq' | 'redis', Recipe>> => {
  const { mongodbPassword, rabbitmqPassword, redisPassword } = context.secrets;
  return {
    mongodb: {
      name: 'mongodb',
      image: 'mongo:8',
      containerPort: 27_017,
      dataPath: '/data/db',
      environment: { MONGO_INITDB_ROOT_USERNAME: user, MONGO_INITDB_ROOT_PASSWORD: mongodbPassword },
      command: [],
      uri: (port) =>
        `mongodb://${user}:${mongodbPassword}@127.0.0.1:${port}/?authSource=admin&directConnection=true&journal=true`,
      probe: async (_port, container) => {
        // By the container's name: while the image sets up its first user it listens on its loopback only.
        const ping = `mongosh --quiet --host "$(hostname)" -u ${user} -p ${mongodbPassword} --eval 'db.runCommand({ ping: 1 })'`;
        const { exitCode, output } = await container.exec(['sh', '-c', ping]);
        return exitCode === 0 ? undefined : output.trim();
      },
    },
    rabbitmq: {
      name: 'rabbitmq',
      image: 'rabbitmq:4',
      containerPort: 5_672,
      dataPath: '/var/lib/rabbitmq',
      environment: { RABBITMQ_DEFAULT_USER: user, RABBITMQ_DEFAULT_PASS: rabbitmqPassword },
      command: [],
      uri: (port) => `amqp://${user}:${rabbitmqPassword}@127.0.0.1:${port}`,
      probe: (port) => probeRabbitmq(port),
    },
    redis: {
      name: 'redis',
      image: 'redis:8',
      containerPort: 6_379,
      dataPath: undefined,
      environment: {},
      command: ['redis-server', '--requirepass', redisPassword, '--save', '', '--appendonly', 'no'],
      uri: (port) => `redis://:${redisPassword}@127.0.0.1:${port}`,
      probe: (port) => probeRedis(port, redisPassword),
    },
  };
};

const Volumes = z.array(z.string());
const volumesFile = (stateDirectory: string): string => path.join(stateDirectory, 'docker-volumes.json');
const readVolumes = (stateDirectory: string): readonly string[] => {
  const file = volumesFile(stateDirectory);
  return existsSync(file) ? Volumes.parse(JSON.parse(readFileSync(file, 'utf8'))) : [];
};

const volumeFor = (stateDirectory: string, server: string): string => {
  const digest = createHash('sha256').update(path.resolve(stateDirectory)).digest('hex').slice(0, 12);
  const volume = `tongpiao-${digest}-${server}`;
  const all = new Set([...readVolumes(stateDirectory), volume]);
  writeFileSync(volumesFile(stateDirectory), JSON.stringify([...all]));
  return volume;
};

/** Asks for a Docker engine once; loads the library only here, because it is large and seldom needed. */
export const dockerAnswers = async (): Promise<boolean> => {
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
};

export const removeVolumes = async (stateDirectory: string): Promise<void> => {
  const volumes = readVolumes(stateDirectory);
  if (volumes.length === 0) return;
  const { getContainerRuntimeClient } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  for (const volume of volumes) await client.container.dockerode.getVolume(volume).remove({ force: true });
};

export const startContainer = async (
  context: ServerContext,
  server: 'mongodb' | 'rabbitmq' | 'redis',
): Promise<RunningServer> => {
  const recipe = recipes(context)[server];
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  const port = await context.ports.choose(server);
  context.report(`starting ${recipe.image} with Docker`);
  const definition = new GenericContainer(recipe.image)
    .withHostname(server)
    .withExposedPorts({ container: recipe.containerPort, host: port })
    .withEnvironment({ ...recipe.environment })
    .withWaitStrategy(Wait.forListeningPorts());
  if (recipe.command.length > 0) definition.withCommand([...recipe.command]);
  if (recipe.dataPath !== undefined) {
    const source = volumeFor(context.stateDirectory, server);
    definition.withBindMounts([{ source, target: recipe.dataPath, mode: 'rw' }]);
  }
  const container = await definition.start();
  const handle = client.container.getById(container.getId());
  let up = true;
  const ready = (): Promise<void> =>
    until({
      what: `${recipe.name} to answer`,
      timeoutMs: 90_000,
      everyMs: 200,
      probe: () => recipe.probe(port, container),
    });
  await ready();
  return {
    uri: recipe.uri(port),
    process: {
      name: recipe.name,
      external: false,
      pid: () => undefined,
      kill: async (signal) => {
        if (!up) return;
        up = false;
        if (signal === 'SIGKILL') await handle.kill({ signal });
        else await handle.stop({ t: 20 });
      },
      start: async () => {
        if (up) throw new Error(`${recipe.name} is already started`);
        up = true;
        await handle.start();
        await ready();
      },
    },
  };
};
