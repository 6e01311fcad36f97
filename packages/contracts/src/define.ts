// How a message is defined: its type (which is its routing key), its kind, its data and one recorded example.
import { z } from 'zod';

export type MessageDefinition<Data extends z.ZodType = z.ZodType> = {
  readonly kind: 'event' | 'command';
  /** `<owner>.<entity>.<past-verb>.v<n>` for events, `<receiver>.<entity>.<imperative>.v<n>` for commands. */
  readonly type: string;
  readonly summary: string;
  readonly data: Data;
  readonly example: z.input<Data>;
};

export type DataOf<Definition> = Definition extends { data: infer Data extends z.ZodType } ? z.output<Data> : never;

const TYPE_PATTERN = /^[a-z]+(\.[a-z][a-z-]*){2}\.v[1-9][0-9]*$/;

function define<Data extends z.ZodType>(
  kind: 'event' | 'command',
  definition: Omit<MessageDefinition<Data>, 'kind'>,
): MessageDefinition<Data> {
  if (!TYPE_PATTERN.test(definition.type))
    throw new Error(`message type ${definition.type} does not follow the naming rule`);
  return { kind, ...definition };
}

export function defineEvent<Data extends z.ZodType>(
  definition: Omit<MessageDefinition<Data>, 'kind'>,
): MessageDefinition<Data> {
  return define('event', definition);
}

export function defineCommand<Data extends z.ZodType>(
  definition: Omit<MessageDefinition<Data>, 'kind'>,
): MessageDefinition<Data> {
  return define('command', definition);
}

/** A personal value sealed for one recipient with the message's id as associated data; see persistence's bus sealing. */
export const sealedForRecipient = z
  .string()
  .min(1)
  .max(4_000)
  .describe('Personal data, encrypted for the receiving service.');

export const amountSchema = z.int().min(-1_000_000_000_000).max(1_000_000_000_000).describe('Integer fen (分).');

export const instantSchema = z.iso.datetime({ offset: true });

/** A day in the tenant's own time zone. */
export const localDateSchema = z.iso.date();
