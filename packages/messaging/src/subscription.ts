// Keeps a consumer alive on one queue: opens a channel, asserts what the queue needs, consumes, and does it again whenever the
// channel, the queue or the connection went away. amqplib brings back connections only; without this a consumer is gone silently.
import { TransientError } from '@tongpiao/kernel';
import type { Channel, ChannelModel } from 'amqplib';
import type { Logger } from 'pino';
import { AckLine, type Delivery } from './ack-line.ts';
import type { Link } from './link.ts';
import { assertTopology, type Topology } from './topology.ts';

export type Subscription = {
  active(): boolean;
  /** Resolves when it consumes for the first time. */
  started(): Promise<void>;
  /** No more deliveries from now on; those in hand can still be answered. */
  cancel(): Promise<void>;
  /** Whatever is in hand and not answered goes back to the queue. */
  close(): Promise<void>;
};

const REOPEN_FIRST_MS = 100;
const REOPEN_MAX_MS = 5_000;
/** A bound on a start against a broker that is away. */
const START_MS = 30_000;

const CLOSE_TIMEOUT_MS = 2_000;

/** What will not mend by waiting: no access, or something of that name with other arguments. */
const HOPELESS = new Set<unknown>([403, 406]);

type Session = { readonly channel: Channel; readonly acks: AckLine; tag: string | undefined };

export function subscribe(options: {
  link: Link;
  queue: string;
  topology: Topology;
  prefetch: number;
  logger: Logger;
  onDelivery(delivery: Delivery): void;
  /** Deliveries in hand belong to nobody now and will come again. */
  onLost(): void;
  /** Consuming again after a break. */
  onResumed?(): void;
}): Subscription {
  const { link, queue, logger } = options;
  let session: Session | undefined;
  let opening = false;
  let again = false;
  let stopped = false;
  let failures = 0;
  let everConsumed = false;
  let timer: NodeJS.Timeout | undefined;
  const start = Promise.withResolvers<void>();
  start.promise.catch(() => undefined);
  const startTimer = setTimeout(() => {
    start.reject(
      new TransientError('messaging.not-consuming', `queue ${queue} could not be consumed within ${START_MS} ms`),
    );
  }, START_MS);

  function isStopped(): boolean {
    return stopped;
  }

  function lost(old: Session): void {
    old.acks.end();
    if (session !== old) return;
    session = undefined;
    options.onLost();
    if (!stopped) reopenSoon();
  }

  function reopenSoon(): void {
    if (stopped || timer !== undefined) return;
    const delay = Math.min(REOPEN_MAX_MS, REOPEN_FIRST_MS * 2 ** Math.min(failures, 10));
    timer = setTimeout(() => {
      timer = undefined;
      const model = link.model();
      if (model !== undefined) void open(model);
    }, delay);
  }

  async function consume(opened: Session): Promise<void> {
    const { channel } = opened;
    await channel.prefetch(options.prefetch);
    await assertTopology(channel, options.topology);
    const { consumerTag } = await channel.consume(queue, (message) => {
      if (message !== null) {
        options.onDelivery(opened.acks.receive(message));
        return;
      }
      logger.warn({ queue }, 'the broker cancelled the consumer; consuming again');
      lost(opened);
      channel.close().catch((error: unknown) => logger.debug({ err: error, queue }, 'channel was closed already'));
    });
    opened.tag = consumerTag;
  }

  async function open(model: ChannelModel): Promise<void> {
    if (opening) {
      again = true;
      return;
    }
    if (stopped || session !== undefined) return;
    opening = true;
    let opened: Session | undefined;
    try {
      const channel = await model.createChannel();
      const fresh: Session = { channel, acks: new AckLine(channel), tag: undefined };
      channel.on('error', (error) => logger.warn({ err: error, queue }, 'consuming channel failed'));
      channel.on('handler-error', (error) =>
        logger.error({ err: error, queue }, 'a listener of the consuming channel threw'),
      );
      channel.on('close', () => lost(fresh));
      opened = fresh;
      session = fresh;
      // A stop may have come in while this was opening; it found nothing to cancel.
      if (isStopped()) throw new TransientError('messaging.closed', 'stopped while opening');
      await consume(fresh);
      if (isStopped()) throw new TransientError('messaging.closed', 'stopped while opening');
      failures = 0;
      clearTimeout(startTimer);
      if (everConsumed) {
        logger.info({ queue }, 'consuming again');
        options.onResumed?.();
      }
      everConsumed = true;
      start.resolve();
    } catch (error) {
      failures += 1;
      if (!isStopped()) logger.warn({ err: error, queue, failures }, 'queue is not consumed yet; trying again');
      if (opened !== undefined) {
        lost(opened);
        opened.channel
          .close()
          .catch((closeError: unknown) => logger.debug({ err: closeError, queue }, 'channel was closed already'));
      }
      if (error instanceof Error && 'code' in error && HOPELESS.has(error.code)) start.reject(error);
      reopenSoon();
    } finally {
      opening = false;
    }
    if (again) {
      again = false;
      const newer = link.model();
      if (newer !== undefined) await open(newer);
    }
  }

  const stopListening = link.onUp((model) => {
    clearTimeout(timer);
    timer = undefined;
    void open(model);
  });

  return {
    active: () => session?.tag !== undefined,
    started: () => start.promise,
    async cancel() {
      stopped = true;
      stopListening();
      clearTimeout(timer);
      clearTimeout(startTimer);
      start.reject(new TransientError('messaging.closed', 'this instance is stopping'));
      const tag = session?.tag;
      if (session === undefined || tag === undefined) return;
      session.tag = undefined;
      await session.channel
        .cancel(tag)
        .catch((error: unknown) => logger.debug({ err: error, queue }, 'consumer was gone already'));
    },
    async close() {
      const old = session;
      session = undefined;
      if (old === undefined) return;
      old.acks.flush();
      old.acks.end();
      const closed = old.channel
        .close()
        .catch((error: unknown) => logger.debug({ err: error, queue }, 'channel was closed already'));
      // A broker that is gone never says good-bye; the connection's end returns the messages then.
      await Promise.race([closed, new Promise<void>((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref())]);
    },
  };
}
