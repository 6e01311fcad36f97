// notification.message.republish: the current state of every message, without text or receiver, told to one queue in bounded pages.
import { envelopeOf, messageReported, republishMessages, type DataOf, type Envelope } from '@tongpiao/contracts';
import { ContractBreach, TransientError } from '@tongpiao/kernel';
import { isMessage, type Publisher, type Received } from '@tongpiao/messaging';
import type { Held, MessageStore } from '../message/message.store.ts';

/** Each page is confirmed before the next is read: bounded memory, and live traffic goes between. */
const PAGE = 500;
const PAUSE_MS = 20;

export function onRepublishMessages(
  messages: Pick<MessageStore, 'page'>,
  publisher: Pick<Publisher, 'publishMany'>,
  clock: () => Date,
): (message: Received) => Promise<void> {
  return async (message) => {
    if (!isMessage(message, republishMessages))
      throw new ContractBreach('notification.unexpected-message', message.definition.type);
    const { envelope } = message;
    const { replyQueue: queue, since } = envelope.data;
    let after = '';
    for (;;) {
      const page = await messages.page(after, PAGE, since === undefined ? undefined : new Date(since));
      const told = page.map((held) => ({
        kind: 'direct' as const,
        queue,
        envelope: reportOf(held, envelope, clock()),
      }));
      const results = await publisher.publishMany(told);
      // Said again from the beginning: the same state told twice is the same message.
      if (results.some(({ status }) => status === 'rejected'))
        throw new TransientError('notification.untold', 'not every message could be told');
      const last = page[page.length - 1];
      if (last === undefined || page.length < PAGE) return;
      after = last.id;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
}

function reportOf(held: Held, request: Envelope, now: Date): Envelope<DataOf<typeof messageReported>> {
  const { about, channel, status } = held.state;
  // The same state told twice is the same message.
  const id = `${held.id}:${held.version}:told`;
  const { id: messageId, tenantId, seq: sequence } = held;
  const facts = { id, source: 'notification', subject: messageId, time: now, tenantId, cause: request, sequence };
  return envelopeOf(messageReported.type, facts, { messageId, about, channel, status });
}
