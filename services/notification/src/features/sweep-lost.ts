// Messages whose sender has not been heard of for too long: perhaps sent, perhaps not. They become `unknown` and are never sent again
// by themselves (NOT-05); staff see them, and a late answer or receipt may still tell.
import type { Origin } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { Held, MessageStore } from '../message/message.store.ts';

const BATCH = 500;
/** The reason that the decider gives for it. */
const SENDER_LOST = 'sender-lost';

export function sweepLost(parts: {
  messages: Pick<MessageStore, 'lost' | 'advance'>;
  answerWithinMs: number;
  origin: Origin;
  clock: () => Date;
  logger: Logger;
  /** Hears of those that became unknown. */
  written: (messages: readonly Held[]) => void;
}): () => Promise<void> {
  const { messages, answerWithinMs, origin, clock, logger, written } = parts;
  return async () => {
    const now = clock();
    const lost = await messages.lost(now, BATCH);
    if (lost.length === 0) return;
    const begunBefore = new Date(now.getTime() - answerWithinMs + 1).toISOString();
    const after = await messages.advance(
      lost.map((held) => ({ held, command: { type: 'GiveUpWaiting', begunBefore, at: now.toISOString() } })),
      now,
      origin,
    );
    // Whose sender was heard of meanwhile is counted by the sender.
    written(after.filter(({ state }) => state.status === 'unknown' && state.reason === SENDER_LOST));
    logger.warn({ messages: lost.length }, 'nobody knows whether these messages were sent');
  };
}
