// A slice's ear: hands messages to its handler and answers the broker by how that went. Done is acked; a failure is first put
// where it belongs (a rung, the dead queue) with confirm and acked then, so that at no moment nobody has the message.
import type { Envelope, MessageDefinition } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import type { Logger } from 'pino';
import type { Delivery } from './ack-line.ts';
import { laneOfBatches, laneOfEach, type Lane } from './lane.ts';
import type { Link } from './link.ts';
import type { Faults, Handled, MessagingMetrics } from './options.ts';
import { failureOf, retryClasses, verdictOn, type Failure, type RetryClass } from './retry.ts';
import type { Parcel, Sender } from './sender.ts';
import { subscribe, type Subscription } from './subscription.ts';
import { sliceTopology, type Names } from './topology.ts';
import {
  attemptsBefore,
  decode,
  HEADERS,
  logContext,
  messageIdOf,
  parseData,
  textHeader,
  typeOf,
  type Received,
} from './wire.ts';

export type Outcome = 'done' | { readonly failed: unknown };

export type ConsumerSpec = {
  /** The slice's file name without ending: its queue is `<service>.<slice>`. */
  readonly slice: string;
  /** Bound by type, to the events or the commands exchange by kind. */
  readonly definitions: readonly MessageDefinition[];
  readonly retry?: RetryClass;
  /** Messages the broker may hand over before it gets answers. */
  readonly prefetch?: number;
  /** Among all instances only one consumes at a time; another takes over when it goes. */
  readonly singleActive?: boolean;
} & (
  | { handle(message: Received): Promise<void>; readonly concurrency?: number }
  | {
      /** Answers one outcome per message, or nothing when all are done. Throwing fails every message of the batch. */
      handleBatch(messages: readonly Received[]): Promise<readonly Outcome[] | void>;
      readonly maxBatch?: number;
      readonly lingerMs?: number;
    }
);

export type ConsumerHandle = {
  /** Full name on the broker. */
  readonly queue: string;
  active(): boolean;
  /** Stops consuming, waits a bounded time for what is in flight and returns the rest to the queue. */
  cancel(): Promise<void>;
};

export type ConsumerContext = {
  readonly link: Link;
  readonly sender: Sender;
  readonly names: Names;
  readonly logger: Logger;
  /** Level of the line that every handled message gets. */
  readonly handledLevel: 'trace' | 'debug' | 'info';
  /** How long a stop waits for handlers. */
  readonly drainMs: number;
  readonly metrics?: MessagingMetrics | undefined;
  readonly faults?: Faults | undefined;
};

/** Handlers mostly wait for the database: some at once hide that, more only queue up in its driver. */
const CONCURRENCY = 10;
/** Enough in hand that a handler never waits for the network, few enough that another instance gets its share. */
const PREFETCH_PER_HANDLER = 4;
const MAX_BATCH = 200;
/** The next batch gathers while one is worked on. */
const BATCHES_IN_HAND = 2;
/** A message that cannot even be moved comes back after this long; together with the delivery limit, twenty times. */
const REQUEUE_AFTER_MS = 1_000;

type Read = { readonly ok: true; readonly received: Received } | { readonly ok: false; readonly error: unknown };
type Settled = { readonly outcome: Handled; readonly failure?: Failure };

export function createConsumer(
  context: ConsumerContext,
  spec: ConsumerSpec,
): { handle: ConsumerHandle; subscription: Subscription } {
  const { sender, names, logger, metrics, faults } = context;
  const queue = names.slice(spec.slice);
  const retry = spec.retry ?? retryClasses.standard;
  const definitions = new Map(spec.definitions.map((definition) => [definition.type, definition]));
  const stopping = new AbortController();

  function read(delivery: Delivery): Read {
    try {
      const envelope = decode(delivery.message.content);
      const definition = definitions.get(envelope.type);
      // Not a breach: during a deployment the newer instance binds what the older one does not know yet.
      if (definition === undefined)
        throw new TransientError('messaging.unexpected-type', `${queue} has no handler for ${envelope.type}`);
      return {
        ok: true,
        received: {
          envelope: parseData(envelope, definition),
          definition,
          attempt: attemptsBefore(delivery.message) + 1,
          redelivered: delivery.message.fields.redelivered,
        },
      };
    } catch (error) {
      return { ok: false, error };
    }
  }

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

  /** Waits, or less when the consumer stops meanwhile. */
  function pause(ms: number): Promise<void> {
    if (stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      stopping.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }

  function logFailure(
    delivery: Delivery,
    error: unknown,
    failure: Failure,
    what: string,
    envelope: Envelope | undefined,
  ): void {
    const level = failure.kind === 'bug' || what === 'parked' ? 'error' : failure.kind === 'not-yet' ? 'debug' : 'warn';
    if (!logger.isLevelEnabled(level)) return;
    const bindings =
      envelope === undefined
        ? { messageId: messageIdOf(delivery.message), type: typeOf(delivery.message) }
        : logContext(envelope);
    logger[level](
      // A stack only where somebody has to look for a bug; elsewhere the code says it all.
      {
        queue,
        ...bindings,
        attempt: attemptsBefore(delivery.message) + 1,
        kind: failure.kind,
        code: failure.code,
        ...(failure.kind === 'bug' ? { err: error } : {}),
      },
      `message failed and is ${what}`,
    );
  }

  async function moveAway(delivery: Delivery, error: unknown, envelope: Envelope | undefined): Promise<Settled> {
    const failure = failureOf(error);
    const verdict = verdictOn(failure.kind, attemptsBefore(delivery.message) + 1, retry);
    const exchange = verdict.to === 'dead' ? names.dead : names.retry(verdict.rung);
    try {
      const sent = await sender.send(parcelFor(delivery, failure, exchange, verdict.to === 'dead'));
      if (sent === 'unrouted') throw new TransientError('messaging.unroutable', `exchange ${exchange} leads nowhere`);
    } catch (sendError) {
      logger.warn(
        { err: sendError, queue, messageId: messageIdOf(delivery.message) },
        'failed message could not be moved and stays in its queue',
      );
      await pause(REQUEUE_AFTER_MS);
      delivery.requeue();
      return { outcome: 'requeued', failure };
    }
    const type = typeOf(delivery.message);
    if (verdict.to === 'dead') metrics?.parked(queue, type, failure.code);
    else metrics?.retried(queue, type, verdict.rung);
    const outcome = verdict.to === 'dead' ? 'parked' : 'retried';
    logFailure(
      delivery,
      error,
      failure,
      outcome === 'parked' ? 'parked' : `tried again in ${verdict.to === 'retry' ? verdict.rung : ''}`,
      envelope,
    );
    return acknowledged(delivery, outcome);
  }

  async function acknowledged(delivery: Delivery, outcome: Handled): Promise<Settled> {
    if (faults !== undefined) {
      try {
        await faults.at('beforeAck', {
          queue,
          type: typeOf(delivery.message),
          messageId: messageIdOf(delivery.message),
        });
      } catch (error) {
        logger.debug({ err: error, queue }, 'a placed fault returns the message to its queue');
        delivery.requeue();
        return { outcome: 'requeued' };
      }
    }
    delivery.ack();
    return { outcome };
  }

  function account(delivery: Delivery, received: Received | undefined, settled: Settled, started: number): void {
    const seconds = (performance.now() - started) / 1_000;
    metrics?.handled(queue, typeOf(delivery.message), settled.outcome, seconds);
    if (received === undefined || !logger.isLevelEnabled(context.handledLevel)) return;
    logger[context.handledLevel](
      {
        queue,
        ...logContext(received.envelope),
        attempt: received.attempt,
        outcome: settled.outcome,
        durationMs: Math.round(seconds * 1_000),
      },
      'message handled',
    );
  }

  async function workOne(handle: (message: Received) => Promise<void>, delivery: Delivery): Promise<void> {
    const started = performance.now();
    const message = read(delivery);
    let settled: Settled;
    if (!message.ok) {
      settled = await moveAway(delivery, message.error, undefined);
    } else {
      try {
        await handle(message.received);
        settled = await acknowledged(delivery, 'done');
      } catch (error) {
        settled = await moveAway(delivery, error, message.received.envelope);
      }
    }
    account(delivery, message.ok ? message.received : undefined, settled, started);
  }

  async function outcomesOf(
    handleBatch: (messages: readonly Received[]) => Promise<readonly Outcome[] | void>,
    messages: readonly Received[],
  ): Promise<readonly Outcome[] | undefined> {
    try {
      const outcomes = (await handleBatch(messages)) ?? undefined;
      if (outcomes !== undefined && outcomes.length !== messages.length) {
        throw new Error(
          `batch handler of ${queue} answered ${outcomes.length} outcomes for ${messages.length} messages`,
        );
      }
      return outcomes;
    } catch (error) {
      return messages.map(() => ({ failed: error }));
    }
  }

  async function workBatch(
    handleBatch: (messages: readonly Received[]) => Promise<readonly Outcome[] | void>,
    batch: readonly Delivery[],
  ): Promise<void> {
    const started = performance.now();
    const moved: Promise<void>[] = [];
    const deliveries: Delivery[] = [];
    const messages: Received[] = [];
    for (const delivery of batch) {
      const message = read(delivery);
      if (message.ok) {
        deliveries.push(delivery);
        messages.push(message.received);
      } else {
        moved.push(
          moveAway(delivery, message.error, undefined).then((settled) =>
            account(delivery, undefined, settled, started),
          ),
        );
      }
    }
    const outcomes = messages.length === 0 ? [] : await outcomesOf(handleBatch, messages);
    for (const [index, delivery] of deliveries.entries()) {
      const outcome = outcomes?.[index] ?? 'done';
      const received = messages[index];
      if (outcome === 'done' && faults === undefined) {
        delivery.ack();
        account(delivery, received, { outcome: 'done' }, started);
        continue;
      }
      const settling =
        outcome === 'done' ? acknowledged(delivery, 'done') : moveAway(delivery, outcome.failed, received?.envelope);
      moved.push(settling.then((settled) => account(delivery, received, settled, started)));
    }
    await Promise.all(moved);
  }

  let lane: Lane;
  let prefetch: number;
  if ('handle' in spec) {
    // One at a time keeps the order that a single consumer is there for.
    const concurrency = spec.concurrency ?? (spec.singleActive === true ? 1 : CONCURRENCY);
    prefetch = spec.prefetch ?? concurrency * PREFETCH_PER_HANDLER;
    lane = laneOfEach(concurrency, (delivery) => workOne((message) => spec.handle(message), delivery));
  } else {
    const maxBatch = spec.maxBatch ?? MAX_BATCH;
    prefetch = spec.prefetch ?? maxBatch * BATCHES_IN_HAND;
    lane = laneOfBatches({ maxBatch, lingerMs: spec.lingerMs ?? 0 }, (batch) =>
      workBatch((messages) => spec.handleBatch(messages), batch),
    );
  }

  const topology = sliceTopology(names, {
    slice: spec.slice,
    definitions: spec.definitions,
    retry,
    singleActive: spec.singleActive ?? false,
  });
  return consumerOf({ context, queue, topology, prefetch, lane, onStop: () => stopping.abort() });
}

/** What a slice, a broadcast and a drain of a dead queue have in common: a subscription that feeds a lane, and an orderly end. */
export function consumerOf(options: {
  context: ConsumerContext;
  queue: string;
  topology: Parameters<typeof subscribe>[0]['topology'];
  prefetch: number;
  lane: Lane;
  onStop?: () => void;
  onResumed?: () => void;
}): { handle: ConsumerHandle; subscription: Subscription } {
  const { context, queue, lane } = options;
  const subscription = subscribe({
    link: context.link,
    queue,
    topology: options.topology,
    prefetch: options.prefetch,
    logger: context.logger,
    onDelivery: (delivery) => lane.take(delivery),
    onLost: () => lane.forget(),
    ...(options.onResumed === undefined ? {} : { onResumed: options.onResumed }),
  });
  let cancelling: Promise<void> | undefined;

  async function cancel(): Promise<void> {
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), context.drainMs);
    // Cancel first: what is given back while the broker still delivers here would only come again.
    const orderly = subscription.cancel().then(() => {
      lane.stop();
      options.onStop?.();
      return lane.idle();
    });
    const ended = await Promise.race([orderly, late.promise]);
    clearTimeout(timer);
    if (ended === 'late') {
      lane.stop();
      options.onStop?.();
      context.logger.warn(
        { queue, inFlight: lane.inFlight() },
        'handlers did not finish in time; their messages go back to the queue',
      );
    }
    await subscription.close();
  }

  return {
    subscription,
    handle: { queue, active: () => subscription.active(), cancel: () => (cancelling ??= cancel()) },
  };
}
