// Says what a service has to say. A promise that resolves means: the broker has it on disk, in every queue that wants it.
import type { Envelope } from '@tongpiao/contracts';
import { TransientError } from '@tongpiao/kernel';
import type { Faults, MessagingMetrics, Published } from './options.ts';
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
  faults?: Faults | undefined;
}): Publisher {
  const { sender, names, metrics, faults } = options;

  function send(message: Outbound): Promise<Sent> {
    const { envelope } = message;
    const exchange = message.kind === 'direct' ? '' : message.kind === 'event' ? names.events : names.commands;
    const routingKey = message.kind === 'direct' ? message.queue : envelope.type;
    return sender.send({
      exchange,
      routingKey,
      content: encode(envelope),
      messageId: envelope.id,
      type: envelope.type,
    });
  }

  async function publish(message: Outbound): Promise<void> {
    const { id, type } = message.envelope;
    const started = performance.now();
    let sent: Sent;
    try {
      sent = await send(message);
    } catch (error) {
      metrics?.published(type, outcomeOf(error), (performance.now() - started) / 1_000);
      throw error;
    }
    if (sent === 'unrouted' && message.kind !== 'event') {
      metrics?.published(type, 'unroutable', (performance.now() - started) / 1_000);
      const where =
        message.kind === 'direct' ? `queue ${message.queue} does not exist` : 'no service has a queue for it';
      throw new TransientError('messaging.unroutable', `${type}: ${where}`);
    }
    if (sent === 'unrouted') metrics?.unrouted(type);
    metrics?.published(type, 'confirmed', (performance.now() - started) / 1_000);
    if (faults !== undefined) await faults.at('afterPublish', { type, messageId: id });
  }

  return {
    publish,
    publishMany: (messages) => Promise.allSettled(messages.map(publish)),
    pending: () => sender.pending(),
  };
}
