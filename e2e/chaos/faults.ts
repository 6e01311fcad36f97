// The faults: `kill -9` of a service, of the broker, of the database host, of Redis, at random moments from a seed. A service is
// started again by the platform's own supervisor; a server by us, after a moment in which everybody has to do without it.
import type { Platform } from '@tongpiao/local-stack';
import type { Random } from './random.ts';

export type Fault = { readonly atMs: number; readonly target: string; readonly downMs: number };

/** Services fall more often than servers, because each of them has more moments at which to fall. */
const TARGETS: readonly string[] = [
  'sales',
  'sales',
  'inventory',
  'inventory',
  'finance',
  'finance',
  'notification',
  'reissue',
  'identity',
  'gateway',
  'sandboxes',
  'mongodb',
  'rabbitmq',
  'redis',
];
const SERVERS = new Set(['mongodb', 'rabbitmq', 'redis']);
/** A cold broker takes some 5 s to be back, so faults leave room for that now and then, and now and then do not. */
const GAP_MS = { least: 2_000, most: 9_000 };
/**
 * RabbitMQ 3.10 writes a new quorum queue's registration to disk some seconds late and loses the queue when it is killed before;
 * our queues are declared at the start, so the first fault leaves them that time.
 */
const FIRST_AFTER_MS = 6_000;

export function scheduleOf(random: Random, seconds: number): readonly Fault[] {
  const faults: Fault[] = [];
  let atMs = FIRST_AFTER_MS;
  while (atMs < seconds * 1_000) {
    faults.push({ atMs, target: random.pick(TARGETS), downMs: random.between(200, 3_000) });
    atMs += random.between(GAP_MS.least, GAP_MS.most);
  }
  return faults;
}

/** Lets one fault happen; resolves when what was killed by us is up again. */
export async function inflict(platform: Platform, fault: Fault, random: Random): Promise<string> {
  if (SERVERS.has(fault.target)) {
    const server = platform.servers[fault.target as 'mongodb' | 'rabbitmq' | 'redis'];
    await server.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, fault.downMs));
    await server.start();
    return fault.target;
  }
  const instances = [...platform.processes.values()].filter(({ service }) => service === fault.target);
  const victim = random.pick(instances);
  const pid = victim.pid();
  // Down already: the supervisor is at it.
  if (pid === undefined) return `${victim.name} (was down)`;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return `${victim.name} (was gone)`;
  }
  return victim.name;
}
