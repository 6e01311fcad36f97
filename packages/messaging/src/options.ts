// What the layer asks of whoever starts it: where numbers are counted, where spans are made, where a test may put a fault.
import type { Envelope } from '@tongpiao/contracts';

export type Handled = 'done' | 'retried' | 'parked' | 'requeued' | 'dropped';
export type Published = 'confirmed' | 'unroutable' | 'unconfirmed' | 'backlog-full' | 'refused';

/** Plain callbacks, so that this package knows no metrics library. They must not throw. */
export type MessagingMetrics = {
  handled(queue: string, type: string, outcome: Handled, seconds: number): void;
  published(type: string, outcome: Published, seconds: number): void;
  retried(queue: string, type: string, rung: string): void;
  parked(queue: string, type: string, reason: string): void;
  /** An event that nobody hears: legal, but worth a look. */
  unrouted(type: string): void;
};

export type FaultContext = { readonly type: string; readonly messageId: string; readonly queue?: string };

/**
 * Points at which a test places a crash. `beforeAck`: the handler is done, the broker does not know it yet; throwing returns
 * the message to its queue. `afterPublish`: the broker has the message, the publisher does not know it yet; throwing rejects.
 */
export type Faults = { at(point: 'beforeAck' | 'afterPublish', context: FaultContext): Promise<void> | void };

/** What publishing or handling one message is in a trace. */
export type MessageSpan = {
  /** Its step, for what it causes. */
  readonly traceparent: string;
  /** With the span as the active one, for libraries that make spans of their own. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  /** @param error what went wrong, whatever was made of it then */
  end(outcome: Handled | Published, error?: unknown): void;
};

/** A batch in a trace of its own: its messages belong to many. */
export type BatchSpan = {
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  handling(facts: HandlingFacts): MessageSpan | undefined;
  end(): void;
};

export type HandlingFacts = {
  readonly queue: string;
  /** '' when it comes back from a rung. */
  readonly exchange: string;
  readonly envelope: Envelope;
  /** From 1. */
  readonly attempt: number;
};

/**
 * Plain functions, so that this package knows no tracing library. Left out where nobody records: then nothing is paid for it.
 * Each answers undefined for what belongs to no trace.
 */
export type MessagingSpans = {
  publishing(facts: {
    readonly exchange: string;
    readonly routingKey: string;
    readonly envelope: Envelope;
  }): MessageSpan | undefined;
  handling(facts: HandlingFacts): MessageSpan | undefined;
  handlingBatch(queue: string, envelopes: readonly Envelope[]): BatchSpan | undefined;
};
