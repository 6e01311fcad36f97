// Between bytes and envelopes. The structure of an envelope is checked by hand, since this runs for every message; what it
// carries is parsed with the schema of its definition.
import type { DataOf, Envelope, MessageDefinition } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import type { Message } from 'amqplib';

export type Received<Data = unknown> = {
  readonly envelope: Envelope<Data>;
  readonly definition: MessageDefinition;
  /** From 1; counts tries by this queue, not deliveries by the broker. */
  readonly attempt: number;
  /** The broker handed it out before and got no answer. */
  readonly redelivered: boolean;
};

/** Narrows a message to the data of its definition, with whose schema it was parsed. */
export function isMessage<Definition extends MessageDefinition>(
  message: Received,
  definition: Definition,
): message is Received<DataOf<Definition>> {
  return message.definition.type === definition.type;
}

/** What a log line says about a message; never what it carries. */
export function logContext(envelope: Envelope): Record<string, string | undefined> {
  return {
    messageId: envelope.id,
    type: envelope.type,
    tenantId: envelope.tenantid,
    subject: envelope.subject,
    correlationId: envelope.correlationid,
    traceId: envelope.traceparent?.slice(3, 35),
  };
}

export const CONTENT_TYPE = 'application/cloudevents+json';

/** Below RabbitMQ 4's own limit of 16 MiB, beyond which it closes the channel and takes all unconfirmed messages along. */
export const CONTENT_MAX_BYTES = 8_388_608;

/** @throws ContractBreach `messaging.message-too-large` */
export function encode(envelope: Envelope): Buffer {
  const content = Buffer.from(JSON.stringify(envelope));
  if (content.length > CONTENT_MAX_BYTES) {
    throw new ContractBreach('messaging.message-too-large', `${envelope.type} has ${content.length} bytes`);
  }
  return content;
}

const TEXTS = ['id', 'type', 'source', 'subject', 'time', 'tenantid', 'correlationid', 'causationid'] as const;

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  for (const name of TEXTS) {
    const text = fields[name];
    if (typeof text !== 'string' || text.length === 0) return false;
  }
  const { specversion, sequence, traceparent, background } = fields as {
    [name: string]: unknown;
    specversion?: unknown;
    sequence?: unknown;
    traceparent?: unknown;
    background?: unknown;
  };
  return (
    specversion === '1.0' &&
    typeof sequence === 'number' &&
    (traceparent === undefined || typeof traceparent === 'string') &&
    (background === undefined || background === true) &&
    'data' in fields
  );
}

/** @throws ContractBreach when it is no JSON or no envelope. */
export function decode(content: Buffer): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch (error) {
    throw new ContractBreach('messaging.not-json', 'the message is not JSON', { cause: error });
  }
  if (!isEnvelope(value)) throw new ContractBreach('messaging.envelope-invalid', 'the message is not an envelope');
  return value;
}

/**
 * The envelope with its data parsed; fields that the schema does not know are dropped.
 * @throws ContractBreach `messaging.data-invalid`
 */
export function parseData(envelope: Envelope, definition: MessageDefinition): Envelope {
  const parsed = definition.data.safeParse(envelope.data);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.code}`);
    throw new ContractBreach(
      'messaging.data-invalid',
      `${envelope.type} does not fit its schema: ${places.join('; ')}`,
    );
  }
  envelope.data = parsed.data;
  return envelope;
}

/** Headers that this layer writes beside the message. The envelope itself stays as its producer wrote it. */
export const HEADERS = {
  attempts: 'tongpiao-attempts',
  firstFailedAt: 'tongpiao-first-failed-at',
  kind: 'tongpiao-failure-kind',
  reason: 'tongpiao-reason',
  detail: 'tongpiao-detail',
  type: 'tongpiao-type',
  queue: 'tongpiao-queue',
  parkedAt: 'tongpiao-parked-at',
} as const;

export function textHeader(message: Message, name: string): string | undefined {
  const value: unknown = message.properties.headers?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** How many attempts were made before this one. */
export function attemptsBefore(message: Message): number {
  const value: unknown = message.properties.headers?.[HEADERS.attempts];
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** Known without reading the content, for what cannot be read. */
export function messageIdOf(message: Message): string {
  const id: unknown = message.properties.messageId;
  return typeof id === 'string' && id.length > 0 ? id : 'unknown';
}

export function typeOf(message: Message): string {
  const type: unknown = message.properties.type;
  return typeof type === 'string' && type.length > 0 ? type : message.fields.routingKey;
}
