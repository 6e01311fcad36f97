// Messages whose sender has not been heard of for too long: perhaps sent, perhaps not. They become `unknown` and are never sent again
// by themselves (NOT-05); staff see them, and a late answer or receipt may still tell.
import type { Origin } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { MessageStore } from '../message/message.store.ts';

const BATCH = 500;

export function sweepLost(parts: {
  messages: Pick<MessageStore, 'lost' | 'advance'>;
  answerWithinMs: number;
  origin: Origin;
  clock: () => Date;
  logger: Logger;
}): () => Promise<void> {
  const { messages, answerWithinMs, origin, clock, logger } = parts;
  return async () => {
    const now = clock();
    const lost = await messages.lost(now, BATCH);
    if (lost.length === 0) return;
    const begunBefore = new Date(now.getTime() - answerWithinMs + 1).toISOString();
    await messages.advance(
      lost.map((held) => ({ held, command: { type: 'GiveUpWaiting', begunBefore, at: now.toISOString() } })),
      now,
      origin,
    );
    logger.warn({ messages: lost.length }, 'nobody knows whether these messages were sent');
  };
}
