// Takes in no more than can be sent: of what many are told at once, the rest waits at the broker, where waiting costs nothing, instead of
// being written down at full speed beside everybody else's work.
import type { Outcome, Received } from '@tongpiao/messaging';
import { setTimeout as pause } from 'node:timers/promises';

type HandleBatch = (messages: readonly Received[]) => Promise<readonly Outcome[]>;

/** Batches per second: small ones, so that nothing is done in bursts. */
const BATCHES_PER_SECOND = 5;
/** One insert holds two messages per order. */
const BATCH_MAX = 200;

export function batchOf(perSecond: number): number {
  return Math.min(BATCH_MAX, Math.max(1, Math.floor(perSecond / BATCHES_PER_SECOND)));
}

export function paced(perSecond: number, handle: HandleBatch): HandleBatch {
  return async (messages) => {
    const rest = pause((messages.length * 1_000) / perSecond);
    try {
      return await handle(messages);
    } finally {
      await rest;
    }
  };
}
