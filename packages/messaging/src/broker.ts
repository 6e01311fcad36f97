// The one door to RabbitMQ for a service: publish, consume, broadcast, look at what is parked, stop in order.
import type { Envelope, MessageDefinition } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import type { Channel } from 'amqplib';
import type { Logger } from 'pino';
import type { Delivery } from './ack-line.ts';
import {
  consumerOf,
  createConsumer,
  retryOf,
  type Consumer,
  type ConsumerContext,
  type ConsumerHandle,
  type ConsumerSpec,
} from './consumer.ts';
import { laneOfEach } from './lane.ts';
import { openLink, type Link } from './link.ts';
import type { Faults, MessagingMetrics, MessagingSpans } from './options.ts';
import { parkedMessageOf, type ParkedMessage } from './parked.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { createSender, SENDER_LIMITS, type SenderLimits } from './sender.ts';
import { broadcastTopology, namesFor, sendingTopology, sliceTopology } from './topology.ts';
import { decode, logContext, messageIdOf, parseData, typeOf, type Received } from './wire.ts';

export type BroadcastSpec = {
  readonly name: string;
  readonly definitions: readonly MessageDefinition[];
  handle(message: Received): Promise<void>;
  /** Consuming again after a break: messages may have passed unheard, so ask their owner to say everything again. */
  missed?(): void;
};

export type QueueDepth = { readonly queue: string; readonly ready: number; readonly consumers: number };

export type BrokerHealth = {
  /** Connected, and every consumer consumes. */
  readonly ok: boolean;
  readonly connected: boolean;
  /** The broker is short of memory or disk and takes nothing. Not a reason to be unready: outboxes hold what is said. */
  readonly blocked: boolean;
  readonly consumers: readonly { readonly queue: string; readonly active: boolean }[];
};

export type Broker = {
  readonly publisher: Publisher;
  /** @throws TransientError `messaging.not-consuming` when the queue cannot be consumed within 30 s. */
  consume(spec: ConsumerSpec): Promise<ConsumerHandle>;
  /** Every instance hears it. No retry: a failure is logged and the message gone. Also reached by `direct` at its `queue`. */
  broadcast(spec: BroadcastSpec): Promise<ConsumerHandle>;
  health(): BrokerHealth;
  /** Own queues, dead ones included, by passive checks. A queue that does not answer is left out. */
  queueDepths(): Promise<readonly QueueDepth[]>;
  /** Hands parked messages of all own queues, now and later, to the handler; when it rejects, the message is offered again. */
  drainDead(handler: (parked: ParkedMessage) => Promise<void>): Promise<void>;
  /**
   * Sends a parked message to its queue again, as if for the first time.
   * @param queue full name, as in `ParkedMessage.queue`.
   * @throws TransientError as `publish` does.
   */
  replay(queue: string, envelope: Envelope): Promise<void>;
  /** Cancels every consumer, waits for handlers (bounded), gives back the rest. */
  cancelConsumers(): Promise<void>;
  /** Cancels consumers, waits for confirms (bounded), closes both connections. */
  close(): Promise<void>;
};

export type BrokerOptions = {
  readonly url: string;
  readonly service: string;
  /** Unique per running process. */
  readonly instance: string;
  /** Before every exchange and queue name; '' outside tests. */
  readonly prefix: string;
  readonly logger: Logger;
  readonly metrics?: MessagingMetrics | undefined;
  readonly spans?: MessagingSpans | undefined;
  readonly faults?: Faults | undefined;
  readonly limits?: Partial<SenderLimits>;
  /** Level of the line per handled message; `debug` unless told, since it costs on hot paths. */
  readonly handledLevel?: 'trace' | 'debug' | 'info';
  /** How long a stop waits for handlers. */
  readonly drainMs?: number;
  /** How long the first connection may take, retries included. */
  readonly startTimeoutMs?: number;
};

const DRAIN_MS = 10_000;
const START_TIMEOUT_MS = 30_000;
const DEAD_PREFETCH = 20;
/** A store that does not take a parked message now is asked again after this long. */
const DEAD_RETRY_MS = 2_000;
/** A broadcast queue holds little; one at a time keeps its order. */
const BROADCAST_PREFETCH = 50;

/** @throws TransientError `messaging.broker-unreachable` */
export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  const { service, instance, logger, metrics, spans, faults } = options;
  const names = namesFor(options.prefix, service, instance);
  const startTimeoutMs = options.startTimeoutMs ?? START_TIMEOUT_MS;
  const openNamed = (purpose: string): Promise<Link> =>
    openLink({ url: options.url, name: `${service}/${instance} ${purpose}`, logger, startTimeoutMs });

  // Two connections: a broker that throttles publishers does so per connection, and acks must not stand behind that.
  const publishLink = await openNamed('publish');
  const consumeLink = await openNamed('consume').catch(async (error: unknown) => {
    await publishLink.close();
    throw error;
  });
  const sliceSpecs = new Map<string, ConsumerSpec>();
  const sender = createSender({
    link: publishLink,
    topology: () => sendingTopology(names, [...sliceSpecs.values()].map(retryOf)),
    limits: { ...SENDER_LIMITS, ...options.limits },
    logger,
  });
  const publisher = createPublisher({ sender, names, metrics, spans, faults });
  const context: ConsumerContext = {
    link: consumeLink,
    sender,
    names,
    logger,
    handledLevel: options.handledLevel ?? 'debug',
    drainMs: options.drainMs ?? DRAIN_MS,
    metrics,
    spans,
    faults,
  };

  const consumers = new Set<Consumer>();
  const drained = new Set<string>();
  let deadHandler: ((parked: ParkedMessage) => Promise<void>) | undefined;
  let stopping = false;
  let depthChannel: Channel | undefined;
  let measuring: Promise<readonly QueueDepth[]> | undefined;
  let closing: Promise<void> | undefined;

  async function started(consumer: Consumer): Promise<ConsumerHandle> {
    const { handle, subscription } = consumer;
    consumers.add(consumer);
    try {
      await subscription.started();
    } catch (error) {
      consumers.delete(consumer);
      await handle.cancel();
      throw error;
    }
    return {
      ...handle,
      async cancel() {
        await handle.cancel();
        consumers.delete(consumer);
      },
    };
  }

  function refuseWhenStopping(): void {
    if (stopping) throw new TransientError('messaging.closed', 'this instance is stopping');
  }

  function deadConsumer(spec: ConsumerSpec, handler: (parked: ParkedMessage) => Promise<void>): Consumer {
    const queue = names.slice(spec.slice);
    const offer = async (delivery: Delivery): Promise<void> => {
      try {
        await handler(parkedMessageOf(queue, delivery.message, () => new Date().toISOString()));
        delivery.ack();
      } catch (error) {
        logger.warn(
          { err: error, queue, messageId: messageIdOf(delivery.message) },
          'parked message was not stored; it is offered again',
        );
        await new Promise<void>((resolve) => setTimeout(resolve, stopping ? 0 : DEAD_RETRY_MS));
        delivery.giveBack();
      }
    };
    return consumerOf({
      context,
      queue: names.deadOf(queue),
      topology: sliceTopology(names, {
        slice: spec.slice,
        definitions: spec.definitions,
        retry: retryOf(spec),
        singleActive: spec.singleActive ?? false,
      }),
      prefetch: DEAD_PREFETCH,
      lane: laneOfEach(1, offer),
    });
  }

  async function drainOf(spec: ConsumerSpec): Promise<void> {
    if (deadHandler === undefined || drained.has(spec.slice)) return;
    drained.add(spec.slice);
    await started(deadConsumer(spec, deadHandler));
  }

  async function measure(): Promise<readonly QueueDepth[]> {
    const queues = [...sliceSpecs.keys()].flatMap((queue) => [queue, names.deadOf(queue)]);
    const depths: QueueDepth[] = [];
    for (const queue of queues) {
      try {
        depthChannel ??= await openDepthChannel();
        const { messageCount, consumerCount } = await depthChannel.checkQueue(queue);
        depths.push({ queue, ready: messageCount, consumers: consumerCount });
      } catch (error) {
        // A check of a queue that is gone closes the channel.
        depthChannel = undefined;
        logger.debug({ err: error, queue }, 'queue was not measured');
      }
    }
    return depths;
  }

  async function openDepthChannel(): Promise<Channel> {
    const model = consumeLink.model();
    if (model === undefined) throw new TransientError('messaging.unconnected', 'no connection to the broker');
    const channel = await model.createChannel();
    channel.on('error', (error) => logger.debug({ err: error }, 'measuring channel failed'));
    channel.on('close', () => {
      if (depthChannel === channel) depthChannel = undefined;
    });
    return channel;
  }

  async function cancelConsumers(): Promise<void> {
    stopping = true;
    await Promise.all([...consumers].map(({ handle }) => handle.cancel()));
  }

  async function close(): Promise<void> {
    await cancelConsumers();
    await sender.close();
    await Promise.all([publishLink.close(), consumeLink.close()]);
  }

  return {
    publisher,
    async consume(spec) {
      refuseWhenStopping();
      const queue = names.slice(spec.slice);
      if (sliceSpecs.has(queue)) throw new Error(`slice ${spec.slice} is consumed already`);
      sliceSpecs.set(queue, spec);
      const handle = await started(createConsumer(context, spec)).catch((error: unknown) => {
        sliceSpecs.delete(queue);
        throw error;
      });
      await drainOf(spec);
      return {
        ...handle,
        async cancel() {
          await handle.cancel();
          sliceSpecs.delete(queue);
        },
      };
    },
    async broadcast(spec) {
      refuseWhenStopping();
      const queue = names.broadcast(spec.name);
      const definitions = new Map(spec.definitions.map((definition) => [definition.type, definition]));
      const hear = async (delivery: Delivery): Promise<void> => {
        const begun = performance.now();
        let outcome: 'done' | 'dropped' = 'done';
        try {
          const envelope = decode(delivery.message.content);
          const definition = definitions.get(envelope.type);
          if (definition === undefined) throw new Error(`${queue} does not listen to ${envelope.type}`);
          const { redelivered } = delivery.message.fields;
          await spec.handle({ envelope: parseData(envelope, definition), definition, attempt: 1, redelivered });
        } catch (error) {
          outcome = 'dropped';
          logger.error(
            { err: error, queue, messageId: messageIdOf(delivery.message), type: typeOf(delivery.message) },
            'broadcast was not handled',
          );
        }
        delivery.ack();
        metrics?.handled(queue, typeOf(delivery.message), outcome, (performance.now() - begun) / 1_000);
      };
      return started(
        consumerOf({
          context,
          queue,
          topology: broadcastTopology(names, spec.name, spec.definitions),
          prefetch: BROADCAST_PREFETCH,
          lane: laneOfEach(1, hear),
          onResumed: () => spec.missed?.(),
        }),
      );
    },
    health() {
      const connected = publishLink.model() !== undefined && consumeLink.model() !== undefined && sender.ready();
      const states = [...consumers].map(({ handle }) => ({ queue: handle.queue, active: handle.active() }));
      return {
        ok: connected && states.every(({ active }) => active),
        connected,
        blocked: publishLink.blocked(),
        consumers: states,
      };
    },
    queueDepths: () => (measuring ??= measure().finally(() => (measuring = undefined))),
    async drainDead(handler) {
      refuseWhenStopping();
      if (deadHandler !== undefined) throw new Error('parked messages are drained already');
      deadHandler = handler;
      await Promise.all([...sliceSpecs.values()].map(drainOf));
    },
    async replay(queue, envelope) {
      await publisher.publish({ kind: 'direct', queue, envelope });
      logger.info({ queue, ...logContext(envelope) }, 'parked message sent again');
    },
    cancelConsumers,
    close: () => (closing ??= close()),
  };
}
