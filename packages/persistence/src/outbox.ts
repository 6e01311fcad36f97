// What an aggregate has said but the broker has not confirmed yet. Entries live in the document that caused them, so saying
// and doing are one write (PLA-41). A timer is an entry to ourselves with a due time in the future.
import type { Envelope, MessageDefinition } from '@tongpiao/contracts';
import { ContractBreach } from '@tongpiao/kernel';
import type { z } from 'zod';
import type { BusSeal } from './bus-seal.ts';
import type { Scope } from './scope.ts';
import type { RecordKey } from './vault.ts';

export type OutboxEntry = { id: string; due: Date; kind: 'event' | 'command'; envelope: Envelope };

/** A message as the pure mapping of an aggregate writes it; `timer` makes it a timer of that name. */
export type Draft = {
  readonly definition: MessageDefinition;
  readonly data: unknown;
  readonly timer?: { readonly name: string; readonly due: string };
};
export type Said = Draft | { readonly cancelTimer: string };

export function say<Data extends z.ZodType>(
  definition: MessageDefinition<Data>,
  data: DraftData<z.input<Data>>,
): Draft {
  return { definition, data };
}

export function remind<Data extends z.ZodType>(
  name: string,
  due: string,
  definition: MessageDefinition<Data>,
  data: DraftData<z.input<Data>>,
): Draft {
  return { definition, data, timer: { name, due } };
}

/**
 * Work that a record goes on with by itself: a command when it is due, a timer when it is later, nothing when there is none.
 * @param name of the timer; one that was set before is cancelled
 */
export function workAt<Data extends z.ZodType>(
  name: string,
  nextAt: string | undefined,
  at: string,
  definition: MessageDefinition<Data>,
  data: DraftData<z.input<Data>>,
): readonly Said[] {
  if (nextAt === undefined) return [{ cancelTimer: name }];
  // Without a pause a timer would only add the time until somebody looks for timers.
  if (Date.parse(nextAt) <= Date.parse(at)) return [{ cancelTimer: name }, say(definition, data)];
  return [remind(name, nextAt, definition, data)];
}

const FOR_RECIPIENT = Symbol('for recipient');
type ForRecipient = { readonly [FOR_RECIPIENT]: { readonly recipient: string; readonly sealed: string } };

/** In message data: a personal value of this record, to be sealed again for one receiving service. */
export function forRecipient(recipient: string, value: { sealed: string }): ForRecipient {
  return { [FOR_RECIPIENT]: { recipient, sealed: value.sealed } };
}

/** Message data in which any string may still be a personal value of the record. */
export type DraftData<Data> = Data extends string
  ? Data | ForRecipient
  : Data extends readonly (infer Item)[]
    ? readonly DraftData<Item>[]
    : Data extends object
      ? { readonly [Key in keyof Data]: DraftData<Data[Key]> }
      : Data;

export type Sealing = { readonly bus: BusSeal; readonly recordKey: RecordKey | undefined };

function resolve(value: unknown, sealing: Sealing, tenantId: string, messageId: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => resolve(item, sealing, tenantId, messageId));
  if (FOR_RECIPIENT in value) {
    const { recipient, sealed } = (value as ForRecipient)[FOR_RECIPIENT];
    if (sealing.recordKey === undefined) throw new Error('a personal value needs the key of its record');
    return sealing.bus.sealFor(recipient, tenantId, messageId, sealing.recordKey.open(sealed));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolve(item, sealing, tenantId, messageId)]),
  );
}

/** Producers parse strictly before they commit: a message that breaks its contract is never stored. */
export function envelopeOf(
  scope: Scope,
  source: string,
  subject: string,
  draft: Draft,
  facts: { id: string; sequence: number; time: string },
  sealing: Sealing,
): Envelope {
  const data = draft.definition.data.safeParse(resolve(draft.data, sealing, scope.tenantId, facts.id));
  if (!data.success) {
    throw new ContractBreach('persistence.message-breaks-contract', `${draft.definition.type}: ${data.error.message}`);
  }
  const { correlationId, cause, traceparent, background } = scope.origin;
  return {
    specversion: '1.0',
    id: facts.id,
    type: draft.definition.type,
    source,
    subject,
    time: facts.time,
    datacontenttype: 'application/json',
    tenantid: scope.tenantId,
    correlationid: correlationId,
    causationid: cause,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(background === undefined ? {} : { background }),
    sequence: facts.sequence,
    data: data.data,
  };
}
