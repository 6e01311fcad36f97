// Settings: read once, all problems told together, never a default for a secret. Services spread the blocks that they need
// into one object schema; `main.ts` is the only caller of `readConfig` with the real environment.
import { hostname } from 'node:os';
import { z } from 'zod';

/** What is known about a setting beside its schema: for the list of problems and for `.env.example`. */
export type SettingFacts = {
  /** What the value must be, as the end of "must be …". */
  readonly mustBe: string;
  readonly description: string;
  readonly example?: string;
  /** How to get a value when there is none. */
  readonly missing?: string;
};

const facts = z.registry<SettingFacts>();

/** Attaches what is known about a setting; call it last, on the finished schema. */
export function setting<Schema extends z.ZodType>(schema: Schema, about: SettingFacts): Schema {
  facts.add(schema, about);
  return schema;
}

/** Tells every problem of the environment at once; `main.ts` prints it and exits with code 1. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(`The settings are not complete:\n${lines.map((line) => `  ${line}`).join('\n')}`);
    this.lines = lines;
  }
}

const KEY_BYTES = 32;
const key = (description: string): z.ZodString =>
  setting(
    z.string().refine((text) => /^[A-Za-z0-9+/_-]+=*$/.test(text) && Buffer.from(text, 'base64').length === KEY_BYTES),
    {
      mustBe: `${KEY_BYTES} random bytes in base64`,
      description,
      missing: '`npm start` makes one for this machine; elsewhere: openssl rand -base64 32',
    },
  );

const url = (protocols: readonly string[], about: SettingFacts): z.ZodString =>
  setting(
    z.string().refine((text) => protocols.some((protocol) => text.startsWith(`${protocol}://`))),
    about,
  );

const tracesSamplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type TracesSampler = (typeof tracesSamplers)[number];

/** Standard variables of OpenTelemetry; those about the exporter itself (`OTEL_EXPORTER_OTLP_HEADERS` …) are read by its SDK. */
const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    z
      .string()
      .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
      .optional(),
    {
      mustBe: 'the address of an OpenTelemetry collector for OTLP over HTTP (http://… or https://…), or not set',
      description: 'Where traces are told, under /v1/traces. Without it no spans are made.',
      example: 'http://localhost:4318',
    },
  ),
  OTEL_TRACES_SAMPLER: setting(z.enum(tracesSamplers).optional(), {
    mustBe: `one of ${tracesSamplers.join(', ')}`,
    description:
      'Which traces are recorded; parentbased_always_on unless told. A ratio takes the share that OTEL_TRACES_SAMPLER_ARG says.',
    example: 'parentbased_traceidratio',
  }),
  OTEL_TRACES_SAMPLER_ARG: setting(z.coerce.number().min(0).max(1).optional(), {
    mustBe: 'a number from 0 to 1',
    description: 'The share of traces that is recorded, where the sampler is one of a ratio. 1 unless told.',
    example: '0.01',
  }),
};

export const coreSettings = {
  ...tracingSettings,
  NODE_ENV: setting(z.enum(['production', 'development', 'test']).default('development'), {
    mustBe: 'production, development or test',
    description: 'What kind of installation this is. Production refuses everything that is only fit for trying out.',
    example: 'production',
  }),
  SERVICE_INSTANCE: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,60}$/)
      .default(
        () =>
          `${hostname()
            .replaceAll(/[^A-Za-z0-9._-]/g, '-')
            .slice(0, 40)}-${process.pid}`,
      ),
    {
      mustBe: '1 to 60 letters, digits, dots, dashes or underscores, different for every running process',
      description: 'Name of this process among the instances of its service. Default: host name and process id.',
    },
  ),
  LOG_LEVEL: setting(z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), {
    mustBe: 'trace, debug, info, warn, error, fatal or silent',
    description: 'The least important kind of log line that is written.',
    example: 'info',
  }),
  LIMITS: setting(z.enum(['on', 'off']).default('on'), {
    mustBe: 'on or off; production refuses off',
    description: 'Limits per address and per phone. Off only for load tests from one address.',
    example: 'on',
  }),
};

export const httpSettings = {
  HTTP_HOST: setting(z.string().min(1).max(255).default('127.0.0.1'), {
    mustBe: 'an address or host name to listen on',
    description: 'Where HTTP is served. 0.0.0.0 in a container.',
    example: '0.0.0.0',
  }),
  HTTP_PORT: setting(z.coerce.number().int().min(0).max(65_535).default(8080), {
    mustBe: 'a port from 0 to 65535; 0 takes a free one',
    description: 'Port of HTTP. 0 takes a free one.',
    example: '8080',
  }),
  /** 0: the peer is the client. 1: the peer is our gateway, and the last address of X-Forwarded-For is the client. */
  HTTP_TRUSTED_HOPS: setting(z.coerce.number().int().min(0).max(3).default(0), {
    mustBe: 'the number of own proxies in front of this process, 0 to 3',
    description: 'How many own proxies stand in front; so many entries at the end of X-Forwarded-For are believed.',
    example: '1',
  }),
  DRAIN_DELAY_MS: setting(z.coerce.number().int().min(0).max(60_000).optional(), {
    mustBe: 'milliseconds from 0 to 60000',
    description:
      'At a stop: how long this process says that it is not ready and still answers, so that whoever sends it requests goes elsewhere first. 3000 unless told (the gateway: 5000); 0 under test.',
    example: '3000',
  }),
  PUBLIC_BASE_URL: setting(
    z
      .string()
      .regex(/^https?:\/\/[^\s/]+$/)
      .default('http://localhost:8080'),
    {
      mustBe: 'the address by which the public reaches the platform, without a path; https in production',
      description: 'The address by which the public reaches the platform; it goes into links and QR codes.',
      example: 'https://tickets.example.cn',
    },
  ),
};

export const mongoSettings = {
  MONGODB_URI: url(['mongodb', 'mongodb+srv'], {
    mustBe: 'the address of a MongoDB server (mongodb://… or mongodb+srv://…)',
    description: 'The MongoDB server.',
    example: 'mongodb://localhost:27017',
    missing: '`npm start` brings one, or set MONGODB_URI=mongodb://host:27017',
  }),
  DATABASE_NAME: setting(z.string().regex(/^[a-z][a-z0-9_-]{0,59}$/), {
    mustBe: 'a database name: lower-case letters, digits, dashes and underscores, at most 60',
    description: 'This service’s own database; nobody else reads it.',
    example: 'sales',
    missing: '`npm start` sets one per service, or set DATABASE_NAME to the name of the service',
  }),
};

export const brokerSettings = {
  RABBITMQ_URL: url(['amqp', 'amqps'], {
    mustBe: 'the address of a RabbitMQ server (amqp://… or amqps://…)',
    description: 'The RabbitMQ server.',
    example: 'amqp://user:password@localhost:5672',
    missing: '`npm start` brings one, or set RABBITMQ_URL=amqp://user:password@host:5672',
  }),
  BROKER_PREFIX: setting(
    z
      .string()
      .regex(/^[A-Za-z0-9._-]{0,60}$/)
      .default(''),
    {
      mustBe: 'at most 60 letters, digits, dots, dashes or underscores',
      description: 'Stands before every queue and exchange name, so that two platforms can share one broker.',
    },
  ),
};

export const redisSettings = {
  REDIS_URL: url(['redis', 'rediss'], {
    mustBe: 'the address of a Redis server (redis://… or rediss://…)',
    description: 'The Redis server. It holds nothing that cannot be lost.',
    example: 'redis://localhost:6379',
    missing: '`npm start` brings one, or set REDIS_URL=redis://host:6379',
  }),
};

export const keySettings = {
  MASTER_KEY: key('Wraps the keys under which personal data is stored. Who loses it loses that data.'),
  BUS_KEY: key('Seals personal data between services; the same for all of them.'),
};

/** What production refuses, whichever service it is. */
function refusedInProduction(environment: Record<string, string | undefined>, known: ReadonlySet<string>): string[] {
  if (environment['NODE_ENV'] !== 'production') return [];
  const lines: string[] = [];
  if (known.has('LIMITS') && environment['LIMITS'] === 'off') {
    lines.push('LIMITS: must be on in production; off is for load tests');
  }
  if (known.has('PUBLIC_BASE_URL') && environment['PUBLIC_BASE_URL']?.startsWith('https://') !== true) {
    lines.push('PUBLIC_BASE_URL: must be an https address in production');
  }
  return lines;
}

/**
 * Reads the settings of one service. Values never appear in the problems, because some of them are secrets.
 * @param schema an object schema, usually of spread blocks; keys that it does not name are ignored
 * @param environment `process.env`; an empty value counts as not set
 * @throws ConfigurationError with one line per setting that is missing or wrong
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Record<string, string | undefined>,
): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const shape: Readonly<Record<string, unknown>> = schema.shape;
  const refused = refusedInProduction(given, new Set(Object.keys(shape)));
  const parsed = schema.safeParse(given);
  if (parsed.success) {
    if (refused.length > 0) throw new ConfigurationError(refused);
    return parsed.data;
  }
  const lines = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const name = String(issue.path[0] ?? '');
    if (name === '') lines.set(issue.message, issue.message);
    else if (!lines.has(name)) lines.set(name, problemLine(name, shape[name], given[name], issue.message));
  }
  throw new ConfigurationError([...lines.values(), ...refused]);
}

function factsOf(schema: unknown): SettingFacts | undefined {
  return schema instanceof z.ZodType ? facts.get(schema) : undefined;
}

function problemLine(name: string, schema: unknown, value: string | undefined, message: string): string {
  const about = factsOf(schema);
  if (value === undefined) {
    const how = about?.missing === undefined ? '' : ` (${about.missing})`;
    return `${name}: is not set; it must be ${about?.mustBe ?? message}${how}`;
  }
  return `${name}: must be ${about?.mustBe ?? message}`;
}

/** The text of `.env.example` for a schema: what each setting is for, and an example; secrets stay empty. */
export function envExample<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>): string {
  const blocks = Object.entries(schema.shape).map(([name, field]) => {
    const about = factsOf(field);
    const required = field instanceof z.ZodType && !field.safeParse(undefined).success;
    return [
      `# ${about?.description ?? name}`,
      `# Must be ${about?.mustBe ?? 'text'}${required ? '; required' : ''}.`,
      `${required ? '' : '#'}${name}=${about?.example ?? ''}`,
    ].join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}
