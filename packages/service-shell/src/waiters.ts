// Who waits for a record to change is woken, in this process at once and in other instances through Redis (PLA-33). Redis may
// be away or lose a message: nothing is lost by it, because a wait looks again by itself from time to time.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { z } from 'zod';

export type WaitersOptions = {
  readonly redisUrl: string;
  /** The same for all instances of a service, e.g. `<prefix>sales.changed`. */
  readonly channel: string;
  readonly logger: Logger;
};

export type Waiters = {
  /** Says that records changed. Local waiters wake at once, other instances' after one PUBLISH per tick. Never throws. */
  wake(keys: readonly string[]): void;
  /** @returns true when woken, false when the time was over, the signal aborted or the process stops */
  waitFor(key: string, timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
  /**
   * Waits until the probe finds something: asks first, at each wake, and now and then in between.
   * @param probe undefined means "not yet"; what it throws, `until` throws
   * @returns undefined when the time was over, the signal aborted or the process stops
   */
  until<Found>(
    key: string,
    probe: () => Promise<Found | undefined> | Found | undefined,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Found | undefined>;
  /** Whether other instances can be heard. Not a condition for readiness. */
  isConnected(): boolean;
  /** Ends every wait, then the connections. */
  stop(): Promise<void>;
};

const messageSchema = z.object({ from: z.string(), keys: z.array(z.string()) });

/** Keys in one PUBLISH; some 40 bytes each. */
const KEYS_PER_PUBLISH = 500;
/** Looking again while Redis works: only a lost message makes this necessary, so it slows down. */
const LOOK_AGAIN_MS = { first: 1_000, last: 4_000, growth: 2 };
/** While Redis is away, changes made by other instances are only found by looking. */
const LOOK_AGAIN_ALONE_MS = { first: 250, last: 1_000, growth: 1.5 };
/** Thousands who began to wait in one moment do not look again in one moment. */
const JITTER = 0.2;
const RECONNECT_MAX_MS = 2_000;
const CONNECT_WITHIN_MS = 5_000;

function connection(options: WaitersOptions, purpose: string): Redis {
  const redis = new Redis(options.redisUrl, {
    connectionName: `${purpose}:${options.channel}`.replaceAll(/[^\x21-\x7e]/g, '-'),
    enableOfflineQueue: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_WITHIN_MS,
    // For ever, because a platform without Redis still works; slowly, because it is not alone in wanting it back.
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), RECONNECT_MAX_MS),
  });
  let reported = false;
  redis.on('error', (error: unknown) => {
    if (!reported) options.logger.warn({ err: error, purpose }, 'Redis is away; waiting goes on without it');
    reported = true;
  });
  redis.on('ready', () => {
    if (reported) options.logger.info({ purpose }, 'Redis is back');
    reported = false;
  });
  return redis;
}

export function createWaiters(options: WaitersOptions): Waiters {
  const self = randomUUID();
  const waiting = new Map<string, Set<() => void>>();
  const publisher = connection(options, 'waiters-publish');
  const subscriber = connection(options, 'waiters-subscribe');
  let subscribed = false;
  let stopped = false;
  let unsaid = new Set<string>();

  function wakeLocal(key: string): void {
    for (const wake of waiting.get(key) ?? []) wake();
  }
  function wakeAll(): void {
    for (const key of waiting.keys()) wakeLocal(key);
  }

  subscriber.on('ready', () => {
    subscriber.subscribe(options.channel).then(
      () => {
        subscribed = true;
        // What was said meanwhile was not heard.
        wakeAll();
      },
      () => {
        subscriber.disconnect(true);
      },
    );
  });
  subscriber.on('close', () => {
    subscribed = false;
  });
  subscriber.on('message', (_channel: string, text: string) => {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    const parsed = messageSchema.safeParse(message);
    if (!parsed.success || parsed.data.from === self) return;
    for (const key of parsed.data.keys) wakeLocal(key);
  });

  function publish(): void {
    const keys = [...unsaid];
    unsaid = new Set();
    if (publisher.status !== 'ready') return;
    for (let start = 0; start < keys.length; start += KEYS_PER_PUBLISH) {
      const message = JSON.stringify({ from: self, keys: keys.slice(start, start + KEYS_PER_PUBLISH) });
      // A loss is made good by looking again.
      publisher.publish(options.channel, message).catch(() => undefined);
    }
  }

  function listen(key: string, wake: () => void): () => void {
    const set = waiting.get(key) ?? new Set();
    waiting.set(key, set);
    set.add(wake);
    return () => {
      set.delete(wake);
      if (set.size === 0 && waiting.get(key) === set) waiting.delete(key);
    };
  }

  async function until<Found>(
    key: string,
    probe: () => Promise<Found | undefined> | Found | undefined,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Found | undefined> {
    const deadline = performance.now() + timeoutMs;
    // Listening begins before the first look, so that a change between look and wait is not missed.
    let woken: boolean;
    let resume: (() => void) | undefined;
    const wake = (): void => {
      woken = true;
      resume?.();
    };
    const forget = listen(key, wake);
    signal?.addEventListener('abort', wake, { once: true });
    let looks = 0;
    try {
      for (;;) {
        woken = false;
        const found = await probe();
        if (found !== undefined) return found;
        const left = deadline - performance.now();
        if (left <= 0 || stopped || isAborted(signal)) return undefined;
        const pace = subscribed ? LOOK_AGAIN_MS : LOOK_AGAIN_ALONE_MS;
        const again = Math.min(pace.last, pace.first * pace.growth ** looks) * (1 + (Math.random() - 0.5) * JITTER);
        looks += 1;
        if (!wasSet(woken)) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, Math.min(Math.ceil(left) + 1, again));
            resume = () => {
              clearTimeout(timer);
              resolve();
            };
          });
          resume = undefined;
        }
      }
    } finally {
      forget();
      signal?.removeEventListener('abort', wake);
    }
  }

  return {
    wake(keys) {
      if (unsaid.size === 0 && keys.length > 0) setImmediate(publish);
      for (const key of keys) {
        unsaid.add(key);
        wakeLocal(key);
      }
    },
    waitFor(key, timeoutMs, signal) {
      if (stopped || signal?.aborted === true) return Promise.resolve(false);
      return new Promise((resolve) => {
        const end = (woken: boolean): void => {
          clearTimeout(timer);
          forget();
          signal?.removeEventListener('abort', abort);
          resolve(woken && !stopped);
        };
        const abort = (): void => {
          end(false);
        };
        const timer = setTimeout(end, timeoutMs, false);
        const forget = listen(key, () => {
          end(true);
        });
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
    until,
    isConnected: () => subscribed && publisher.status === 'ready',
    async stop() {
      stopped = true;
      wakeAll();
      publish();
      // Disconnecting is enough: nothing that is still under way in Redis matters.
      await Promise.resolve();
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}

/** Read through functions, because both change while the compiler believes that they do not. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
function wasSet(flag: boolean): boolean {
  return flag;
}
