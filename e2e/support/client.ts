// A client of the public API as a traveller's phone or a clerk's counter would be one: keep-alive, idempotency keys, bearer tokens.
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'undici';

type Call = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly json?: unknown;
  readonly token?: string;
  readonly apiKey?: string;
  readonly wait?: number;
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
};
export type Answer<Body = Record<string, unknown>> = {
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

export type Client = {
  readonly baseUrl: string;
  call<Body = Record<string, unknown>>(path: string, call?: Call): Promise<Answer<Body>>;
  /** @throws Error with the problem document when the status is not one of those expected */
  expect<Body = Record<string, unknown>>(
    statuses: number | readonly number[],
    path: string,
    call?: Call,
  ): Promise<Body>;
  close(): Promise<void>;
};

export function newKey(): string {
  return randomBytes(18).toString('base64url');
}

export function createClient(baseUrl: string, connections = 64): Client {
  const agent = new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
    connect: { timeout: 30_000 },
  });
  async function call<Body>(path: string, options: Call = {}): Promise<Answer<Body>> {
    const method = options.method ?? (options.json === undefined ? 'GET' : 'POST');
    const headers: Record<string, string> = { ...options.headers };
    if (options.json !== undefined) headers['content-type'] = 'application/json';
    if (method === 'POST') headers['idempotency-key'] = options.idempotencyKey ?? newKey();
    if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`;
    if (options.apiKey !== undefined) headers['x-api-key'] = options.apiKey;
    if (options.wait !== undefined) headers['prefer'] = `wait=${options.wait}`;
    const response = await request(`${baseUrl}${path}`, {
      dispatcher: agent,
      method,
      headers,
      ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
      ...(options.timeoutMs === undefined ? {} : { headersTimeout: options.timeoutMs, bodyTimeout: options.timeoutMs }),
    });
    const text = await response.body.text();
    const type = String(response.headers['content-type'] ?? '');
    const body: unknown = type.includes('json') && text !== '' ? JSON.parse(text) : text;
    return { status: response.statusCode, body: body as Body, headers: response.headers };
  }
  return {
    baseUrl,
    call,
    async expect<Body>(statuses: number | readonly number[], path: string, options: Call = {}) {
      const wanted = typeof statuses === 'number' ? [statuses] : statuses;
      const answer = await call<Body>(path, options);
      if (wanted.includes(answer.status)) return answer.body;
      throw new Error(
        `${options.method ?? (options.json === undefined ? 'GET' : 'POST')} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 500)}`,
      );
    },
    close: () => agent.close(),
  };
}
