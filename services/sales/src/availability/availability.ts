// What is still to be had, from memory (INV-13): every instance hears inventory's absolute figures and keeps them; Redis keeps a
// copy, so that an instance that starts answers at once instead of after the next full telling.
import type { availabilityChanged, DataOf } from '@tongpiao/contracts';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';

type Figure = { readonly capacity: number; readonly available: number; readonly revision: number };

export type Availability = {
  hear(figures: DataOf<typeof availabilityChanged>['sessions']): void;
  /** Figures that are known; a session without one has not been told yet. */
  figuresOf(sessionIds: readonly string[]): Promise<ReadonlyMap<string, Figure>>;
  stop(): Promise<void>;
};

/** A copy outlives restarts, not seasons. */
const COPY_SECONDS = 3_600;
/** Copies are written together, off the path of any request. */
const COPY_EVERY_MS = 200;
const key = (sessionId: string): string => `availability:${sessionId}`;

export function createAvailability(redis: Redis, logger: Logger): Availability {
  const figures = new Map<string, Figure>();
  let changed = new Set<string>();
  let warned = false;

  async function copy(): Promise<void> {
    if (changed.size === 0 || redis.status !== 'ready') return;
    const batch = changed;
    changed = new Set();
    const pipeline = redis.pipeline();
    for (const sessionId of batch)
      pipeline.set(key(sessionId), JSON.stringify(figures.get(sessionId)), 'EX', COPY_SECONDS);
    await pipeline.exec();
  }

  const timer = setInterval(() => {
    copy().catch((error: unknown) => {
      if (!warned) logger.warn({ err: error }, 'availability has no copy in Redis; memory answers');
      warned = true;
    });
  }, COPY_EVERY_MS);

  async function fromCopy(sessionIds: readonly string[]): Promise<void> {
    if (redis.status !== 'ready') return;
    try {
      const values = await redis.mget(sessionIds.map(key));
      values.forEach((text, index) => {
        const sessionId = sessionIds[index];
        if (text === null || sessionId === undefined || figures.has(sessionId)) return;
        const { capacity, available, revision } = JSON.parse(text) as Figure;
        figures.set(sessionId, { capacity, available, revision });
      });
    } catch (error) {
      logger.debug({ err: error }, 'no copy of availability to start from');
    }
  }

  return {
    hear(told) {
      for (const { sessionId, capacity, available, revision } of told) {
        const known = figures.get(sessionId);
        if (known !== undefined && known.revision > revision) continue;
        figures.set(sessionId, { capacity, available, revision });
        if (known?.available !== available || known.capacity !== capacity) changed.add(sessionId);
      }
    },
    async figuresOf(sessionIds) {
      const missing = sessionIds.filter((id) => !figures.has(id));
      if (missing.length > 0) await fromCopy(missing);
      return new Map(
        sessionIds.flatMap((id) => {
          const figure = figures.get(id);
          return figure === undefined ? [] : [[id, figure] as const];
        }),
      );
    },
    async stop() {
      clearInterval(timer);
      await copy().catch((error: unknown) => logger.debug({ err: error }, 'last copy of availability was not written'));
    },
  };
}
