// Answers the broker for one message by how its handler went. Done is acked; a failure is first put where it belongs (a rung,
// the dead queue) with confirm and acked then, so that at no moment nobody has the message.
import { TransientError } from '@tongpiao/kernel';
import type { Logger } from 'pino';
import type { Delivery } from './ack-line.ts';
import type { FaultContext, Faults, Handled, MessagingMetrics } from './options.ts';
import { failureOf, verdictOn, type Failure, type RetryClass } from './retry.ts';
import type { Parcel, Sender } from './sender.ts';
import type { Names } from './topology.ts';
import { attemptsBefore, HEADERS, logContext, messageIdOf, textHeader, typeOf, type Received } from './wire.ts';

export type SettlingContext = {
  readonly sender: Sender;
  readonly names: Names;
  readonly logger: Logger;
  /** Level of the line that every handled message gets. */
  readonly handledLevel: 'trace' | 'debug' | 'info';
  readonly metrics?: MessagingMetrics | undefined;
  readonly faults?: Faults | undefined;
};

export type Settling = {
  /** The handler is done. */
  acknowledged(delivery: Delivery, outcome: Handled): Promise<Handled>;
  /** The handler failed: to a rung or to the dead queue, by the error's kind and the attempt. Never rejects. */
  moveAway(delivery: Delivery, error: unknown): Promise<Handled>;
  /** Ends all waiting: the consumer is stopping. */
  hurry(): void;
  /** Counts and logs it. @param started by `performance.now()`. */
  account(delivery: Delivery, received: Received | undefined, outcome: Handled, started: number): void;
};

/** A message that cannot even be moved, because the broker takes nothing, comes back after this long. */
const REQUEUE_AFTER_MS = 1_000;

export function createSettling(context: SettlingContext, queue: string, retry: RetryClass): Settling {
  const { sender, names, logger, handledLevel, metrics, faults } = context;
  const pauses = new Set<() => void>();
  let hurried = false;

  function parcelFor(delivery: Delivery, failure: Failure, exchange: string, parked: boolean): Parcel {
    const { message } = delivery;
    const now = new Date().toISOString();
    const headers: Record<string, string | number> = {
      [HEADERS.attempts]: attemptsBefore(message) + 1,
      [HEADERS.firstFailedAt]: textHeader(message, HEADERS.firstFailedAt) ?? now,
      [HEADERS.kind]: failure.kind,
      [HEADERS.reason]: failure.code,
      [HEADERS.detail]: failure.detail,
      [HEADERS.type]: typeOf(message),
      [HEADERS.queue]: queue,
    };
    if (parked) headers[HEADERS.parkedAt] = now;
    // The routing key is the queue: it leads to the queue's dead queue, or from a rung back here.
    return {
      exchange,
      routingKey: queue,
      content: message.content,
      messageId: messageIdOf(message),
      type: typeOf(message),
      headers,
    };
  }

  function identity(delivery: Delivery): FaultContext & { queue: string } {
    return { queue, type: typeOf(delivery.message), messageId: messageIdOf(delivery.message) };
  }

  /** Waits, or less when the consumer stops meanwhile. */
  function pause(ms: number): Promise<void> {
    if (hurried) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      pauses.add(end);
    });
  }

  function logFailure(delivery: Delivery, error: unknown, failure: Failure, what: string): void {
    const level = failure.kind === 'bug' || what === 'parked' ? 'error' : failure.kind === 'not-yet' ? 'debug' : 'warn';
    const facts = {
      ...identity(delivery),
      attempt: attemptsBefore(delivery.message) + 1,
      kind: failure.kind,
      code: failure.code,
      // A stack only where somebody has to look for a bug; elsewhere the code says it all.
      ...(failure.kind === 'bug' ? { err: error } : {}),
    };
    logger[level](facts, `message failed and is ${what}`);
  }

  async function acknowledged(delivery: Delivery, outcome: Handled): Promise<Handled> {
    if (faults !== undefined) {
      try {
        await faults.at('beforeAck', identity(delivery));
      } catch (error) {
        logger.debug({ err: error, queue }, 'a placed fault returns the message to its queue');
        delivery.fail();
        return 'requeued';
      }
    }
    delivery.ack();
    return outcome;
  }

  /** Whether the exchange took it. */
  async function moved(delivery: Delivery, failure: Failure, exchange: string, parked: boolean): Promise<boolean> {
    try {
      const sent = await sender.send(parcelFor(delivery, failure, exchange, parked));
      if (sent === 'unrouted') throw new TransientError('messaging.unroutable', `exchange ${exchange} leads nowhere`);
      return true;
    } catch (error) {
      logger.warn({ err: error, ...identity(delivery) }, 'failed message could not be moved and stays in its queue');
      return false;
    }
  }

  async function moveAway(delivery: Delivery, error: unknown): Promise<Handled> {
    const failure = failureOf(error);
    const verdict = verdictOn(failure.kind, attemptsBefore(delivery.message) + 1, retry);
    const parked = verdict.to === 'dead';
    if (!(await moved(delivery, failure, parked ? names.dead : names.retry(verdict.rung), parked))) {
      await pause(REQUEUE_AFTER_MS);
      delivery.giveBack();
      return 'requeued';
    }
    const type = typeOf(delivery.message);
    if (parked) metrics?.parked(queue, type, failure.code);
    else metrics?.retried(queue, type, verdict.rung);
    logFailure(delivery, error, failure, parked ? 'parked' : `tried again in ${verdict.rung}`);
    return acknowledged(delivery, parked ? 'parked' : 'retried');
  }

  function account(delivery: Delivery, received: Received | undefined, outcome: Handled, started: number): void {
    const seconds = (performance.now() - started) / 1_000;
    metrics?.handled(queue, typeOf(delivery.message), outcome, seconds);
    if (received === undefined || !logger.isLevelEnabled(handledLevel)) return;
    const { attempt, envelope } = received;
    logger[handledLevel](
      { queue, ...logContext(envelope), attempt, outcome, durationMs: Math.round(seconds * 1_000) },
      'message handled',
    );
  }

  function hurry(): void {
    hurried = true;
    for (const end of pauses) end();
  }

  return { acknowledged, moveAway, account, hurry };
}
