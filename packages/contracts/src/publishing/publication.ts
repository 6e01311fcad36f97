// What the files beside this package have to say, from what the catalogue says now and what was recorded before. A pure plan: the
// command writes it, and a spec asks for one that has nothing left to write.
import type { z } from 'zod';
import type { MessageDefinition } from '../define.ts';
import { envelopeSchema } from '../envelope.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { exampleEnvelope } from './example-envelope.ts';
import { jsonText } from './json.ts';
import { breakingChanges } from './schema-changes.ts';
import { wireSchema } from './wire-schema.ts';

/** Path inside the package → text. */
export type Files = ReadonlyMap<string, string>;

export type Publication = {
  /** Files that are missing or out of date. */
  readonly writes: Files;
  /** Why nothing may be written: something published would break. */
  readonly refusals: readonly string[];
};

const ENVELOPE = 'envelope';
const schemaPath = (type: string): string => `generated/schemas/${type}.json`;
const EXAMPLE = /^examples\/(?<type>.+\.v\d+)(?:\.(?<number>\d+))?\.json$/;
const SCHEMA = /^generated\/schemas\/(?<type>.+)\.json$/;

export type RecordedExample = {
  readonly path: string;
  readonly type: string;
  readonly number: number;
  readonly text: string;
};

/** Every example ever recorded, the first of a type being number 1. */
export function recordedExamples(recorded: Files): readonly RecordedExample[] {
  return [...recorded].flatMap(([path, text]) => {
    const { type, number } = EXAMPLE.exec(path)?.groups ?? {};
    return type === undefined ? [] : [{ path, type, number: number === undefined ? 1 : Number(number), text }];
  });
}

export function planPublication(catalogue: readonly MessageDefinition[], recorded: Files): Publication {
  const schemas: readonly (readonly [string, z.ZodType])[] = [
    [ENVELOPE, envelopeSchema],
    ...catalogue.map(({ type, data }) => [type, data] as const),
  ];
  const wanted = new Map([
    ...catalogue.flatMap((definition) => exampleFile(definition, recorded)),
    ...schemas.map(([type, schema]) => [schemaPath(type), schemaText(type, schema)] as const),
    ['generated/asyncapi.json', jsonText(asyncApiDocument(catalogue))] as const,
  ]);
  return {
    writes: new Map([...wanted].filter(([path, text]) => recorded.get(path) !== text)),
    refusals: [
      ...schemas.flatMap(([type, schema]) => changesOf(type, schema, recorded)),
      ...catalogue.flatMap(unfitExample),
      ...withdrawn(new Set(schemas.map(([type]) => type)), recorded),
    ],
  };
}

/** A changed example is recorded beside the old ones under the next number: what was once said stays readable. */
function exampleFile(definition: MessageDefinition, recorded: Files): readonly (readonly [string, string])[] {
  const text = jsonText(exampleEnvelope(definition));
  const before = recordedExamples(recorded).filter(({ type }) => type === definition.type);
  if (before.some((example) => example.text === text)) return [];
  const last = Math.max(0, ...before.map(({ number }) => number));
  return [[`examples/${definition.type}${last === 0 ? '' : `.${last + 1}`}.json`, text]];
}

function schemaText(type: string, schema: z.ZodType): string {
  const { $schema, ...rest } = wireSchema(schema, 'draft-2020-12');
  return jsonText({ $schema, $id: `urn:tongpiao:${type}`, ...rest });
}

function changesOf(type: string, schema: z.ZodType, recorded: Files): readonly string[] {
  const text = recorded.get(schemaPath(type));
  if (text === undefined) return [];
  const changes = breakingChanges(type, JSON.parse(text), wireSchema(schema, 'draft-2020-12'));
  return changes.map((change) => `${change}; within a version only optional fields may be added`);
}

function unfitExample(definition: MessageDefinition): readonly string[] {
  const parsed = definition.data.safeParse(definition.example);
  if (parsed.success) return [];
  const places = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return [`${definition.type}: its example does not fit its schema (${places.join('; ')})`];
}

function withdrawn(defined: ReadonlySet<string>, recorded: Files): readonly string[] {
  const published = [...recorded.keys()].flatMap((path) => {
    const type = SCHEMA.exec(path)?.groups?.['type'];
    return type === undefined ? [] : [type];
  });
  return published
    .filter((type) => !defined.has(type))
    .map((type) => `${type} was published and is not defined any more`);
}
