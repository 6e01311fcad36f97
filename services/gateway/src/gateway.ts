// What happens to a request, in this order: is there a route, is there room, who asks, has the caller had enough, is the body in
// bounds, and then the upstream. Plain node:http, because this runs for every request of the platform.
import { DomainError } from '@tongpiao/kernel';
import {
  continueTrace,
  formatTraceparent,
  languageOf,
  type Metrics,
  type Problems,
  type TraceContext,
  type Tracing,
  type TrustVerifier,
} from '@tongpiao/service-shell';
import { randomUUID } from 'node:crypto';
import CircuitBreaker from 'opossum';
import type { Logger } from 'pino';
import { callerOf, type Caller } from './caller.ts';
import type { CorsPolicy } from './cors.ts';
import type { ClaimsOf } from './limits/claims.ts';
import type { Limiter, Verdict } from './limits/limiter.ts';
import { addressKey, type LimitPolicies } from './limits/limits.policy.ts';
import { Exchange, tooLarge, type GatewayRequest, type GatewayResponse } from './proxy/exchange.ts';
import { BadAnswer, CallerLeft } from './proxy/failures.ts';
import { clientAddress, clientProto, forwardedHeaders, givenRequestId, waitSeconds } from './proxy/headers.ts';
import { gather, GATHERED_MAX_BYTES } from './proxy/request-body.ts';
import { hasAlready, type Recorder, type SharedAnswer, type SharedAnswers } from './proxy/shared-answers.ts';
import type { Upstream } from './proxy/upstream.ts';
import type { Backend, Match, Router } from './routing/route-table.ts';
import type { LoadSensor } from './shedding.ts';

export type GatewayOptions = {
  readonly router: Router;
  readonly upstreams: Readonly<Record<Backend, Upstream>>;
  readonly trust: TrustVerifier;
  /** Undefined: limits are lifted. */
  readonly limits:
    { readonly limiter: Limiter; readonly claimsOf: ClaimsOf; readonly policies: LimitPolicies } | undefined;
  readonly shared: SharedAnswers;
  readonly load: LoadSensor;
  readonly cors: CorsPolicy;
  readonly problems: Problems;
  readonly metrics: Metrics;
  readonly tracing: Pick<Tracing, 'requests'>;
  readonly logger: Logger;
  readonly trustedHops: number;
  /** `http` or `https`, as the public reaches us. */
  readonly proto: string;
  readonly maxInFlight: number;
  readonly maxStreams: number;
  readonly upstreamTimeoutMs: number;
  readonly breakerResetMs: number;
  /** Everything that is not the platform’s API. */
  readonly pages: (incoming: GatewayRequest, outgoing: GatewayResponse) => void;
};

export type Gateway = {
  readonly listener: (incoming: GatewayRequest, outgoing: GatewayResponse) => void;
  readonly inFlight: () => number;
  readonly streams: () => number;
  /** From now on answers close their connections. */
  drain(): void;
  isDraining(): boolean;
  /** Ends event streams with a hint when to come back. */
  closeStreams(): void;
};

const URL_MAX_BYTES = 8_192;
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const ALLOWED = [...METHODS].join(', ');
const NONE: readonly string[] = [];
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set([
  'gateway.overloaded',
  'gateway.breaker-open',
  'platform.trust-stale',
]);

/** One request, before it has an upstream. */
type Passage = {
  readonly incoming: GatewayRequest;
  readonly outgoing: GatewayResponse;
  readonly method: string;
  readonly route: string;
  readonly requestId: string;
  readonly trace: TraceContext;
  readonly address: string;
  readonly startedAtMs: number;
  ownHeaders: readonly string[];
};

export function createGateway(options: GatewayOptions): Gateway {
  const { router, upstreams, trust, limits, shared, load, cors, problems, metrics, logger, trustedHops } = options;
  const streams = new Set<Exchange>();
  const sharedCount = metrics.counter(
    'gateway_shared_answers_total',
    'Requests answered with what was said to others.',
  );
  const spans = options.tracing.requests;
  const fixedHeaders: readonly string[] =
    options.proto === 'https' ? ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'] : NONE;
  let inFlight = 0;
  let draining = false;
  const isDraining = (): boolean => draining;

  function refuse(passage: Passage, error: unknown, more: readonly string[] = NONE): void {
    const { incoming, outgoing, trace, requestId, method, route, startedAtMs } = passage;
    if (error instanceof CallerLeft || outgoing.destroyed || outgoing.headersSent) {
      metrics.observeRequest(method, route, 499, (performance.now() - startedAtMs) / 1_000);
      return;
    }
    const { url = '/' } = incoming;
    const query = url.indexOf('?');
    const answer = problems.answer(error, {
      language: languageOf(incoming.headers['accept-language']),
      traceId: trace.traceId,
      instance: (query < 0 ? url : url.slice(0, query)).slice(0, 200),
      logger,
    });
    const head = ['X-Request-Id', requestId, 'Traceparent', formatTraceparent(trace), 'Cache-Control', 'no-store'];
    head.push('X-Content-Type-Options', 'nosniff', ...passage.ownHeaders, ...more);
    for (const name in answer.headers) head.push(name, answer.headers[name] ?? '');
    head.push('Content-Length', String(Buffer.byteLength(answer.body)));
    // What is left of a body is not read: the connection ends with the answer.
    if (draining || (!incoming.complete && hasBody(incoming))) head.push('Connection', 'close');
    outgoing.writeHead(answer.status, head);
    outgoing.end(answer.body);
    metrics.observeRequest(method, route, answer.status, (performance.now() - startedAtMs) / 1_000);
    const line = { requestId, traceId: trace.traceId, method, route, status: answer.status, errorCode: answer.code };
    // Shedding and open breakers are told once, when they begin; a line each would be part of the load.
    if (answer.status >= 500 && !TOLD_ELSEWHERE.has(answer.code)) logger.warn(line, 'refused');
    else logger.debug(line, 'refused');
  }

  function onEnd(exchange: Exchange): void {
    inFlight -= 1;
    if (exchange.isEventStream) streams.delete(exchange);
    if (exchange.status === 0) return;
    const { method, match, status, startedAtMs } = exchange;
    const durationMs = performance.now() - startedAtMs;
    metrics.observeRequest(method, match.route, status, durationMs / 1_000);
    // The service logs the request under the same id; a second line for each is for those who look for something.
    if (!logger.isLevelEnabled('debug')) return;
    const { requestId, traceId } = exchange;
    logger.debug({ requestId, traceId, method, route: match.route, status, durationMs }, 'request');
  }

  function onStream(exchange: Exchange): void {
    streams.add(exchange);
    if (draining) exchange.closeStream();
  }

  /** @throws DomainError when the caller's credentials are worthless, and counts that against the address */
  function identify(passage: Passage): Caller {
    const refusals = limits && { policy: limits.policies.refusals, key: addressKey(passage.address) };
    const { headers } = passage.incoming;
    if (headers.authorization === undefined && headers['x-api-key'] === undefined) return callerOf(headers, trust);
    const now = Date.now();
    if (limits !== undefined && refusals !== undefined && limits.limiter.isExhausted(refusals, now)) {
      throw new DomainError('platform.rate-limited', 'Too many worthless credentials.', { retryAfterSeconds: 10 });
    }
    try {
      return callerOf(headers, trust);
    } catch (error) {
      if (limits !== undefined && refusals !== undefined && error instanceof DomainError) {
        if (error.code === 'platform.unauthenticated') limits.limiter.charge(refusals, now);
      }
      throw error;
    }
  }

  /** @throws DomainError 429; sets the headers that say how much is left */
  function ration(passage: Passage, match: Match, caller: Caller): Promise<void> | undefined {
    if (limits === undefined) return undefined;
    const { limiter, claimsOf } = limits;
    const { method, address, incoming } = passage;
    const wanted = claimsOf({ caller, counted: match.counted, method, url: incoming.url ?? '', address });
    const now = Date.now();
    const judge = (verdict: Verdict): void => {
      const { header, admitted, retryAfterSeconds } = verdict;
      passage.ownHeaders = [...passage.ownHeaders, 'RateLimit-Policy', wanted.policyHeader, 'RateLimit', header];
      if (!admitted) throw new DomainError('platform.rate-limited', 'The limit is used up.', { retryAfterSeconds });
    };
    if (wanted.exact) return limiter.takeExactly(wanted.claims, now).then(judge);
    judge(limiter.take(wanted.claims, now));
    return undefined;
  }

  function begin(incoming: GatewayRequest, outgoing: GatewayResponse, route: string): Passage {
    const { headers } = incoming;
    const traceparent = headers['traceparent'];
    return {
      incoming,
      outgoing,
      method: incoming.method ?? 'GET',
      route,
      requestId: givenRequestId(headers, trustedHops) ?? `req_${randomUUID()}`,
      trace: continueTrace(typeof traceparent === 'string' ? traceparent : undefined),
      address: clientAddress(headers, incoming.socket.remoteAddress, trustedHops),
      startedAtMs: performance.now(),
      ownHeaders: fixedHeaders,
    };
  }

  async function pass(passage: Passage, match: Match): Promise<void> {
    const { incoming, outgoing, method } = passage;
    const { headers } = incoming;
    const upstream = upstreams[match.to];
    const origin = headers.origin;
    if (origin !== undefined) {
      const answer = cors.answer(origin, method, headers);
      if (answer?.preflight === true) {
        outgoing.writeHead(204, [...answer.headers]);
        outgoing.end();
        return;
      }
      if (answer !== undefined) passage.ownHeaders = [...passage.ownHeaders, ...answer.headers];
    }
    let counted = false;
    let recorder: Recorder | undefined;
    try {
      if (load.isOverloaded() || inFlight >= options.maxInFlight) {
        throw new DomainError('gateway.overloaded', 'This gateway has too much to do.');
      }
      if (upstream.inFlight >= upstream.maxInFlight) {
        throw new DomainError('gateway.overloaded', 'The upstream has too much to do.');
      }
      if (match.opensStream && streams.size >= options.maxStreams) {
        throw new DomainError('gateway.overloaded', 'Too many event streams.');
      }
      const caller = identify(passage);
      const rationed = ration(passage, match, caller);
      if (rationed !== undefined) await rationed;
      const found = shared.lookup(method, incoming.url ?? '/', headers);
      const answer = found?.kind === 'wait' ? await found.settled : found?.kind === 'answer' ? found.answer : undefined;
      if (answer !== undefined) {
        give(passage, answer);
        return;
      }
      if (found?.kind === 'ask') ({ recorder } = found);
      const length = bodyLength(passage, match);
      inFlight += 1;
      counted = true;
      const exchange = new Exchange({
        incoming,
        outgoing,
        match,
        upstream,
        method,
        requestId: passage.requestId,
        traceId: passage.trace.traceId,
        headers: forwardedHeaders(headers, {
          address: passage.address,
          proto: clientProto(headers, trustedHops, options.proto),
          requestId: passage.requestId,
          traceparent: formatTraceparent(passage.trace),
        }),
        ownHeaders: passage.ownHeaders,
        headersTimeoutMs: options.upstreamTimeoutMs + waitSeconds(headers['prefer']) * 1_000,
        repeatable: method === 'GET' || method === 'HEAD' || headers['idempotency-key'] !== undefined,
        onStream,
        onEnd,
        isDraining,
        recorder,
      });
      if (length === 'unknown' || length > GATHERED_MAX_BYTES) {
        exchange.isStreamed = true;
        if (length !== 'unknown') exchange.streamedLength = String(length);
      } else if (length > 0) exchange.body = await gather(incoming, length);
      counted = false;
      await upstream.breaker.fire(exchange);
    } catch (error) {
      if (counted) inFlight -= 1;
      recorder?.end(false);
      if (error instanceof BadAnswer) return;
      refuse(passage, blame(error));
    }
  }

  /** What a service said to somebody else a moment ago, and declared to be for everybody. */
  function give(passage: Passage, answer: SharedAnswer): void {
    const { incoming, outgoing, requestId, trace, method, route, startedAtMs } = passage;
    if (outgoing.destroyed) return;
    const same = hasAlready(incoming.headers, answer);
    const head = same ? answer.head.filter(isNotContent) : [...answer.head];
    head.push('Age', String(Math.floor((performance.now() - answer.storedAtMs) / 1_000)));
    head.push('X-Request-Id', requestId, 'Traceparent', formatTraceparent(trace), ...passage.ownHeaders);
    if (draining) head.push('Connection', 'close');
    const status = same ? 304 : answer.status;
    outgoing.writeHead(status, head);
    if (same) outgoing.end();
    else outgoing.end(answer.text, 'latin1');
    sharedCount.inc();
    metrics.observeRequest(method, route, status, (performance.now() - startedAtMs) / 1_000);
  }

  function blame(error: unknown): unknown {
    if (!(error instanceof Error) || !CircuitBreaker.isOurError(error)) return error;
    inFlight -= 1;
    return new DomainError('gateway.breaker-open', 'The breaker is open.', {
      retryAfterSeconds: options.breakerResetMs / 1_000,
    });
  }

  function listener(incoming: GatewayRequest, outgoing: GatewayResponse): void {
    const { url = '/', method = 'GET' } = incoming;
    const match = url.length > URL_MAX_BYTES ? undefined : router.match(url);
    if (match !== undefined && METHODS.has(method)) {
      const passage = begin(incoming, outgoing, match.route);
      if (spans === undefined) void pass(passage, match);
      else void traced(spans, passage, match);
      return;
    }
    if (url.length > URL_MAX_BYTES) {
      const tooLong = new DomainError('gateway.uri-too-long', 'A long address.', { maxBytes: URL_MAX_BYTES });
      refuse(begin(incoming, outgoing, 'none'), tooLong);
    } else if (!METHODS.has(method)) {
      const notHere = new DomainError('platform.method-not-allowed', 'Not a method of ours.', { allowed: ALLOWED });
      refuse(begin(incoming, outgoing, 'none'), notHere);
    } else if (url.startsWith('/api/') || !url.startsWith('/')) {
      refuse(begin(incoming, outgoing, 'none'), new DomainError('platform.not-found', 'No route has this path.'));
    } else options.pages(incoming, outgoing);
  }

  function traced(tracing: NonNullable<typeof spans>, passage: Passage, match: Match): Promise<void> {
    const { method, outgoing } = passage;
    const { traceparent } = passage.incoming.headers;
    const ended = new Promise<void>((resolve) => outgoing.once('close', resolve));
    return tracing.answering(
      { method, route: match.route, traceparent: typeof traceparent === 'string' ? traceparent : undefined },
      async (trace) => {
        await pass({ ...passage, trace }, match);
        await ended;
      },
      () => (outgoing.headersSent ? outgoing.statusCode : 499),
    );
  }

  return {
    listener,
    inFlight: () => inFlight,
    streams: () => streams.size,
    drain() {
      draining = true;
    },
    isDraining,
    closeStreams() {
      for (const exchange of streams) exchange.closeStream();
    },
  };
}

/** A 304 has no content to be described. */
function isNotContent(_: string, index: number, head: readonly string[]): boolean {
  return !(head[index - (index % 2)] ?? '').toLowerCase().startsWith('content-');
}

function hasBody({ headers }: GatewayRequest): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    (headers['content-length'] !== undefined && headers['content-length'] !== '0')
  );
}

/** @throws DomainError 413 when the caller declares more than the route takes */
function bodyLength({ incoming, method }: Passage, match: Match): number | 'unknown' {
  // A body of a read has no meaning; it stays here.
  if (method === 'GET' || method === 'HEAD' || !hasBody(incoming)) return 0;
  const { headers } = incoming;
  if (headers['transfer-encoding'] !== undefined) return 'unknown';
  const length = Number(headers['content-length']);
  if (length > match.maxBodyBytes) throw tooLarge(match.maxBodyBytes);
  return length;
}
