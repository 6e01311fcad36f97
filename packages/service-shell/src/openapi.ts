// OpenAPI 3.1 from the very schemas that validate requests (PLA-30). Each service serves its own part; the gateway merges them.
import { z } from 'zod';
import { accessTerms, type AccessTerm } from './access.ts';
import { IDEMPOTENCY_KEY_MAX, IDEMPOTENCY_KEY_MIN } from './idempotency.ts';
import type { ProblemCatalogue } from './problem-catalogue.ts';
import type { ResponseShape, Route } from './routes.ts';

type Json = Record<string, unknown>;

export type OpenApiOptions = {
  readonly service: string;
  readonly version: string;
  readonly routes: readonly Route[];
  readonly catalogue: ProblemCatalogue;
  /** Prefixes of tokens that open one record. */
  readonly bearers?: readonly string[];
};

/** JSON Schema of what goes over the wire. Schemas with an id (`.meta({ id })`) become components. */
function schemaOf(schema: z.ZodType, components: Json): Json {
  const json: Json = { ...z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' }) };
  delete json['$schema'];
  delete json['~standard'];
  const text = JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $defs, ...rest } = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  Object.assign(components, $defs);
  return rest;
}

const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined, components: Json): Json[] {
  if (schema === undefined) return [];
  const { properties, required } = objectSchema.parse(schemaOf(schema, components));
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function headerParameters(route: Route): Json[] {
  return [
    ...(route.idempotent ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(route.waits === true ? [{ $ref: '#/components/parameters/Prefer' }] : []),
    ...(route.edits === true ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
    { $ref: '#/components/parameters/AcceptLanguage' },
  ];
}

function response(shape: ResponseShape, components: Json): Json {
  if (shape instanceof z.ZodType) {
    const description = shape.description ?? 'Done.';
    return { description, content: { 'application/json': { schema: schemaOf(shape, components) } } };
  }
  const { description } = shape;
  if (shape.kind === 'none') return { description };
  if (shape.kind === 'raw') return { description, content: { [shape.contentType]: { schema: { type: 'string' } } } };
  const schema = {
    type: 'string',
    contentMediaType: 'application/json',
    contentSchema: schemaOf(shape.data, components),
  };
  return { description, content: { 'text/event-stream': { schema } } };
}

function security(term: AccessTerm): Json {
  if (term === 'public') return {};
  if (typeof term === 'object' && 'bearer' in term) return { recordToken: [] };
  if (typeof term === 'object' && 'apiKey' in term) return { apiKey: [] };
  return { accessToken: [] };
}

function inWords(term: AccessTerm): string {
  if (term === 'public') return 'anybody';
  if (term === 'authenticated') return 'anybody who is signed in';
  if ('permission' in term) return `permission \`${term.permission}\``;
  if ('bearer' in term) return `holder of a ${term.bearer}`;
  return `API key of a ${term.apiKey}`;
}

function problemCodes(route: Route, terms: readonly AccessTerm[]): string[] {
  const isPublic = terms.includes('public');
  return [
    'platform.invalid-request',
    ...(route.body === undefined
      ? []
      : ['platform.malformed-json', 'platform.body-too-large', 'platform.unsupported-media-type']),
    ...(route.idempotent ? ['platform.idempotency-key-required', 'platform.idempotency-key-reused'] : []),
    ...(route.edits === true ? ['platform.precondition-failed', 'platform.precondition-required'] : []),
    ...(isPublic ? [] : ['platform.unauthenticated', 'platform.forbidden', 'platform.trust-stale']),
    ...(route.path.includes(':') ? ['platform.not-found'] : []),
    'platform.rate-limited',
    'platform.unavailable',
    'platform.internal',
    ...(route.problems ?? []),
  ];
}

function problemResponses(route: Route, terms: readonly AccessTerm[], catalogue: ProblemCatalogue): Json {
  const byStatus = Map.groupBy(problemCodes(route, terms), (code) => {
    const definition = catalogue[code];
    if (definition === undefined)
      throw new Error(`${route.method} ${route.path} names ${code}, which no catalogue has`);
    return String(definition.status);
  });
  const schema = { $ref: '#/components/schemas/Problem' };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${catalogue[code]?.title.en ?? ''}`).join('; '),
        content: { 'application/problem+json': { schema } },
      },
    ]),
  );
}

function operationId(route: Route): string {
  const words = route.path
    .replace(/^\/api\/v1\//, '/')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return [route.method, ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}

function operation(route: Route, options: OpenApiOptions, components: Json): Json {
  const terms = accessTerms(route.access);
  const who = `For: ${terms.map(inWords).join(', or ')}.`;
  const content =
    route.raw === true || route.upload === true
      ? { 'application/octet-stream': {} }
      : route.body === undefined
        ? undefined
        : { 'application/json': { schema: schemaOf(route.body, components) } };
  const responses = Object.entries(route.responses).map(([status, shape]) => [status, response(shape, components)]);
  return {
    operationId: operationId(route),
    summary: route.summary,
    description: route.description === undefined ? who : `${route.description}\n\n${who}`,
    tags: route.tags,
    security: terms.map(security),
    parameters: [
      ...parameters('path', route.params, components),
      ...parameters('query', route.query, components),
      ...headerParameters(route),
    ],
    ...(content === undefined ? {} : { requestBody: { required: true, content } }),
    responses: { ...problemResponses(route, terms, options.catalogue), ...Object.fromEntries(responses) },
  };
}

const PROBLEM_SCHEMA: Json = {
  type: 'object',
  description: 'RFC 9457 problem details. `code` is stable; further members depend on the code.',
  required: ['type', 'title', 'status', 'detail', 'code', 'traceId'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    instance: { type: 'string' },
    traceId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['in', 'field', 'message'],
        properties: {
          in: { enum: ['body', 'query', 'path', 'header'] },
          field: { type: 'string', description: 'JSON pointer (RFC 6901).' },
          message: { type: 'string' },
        },
      },
    },
  },
};

const PARAMETERS: Json = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: true,
    description: 'A unique random value. Repeating the request with it is safe and gives the same answer.',
    schema: { type: 'string', minLength: IDEMPOTENCY_KEY_MIN, maxLength: IDEMPOTENCY_KEY_MAX },
  },
  Prefer: {
    name: 'Prefer',
    in: 'header',
    description: '`wait=N`: wait up to N seconds (at most 30) for the final result instead of answering 202 at once.',
    schema: { type: 'string', examples: ['wait=10'] },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: true,
    description: 'The ETag of the version that is being changed.',
    schema: { type: 'string' },
  },
  AcceptLanguage: {
    name: 'Accept-Language',
    in: 'header',
    description: 'Language of texts: zh-CN (default) or en.',
    schema: { type: 'string' },
  },
};

const SECURITY: Json = {
  accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
  recordToken: { type: 'http', scheme: 'bearer', description: 'A token that opens one record, e.g. one order.' },
};

export function openApiDocument(options: OpenApiOptions): Json {
  const schemas: Json = { Problem: PROBLEM_SCHEMA };
  const paths: Record<string, Json> = {};
  for (const route of options.routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route, options, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: `Tongpiao: ${options.service}`, version: options.version },
    paths,
    components: {
      schemas,
      parameters: PARAMETERS,
      securitySchemes: SECURITY,
      // What each code means in both languages: refusals also stand in records, as an order's reason, where no problem document explains them.
      'x-problems': options.catalogue,
    },
  };
}
