// Counters that all gateways share, in Redis: one script, because a library with sliding windows, batches of keys and a check
// before counting was not to be had; rate-limiter-flexible has fixed windows only. Redis may be away at any time: then this says
// so at once, and the limiter goes on with what it knows itself.
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { z } from 'zod';
import { previousWeight, windowIndex, type Counts, type LimitPolicy } from './limits.policy.ts';

export type Booking = {
  readonly policy: LimitPolicy;
  readonly key: string;
  readonly index: number;
  readonly count: number;
};

export type SharedCounters = {
  isConnected(): boolean;
  /** Adds what was admitted already. @returns one entry per booking; undefined where Redis did not answer */
  add(bookings: readonly Booking[]): Promise<readonly (Counts | undefined)[]>;
  /** Counts one more if that is admitted. @returns undefined where Redis did not answer in time */
  take(policy: LimitPolicy, key: string, nowMs: number): Promise<(Counts & { readonly admitted: boolean }) | undefined>;
  stop(): void;
};

/**
 * KEYS: this window, the one before. ARGV: how many to add, life in ms, quota (0: do not ask), weight of the window before.
 * Counters live for two windows, so that each can still be "the one before".
 */
const SCRIPT = `
local previous = tonumber(redis.call('GET', KEYS[2]) or '0')
local quota = tonumber(ARGV[3])
if quota > 0 then
  local current = tonumber(redis.call('GET', KEYS[1]) or '0')
  if previous * tonumber(ARGV[4]) + current + tonumber(ARGV[1]) > quota then return {current, previous, 0} end
end
local current = redis.call('INCRBY', KEYS[1], ARGV[1])
if current == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {current, previous, 1}`;
const SCRIPT_SHA = createHash('sha1').update(SCRIPT).digest('hex');
const replySchema = z.tuple([z.number(), z.number(), z.number()]);

/** A caller is not kept waiting for a counter. */
const ANSWER_WITHIN_MS = 250;
const RECONNECT_MAX_MS = 2_000;
/** Bookings in one write; some 200 bytes each. */
const BATCH = 500;

export function openSharedCounters(options: {
  redisUrl: string;
  /** Before every key; '' outside tests. */
  prefix: string;
  logger: Logger;
}): SharedCounters {
  const { logger, prefix } = options;
  const redis = new Redis(options.redisUrl, {
    connectionName: 'gateway-limits',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: ANSWER_WITHIN_MS,
    // For ever, because the gateway works without Redis; slowly, because it is not alone in wanting it back.
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 6), RECONNECT_MAX_MS),
  });
  let away = false;
  redis.on('error', (error: unknown) => {
    if (!away) logger.warn({ err: error }, 'Redis is away: each gateway counts for itself');
    away = true;
  });
  redis.on('ready', () => {
    if (away) logger.info('Redis is back: limits are shared again');
    away = false;
  });

  const argumentsOf = ({ policy, key, index, count }: Booking, quota: number, weight: number): (string | number)[] => [
    `${prefix}limit:{${policy.name}:${key}}:${index}`,
    `${prefix}limit:{${policy.name}:${key}}:${index - 1}`,
    count,
    policy.windowMs * 2,
    quota,
    weight,
  ];

  async function run(values: (string | number)[]): Promise<z.infer<typeof replySchema> | undefined> {
    try {
      return replySchema.parse(await redis.evalsha(SCRIPT_SHA, 2, ...values));
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
        return await redis.eval(SCRIPT, 2, ...values).then(
          (reply) => replySchema.parse(reply),
          () => undefined,
        );
      }
      return undefined;
    }
  }

  return {
    isConnected: () => redis.status === 'ready',
    async add(bookings) {
      const found: (Counts | undefined)[] = [];
      for (let start = 0; start < bookings.length; start += BATCH) {
        // Written in one tick, which is one write to the socket.
        const replies = await Promise.all(
          bookings.slice(start, start + BATCH).map((booking) => run(argumentsOf(booking, 0, 0))),
        );
        for (const reply of replies) {
          found.push(reply === undefined ? undefined : { current: reply[0], previous: reply[1] });
        }
      }
      return found;
    },
    async take(policy, key, nowMs) {
      if (redis.status !== 'ready') return undefined;
      const booking = { policy, key, index: windowIndex(policy, nowMs), count: 1 };
      const reply = await run(argumentsOf(booking, policy.quota, previousWeight(policy, nowMs)));
      return reply === undefined ? undefined : { current: reply[0], previous: reply[1], admitted: reply[2] === 1 };
    },
    stop() {
      redis.disconnect();
    },
  };
}
