// The HTTP side of a service: express carries the requests, and one pipeline, the same for every route, decides what reaches a
// handler: caller, rights, Idempotency-Key, size, media type, form. Everything that can be prepared is prepared once, because
// this runs for every request of the platform.
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse as parseQuery } from 'node:querystring';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { DomainError } from '@tongpiao/kernel';
import type { Logger } from 'pino';
import { z } from 'zod';
import { accessTerms, assertAccess, type AccessTerm } from './access.ts';
import { createAuthentication, type Authenticate, type BearerRecogniser } from './authentication.ts';
import { fieldProblems, InvalidRequest, type FieldPlace } from './field-errors.ts';
import type { Health } from './health.ts';
import { requireIdempotencyKey } from './idempotency.ts';
import { languageOf } from './language.ts';
import type { Metrics } from './metrics.ts';
import type { Tracing } from './open-tracing.ts';
import { openApiDocument } from './openapi.ts';
import { isSame } from './preconditions.ts';
import { nameOf } from './principal.ts';
import type { Problems } from './problems.ts';
import { assertJsonType, BODY_MAX_BYTES, hasBody, parseJson, readBytes, RequestAborted } from './request-body.ts';
import { RequestContext, type RequestFacts } from './request-context.ts';
import { addressOf, requestIdOf } from './request-facts.ts';
import type { RequestSpans } from './request-spans.ts';
import type { Answer, Route } from './routes.ts';
import { EVENT_STREAM_HEADERS, pipeEvents } from './sse.ts';
import { continueTrace, formatTraceparent } from './tracing.ts';
import type { TrustVerifier } from './trust.ts';

export type HttpServerOptions = {
  readonly service: string;
  readonly version?: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly routes: readonly Route[];
  readonly problems: Problems;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Without it every token is refused; guests and `bearers` still work. */
  readonly trust?: TrustVerifier;
  readonly bearers?: readonly BearerRecogniser[];
  /** Without it no spans are made. */
  readonly tracing?: Pick<Tracing, 'requests'>;
  /** How many own proxies stand in front (`HTTP_TRUSTED_HOPS`). */
  readonly trustedHops?: number;
  /** Tests: an answer that does not fit its schema becomes a 500. Costs a parse per answer. */
  readonly checkResponses?: boolean;
  /** Express handlers that see requests first, or those that no route takes. */
  readonly before?: readonly RequestHandler[];
  readonly fallback?: RequestHandler;
  /** A handler that takes longer is answered for with 503. Above the longest `Prefer: wait`. Default 40 s. */
  readonly handlerTimeoutMs?: number;
};

export type HttpServer = {
  readonly port: number;
  readonly url: string;
  readonly app: Express;
  /** From now on answers close their connections, so that clients move to another instance. */
  drain(): void;
  /** Stops accepting, lets what is in flight finish, cuts what is left after `withinMs`. */
  stop(withinMs?: number): Promise<void>;
};

/** Slow headers hold a socket, nothing else; 10 s is slow for any honest client. */
const HEADERS_TIMEOUT_MS = 10_000;
/** The whole request, body included. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than our own clients keep idle sockets, so that it is never we who close one that is about to be used. */
const KEEP_ALIVE_MS = 65_000;
const HEADER_MAX_BYTES = 16_384;
const HANDLER_TIMEOUT_MS = 40_000;
const STOP_WITHIN_MS = 10_000;
const CLOSE_IDLE_EVERY_MS = 25;
const NOTHING = Object.freeze({});

const FIXED_HEADERS: readonly string[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Cache-Control', 'no-store'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
].flat();
const FIXED_NAMES = new Set(FIXED_HEADERS.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));

type Prepared = {
  readonly route: Route;
  readonly terms: readonly AccessTerm[];
  readonly maxBodyBytes: number;
  readonly takesBody: boolean;
};

/** One request under way. */
type Exchange = {
  facts: RequestFacts;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly startedAtMs: number;
  by: string;
  finished: boolean;
};

function parsed(schema: z.ZodType | undefined, value: unknown, place: FieldPlace): unknown {
  const result = (schema ?? emptyObject).safeParse(value);
  if (result.success) return result.data;
  throw new InvalidRequest(fieldProblems(schema ?? emptyObject, value, place));
}
const emptyObject = z.strictObject({});

export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { problems, metrics, logger, health } = options;
  const authenticate: Authenticate = createAuthentication(options.trust, options.bearers ?? []);
  const trustedHops = options.trustedHops ?? 0;
  const spans = options.tracing?.requests;
  const underWay = new Map<Exchange, number>();
  const stopping = new AbortController();
  let draining = false;

  function begin(incoming: IncomingMessage, outgoing: ServerResponse, route: string): Exchange {
    const { url = '/' } = incoming;
    const cut = url.indexOf('?');
    const facts: RequestFacts = {
      id: requestIdOf(incoming, trustedHops),
      method: incoming.method ?? 'GET',
      route,
      path: cut < 0 ? url : url.slice(0, cut),
      address: addressOf(incoming, trustedHops),
      trace: continueTrace(incoming.headers['traceparent'] as string | undefined),
    };
    return { facts, incoming, outgoing, startedAtMs: performance.now(), by: 'guest', finished: false };
  }

  function finish(exchange: Exchange, status: number): void {
    const { facts, startedAtMs, by } = exchange;
    if (exchange.finished) return;
    exchange.finished = true;
    const durationMs = performance.now() - startedAtMs;
    metrics.observeRequest(facts.method, facts.route, status, durationMs / 1_000);
    logger.info(
      {
        requestId: facts.id,
        traceId: facts.trace.traceId,
        method: facts.method,
        route: facts.route,
        status,
        durationMs: Math.round(durationMs * 100) / 100,
        by,
      },
      'request',
    );
  }

  function head(exchange: Exchange, own: Readonly<Record<string, string>> | undefined, type?: string): string[] {
    const { facts } = exchange;
    const headers = ['X-Request-Id', facts.id, 'Traceparent', formatTraceparent(facts.trace)];
    if (type !== undefined) headers.push('Content-Type', type);
    if (own === undefined) headers.push(...FIXED_HEADERS);
    else {
      const names = Object.keys(own);
      const replaced = new Set(names.map((name) => name.toLowerCase()).filter((name) => FIXED_NAMES.has(name)));
      for (let index = 0; index < FIXED_HEADERS.length; index += 2) {
        const name = FIXED_HEADERS[index] ?? '';
        if (!replaced.has(name.toLowerCase())) headers.push(name, FIXED_HEADERS[index + 1] ?? '');
      }
      for (const name of names) headers.push(name, own[name] ?? '');
    }
    if (draining) headers.push('Connection', 'close');
    return headers;
  }

  function write(
    exchange: Exchange,
    status: number,
    content: Buffer | string | undefined,
    own: Readonly<Record<string, string>> | undefined,
    type?: string,
  ): void {
    const { outgoing } = exchange;
    if (outgoing.headersSent || outgoing.destroyed) return;
    const headers = head(exchange, own, content === undefined ? undefined : type);
    if (content !== undefined) headers.push('Content-Length', String(Buffer.byteLength(content)));
    else if (status !== 204 && status !== 304) headers.push('Content-Length', '0');
    outgoing.writeHead(status, headers);
    outgoing.end(content);
    finish(exchange, status);
  }

  function refuse(exchange: Exchange, error: unknown): void {
    const { facts, incoming, outgoing } = exchange;
    if (error instanceof RequestAborted || outgoing.destroyed) {
      finish(exchange, 499);
      return;
    }
    const answer = problems.answer(error, {
      language: languageOf(incoming.headers['accept-language']),
      traceId: facts.trace.traceId,
      instance: facts.path,
      logger: logger.child({ requestId: facts.id, traceId: facts.trace.traceId, route: facts.route }),
    });
    // What is left of a body that was too large is not read: the connection ends with the answer.
    const headers =
      incoming.complete || !hasBody(incoming) ? answer.headers : { ...answer.headers, Connection: 'close' };
    write(exchange, answer.status, answer.body, headers);
  }

  function check(route: Route, answer: Answer): void {
    const shape = route.responses[answer.status];
    if (shape === undefined)
      throw new Error(`${route.method} ${route.path} answers ${answer.status}, which it does not declare`);
    if (!(shape instanceof z.ZodType) || answer.raw !== undefined) return;
    const result = shape.safeParse(answer.body);
    if (!result.success)
      throw new Error(`${route.method} ${route.path} breaks its own schema: ${result.error.message}`);
  }

  async function stream(exchange: Exchange, answer: Answer, events: NonNullable<Answer['stream']>): Promise<void> {
    const { outgoing, incoming } = exchange;
    underWay.delete(exchange);
    outgoing.writeHead(answer.status, head(exchange, { ...EVENT_STREAM_HEADERS, ...answer.headers }));
    if (incoming.method === 'HEAD') outgoing.end();
    else {
      const lastEventId = incoming.headers['last-event-id'];
      await pipeEvents(outgoing, events, {
        lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
        stopping: stopping.signal,
        onError: (error) => {
          logger.error({ err: error, requestId: exchange.facts.id }, 'an event stream broke');
        },
      });
    }
    finish(exchange, answer.status);
  }

  async function respond(
    exchange: Exchange,
    route: Route,
    answer: Answer,
    context: RequestContext<never, never, never>,
  ): Promise<void> {
    if (options.checkResponses === true) check(route, answer);
    if (answer.stream !== undefined) return stream(exchange, answer, answer.stream);
    const applied = context.appliedPreference;
    const headers = applied === undefined ? answer.headers : { ...answer.headers, 'Preference-Applied': applied };
    const etag = headers?.['ETag'];
    if (etag !== undefined && answer.status === 200 && isSame(context.header('if-none-match'), etag)) {
      write(exchange, 304, undefined, headers);
      return;
    }
    if (answer.raw !== undefined) {
      write(exchange, answer.status, answer.raw, headers, answer.contentType ?? declaredType(route, answer.status));
    } else if (answer.body === undefined) write(exchange, answer.status, undefined, headers);
    else write(exchange, answer.status, JSON.stringify(answer.body), headers, 'application/json; charset=utf-8');
  }

  async function bodyOf(
    incoming: IncomingMessage,
    prepared: Prepared,
  ): Promise<{ body: unknown; raw: Buffer | undefined }> {
    const { route, maxBodyBytes } = prepared;
    if (route.raw === true) {
      return { body: undefined, raw: hasBody(incoming) ? await readBytes(incoming, maxBodyBytes) : Buffer.alloc(0) };
    }
    if (!hasBody(incoming)) {
      if (route.body !== undefined) {
        // Nothing at all: told by the schema, field by field, unless the schema is content with nothing.
        const nothing = route.body.safeParse(undefined);
        return { body: nothing.success ? nothing.data : parsed(route.body, {}, 'body'), raw: undefined };
      }
      return { body: undefined, raw: undefined };
    }
    assertJsonType(incoming.headers['content-type']);
    const value = parseJson(await readBytes(incoming, maxBodyBytes));
    const body = parsed(route.body, value, 'body');
    return { body: route.body === undefined ? undefined : body, raw: undefined };
  }

  async function handle(exchange: Exchange, prepared: Prepared, request: Request): Promise<void> {
    const { facts, incoming, outgoing } = exchange;
    const { route } = prepared;
    const { authorization, 'x-api-key': apiKey } = incoming.headers;
    const known = authenticate(authorization, typeof apiKey === 'string' ? apiKey : undefined, facts);
    const principal = known instanceof Promise ? await known : known;
    exchange.by = nameOf(principal);
    assertAccess(prepared.terms, principal);
    if (route.idempotent) requireIdempotencyKey(incoming.headers['idempotency-key'] as string | undefined);
    const params = route.params === undefined ? NOTHING : parsed(route.params, request.params, 'path');
    const { url = '' } = incoming;
    const cut = url.indexOf('?');
    const query =
      cut < 0 && route.query === undefined
        ? NOTHING
        : parsed(route.query, cut < 0 ? NOTHING : parseQuery(url.slice(cut + 1)), 'query');
    const { body, raw } = prepared.takesBody ? await bodyOf(incoming, prepared) : { body: undefined, raw: undefined };
    const context = new RequestContext<never, never, never>(
      { facts, incoming, outgoing, logger },
      { params: params as never, query: query as never, body: body as never, raw },
      principal,
    );
    const pending = route.handler(context);
    await respond(exchange, route, pending instanceof Promise ? await pending : pending, context);
  }

  async function run(exchange: Exchange, prepared: Prepared, request: Request): Promise<void> {
    underWay.set(exchange, exchange.startedAtMs + handlerTimeoutMs);
    try {
      await handle(exchange, prepared, request);
    } catch (error) {
      refuse(exchange, error);
    } finally {
      underWay.delete(exchange);
    }
  }

  function traced(tracing: RequestSpans, exchange: Exchange, prepared: Prepared, request: Request): Promise<void> {
    const { facts, incoming, outgoing } = exchange;
    const traceparent = incoming.headers['traceparent'] as string | undefined;
    return tracing.answering(
      { method: facts.method, route: facts.route, traceparent },
      (trace) => {
        exchange.facts = { ...facts, trace };
        return run(exchange, prepared, request);
      },
      () => (outgoing.headersSent ? outgoing.statusCode : 499),
    );
  }

  const handlerTimeoutMs = options.handlerTimeoutMs ?? HANDLER_TIMEOUT_MS;
  const giveUp = setInterval(() => {
    const now = performance.now();
    for (const [exchange, deadline] of underWay) {
      // Insertion order is order of deadlines.
      if (deadline > now) break;
      underWay.delete(exchange);
      logger.error({ requestId: exchange.facts.id, route: exchange.facts.route }, 'a handler took too long');
      refuse(exchange, new DomainError('platform.unavailable', 'The handler took too long.'));
    }
  }, 1_000);
  giveUp.unref();

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  for (const handler of options.before ?? []) app.use(handler);

  function mount(path: string, routes: ReadonlyMap<string, Prepared>): void {
    const allowed = [...routes.keys(), ...(routes.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    app.all(path, (request: Request, response: Response) => {
      const exchange = begin(request, response, path);
      const prepared = routes.get(request.method === 'HEAD' ? 'GET' : request.method);
      if (prepared !== undefined) {
        void (spans === undefined ? run(exchange, prepared, request) : traced(spans, exchange, prepared, request));
      } else if (request.method === 'OPTIONS') write(exchange, 204, undefined, { Allow: allowed });
      else refuse(exchange, new DomainError('platform.method-not-allowed', 'Not here.', { allowed }));
    });
  }

  /** Operational pages: outside the pipeline, because they must answer when nothing else does. */
  function page(path: string, answer: () => Promise<{ status: number; type: string; text: string }>): void {
    app.get(path, (request: Request, response: Response) => {
      answer().then(
        ({ status, type, text }) => {
          response.writeHead(status, [
            ...FIXED_HEADERS,
            'Content-Type',
            type,
            ...(draining ? ['Connection', 'close'] : []),
          ]);
          response.end(request.method === 'HEAD' ? undefined : text);
        },
        (error: unknown) => {
          refuse(begin(request, response, path), error);
        },
      );
    });
  }

  const json = 'application/json; charset=utf-8';
  page('/health/live', async () => ({ status: 200, type: json, text: JSON.stringify({ status: 'up' }) }));
  page('/health/ready', async () => {
    const { ready, parts } = await health.readiness();
    return { status: ready ? 200 : 503, type: json, text: JSON.stringify({ status: ready ? 'up' : 'down', parts }) };
  });
  page('/metrics', async () => {
    const { contentType, text } = await metrics.render();
    return { status: 200, type: contentType, text };
  });
  let document: string | undefined;
  page('/openapi.json', async () => {
    document ??= JSON.stringify(
      openApiDocument({
        service: options.service,
        version: options.version ?? '0.1.0',
        routes: options.routes,
        catalogue: problems.catalogue,
        bearers: (options.bearers ?? []).map(({ prefix }) => prefix),
      }),
    );
    return { status: 200, type: json, text: document };
  });

  for (const [path, routes] of Map.groupBy(options.routes, (route) => route.path)) {
    const byMethod = new Map<string, Prepared>();
    for (const route of routes) {
      const method = route.method.toUpperCase();
      if (byMethod.has(method)) throw new Error(`${method} ${path} is there twice`);
      byMethod.set(method, prepare(route));
    }
    mount(path, byMethod);
  }
  if (options.fallback !== undefined) app.use(options.fallback);
  app.use((request: Request, response: Response) => {
    refuse(begin(request, response, 'none'), new DomainError('platform.not-found', 'No route has this path.'));
  });
  app.use((error: unknown, request: Request, response: Response, _next: express.NextFunction) => {
    // A path that cannot be decoded names nothing.
    const undecodable =
      error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400);
    const shown = undecodable ? new DomainError('platform.not-found', 'The path cannot be decoded.') : error;
    refuse(begin(request, response, 'none'), shown);
  });

  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADER_MAX_BYTES,
      connectionsCheckingInterval: 2_000,
    },
    app,
  );
  server.on('clientError', answerClientError);
  await listen(server, options.port, options.host);
  const { port } = server.address() as AddressInfo;
  const host = options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host;

  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    app,
    drain() {
      draining = true;
    },
    async stop(withinMs = STOP_WITHIN_MS) {
      draining = true;
      stopping.abort();
      clearInterval(giveUp);
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      // A connection may fall idle after its last answer, e.g. when a stream ends.
      const idle = setInterval(() => {
        server.closeIdleConnections();
      }, CLOSE_IDLE_EVERY_MS);
      server.closeIdleConnections();
      const cut = setTimeout(() => {
        logger.warn({ underWay: underWay.size }, 'requests were still under way when the time to stop was over');
        server.closeAllConnections();
      }, withinMs);
      await closed;
      clearTimeout(cut);
      clearInterval(idle);
    },
  };
}

function prepare(route: Route): Prepared {
  return {
    route,
    terms: accessTerms(route.access),
    maxBodyBytes: route.maxBodyBytes ?? BODY_MAX_BYTES,
    takesBody: route.method !== 'get' && route.upload !== true,
  };
}

function declaredType(route: Route, status: number): string {
  const shape = route.responses[status];
  if (shape !== undefined && !(shape instanceof z.ZodType) && shape.kind === 'raw') return shape.contentType;
  return 'application/json; charset=utf-8';
}

/** Bytes that are no HTTP: there is no request to answer, only a socket. */
function answerClientError(
  error: Error & { code?: string },
  socket: NodeJS.WritableStream & { writable: boolean },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const tooMuch = error.code === 'HPE_HEADER_OVERFLOW';
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = tooMuch ? 431 : late ? 408 : 400;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
