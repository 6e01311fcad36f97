// One connection to the broker that heals itself. amqplib's recovery brings the connection back, not its channels: whoever has
// a channel listens here for the connection's return and opens a new one.
import { TransientError } from '@tongpiao/kernel';
import { connect, type ChannelModel } from 'amqplib';
import type { Logger } from 'pino';

export type Link = {
  /** The living connection, or nothing while it is being restored. */
  model(): ChannelModel | undefined;
  blocked(): boolean;
  /** Called on every (re)connection, and at once when connected already. Returns how to stop listening. */
  onUp(listener: (model: ChannelModel) => void): () => void;
  onUnblocked(listener: () => void): void;
  close(): Promise<void>;
};

/** Two missed beats end a dead connection: 20 s at most until publishers and consumers know. */
const HEARTBEAT_S = 10;
const CONNECT_TIMEOUT_MS = 10_000;
/** A broker restart takes about 5 s; a fleet that comes back does so within a few seconds, with jitter. */
const RECONNECT = { initialDelay: 100, maxDelay: 3_000, factor: 2, jitter: 0.3, maxRetries: Infinity };
const CLOSE_TIMEOUT_MS = 2_000;

function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_S));
  return parsed.href;
}

/**
 * @param options.startTimeoutMs how long the first connection may take, with retries.
 * @throws TransientError `messaging.broker-unreachable`
 */
export async function openLink(options: {
  url: string;
  name: string;
  logger: Logger;
  startTimeoutMs: number;
}): Promise<Link> {
  const { name, logger } = options;
  let current: ChannelModel | undefined;
  let blocked = false;
  const upListeners = new Set<(model: ChannelModel) => void>();
  const unblockedListeners = new Set<() => void>();

  const recovering = await connect(withHeartbeat(options.url), {
    // Written out: with Nagle's algorithm each confirm on a connection that also acks waits 44 ms.
    noDelay: true,
    timeout: CONNECT_TIMEOUT_MS,
    clientProperties: { connection_name: name },
    recovery: { ...RECONNECT, waitForConnect: false },
  });

  // Listeners first: an error without one would end the process.
  recovering.on('error', (error) => logger.warn({ err: error, connection: name }, 'broker connection failed'));
  recovering.on('handler-error', (error) =>
    logger.error({ err: error, connection: name }, 'a listener of the broker connection threw'),
  );
  recovering.on('connect-failed', (error) =>
    logger.warn({ err: error, connection: name }, 'broker does not answer; trying again'),
  );
  recovering.on('blocked', (reason) => {
    blocked = true;
    logger.warn({ reason, connection: name }, 'broker takes no messages for now');
  });
  recovering.on('unblocked', () => {
    blocked = false;
    logger.info({ connection: name }, 'broker takes messages again');
    for (const listener of unblockedListeners) listener();
  });
  recovering.on('disconnect', (error) => {
    current = undefined;
    logger.warn({ err: error, connection: name }, 'broker connection lost');
  });
  recovering.on('connect', (model) => {
    current = model;
    blocked = false;
    logger.info({ connection: name }, 'broker connected');
    for (const listener of upListeners) listener(model);
  });

  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new TransientError(
          'messaging.broker-unreachable',
          `no connection to the broker within ${options.startTimeoutMs} ms`,
        ),
      );
    }, options.startTimeoutMs);
  });
  try {
    await Promise.race([recovering.waitForConnect(), late]);
  } catch (error) {
    await recovering.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }

  return {
    model: () => current,
    blocked: () => blocked,
    onUp(listener) {
      upListeners.add(listener);
      if (current !== undefined) listener(current);
      return () => void upListeners.delete(listener);
    },
    onUnblocked: (listener) => void unblockedListeners.add(listener),
    async close() {
      upListeners.clear();
      current = undefined;
      // A broker that is gone never says good-bye.
      await Promise.race([
        recovering.close(),
        new Promise<void>((resolve) => setTimeout(resolve, CLOSE_TIMEOUT_MS).unref()),
      ]);
    },
  };
}
