// What the layer asks of whoever starts it: where numbers are counted and where a test may put a fault.

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
