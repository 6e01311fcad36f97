// A slice's ear: reads what arrives, hands it to the handler one by one or in batches, and settles each message by its outcome.
import type { Envelope, MessageDefinition } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import type { Delivery } from './ack-line.ts';
import { laneOfBatches, laneOfEach, type Lane } from './lane.ts';
import type { Link } from './link.ts';
import type { BatchSpan, Handled, MessageSpan, MessagingSpans } from './options.ts';
import { retryClasses, type RetryClass } from './retry.ts';
import { createSettling, type Settling, type SettlingContext } from './settling.ts';
import { subscribe, type Subscription } from './subscription.ts';
import { sliceTopology, type Topology } from './topology.ts';
import { attemptsBefore, decode, parseData, type Received } from './wire.ts';

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

export type ConsumerContext = SettlingContext & {
  readonly link: Link;
  readonly spans?: MessagingSpans | undefined;
  /** How long a stop waits for handlers. */
  readonly drainMs: number;
};

/** Handlers mostly wait for the database: some at once hide that, more only queue up in its driver. */
const CONCURRENCY = 10;
/** Enough in hand that a handler never waits for the network, few enough that another instance gets its share. */
const PREFETCH_PER_HANDLER = 4;
const MAX_BATCH = 200;
/** The next batch gathers while one is worked on. */
const BATCHES_IN_HAND = 2;

export type Consumer = { readonly handle: ConsumerHandle; readonly subscription: Subscription };

type HandleOne = (message: Received) => Promise<void>;
type HandleBatch = (messages: readonly Received[]) => Promise<readonly Outcome[] | void>;
type Read =
  | { readonly ok: true; readonly received: Received }
  | { readonly ok: false; readonly error: unknown; readonly envelope: Envelope | undefined };
type Reader = (delivery: Delivery) => Read;

/** What work on any delivery of one queue needs. */
type Bench = {
  readonly queue: string;
  readonly settling: Settling;
  readonly read: Reader;
  readonly spans: MessagingSpans | undefined;
};

function readerFor(queue: string, list: readonly MessageDefinition[]): Reader {
  const definitions = new Map(list.map((definition) => [definition.type, definition]));
  return ({ message }) => {
    let envelope: Envelope | undefined;
    try {
      envelope = decode(message.content);
      const definition = definitions.get(envelope.type);
      // Not a breach: during a deployment the newer instance binds what the older one does not know yet.
      if (definition === undefined)
        throw new TransientError('messaging.unexpected-type', `${queue} has no handler for ${envelope.type}`);
      const attempt = attemptsBefore(message) + 1;
      return {
        ok: true,
        received: {
          envelope: parseData(envelope, definition),
          definition,
          attempt,
          redelivered: message.fields.redelivered,
        },
      };
    } catch (error) {
      return { ok: false, error, envelope };
    }
  };
}

function spanOf(
  parent: MessagingSpans | BatchSpan | undefined,
  queue: string,
  { message }: Delivery,
  envelope: Envelope,
): MessageSpan | undefined {
  if (parent === undefined) return undefined;
  return parent.handling({ queue, exchange: message.fields.exchange, envelope, attempt: attemptsBefore(message) + 1 });
}

/** What the handler causes follows its own step; the content that a retry sends on stays as it came. */
function follow(span: MessageSpan | undefined, { envelope }: Received): void {
  if (span !== undefined) envelope.traceparent = span.traceparent;
}

/** A message that no handler sees: it does not fit, or its type is not known here. */
async function turnAway(
  { queue, settling, spans }: Bench,
  delivery: Delivery,
  message: Read & { ok: false },
  started: number,
): Promise<void> {
  const { envelope, error } = message;
  const span = envelope === undefined ? undefined : spanOf(spans, queue, delivery, envelope);
  const outcome = await settling.moveAway(delivery, error);
  settling.account(delivery, undefined, outcome, started);
  span?.end(outcome, error);
}

async function workOne(bench: Bench, handle: HandleOne, delivery: Delivery): Promise<void> {
  const { queue, settling, read, spans } = bench;
  const started = performance.now();
  const message = read(delivery);
  if (!message.ok) return turnAway(bench, delivery, message, started);
  const { received } = message;
  const span = spanOf(spans, queue, delivery, received.envelope);
  follow(span, received);
  let failed: { readonly error: unknown } | undefined;
  try {
    if (span === undefined) await handle(received);
    else await span.run(() => handle(received));
  } catch (error) {
    failed = { error };
  }
  const outcome =
    failed === undefined
      ? await settling.acknowledged(delivery, 'done')
      : await settling.moveAway(delivery, failed.error);
  settling.account(delivery, received, outcome, started);
  span?.end(outcome, failed?.error);
}

async function outcomesOf(handleBatch: HandleBatch, messages: readonly Received[]): Promise<readonly Outcome[]> {
  if (messages.length === 0) return [];
  try {
    const outcomes = (await handleBatch(messages)) ?? messages.map(() => 'done' as const);
    if (outcomes.length !== messages.length) {
      throw new Error(`a batch of ${messages.length} messages was answered with ${outcomes.length} outcomes`);
    }
    return outcomes;
  } catch (error) {
    return messages.map(() => ({ failed: error }));
  }
}

async function workBatch(bench: Bench, handleBatch: HandleBatch, batch: readonly Delivery[]): Promise<void> {
  const { queue, settling, read, spans } = bench;
  const started = performance.now();
  const settled: Promise<void>[] = [];
  const good: { readonly delivery: Delivery; readonly received: Received }[] = [];
  for (const delivery of batch) {
    const message = read(delivery);
    if (message.ok) good.push({ delivery, received: message.received });
    else settled.push(turnAway(bench, delivery, message, started));
  }
  const messages = good.map(({ received }) => received);
  const batchSpan = spans?.handlingBatch(
    queue,
    messages.map(({ envelope }) => envelope),
  );
  const messageSpans =
    batchSpan === undefined
      ? []
      : good.map(({ delivery, received }) => {
          const span = spanOf(batchSpan, queue, delivery, received.envelope);
          follow(span, received);
          return span;
        });
  const outcomes = await outcomesOf(
    batchSpan === undefined ? handleBatch : (received) => batchSpan.run(() => handleBatch(received)),
    messages,
  );
  batchSpan?.end();
  for (const [index, { delivery, received }] of good.entries()) {
    const outcome = outcomes[index] ?? 'done';
    const error = outcome === 'done' ? undefined : outcome.failed;
    const answered = outcome === 'done' ? settling.acknowledged(delivery, 'done') : settling.moveAway(delivery, error);
    const account = (handled: Handled): void => {
      settling.account(delivery, received, handled, started);
      messageSpans[index]?.end(handled, error);
    };
    settled.push(answered.then(account));
  }
  await Promise.all(settled);
}

export function retryOf(spec: ConsumerSpec): RetryClass {
  return spec.retry ?? retryClasses.standard;
}

export function createConsumer(context: ConsumerContext, spec: ConsumerSpec): Consumer {
  const { names } = context;
  const { slice, definitions } = spec;
  const queue = names.slice(slice);
  const retry = retryOf(spec);
  const singleActive = spec.singleActive ?? false;
  const settling = createSettling(context, queue, retry);
  const bench: Bench = { queue, settling, read: readerFor(queue, definitions), spans: context.spans };
  let lane: Lane;
  let prefetch: number;
  if ('handle' in spec) {
    // One at a time keeps the order that a single consumer is there for.
    const concurrency = spec.concurrency ?? (singleActive ? 1 : CONCURRENCY);
    const handle: HandleOne = (message) => spec.handle(message);
    prefetch = spec.prefetch ?? concurrency * PREFETCH_PER_HANDLER;
    lane = laneOfEach(concurrency, (delivery) => workOne(bench, handle, delivery));
  } else {
    const { maxBatch = MAX_BATCH, lingerMs = 0 } = spec;
    const handleBatch: HandleBatch = (messages) => spec.handleBatch(messages);
    prefetch = spec.prefetch ?? maxBatch * BATCHES_IN_HAND;
    lane = laneOfBatches({ maxBatch, lingerMs }, (batch) => workBatch(bench, handleBatch, batch));
  }
  const topology = sliceTopology(names, { slice, definitions, retry, singleActive });
  return consumerOf({ context, queue, topology, prefetch, lane, onStop: () => settling.hurry() });
}

/** What a slice, a broadcast and a drain of a dead queue have in common: a subscription that feeds a lane, and an orderly end. */
export function consumerOf(options: {
  context: ConsumerContext;
  queue: string;
  topology: Topology;
  prefetch: number;
  lane: Lane;
  onStop?: () => void;
  onResumed?: () => void;
}): Consumer {
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
