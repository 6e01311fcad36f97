// Says what a service has to say. A promise that resolves means: the broker has it on disk, in every queue that wants it.
import type { Envelope } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import type { Faults, MessageSpan, MessagingMetrics, MessagingSpans, Published } from './options.ts';
import type { Sender, Sent } from './sender.ts';
import type { Names } from './topology.ts';
import { encode } from './wire.ts';

export type Outbound =
  | { readonly kind: 'event' | 'command'; readonly envelope: Envelope }
  /** Straight to one queue, by its full name on the broker. */
  | { readonly kind: 'direct'; readonly queue: string; readonly envelope: Envelope };

export type Publisher = {
  /**
   * @throws TransientError `messaging.unconfirmed`: refused, lost or late; it may have arrived all the same, so send it again.
   * @throws TransientError `messaging.unroutable`: nobody has a queue for this command, or the named queue does not exist.
   * @throws TransientError `messaging.backlog-full` | `messaging.closed`
   * @throws ContractBreach `messaging.message-too-large` | `messaging.not-sendable`
   */
  publish(message: Outbound): Promise<void>;
  publishMany(messages: readonly Outbound[]): Promise<PromiseSettledResult<void>[]>;
  /** On the way or waiting for their turn. */
  pending(): number;
};

function outcomeOf(error: unknown): Published {
  if (!(error instanceof TransientError)) return 'refused';
  return error.code === 'messaging.backlog-full' ? 'backlog-full' : 'unconfirmed';
}

export function createPublisher(options: {
  sender: Sender;
  names: Names;
  metrics?: MessagingMetrics | undefined;
  spans?: MessagingSpans | undefined;
  faults?: Faults | undefined;
}): Publisher {
  const { sender, names, metrics, spans, faults } = options;

  function addressOf(message: Outbound): { exchange: string; routingKey: string } {
    if (message.kind === 'direct') return { exchange: '', routingKey: message.queue };
    return { exchange: message.kind === 'event' ? names.events : names.commands, routingKey: message.envelope.type };
  }

  function send(envelope: Envelope, address: { exchange: string; routingKey: string }): Promise<Sent> {
    return sender.send({ ...address, content: encode(envelope), messageId: envelope.id, type: envelope.type });
  }

  async function publish(message: Outbound): Promise<void> {
    const { envelope } = message;
    const { id, type } = envelope;
    const started = performance.now();
    const address = addressOf(message);
    const span: MessageSpan | undefined = spans?.publishing({ ...address, envelope });
    const told = (outcome: Published, error?: unknown): void => {
      metrics?.published(type, outcome, (performance.now() - started) / 1_000);
      span?.end(outcome, error);
    };
    let sent: Sent;
    try {
      // Whoever handles it follows the publishing, not the request before it.
      sent = await send(span === undefined ? envelope : { ...envelope, traceparent: span.traceparent }, address);
    } catch (error) {
      told(outcomeOf(error), error);
      throw error;
    }
    if (sent === 'unrouted' && message.kind !== 'event') {
      const where =
        message.kind === 'direct' ? `queue ${message.queue} does not exist` : 'no service has a queue for it';
      const error = new TransientError('messaging.unroutable', `${type}: ${where}`);
      told('unroutable', error);
      throw error;
    }
    if (sent === 'unrouted') metrics?.unrouted(type);
    told('confirmed');
    if (faults !== undefined) await faults.at('afterPublish', { type, messageId: id });
  }

  return {
    publish,
    publishMany: (messages) => Promise.allSettled(messages.map(publish)),
    pending: () => sender.pending(),
  };
}
