// What a caller is told when something is refused or breaks: RFC 9457 problem details in the caller's language, with a stable
// code and a trace id (PLA-31). This is the one table from codes to statuses; no stack trace passes here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Language } from '@tongpiao/contracts';
import { DomainError, TransientError } from '@tongpiao/kernel';
import type { Logger } from 'pino';
import { InvalidRequest, spelled } from './field-errors.ts';
import { inLanguage } from './language.ts';
import { PLATFORM_PROBLEMS, type ProblemCatalogue, type ProblemDefinition } from './problem-catalogue.ts';

export type ProblemFacts = {
  readonly language: Language;
  readonly traceId: string;
  /** Path of the request, without its query. */
  readonly instance?: string;
  /** The request's own logger. */
  readonly logger: Logger;
};

export type ProblemAnswer = {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type Problems = {
  readonly catalogue: ProblemCatalogue;
  answer(error: unknown, facts: ProblemFacts): ProblemAnswer;
};

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
const RESERVED = new Set(['type', 'title', 'status', 'detail', 'code', 'instance', 'traceId', 'errors', 'headers']);
const INTERNAL = PLATFORM_PROBLEMS['platform.internal'];

/** `{placeholder}` → the error's data, by name where the definition has one; what is missing becomes a dash, never `undefined`. */
function filled(definition: ProblemDefinition, data: Readonly<Record<string, unknown>>, language: Language): string {
  const names = new Map(Object.entries(definition.names ?? {}));
  return inLanguage(definition.detail, language).replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = data[name];
    const named = typeof value === 'string' ? names.get(value) : undefined;
    if (named !== undefined) return inLanguage(named, language);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '–';
  });
}

function spell(
  code: string,
  definition: ProblemDefinition,
  data: Readonly<Record<string, unknown>>,
  error: unknown,
  { language, traceId, instance }: ProblemFacts,
): ProblemAnswer {
  const extra = Object.fromEntries(Object.entries(data).filter(([name]) => !RESERVED.has(name)));
  const wanted = data['retryAfterSeconds'];
  const retryAfter = typeof wanted === 'number' ? Math.max(1, Math.ceil(wanted)) : definition.retryAfterSeconds;
  const body = {
    type: `/problems/${code}`,
    title: inLanguage(definition.title, language),
    status: definition.status,
    detail: filled(definition, data, language),
    code,
    ...(instance === undefined ? {} : { instance }),
    traceId,
    ...(error instanceof InvalidRequest ? { errors: spelled(error.fields, language) } : {}),
    ...extra,
  };
  return {
    status: definition.status,
    code,
    headers: {
      'Content-Type': PROBLEM_MEDIA_TYPE,
      'Content-Language': language,
      Vary: 'Accept-Language',
      ...(definition.status === 401 ? { 'WWW-Authenticate': `Bearer realm="tongpiao"${challenge(code)}` } : {}),
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
      ...(typeof data['allowed'] === 'string' && definition.status === 405 ? { Allow: data['allowed'] } : {}),
    },
    body: JSON.stringify(body),
  };
}

/** RFC 6750 */
function challenge(code: string): string {
  return code === 'platform.token-expired' ? ', error="invalid_token", error_description="expired"' : '';
}

/**
 * @param catalogues the services' own; platform codes are built in
 * @throws Error when two catalogues define one code
 */
export function createProblems(...catalogues: readonly ProblemCatalogue[]): Problems {
  const known = new Map<string, ProblemDefinition>(Object.entries(PLATFORM_PROBLEMS));
  for (const [code, definition] of catalogues.flatMap((catalogue) => Object.entries(catalogue))) {
    if (known.has(code)) throw new Error(`problem ${code} is defined twice`);
    known.set(code, definition);
  }
  return {
    catalogue: Object.fromEntries(known),
    answer(error, facts) {
      if (error instanceof DomainError) {
        const definition = known.get(error.code);
        if (definition !== undefined) return spell(error.code, definition, error.data, error, facts);
        facts.logger.error(
          { err: error, errorCode: error.code },
          'an error code has no entry in the problem catalogue',
        );
        return spell('platform.internal', INTERNAL, {}, error, facts);
      }
      if (error instanceof TransientError) {
        facts.logger.warn({ err: error }, 'something that we depend on did not answer');
        const own = known.get(error.code);
        if (own !== undefined) return spell(error.code, own, {}, error, facts);
        return spell('platform.unavailable', PLATFORM_PROBLEMS['platform.unavailable'], {}, error, facts);
      }
      facts.logger.error({ err: error }, 'unexpected error');
      return spell('platform.internal', INTERNAL, {}, error, facts);
    },
  };
}

function placeholders(text: string): string {
  return [...text.matchAll(/\{(\w+)\}/g)]
    .map((match) => match[1] ?? '')
    .sort()
    .join(',');
}

/** Codes that the sources under a folder throw, found by their spelling; specs and their fixtures are left out. */
export function codesThrownUnder(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.(spec|fixture)\.ts$/.test(file) && !file.includes('node_modules'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  const codes = files.flatMap((text) => [...text.matchAll(/\b(?:DomainError|NotYet)\(\s*'([^']+)'/g)]);
  return [...new Set(codes.map((match) => match[1] ?? ''))].sort();
}

/** Codes of a catalogue that no spec under a folder names, so that nothing shows when they are given; of the catalogue's own spec no word counts. */
export function codesWithoutSpecUnder(catalogue: ProblemCatalogue, folder: string): readonly string[] {
  const specs = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts') && !file.endsWith('problems.spec.ts') && !file.includes('node_modules'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  return Object.keys(catalogue)
    .filter((code) => !specs.some((text) => text.includes(`'${code}'`)))
    .sort();
}

/**
 * For a service's spec: every code that it throws is in its catalogue, and every entry is fit to be shown.
 * @param codes the codes thrown, usually `codesThrownUnder(import.meta.dirname)`
 * @throws Error that lists everything that is missing or wrong
 */
export function assertCatalogueComplete(catalogue: ProblemCatalogue, codes: readonly string[]): void {
  const known: ProblemCatalogue = { ...PLATFORM_PROBLEMS, ...catalogue };
  const missing = codes.filter((code) => !Object.hasOwn(known, code)).map((code) => `${code}: not in the catalogue`);
  const wrong = Object.entries(known).flatMap(([code, { status, title, detail }]) => [
    ...(/^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$/.test(code) ? [] : [`${code}: not <service>.<kebab-reason>`]),
    ...(status >= 400 && status <= 599 ? [] : [`${code}: status ${status}`]),
    ...([title.zh, title.en, detail.zh, detail.en].every((text) => text.length > 0)
      ? []
      : [`${code}: a text is empty`]),
    ...(placeholders(detail.zh) === placeholders(detail.en) ? [] : [`${code}: the languages differ in placeholders`]),
  ]);
  const lines = [...missing, ...wrong];
  if (lines.length > 0) throw new Error(`The problem catalogue is not complete:\n${lines.join('\n')}`);
}
