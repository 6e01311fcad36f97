// What is still to be had, from memory (INV-13): every instance hears inventory's absolute figures and keeps them; Redis keeps a
// copy, so that an instance that starts answers at once instead of after the next full telling.
import type { availabilityChanged, DataOf } from '@tongpiao/contracts';
import type { Logger } from 'pino';
import { z } from 'zod';
import { COPY_SECONDS, type Copies } from './copies.ts';

const figureSchema = z.object({ capacity: z.number(), available: z.number(), revision: z.number() });
type Figure = Readonly<z.output<typeof figureSchema>>;

export type Availability = {
  hear(figures: DataOf<typeof availabilityChanged>['sessions']): void;
  /** Figures that are known; a session without one has not been told yet. */
  figuresOf(sessionIds: readonly string[]): Promise<ReadonlyMap<string, Figure>>;
  stop(): Promise<void>;
};

/** Copies are written together, off the path of any request. */
const COPY_EVERY_MS = 200;
/** The sign of life, and what stays as it is, are written again in time. */
const ALIVE_EVERY_MS = 10_000;
const RENEW_AFTER_MS = (COPY_SECONDS * 1_000) / 2;

export function createAvailability(copies: Copies, logger: Logger, clock: () => Date = () => new Date()): Availability {
  const figures = new Map<string, Figure>();
  const copiedAt = new Map<string, number>();
  let changed = new Set<string>();
  let heard = false;
  let aliveAt = 0;
  let warned = false;
  let copying: Promise<void> = Promise.resolve();

  async function copy(): Promise<void> {
    const now = clock().getTime();
    if (changed.size === 0 && !(heard && now - aliveAt >= ALIVE_EVERY_MS)) return;
    const batch = changed;
    changed = new Set();
    try {
      await copies.write(
        [...batch].flatMap((id) => {
          const figure = figures.get(id);
          return figure === undefined ? [] : [[id, JSON.stringify(figure)] as const];
        }),
      );
      for (const id of batch) copiedAt.set(id, now);
      aliveAt = now;
      heard = false;
      warned = false;
    } catch (error) {
      // Copied with the next ones: a copy that was left out would tell yesterday's places after a restart.
      for (const id of batch) changed.add(id);
      if (!warned) logger.warn({ err: error }, 'availability has no copy in Redis; memory answers');
      warned = true;
    }
  }

  const timer = setInterval(() => {
    copying = copying.then(copy);
  }, COPY_EVERY_MS);

  async function fromCopy(sessionIds: readonly string[]): Promise<void> {
    try {
      (await copies.read(sessionIds)).forEach((text, index) => {
        const sessionId = sessionIds[index];
        if (text === null || sessionId === undefined || figures.has(sessionId)) return;
        figures.set(sessionId, figureSchema.parse(JSON.parse(text)));
      });
    } catch (error) {
      logger.debug({ err: error }, 'no copy of availability to start from');
    }
  }

  return {
    hear(told) {
      heard = true;
      const now = clock().getTime();
      for (const { sessionId, capacity, available, revision } of told) {
        const known = figures.get(sessionId);
        if (known !== undefined && known.revision > revision) continue;
        figures.set(sessionId, { capacity, available, revision });
        const moved = known?.available !== available || known.capacity !== capacity;
        if (moved || now - (copiedAt.get(sessionId) ?? 0) >= RENEW_AFTER_MS) changed.add(sessionId);
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
      await copying;
      await copy();
    },
  };
}

/** What a buyer is shown: never a guess. Without a figure nothing is promised, and that it is not known is said. */
export function shownPlaces(
  over: boolean,
  figure: Pick<Figure, 'available'> | undefined,
): { available: number; known: boolean } {
  if (over) return { available: 0, known: true };
  return { available: figure?.available ?? 0, known: figure !== undefined };
}
