// What messaging offers to services.
export {
  connectBroker,
  type BroadcastSpec,
  type Broker,
  type BrokerHealth,
  type BrokerOptions,
  type QueueDepth,
} from './broker.ts';
export type { ConsumerHandle, ConsumerSpec, Outcome } from './consumer.ts';
export type {
  BatchSpan,
  FaultContext,
  Faults,
  Handled,
  HandlingFacts,
  MessageSpan,
  MessagingMetrics,
  MessagingSpans,
  Published,
} from './options.ts';
export type { ParkedMessage } from './parked.ts';
export type { Outbound, Publisher } from './publisher.ts';
export { retryClasses, type FailureKind, type RetryClass, type Rung } from './retry.ts';
export type { SenderLimits } from './sender.ts';
export { isMessage, logContext, type Received } from './wire.ts';
