// Exchanges, queues and bindings as data, and the one function that asserts them. Everything is durable, every queue a quorum
// queue. Declaring a queue again with other arguments closes the channel (406): a change here needs a new name.
import type { MessageDefinition } from '@tongpiao/contracts';
import type { Channel } from 'amqplib';
import { rungMs, type RetryClass, type Rung } from './retry.ts';

type Exchange = { readonly name: string; readonly type: 'topic' | 'direct' | 'fanout' };
type Queue = { readonly name: string; readonly arguments: Readonly<Record<string, string | number | boolean>> };
type Binding = { readonly queue: string; readonly exchange: string; readonly key: string };
export type Topology = {
  readonly exchanges: readonly Exchange[];
  readonly queues: readonly Queue[];
  readonly bindings: readonly Binding[];
};

/** Names on the broker. The prefix keeps test runs apart on one broker. */
export type Names = {
  readonly events: string;
  readonly commands: string;
  readonly dead: string;
  retry(rung: Rung): string;
  slice(slice: string): string;
  deadOf(queue: string): string;
  broadcast(name: string): string;
};

export function namesFor(prefix: string, service: string, instance: string): Names {
  return {
    events: `${prefix}events`,
    commands: `${prefix}commands`,
    dead: `${prefix}dead`,
    retry: (rung) => `${prefix}retry.${rung}`,
    slice: (slice) => `${prefix}${service}.${slice}`,
    deadOf: (queue) => `${queue}.dead`,
    broadcast: (name) => `${prefix}${service}.${name}.${instance}`,
  };
}

/**
 * A limit of 20 means 21 deliveries; then the broker itself parks the message. Attempts are counted by the rungs, so this one
 * only stops a message that takes its process down each time. RabbitMQ 3.10 has no limit unless told and counts every return,
 * RabbitMQ 4 has this one, and since 4.3 counts crashes and `basic.reject` only.
 */
export const DELIVERY_LIMIT = 20;

/**
 * Beyond the limit a dead queue would drop, since nothing stands behind it. 3.10 knows no "unlimited", so this is a number
 * that is never reached: a redelivery every second would take eleven days, under an alert.
 */
const DEAD_DELIVERY_LIMIT = 1_000_000;

/** A rung that is full refuses, and its messages stay in their own queues: a bound on what one outage can pile up. */
const RUNG_MAX_LENGTH = 1_000_000;

/** An instance that is gone for this long has its broadcast queue removed; a reconnect is much faster. */
const BROADCAST_EXPIRES_MS = 60_000;

/** Keys and revocations are few; whoever falls this far behind asks for everything again. */
const BROADCAST_MAX_LENGTH = 10_000;

/** What every service needs before it can say anything. */
export function houseTopology(names: Names): Topology {
  return {
    exchanges: [
      // No alternate exchange: it would swallow the return of a message that nobody hears. The publisher counts such events.
      { name: names.events, type: 'topic' },
      { name: names.commands, type: 'topic' },
      { name: names.dead, type: 'direct' },
    ],
    queues: [],
    bindings: [],
  };
}

/** A shared waiting room. The routing key stays the name of the queue that the message came from, and brings it back there. */
export function rungTopology(names: Names, rung: Rung): Topology {
  const name = names.retry(rung);
  return {
    exchanges: [{ name, type: 'fanout' }],
    queues: [
      {
        name,
        arguments: {
          'x-queue-type': 'quorum',
          'x-message-ttl': rungMs(rung),
          'x-dead-letter-exchange': '',
          // The default strategy loses what expires while the target queue is away.
          'x-dead-letter-strategy': 'at-least-once',
          'x-overflow': 'reject-publish',
          'x-max-length': RUNG_MAX_LENGTH,
          // Nobody consumes here, so nothing is ever delivered twice; written out because the defaults differ.
          'x-delivery-limit': DELIVERY_LIMIT,
        },
      },
    ],
    bindings: [{ queue: name, exchange: name, key: '' }],
  };
}

/** What whoever sends for slices with these retry classes needs. */
export function sendingTopology(names: Names, retries: readonly RetryClass[]): Topology {
  const rungs = [...new Set(retries.flatMap((retry) => retry.rungs))];
  return joined([houseTopology(names), ...rungs.map((rung) => rungTopology(names, rung))]);
}

function joined(parts: readonly Topology[]): Topology {
  return {
    exchanges: parts.flatMap((part) => part.exchanges),
    queues: parts.flatMap((part) => part.queues),
    bindings: parts.flatMap((part) => part.bindings),
  };
}

export function sliceTopology(
  names: Names,
  spec: { slice: string; definitions: readonly MessageDefinition[]; retry: RetryClass; singleActive: boolean },
): Topology {
  const queue = names.slice(spec.slice);
  const dead = names.deadOf(queue);
  const own: Topology = {
    exchanges: [],
    queues: [
      { name: dead, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': DEAD_DELIVERY_LIMIT } },
      {
        name: queue,
        // No length limit: refusing one slow slice's share would make the publisher repeat the event to all others. The bound
        // is the broker's disk alarm, which stops publishers while their outboxes hold what is said.
        arguments: {
          'x-queue-type': 'quorum',
          'x-delivery-limit': DELIVERY_LIMIT,
          'x-dead-letter-exchange': names.dead,
          'x-dead-letter-routing-key': queue,
          'x-dead-letter-strategy': 'at-least-once',
          'x-overflow': 'reject-publish',
          ...(spec.singleActive ? { 'x-single-active-consumer': true } : {}),
        },
      },
    ],
    bindings: [{ queue: dead, exchange: names.dead, key: queue }, ...bindingsOf(names, queue, spec.definitions)],
  };
  return joined([sendingTopology(names, [spec.retry]), own]);
}

/** A queue of one instance, so that every instance hears the message. It goes away some time after its instance. */
export function broadcastTopology(names: Names, name: string, definitions: readonly MessageDefinition[]): Topology {
  const queue = names.broadcast(name);
  return {
    exchanges: houseTopology(names).exchanges,
    queues: [
      {
        name: queue,
        arguments: {
          'x-queue-type': 'quorum',
          'x-expires': BROADCAST_EXPIRES_MS,
          'x-max-length': BROADCAST_MAX_LENGTH,
          'x-overflow': 'drop-head',
          'x-delivery-limit': DELIVERY_LIMIT,
        },
      },
    ],
    bindings: bindingsOf(names, queue, definitions),
  };
}

function bindingsOf(names: Names, queue: string, definitions: readonly MessageDefinition[]): readonly Binding[] {
  return definitions.map(({ kind, type }) => ({
    queue,
    exchange: kind === 'event' ? names.events : names.commands,
    key: type,
  }));
}

/** @throws Error of the channel, with the broker's reply code, when something of that name exists with other arguments. */
export async function assertTopology(channel: Channel, topology: Topology): Promise<void> {
  for (const { name, type } of topology.exchanges) await channel.assertExchange(name, type, { durable: true });
  for (const queue of topology.queues) {
    await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments });
  }
  for (const { queue, exchange, key } of topology.bindings) await channel.bindQueue(queue, exchange, key);
}
