// The catalogue as an AsyncAPI 3.0 document (PLA-43): one channel per routing key, and for every service what it sends (its events)
// and what it receives (commands to it). Who listens to an event is the listeners' own business and not said here.
import type { MessageDefinition } from '../define.ts';
import { envelopeSchema } from '../envelope.ts';
import { exampleEnvelope } from './example-envelope.ts';
import type { JsonObject } from './json.ts';
import { ownerOf } from './owner.ts';
import { wireSchema } from './wire-schema.ts';

const AMQP_BINDING = '0.3.0';
const EXCHANGES = { event: 'events', command: 'commands' } as const;

const actionOf = (definition: MessageDefinition): 'send' | 'receive' =>
  definition.kind === 'event' ? 'send' : 'receive';

export function asyncApiDocument(catalogue: readonly MessageDefinition[]): JsonObject {
  const owners = [...new Set(catalogue.map(ownerOf))].sort();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tongpiao messages',
      version: '1.0.0',
      description:
        'Everything that the services say to each other over RabbitMQ. A message is a CloudEvents 1.0 envelope in structured ' +
        'mode; its type is its routing key. Consumers ignore fields that they do not know.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      tags: owners.map((name) => ({ name })),
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      broker: {
        host: '{host}',
        protocol: 'amqp',
        protocolVersion: '0.9.1',
        variables: { host: { default: 'localhost:5672' } },
      },
    },
    channels: keyed(catalogue, ({ type }) => type, channelOf),
    operations: keyed(catalogue, (definition) => operationName(definition), operationOf),
    components: {
      messages: keyed(catalogue, ({ type }) => type, messageOf),
      schemas: {
        envelope: embedded(wireSchema(envelopeSchema, 'draft-7')),
        ...keyed(
          catalogue,
          ({ type }) => type,
          ({ data }) => embedded(wireSchema(data, 'draft-7')),
        ),
      },
    },
  };
}

function keyed(
  catalogue: readonly MessageDefinition[],
  keyOf: (definition: MessageDefinition) => string,
  valueOf: (definition: MessageDefinition) => JsonObject,
): JsonObject {
  return Object.fromEntries(catalogue.map((definition) => [keyOf(definition), valueOf(definition)]));
}

function operationName(definition: MessageDefinition): string {
  return `${ownerOf(definition)}.${actionOf(definition)}.${definition.type}`;
}

function channelOf({ kind, type, summary }: MessageDefinition): JsonObject {
  return {
    address: type,
    summary,
    servers: [{ $ref: '#/servers/broker' }],
    messages: { [type]: { $ref: `#/components/messages/${type}` } },
    bindings: {
      amqp: {
        is: 'routingKey',
        exchange: { name: EXCHANGES[kind], type: 'topic', durable: true, autoDelete: false },
        bindingVersion: AMQP_BINDING,
      },
    },
  };
}

function operationOf(definition: MessageDefinition): JsonObject {
  const { type, summary } = definition;
  return {
    action: actionOf(definition),
    channel: { $ref: `#/channels/${type}` },
    summary,
    tags: [{ name: ownerOf(definition) }],
    messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
    // Persistent, and never dropped for want of a queue without the sender being told.
    bindings: { amqp: { deliveryMode: 2, mandatory: true, bindingVersion: AMQP_BINDING } },
  };
}

function messageOf(definition: MessageDefinition): JsonObject {
  const { kind, type, summary } = definition;
  return {
    name: type,
    title: type,
    summary,
    contentType: 'application/cloudevents+json',
    tags: [{ name: ownerOf(definition) }, { name: kind }],
    correlationId: { location: '$message.payload#/correlationid' },
    payload: {
      allOf: [
        { $ref: '#/components/schemas/envelope' },
        {
          type: 'object',
          properties: { type: { const: type }, data: { $ref: `#/components/schemas/${type}` } },
        },
      ],
    },
    examples: [{ name: 'recorded', payload: exampleEnvelope(definition) }],
    bindings: { amqp: { messageType: type, bindingVersion: AMQP_BINDING } },
  };
}

function embedded(schema: JsonObject): JsonObject {
  const { $schema: _dialect, ...rest } = schema;
  return rest;
}
