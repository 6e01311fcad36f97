// What must never reach a log: personal data, secrets, tokens (PLA-13). Known field names are censored at any depth, and
// known patterns inside any text, because an error message quotes what it choked on.

export const CENSORED = '[redacted]';

/** Lower case. `name` is a person's; whatever else has a name is logged under its own word (`queue`, `command`, `service`). */
const SENSITIVE = [
  'phone',
  'mobile',
  'tel',
  'idnumber',
  'id_number',
  'documentnumber',
  'name',
  'fullname',
  'username',
  'email',
  'mail',
  'address_line',
  'birthday',
  'password',
  'passwordhash',
  'secret',
  'token',
  'accesstoken',
  'refreshtoken',
  'authorization',
  'cookie',
  'set-cookie',
  'apikey',
  'api_key',
  'x-api-key',
  'idempotencykey',
  'idempotency-key',
  'totp',
  'otp',
  'code',
  'qr',
  'master_key',
  'bus_key',
  'privatekey',
  'private_key',
  'privatekeypem',
  'body',
  'payload',
  'contact',
  'travellers',
] as const;
const sensitive: ReadonlySet<string> = new Set(SENSITIVE);

/** The spellings that pino's own redaction is given for bindings of child loggers, which no formatter sees. */
export const REDACTED_PATHS: readonly string[] = [
  ...SENSITIVE.filter((key) => key !== 'code'),
  'idNumber',
  'documentNumber',
  'fullName',
  'passwordHash',
  'accessToken',
  'refreshToken',
  'apiKey',
  'idempotencyKey',
  'privateKey',
  'privateKeyPem',
].map((key) => (/^\w+$/.test(key) ? key : `["${key}"]`));

/** `platform.not-found`, `ECONNREFUSED`: codes of errors, which are wanted; a one-time code looks like neither. */
const ERROR_CODE = /^(?:[a-z][a-z-]*(?:\.[a-z][a-z-]*)+|[A-Z][A-Z_]{2,})$/;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{5,}\.[\w-]+\.?[\w-]*/g, '[token]'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [token]'],
  [/\btp[a-z]_[\w-]{12,}/g, '[token]'],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '[email]'],
  [/(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)/g, '[id-number]'],
  [/(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)/g, '[phone]'],
  // Passwords in connection strings.
  [/(\w:\/\/[^\s:/@]*:)[^\s@]+@/g, '$1[secret]@'],
];
/** Every pattern needs one of these, so that most texts cost one test. */
const SUSPICIOUS = /1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\d{17}|@|eyJ|bearer|basic|tp[a-z]_/i;

/** Text longer than this is cut before it is searched: a log line is no archive. */
const TEXT_MAX = 8_000;

export function scrubText(text: string): string {
  const bounded = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
  if (!SUSPICIOUS.test(bounded)) return bounded;
  return PATTERNS.reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), bounded);
}

/** Finished log lines: the same patterns where no number of the JSON can be hit. */
export function scrubLine(line: string): string {
  if (!SUSPICIOUS.test(line)) return line;
  return line
    .replace(/\beyJ[\w-]{5,}\.[\w-]+\.?[\w-]*/g, '[token]')
    .replace(/\btp[a-z]_[\w-]{12,}/g, '[token]')
    .replace(/(?<![\d:,[.])1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)/g, '[phone]');
}

function isCensored(key: string, value: unknown): boolean {
  const lower = key.toLowerCase();
  if (!sensitive.has(lower)) return false;
  return !(lower === 'code' && typeof value === 'string' && ERROR_CODE.test(value));
}

/** Deeper than this nobody looks: it is replaced as a whole. */
const DEPTH_MAX = 6;
const LIST_MAX = 100;

export function scrubbed(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value === 'number') return value >= 13_000_000_000 && value <= 19_999_999_999 ? '[phone]' : value;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return serializeError(value);
  if (value instanceof Date) return value;
  if (depth >= DEPTH_MAX || Buffer.isBuffer(value)) return CENSORED;
  if (Array.isArray(value)) return value.slice(0, LIST_MAX).map((item) => scrubbed(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return CENSORED;
  return scrubbedFields(value, depth);
}

export function scrubbedFields(value: object, depth = 0): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    result[key] = item !== undefined && isCensored(key, item) ? CENSORED : scrubbed(item, depth + 1);
  }
  return result;
}

/** Causes are followed this far. */
const CAUSES_MAX = 3;

/** Only what helps to find the bug: other fields of an error may quote a whole document. */
export function serializeError(error: unknown, causes = 0): unknown {
  if (!(error instanceof Error)) return scrubbed(error, 1);
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: scrubText(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: scrubText(error.stack) }),
    ...(error.cause === undefined || causes >= CAUSES_MAX ? {} : { cause: serializeError(error.cause, causes + 1) }),
  };
}
