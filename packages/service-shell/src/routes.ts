// A route as data: what it is for, who may call it, what it takes and what it answers. The server validates by it and the
// OpenAPI document is generated from it, so the two cannot disagree (PLA-30).
import { z } from 'zod';
import type { Access } from './access.ts';
import type { EventStream } from './sse.ts';
import type { RequestContext } from './request-context.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

type Names<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Names<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
/** `'/orders/:id'` → `{ id: string }` */
export type PathParams<Path extends string> = { readonly [Name in Names<Path>]: string };

/** An answer without a body. */
export type NoBody = { readonly kind: 'none'; readonly description: string };
/** An answer that is not JSON of a schema: an image, a document, a stream of events. */
export type RawBody = { readonly kind: 'raw'; readonly contentType: string; readonly description: string };
export type EventsBody = { readonly kind: 'events'; readonly data: z.ZodType; readonly description: string };
export type ResponseShape = z.ZodType | NoBody | RawBody | EventsBody;
export type ResponseShapes = Readonly<Record<number, ResponseShape>>;

export function noBody(description: string): NoBody {
  return { kind: 'none', description };
}
export function rawBody(contentType: string, description: string): RawBody {
  return { kind: 'raw', contentType, description };
}
/** Server-sent events whose data is JSON of a schema. */
export function events(data: z.ZodType, description: string): EventsBody {
  return { kind: 'events', data, description };
}

/** What a handler may return where the schema says `T`: the same, and read-only is fine. */
export type Loose<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Loose<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Loose<T[Key]> }
      : T;

export type AnswerHeaders = Readonly<Record<string, string>>;
/** `raw`: bytes that are ready to be sent, e.g. JSON from a cache. */
type Answered<Status, Shape> = Shape extends z.ZodType
  ? | { readonly status: Status; readonly body: Loose<z.input<Shape>>; readonly headers?: AnswerHeaders }
    | { readonly status: Status; readonly raw: Buffer; readonly contentType?: string; readonly headers?: AnswerHeaders }
  : Shape extends RawBody
    ? {
        readonly status: Status;
        readonly raw: Buffer | string;
        readonly contentType?: string;
        readonly headers?: AnswerHeaders;
      }
    : Shape extends EventsBody
      ? { readonly status: Status; readonly stream: EventStream; readonly headers?: AnswerHeaders }
      : { readonly status: Status; readonly headers?: AnswerHeaders };
export type AnswerOf<Shapes extends ResponseShapes> = {
  [Status in keyof Shapes]: Answered<Status, Shapes[Status]>;
}[keyof Shapes];

/** Any answer, as the server writes it. */
export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly raw?: Buffer | string;
  readonly contentType?: string;
  readonly stream?: EventStream;
  readonly headers?: AnswerHeaders;
};

export type RouteFacts = {
  readonly method: Method;
  /** Express pattern: `/api/v1/orders/:id` */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly access: Access;
  /** Default: strings of 1 to 200 characters, one per name in the path. */
  readonly params?: z.ZodType;
  /** Default: no query at all. Use `z.strictObject`, so that unknown fields are refused (PLA-31). */
  readonly query?: z.ZodType;
  /** Default: no body, or `{}`. */
  readonly body?: z.ZodType;
  /** The body arrives as bytes, whatever its type: call-backs of providers, whose signature covers every byte. */
  readonly raw?: boolean;
  /** Bytes that are read when the handler asks for them (`context.readBody`): what is refused before is never read. */
  readonly upload?: boolean;
  /** Default 100 kB, which holds an order of 500 travellers. */
  readonly maxBodyBytes?: number;
  /** Whether `Idempotency-Key` is required. Default: true for POST, false for everything else (PLA-32). */
  readonly idempotent?: boolean;
  /** Whether `Prefer: wait=N` is understood (PLA-33). Only says so in the OpenAPI document. */
  readonly waits?: boolean;
  /** Whether `If-Match` is required; only says so in the OpenAPI document, `context.expectedVersion()` asks for it. */
  readonly edits?: boolean;
  /** Codes of the problems that callers should expect, beside those of every route. */
  readonly problems?: readonly string[];
  readonly responses: ResponseShapes;
};

export type Route = RouteFacts & {
  readonly idempotent: boolean;
  readonly handler: (context: RequestContext<never, never, never>) => Promise<Answer> | Answer;
};

/** What a query is when the route takes none. */
type NoFields = Readonly<Record<string, never>>;

const pathParam = z.string().min(1).max(200);

function namesIn(path: string): readonly string[] {
  return [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
}

function paramsOf(path: string): z.ZodType | undefined {
  const names = namesIn(path);
  return names.length === 0 ? undefined : z.strictObject(Object.fromEntries(names.map((name) => [name, pathParam])));
}

/** @throws Error for a route that contradicts itself */
export function route<
  const Path extends string,
  const Shapes extends ResponseShapes,
  Params extends z.ZodType = z.ZodType<PathParams<Path>>,
  Query extends z.ZodType = z.ZodType<NoFields>,
  Body extends z.ZodType = z.ZodType<undefined>,
>(
  definition: Omit<RouteFacts, 'path' | 'params' | 'query' | 'body' | 'responses'> & {
    readonly path: Path;
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    readonly responses: Shapes;
    readonly handler: (
      context: RequestContext<z.output<Params>, z.output<Query>, z.output<Body>>,
    ) => Promise<AnswerOf<Shapes>> | AnswerOf<Shapes>;
  },
): Route {
  const name = `${definition.method.toUpperCase()} ${definition.path}`;
  if (definition.raw === true && definition.body !== undefined) throw new Error(`${name}: raw, or a schema, not both`);
  if (definition.upload === true && (definition.raw === true || definition.body !== undefined))
    throw new Error(`${name}: an upload has no other body`);
  if (definition.method === 'get' && definition.body !== undefined) throw new Error(`${name}: a GET has no body`);
  const params = definition.params ?? paramsOf(definition.path);
  const { handler, ...facts } = definition;
  return {
    ...facts,
    ...(params === undefined ? {} : { params }),
    idempotent: definition.idempotent ?? definition.method === 'post',
    // The schemas above are what the server parses by, so the context has these types by the time the handler runs.
    handler: handler as unknown as Route['handler'],
  };
}
