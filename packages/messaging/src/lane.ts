// How deliveries of one queue become work: some at a time, or one batch at a time. Order of arrival is kept in both.
import type { Delivery } from './ack-line.ts';
import { Fifo } from './fifo.ts';

export type Lane = {
  take(delivery: Delivery): void;
  /** Forgets what has not begun: its channel is gone. */
  forget(): void;
  /** Gives what has not begun back to the queue and begins nothing more. */
  stop(): void;
  /** Resolves when nothing is being worked on. */
  idle(): Promise<void>;
  inFlight(): number;
};

type Waiters = (() => void)[];

function wake(waiters: Waiters): void {
  for (const waiter of waiters.splice(0)) waiter();
}

/** @param work must not reject. */
export function laneOfEach(concurrency: number, work: (delivery: Delivery) => Promise<void>): Lane {
  const waiting = new Fifo<Delivery>();
  const waiters: Waiters = [];
  let running = 0;
  let stopped = false;

  function ended(): void {
    running -= 1;
    next();
    if (running === 0) wake(waiters);
  }

  function next(): void {
    while (running < concurrency) {
      const delivery = waiting.shift();
      if (delivery === undefined) return;
      running += 1;
      void work(delivery).finally(ended);
    }
  }

  return {
    take(delivery) {
      if (stopped) {
        delivery.giveBack();
        return;
      }
      waiting.push(delivery);
      next();
    },
    forget: () => void waiting.drain(),
    stop() {
      stopped = true;
      for (const delivery of waiting.drain()) delivery.giveBack();
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    inFlight: () => running,
  };
}

/**
 * @param options.lingerMs how long the first message of a batch waits for company; 0 takes what has arrived in this turn.
 * @param work must not reject.
 */
export function laneOfBatches(
  options: { maxBatch: number; lingerMs: number },
  work: (batch: readonly Delivery[]) => Promise<void>,
): Lane {
  const { maxBatch, lingerMs } = options;
  let waiting: Delivery[] = [];
  const waiters: Waiters = [];
  let running = 0;
  let stopped = false;
  let scheduled = false;
  let lingering: NodeJS.Timeout | undefined;

  function begin(): void {
    scheduled = false;
    clearTimeout(lingering);
    lingering = undefined;
    if (running > 0 || waiting.length === 0) return;
    const batch = waiting.length <= maxBatch ? waiting : waiting.slice(0, maxBatch);
    waiting = waiting.length <= maxBatch ? [] : waiting.slice(maxBatch);
    running = batch.length;
    void work(batch).finally(() => {
      running = 0;
      schedule();
      wake(waiters);
    });
  }

  function schedule(): void {
    if (running > 0 || waiting.length === 0) return;
    if (lingerMs > 0 && waiting.length < maxBatch) {
      lingering ??= setTimeout(begin, lingerMs);
    } else if (!scheduled) {
      scheduled = true;
      // One read of the socket delivers many messages in one turn: the batch takes them all.
      setImmediate(begin);
    }
  }

  return {
    take(delivery) {
      if (stopped) {
        delivery.giveBack();
        return;
      }
      waiting.push(delivery);
      schedule();
    },
    forget: () => void (waiting = []),
    stop() {
      stopped = true;
      clearTimeout(lingering);
      for (const delivery of waiting) delivery.giveBack();
      waiting = [];
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    inFlight: () => running,
  };
}
