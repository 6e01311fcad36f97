// What a handler knows about its request. Most of it is computed when it is asked for, because most handlers ask for little.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Language } from '@tongpiao/contracts';
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { Scope, type Origin } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import { requestFingerprint, requireIdempotencyKey } from './idempotency.ts';
import { languageOf } from './language.ts';
import { nameOf, type Principal } from './principal.ts';
import { versionOfEtag } from './preconditions.ts';
import { hasBody, readBytes } from './request-body.ts';
import { formatTraceparent, type TraceContext } from './tracing.ts';

/** Longest `Prefer: wait=N` that is honoured: below the patience of proxies between us and the caller. */
export const WAIT_MAX_MS = 30_000;

export type RequestFacts = {
  /** Goes into logs, journals (`cause`) and the header X-Request-Id. */
  readonly id: string;
  readonly method: string;
  /** Pattern of the route. */
  readonly route: string;
  /** Path without query. */
  readonly path: string;
  /** The client's address, as far as our own proxies tell it. */
  readonly address: string;
  readonly trace: TraceContext;
};

/** The pieces that the server hands over; handlers see `RequestContext`. */
export type RequestParts = {
  readonly facts: RequestFacts;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly logger: Logger;
};

export class RequestContext<Params = unknown, Query = unknown, Body = unknown> {
  readonly request: RequestFacts;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly principal: Principal;
  readonly #parts: RequestParts;
  readonly #raw: Buffer | undefined;
  #abort: AbortController | undefined;
  #logger: Logger | undefined;
  #waitWasRead = false;

  constructor(
    parts: RequestParts,
    input: { params: Params; query: Query; body: Body; raw: Buffer | undefined },
    principal: Principal,
  ) {
    this.request = parts.facts;
    this.params = input.params;
    this.query = input.query;
    this.body = input.body;
    this.principal = principal;
    this.#parts = parts;
    this.#raw = input.raw;
  }

  /** The body as it came, on routes with `raw`. */
  get rawBody(): Buffer {
    if (this.#raw === undefined) throw new Error(`${this.request.route} does not keep the raw body`);
    return this.#raw;
  }

  /**
   * The body of a route with `upload`, read now.
   * @throws DomainError when it is larger than `maxBytes`; the rest is then not read
   */
  readBody(maxBytes: number): Promise<Buffer> {
    const { incoming } = this.#parts;
    return hasBody(incoming) ? readBytes(incoming, maxBytes) : Promise.resolve(Buffer.alloc(0));
  }

  header(name: string): string | undefined {
    const value = this.#parts.incoming.headers[name.toLowerCase()];
    return typeof value === 'string' ? value : value?.join(', ');
  }

  get language(): Language {
    return languageOf(this.#parts.incoming.headers['accept-language']);
  }

  get traceparent(): string {
    return formatTraceparent(this.request.trace);
  }

  /** One line per request has its ids already; use this for what else must be said. */
  get logger(): Logger {
    this.#logger ??= this.#parts.logger.child({
      requestId: this.request.id,
      traceId: this.request.trace.traceId,
      route: this.request.route,
    });
    return this.#logger;
  }

  /** Aborted when the caller goes away or the server gives up on the request. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      this.#parts.outgoing.once('close', () => {
        abort.abort();
      });
    }
    return this.#abort.signal;
  }

  /** @throws DomainError when the header is missing or too short */
  get idempotencyKey(): string {
    return requireIdempotencyKey(this.header('idempotency-key'));
  }

  /** SHA-256 of what was asked for; stored beside what the request makes. */
  get fingerprint(): string {
    return requestFingerprint(this.body);
  }

  /** Whose Idempotency-Keys these are: keys of different callers never meet. */
  get callerKey(): string {
    return nameOf(this.principal);
  }

  /** Milliseconds that the caller is ready to wait (`Prefer: wait=N`), 0 when it is not. */
  get waitMs(): number {
    this.#waitWasRead = true;
    const match = /(?:^|[\s,;])wait=(\d{1,6})(?:$|[\s,;])/.exec(this.header('prefer') ?? '');
    return match === null ? 0 : Math.min(Number(match[1]) * 1_000, WAIT_MAX_MS);
  }

  /** What the server says in `Preference-Applied`. */
  get appliedPreference(): string | undefined {
    return this.#waitWasRead && this.waitMs > 0 ? `wait=${this.waitMs / 1_000}` : undefined;
  }

  get ifMatch(): string | undefined {
    return this.header('if-match');
  }

  /**
   * The version that the caller has read, from `If-Match` (PLA-34).
   * @throws DomainError 428 when it does not say, 412 when that cannot be one of our versions
   */
  expectedVersion(): number {
    const header = this.ifMatch;
    if (header === undefined)
      throw new DomainError('platform.precondition-required', 'The header If-Match is missing.');
    const version = versionOfEtag(header);
    if (version === undefined) throw new DomainError('platform.precondition-failed', 'If-Match is none of our ETags.');
    return version;
  }

  /** web, app, counter, kiosk, gate, ota: what the credentials say, and for people what the client says. */
  get channel(): string {
    const { principal } = this;
    if (principal.type === 'apiKey') return principal.kind;
    if (principal.type === 'user' && principal.roles.some((role) => role !== 'traveller')) return 'counter';
    return this.publicChannel;
  }

  /** Which client somebody from the public uses, as it says itself. */
  get publicChannel(): 'app' | 'web' {
    return this.header('x-client-channel') === 'app' ? 'app' : 'web';
  }

  origin(): Origin {
    const { principal } = this;
    const { id, address } = this.request;
    const isCustomer = principal.type === 'user' && principal.roles.every((role) => role === 'traveller');
    return {
      by: nameOf(principal),
      ...(isCustomer ? { ofCustomer: true } : {}),
      channel: this.channel,
      address,
      cause: id,
      correlationId: id,
      traceparent: this.traceparent,
    };
  }

  /**
   * The scope for reading and writing. Staff get their own tenant's: records of other tenants are then simply not there.
   * @param tenantId required for guests, who have no tenant; for others, overrides their own and is for public data only
   */
  scope(tenantId?: TenantId): Scope {
    const tenant = tenantId ?? (this.principal.type === 'guest' ? undefined : this.principal.tenantId);
    if (tenant === undefined) throw new Error('a guest has no tenant: say whose record it is');
    return Scope.ofTenant(tenant, this.origin());
  }

  /** For the few reads whose tenant only the record knows; the reason is logged (PLA-02). */
  scopeAcrossTenants(reason: string): Scope {
    return Scope.acrossTenants(reason, this.origin(), this.logger);
  }
}
