// Copies of availability in Redis, which an instance that starts answers from (INV-13). They are as good as the listening of whoever wrote
// them: a sign of life stands beside them, and where nobody has listened for a while they are not read.
import type { Redis } from 'ioredis';

export type Copies = {
  /** @throws Error while Redis is away */
  read(sessionIds: readonly string[]): Promise<readonly (string | null)[]>;
  /** @throws Error while Redis is away; nothing may be left out silently */
  write(figures: readonly (readonly [sessionId: string, text: string])[]): Promise<void>;
};

/** A copy outlives restarts, not seasons; it is renewed at half of this. */
export const COPY_SECONDS = 3_600;
/** Three full tellings of inventory: longer without any, and what is copied may be long past. */
const HEARD_SECONDS = 30;
const HEARD = 'availability-heard';
const key = (sessionId: string): string => `availability:${sessionId}`;

export function createCopies(redis: Redis): Copies {
  return {
    async read(sessionIds) {
      if (redis.status !== 'ready') throw new Error('Redis is away');
      const [heard, ...values] = await redis.mget(HEARD, ...sessionIds.map(key));
      return heard === null ? sessionIds.map(() => null) : values;
    },
    async write(figures) {
      if (redis.status !== 'ready') throw new Error('Redis is away');
      const pipeline = redis.pipeline().set(HEARD, '1', 'EX', HEARD_SECONDS);
      for (const [sessionId, text] of figures) pipeline.set(key(sessionId), text, 'EX', COPY_SECONDS);
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    },
  };
}
