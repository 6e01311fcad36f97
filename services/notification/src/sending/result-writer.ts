// Writes what became of submissions, many in one bulk write. What cannot be written now stays in hand and is written later: a
// provider's answer must not be lost because the database was away for a moment.
import type { Origin } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { MessageCommand } from '../message/message.ts';
import type { Held, MessageStore } from '../message/message.store.ts';

export type ResultWriter = {
  add(held: Held, command: MessageCommand): void;
  unwritten(): number;
  /** Writes what is in hand, for a bounded time. */
  stop(): Promise<void>;
};

/** Long enough that a burst shares one write, short enough that nobody notices. */
const GATHER_MS = 20;
const BATCH_MAX = 500;
const RETRY_MS = 500;
const STOP_TRIES = 6;

export function createResultWriter(options: {
  store: Pick<MessageStore, 'advance'>;
  clock: () => Date;
  logger: Logger;
  origin: Origin;
  written: (messages: readonly Held[]) => void;
}): ResultWriter {
  const { store, clock, logger, origin } = options;
  let waiting: { held: Held; command: MessageCommand }[] = [];
  let writing: Promise<boolean> | undefined;
  let writingCount = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function write(): Promise<boolean> {
    const batch = waiting.slice(0, BATCH_MAX);
    waiting = waiting.slice(BATCH_MAX);
    writingCount = batch.length;
    try {
      const now = await store.advance(batch, clock(), origin);
      writingCount = 0;
      options.written(now);
      return true;
    } catch (error) {
      logger.warn({ err: error, messages: batch.length }, 'results are not written yet; they will be tried again');
      waiting = [...batch, ...waiting];
      writingCount = 0;
      return false;
    }
  }

  function schedule(afterMs: number): void {
    if (stopped || timer !== undefined || writing !== undefined || waiting.length === 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      begin();
    }, afterMs);
  }

  function begin(): void {
    writing = write();
    void writing.then((well) => {
      writing = undefined;
      schedule(well ? (waiting.length >= BATCH_MAX ? 0 : GATHER_MS) : RETRY_MS);
    });
  }

  return {
    add(held, command) {
      waiting.push({ held, command });
      schedule(GATHER_MS);
    },
    unwritten: () => waiting.length + writingCount,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await writing;
      for (let attempt = 0; attempt < STOP_TRIES && waiting.length > 0; attempt += 1) {
        if (!(await write())) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
      if (waiting.length > 0)
        logger.error({ messages: waiting.length }, 'results could not be written; these messages become unknown');
    },
  };
}
