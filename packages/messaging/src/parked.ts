// Messages that failed for good, as operations sees them: why, how often, since when, and what they carried.
import type { Envelope } from '@tongpiao/contracts';
import type { Message } from 'amqplib';
import type { FailureKind } from './retry.ts';
import { attemptsBefore, decode, HEADERS, messageIdOf, textHeader, typeOf } from './wire.ts';

export type ParkedMessage = {
  /** The queue that it failed in, by its full name: the place to replay it to. */
  readonly queue: string;
  readonly messageId: string;
  readonly type: string;
  /** Missing when the content is no envelope: such a message can be looked at and discarded, not replayed. */
  readonly envelope: Envelope | undefined;
  /** What arrived, as text. */
  readonly content: string;
  readonly kind: FailureKind | 'delivery-limit';
  /** Stable code of the failure. */
  readonly reason: string;
  readonly detail: string;
  readonly attempts: number;
  readonly firstFailedAt: string | undefined;
  readonly parkedAt: string;
};

const KINDS: readonly FailureKind[] = ['breach', 'refused', 'not-yet', 'transient', 'bug'];

function envelopeIn(content: Buffer): Envelope | undefined {
  try {
    return decode(content);
  } catch {
    return undefined;
  }
}

/**
 * @param queue the queue that the dead queue belongs to.
 * @param now stands in for the time of parking when the broker itself moved the message.
 */
export function parkedMessageOf(queue: string, message: Message, now: () => string): ParkedMessage {
  // The broker keeps the headers of an earlier rung when it parks a message at the delivery limit; it writes no time of parking.
  const parkedAt = textHeader(message, HEADERS.parkedAt);
  const kind = KINDS.find((known) => known === textHeader(message, HEADERS.kind));
  const byBroker = parkedAt === undefined || kind === undefined;
  return {
    queue,
    messageId: messageIdOf(message),
    type: typeOf(message),
    envelope: envelopeIn(message.content),
    content: message.content.toString('utf8'),
    kind: byBroker ? 'delivery-limit' : kind,
    reason: byBroker ? 'messaging.delivery-limit' : (textHeader(message, HEADERS.reason) ?? 'messaging.unknown'),
    detail: byBroker
      ? 'handed out again and again without an answer: it may be taking its process down'
      : (textHeader(message, HEADERS.detail) ?? ''),
    attempts: attemptsBefore(message),
    firstFailedAt: textHeader(message, HEADERS.firstFailedAt),
    parkedAt: parkedAt ?? now(),
  };
}
