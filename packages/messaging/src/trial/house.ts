// A house of its own on the real broker for one spec: its own prefix, its instances, a look at its queues, and nothing left after.
import { randomBytes } from 'node:crypto';
import { defineCommand, defineEvent, type Envelope } from '@tongpiao/contracts';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { pino, type Logger } from 'pino';
import { z } from 'zod';
import { connectBroker, type Broker, type BrokerOptions } from '../broker.ts';
import { retryOf } from '../consumer.ts';
import { namesFor, sendingTopology, type Names } from '../topology.ts';

export const happened = defineEvent({
  type: 'trial.thing.happened.v1',
  summary: 'Something happened.',
  data: z.object({ number: z.int() }),
  example: { number: 1 },
});

export const doIt = defineCommand({
  type: 'trial.thing.do.v1',
  summary: 'Somebody is asked to do something.',
  data: z.object({ number: z.int() }),
  example: { number: 1 },
});

export function envelopeOf(definition: { type: string }, number: number, data: unknown = { number }): Envelope {
  return {
    specversion: '1.0',
    id: `thing:${number}:0`,
    type: definition.type,
    source: 'trial',
    subject: 'thing',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    tenantid: 'tenant',
    correlationid: 'correlation',
    causationid: 'cause',
    sequence: number,
    data,
  };
}

export const event = (number: number, data?: unknown): { kind: 'event'; envelope: Envelope } => ({
  kind: 'event',
  envelope: envelopeOf(happened, number, data),
});

export const command = (number: number): { kind: 'command'; envelope: Envelope } => ({
  kind: 'command',
  envelope: envelopeOf(doIt, number),
});

export function numberIn(envelope: Envelope): number {
  return happened.data.parse(envelope.data).number;
}

export const quiet: Logger = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' });

export type House = {
  readonly url: string;
  readonly names: Names;
  instance(name: string, options?: Partial<BrokerOptions>): Promise<Broker>;
  /** A plain channel, to look at the broker or to do harm. */
  channel(): Promise<Channel>;
  ready(queue: string): Promise<number>;
  /** Closes every instance and removes every queue and exchange. */
  clear(): Promise<void>;
};

function brokerUrl(): string {
  const url = process.env['RABBITMQ_URL'];
  if (url === undefined || url === '') throw new Error('RABBITMQ_URL says where the broker for integration specs is');
  return url;
}

export async function openHouse(): Promise<House> {
  const url = brokerUrl();
  const prefix = `trial-${randomBytes(6).toString('hex')}.`;
  const names = namesFor(prefix, 'trial', 'none');
  const queues = new Set<string>();
  const exchanges = new Set<string>([names.events, names.commands, names.dead]);
  const brokers: Broker[] = [];
  const connection: ChannelModel = await connect(url, { noDelay: true });
  connection.on('error', () => undefined);
  const looking = await connection.createChannel();

  function recorded(broker: Broker, instance: string): Broker {
    return {
      ...broker,
      consume(spec) {
        const queue = names.slice(spec.slice);
        queues.add(queue).add(names.deadOf(queue));
        const needed = sendingTopology(names, [retryOf(spec)]);
        for (const { name } of needed.queues) queues.add(name);
        for (const { name } of needed.exchanges) exchanges.add(name);
        return broker.consume(spec);
      },
      broadcast(spec) {
        queues.add(namesFor(prefix, 'trial', instance).broadcast(spec.name));
        return broker.broadcast(spec);
      },
    };
  }

  return {
    url,
    names,
    async instance(name, options = {}) {
      const broker = await connectBroker({ url, service: 'trial', instance: name, prefix, logger: quiet, ...options });
      brokers.push(broker);
      return recorded(broker, name);
    },
    async channel() {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      return channel;
    },
    ready: async (queue) => (await looking.checkQueue(queue)).messageCount,
    async clear() {
      await Promise.all(brokers.map((broker) => broker.close()));
      const clearing = await connection.createChannel();
      for (const queue of queues) await clearing.deleteQueue(queue);
      for (const exchange of exchanges) await clearing.deleteExchange(exchange);
      await connection.close();
    },
  };
}
