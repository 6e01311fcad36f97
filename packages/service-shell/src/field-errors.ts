// Which fields of a request are wrong and why, in both languages: zod's issues turned into JSON pointers with messages.
import type { Language } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import { z } from 'zod';
import { inLanguage, type Text } from './language.ts';

export type FieldPlace = 'body' | 'query' | 'path' | 'header';
export type FieldProblem = { readonly in: FieldPlace; readonly field: string; readonly message: Text };

/** A request whose form is wrong. Services throw it too, for what a schema cannot see. */
export class InvalidRequest extends DomainError {
  readonly fields: readonly FieldProblem[];

  constructor(fields: readonly FieldProblem[]) {
    super('platform.invalid-request', fields.map(({ field, message }) => `${field}: ${message.en}`).join('; '));
    this.fields = fields;
  }
}

/** @param field JSON pointer into the body, e.g. `/lines/0/sessionId` */
export function invalidField(field: string, message: Text, place: FieldPlace = 'body'): InvalidRequest {
  return new InvalidRequest([{ in: place, field, message }]);
}

type Issue = z.core.$ZodIssue;
const chinese = { error: z.locales.zhCN().localeError };
const english = { error: z.locales.en().localeError };
/** More do not help anybody to correct a request. */
const FIELDS_MAX = 50;
/** Names of unknown fields come from the caller. */
const NAME_MAX = 80;

/** RFC 6901 */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).slice(0, NAME_MAX).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Of the branches of a union, the one that nearly fits says best what is wrong. */
function flat(issues: readonly Issue[], prefix: readonly PropertyKey[]): { path: PropertyKey[]; issue: Issue }[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path];
    if (issue.code !== 'invalid_union') return [{ path, issue }];
    const branches = issue.errors.filter((branch) => branch.every(({ path: inner }) => inner.length > 0));
    const nearest = branches.toSorted((a, b) => a.length - b.length)[0];
    return nearest === undefined || nearest.length === 0 ? [{ path, issue }] : flat(nearest, path);
  });
}

const UNKNOWN: Text = { zh: '未知字段', en: 'Unknown field' };

/** A custom issue may carry its own words: `z.refine(…, { params: { zh: '…', en: '…' } })`. */
function ownWords(issue: Issue): Text | undefined {
  if (issue.code !== 'custom' || issue.params === undefined) return undefined;
  const zh: unknown = issue.params['zh'];
  const en: unknown = issue.params['en'];
  return typeof zh === 'string' && typeof en === 'string' ? { zh, en } : undefined;
}

const MISSING: Text = { zh: '缺少此字段', en: 'This field is missing' };
/** In words that say what to send; the library's own mix the languages. */
const TYPES: Readonly<Record<string, Text>> = {
  string: { zh: '须为字符串', en: 'Must be a string' },
  number: { zh: '须为数字', en: 'Must be a number' },
  int: { zh: '须为整数', en: 'Must be an integer' },
  boolean: { zh: '须为 true 或 false', en: 'Must be true or false' },
  array: { zh: '须为数组', en: 'Must be an array' },
  object: { zh: '须为对象', en: 'Must be an object' },
  record: { zh: '须为对象', en: 'Must be an object' },
};
const FORMATS: Readonly<Record<string, Text>> = {
  date: { zh: '须为日期，格式为 YYYY-MM-DD', en: 'Must be a date, YYYY-MM-DD' },
  datetime: {
    zh: '须为带时区的时间，如 2026-05-01T09:00:00+08:00',
    en: 'Must be a time with its offset, such as 2026-05-01T09:00:00+08:00',
  },
};

function isAbsent(value: unknown, path: readonly PropertyKey[]): boolean {
  const at = path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
  return at === undefined;
}

function plainWords(issue: Issue, value: unknown, path: readonly PropertyKey[]): Text | undefined {
  if (issue.code === 'invalid_format') return FORMATS[issue.format];
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_union') return undefined;
  if (path.length > 0 && isAbsent(value, path)) return MISSING;
  return issue.code === 'invalid_type' ? TYPES[issue.expected] : undefined;
}

/** Asks the schema again in both languages; only refused requests pay for it. */
export function fieldProblems(schema: z.ZodType, value: unknown, place: FieldPlace): readonly FieldProblem[] {
  const zh = flat(schema.safeParse(value, chinese).error?.issues ?? [], []);
  const en = flat(schema.safeParse(value, english).error?.issues ?? [], []);
  return zh
    .slice(0, FIELDS_MAX)
    .flatMap(({ path, issue }, index): FieldProblem[] => {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => ({ in: place, field: pointer([...path, key]), message: UNKNOWN }));
      }
      const message = ownWords(issue) ??
        plainWords(issue, value, path) ?? { zh: issue.message, en: en[index]?.issue.message ?? issue.message };
      return [{ in: place, field: pointer(path), message }];
    })
    .slice(0, FIELDS_MAX);
}

export function spelled(
  fields: readonly FieldProblem[],
  language: Language,
): readonly { in: FieldPlace; field: string; message: string }[] {
  return fields.map((field) => ({ in: field.in, field: field.field, message: inLanguage(field.message, language) }));
}
