// The example of a definition as it would travel. Everything around the data is made of fixed values, so that the same definition
// always gives the same file.
import type { MessageDefinition } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { isJsonObject } from './json.ts';
import { entityOf, ownerOf } from './owner.ts';

export function exampleEnvelope(definition: MessageDefinition): Envelope {
  const subject = subjectOf(definition);
  return {
    specversion: '1.0',
    id: `${subject}:1:0`,
    type: definition.type,
    // The catalogue knows who receives a command, not who sends it.
    source: definition.kind === 'event' ? ownerOf(definition) : 'example',
    subject,
    time: '2026-12-01T02:00:00.000Z',
    datacontenttype: 'application/json',
    tenantid: 'ten_7f3k9q2m5x8c4v6b1n0a',
    correlationid: 'req_0a5d8k2m7q9x3c6v1b4n',
    causationid: 'req_0a5d8k2m7q9x3c6v1b4n',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    sequence: 1,
    data: definition.example,
  };
}

/** The record that it is about is the first one it names; messages about no record are about their kind of thing. */
function subjectOf(definition: MessageDefinition): string {
  const values: readonly unknown[] = isJsonObject(definition.example) ? Object.values(definition.example) : [];
  const id = values.find((value) => typeof value === 'string' && /^[a-z]{3}_[0-9a-z]{20}$/.test(value));
  return typeof id === 'string' ? id : entityOf(definition);
}
