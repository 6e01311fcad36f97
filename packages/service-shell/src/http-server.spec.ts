import { connect } from 'node:net';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { DomainError } from '@tongpiao/kernel';
import { expect } from 'chai';
import { z } from 'zod';
import { etagOf } from './preconditions.ts';
import { problem } from './problem-catalogue.ts';
import type { RequestContext } from './request-context.ts';
import { events, noBody, rawBody, route } from './routes.ts';
import { freshKey, startTrialServer, type TrialServer } from './trial.ts';

const orderBody = z.strictObject({
  contact: z.strictObject({ name: z.string().min(1), phone: z.string().regex(/^1\d{10}$/) }),
  lines: z.array(z.strictObject({ quantity: z.int().min(1).max(50) })).min(1),
});

let placed: unknown[] = [];
let raw: Buffer | undefined;
let seen: RequestContext | undefined;
const gate = { promise: Promise.resolve(), open: (): void => undefined };

const routes = [
  route({
    method: 'post',
    path: '/api/v1/orders',
    summary: 'Places an order.',
    tags: ['orders'],
    access: 'public',
    body: orderBody,
    waits: true,
    responses: { 202: z.strictObject({ id: z.string() }) },
    handler: async (context) => {
      placed.push(context.body);
      seen = context;
      return { status: 202, body: { id: `ord_${context.waitMs}` }, headers: { Location: '/api/v1/orders/ord_1' } };
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/orders/:id',
    summary: 'An order.',
    tags: ['orders'],
    access: 'public',
    query: z.strictObject({ limit: z.coerce.number().int().max(100).default(20) }),
    responses: { 200: z.strictObject({ id: z.string(), limit: z.int() }) },
    handler: (context) => {
      seen = context;
      const { params, query } = context;
      return { status: 200, body: { id: params.id, limit: query.limit }, headers: { ETag: etagOf(7) } };
    },
  }),
  route({
    method: 'patch',
    path: '/api/v1/orders/:id',
    summary: 'Changes an order.',
    tags: ['orders'],
    access: 'public',
    body: z.strictObject({ note: z.string() }),
    edits: true,
    responses: { 200: z.strictObject({ version: z.int() }) },
    handler: (context) => ({ status: 200, body: { version: context.expectedVersion() } }),
  }),
  route({
    method: 'delete',
    path: '/api/v1/orders/:id/hold',
    summary: 'Ends the hold.',
    tags: ['orders'],
    access: 'public',
    responses: { 204: noBody('Ended.') },
    handler: () => ({ status: 204 }),
  }),
  route({
    method: 'post',
    path: '/api/v1/files/:owner',
    summary: 'Takes a file.',
    tags: ['files'],
    access: 'public',
    upload: true,
    responses: { 201: z.strictObject({ bytes: z.int() }) },
    async handler(context) {
      if (context.params.owner === 'stranger') throw new DomainError('platform.not-found', 'Nobody.');
      return { status: 201, body: { bytes: (await context.readBody(1_000)).length } };
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/callbacks/pay',
    summary: 'Call-back of a provider.',
    tags: ['callbacks'],
    access: 'public',
    raw: true,
    idempotent: false,
    maxBodyBytes: 1_000,
    responses: { 200: rawBody('text/plain', 'The word that the provider expects.') },
    handler: ({ rawBody: bytes }) => {
      raw = bytes;
      return { status: 200, raw: 'success' };
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/cached',
    summary: 'Bytes from a cache.',
    tags: ['cache'],
    access: 'public',
    responses: { 200: z.strictObject({ a: z.int() }) },
    handler: () => ({ status: 200, raw: Buffer.from('{"a":1}'), headers: { 'Cache-Control': 'public, max-age=5' } }),
  }),
  route({
    method: 'get',
    path: '/api/v1/slow',
    summary: 'Waits.',
    tags: ['slow'],
    access: 'public',
    responses: { 200: z.strictObject({}) },
    handler: async () => {
      await gate.promise;
      return { status: 200, body: {} };
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/events',
    summary: 'Events.',
    tags: ['events'],
    access: 'public',
    responses: { 200: events(z.strictObject({ n: z.int() }), 'Numbers.') },
    handler: () => ({
      status: 200,
      stream: async (sink) => {
        for (let n = Number(sink.lastEventId ?? 0) + 1; n <= 3; n += 1) sink.send({ id: n, data: { n } });
        await new Promise<void>((resolve) => {
          sink.signal.addEventListener('abort', () => {
            resolve();
          });
        });
      },
    }),
  }),
  ...(['refused', 'bug', 'liar'] as const).map((kind) =>
    route({
      method: 'get',
      path: `/api/v1/fails/${kind}`,
      summary: 'Fails.',
      tags: ['fails'],
      access: 'public',
      responses: { 200: z.strictObject({ a: z.int() }) },
      handler: () => {
        if (kind === 'refused') throw new DomainError('trial.sold-out', 'Nothing left.', { left: 0 });
        if (kind === 'bug') throw new Error('/srv/app/secret.ts broke');
        const lie: unknown = { a: 'not a number' };
        return { status: 200, body: lie as { a: number } };
      },
    }),
  ),
];

const order = { contact: { name: '张三', phone: '13812345678' }, lines: [{ quantity: 2 }] };
const good = JSON.stringify(order);
const asJson = (): Record<string, string> => ({ 'content-type': 'application/json', 'idempotency-key': freshKey() });

describe('the HTTP server', () => {
  let server: TrialServer;
  before(async () => {
    server = await startTrialServer(routes, {
      catalogue: { 'trial.sold-out': problem(409, ['已售罄', 'Sold out'], ['剩余 {left} 张。', '{left} left.']) },
    });
  });
  after(() => server.stop());
  beforeEach(() => {
    placed = [];
    seen = undefined;
  });

  it('takes a good request, and answers with Location and the preference that it applied', async () => {
    const answer = await server.call('/api/v1/orders', { json: order, headers: { prefer: 'respond-async, wait=5' } });
    expect(answer).to.deep.include({ status: 202, body: { id: 'ord_5000' } });
    expect(answer.headers.get('location')).to.equal('/api/v1/orders/ord_1');
    expect(answer.headers.get('preference-applied')).to.equal('wait=5');
    expect(placed).to.deep.equal([order]);
  });

  it('PLA-33 waits no longer than 30 s, and not at all unless asked', async () => {
    expect((await server.call('/api/v1/orders', { json: order, headers: { prefer: 'wait=9999' } })).body).to.deep.equal(
      { id: 'ord_30000' },
    );
    const plain = await server.call('/api/v1/orders', { json: order });
    expect(plain.body).to.deep.equal({ id: 'ord_0' });
    expect(plain.headers.has('preference-applied')).to.equal(false);
  });

  type Bad = {
    readonly what: string;
    readonly path?: string;
    readonly method?: string;
    readonly headers?: () => Record<string, string>;
    readonly body?: string | Uint8Array<ArrayBuffer>;
    readonly status: number;
    readonly code: string;
    readonly fields?: readonly string[];
  };
  const without = (name: string) => (): Record<string, string> =>
    Object.fromEntries(Object.entries(asJson()).filter(([key]) => key !== name));
  const bad: readonly Bad[] = [
    { what: 'malformed JSON', body: '{"contact":', status: 400, code: 'platform.malformed-json' },
    {
      what: 'JSON that is not UTF-8',
      body: new Uint8Array([0x22, 0xff, 0x22]),
      status: 400,
      code: 'platform.malformed-json',
    },
    {
      what: 'unknown fields, wrong types and missing fields',
      body: '{"contact":{"name":"","phone":13812345678,"vip":true},"lines":[{"quantity":"2"}],"discount":100}',
      status: 400,
      code: 'platform.invalid-request',
      fields: ['/contact/name', '/contact/phone', '/contact/vip', '/discount', '/lines/0/quantity'],
    },
    {
      what: 'a prototype in disguise',
      body: good.replace('{', '{"__proto__":{"admin":true},'),
      status: 400,
      code: 'platform.invalid-request',
      fields: ['/__proto__'],
    },
    { what: 'no body', body: '', status: 400, code: 'platform.invalid-request', fields: ['/contact', '/lines'] },
    { what: 'an array for an object', body: '[]', status: 400, code: 'platform.invalid-request', fields: [''] },
    {
      what: 'a body that is too large',
      body: `"${'x'.repeat(100_001)}"`,
      status: 413,
      code: 'platform.body-too-large',
    },
    {
      what: 'the wrong media type',
      headers: () => ({ ...asJson(), 'content-type': 'text/plain' }),
      body: good,
      status: 415,
      code: 'platform.unsupported-media-type',
    },
    {
      what: 'another charset',
      headers: () => ({ ...asJson(), 'content-type': 'application/json; charset=gbk' }),
      body: good,
      status: 415,
      code: 'platform.unsupported-media-type',
    },
    {
      what: 'a compressed body',
      headers: () => ({ ...asJson(), 'content-encoding': 'gzip' }),
      body: new Uint8Array(gzipSync(good)),
      status: 415,
      code: 'platform.unsupported-media-type',
    },
    {
      what: 'a missing Idempotency-Key',
      headers: without('idempotency-key'),
      body: good,
      status: 400,
      code: 'platform.idempotency-key-required',
    },
    {
      what: 'a short Idempotency-Key',
      headers: () => ({ ...asJson(), 'idempotency-key': 'short' }),
      body: good,
      status: 400,
      code: 'platform.idempotency-key-invalid',
    },
    { what: 'an unknown path', path: '/api/v1/nowhere', body: good, status: 404, code: 'platform.not-found' },
    {
      what: 'a path that cannot be decoded',
      path: '/api/v1/orders/%E0%A4%A',
      method: 'GET',
      status: 404,
      code: 'platform.not-found',
    },
    { what: 'a method that is not there', method: 'PUT', body: good, status: 405, code: 'platform.method-not-allowed' },
    {
      what: 'an unknown query parameter',
      path: '/api/v1/orders/1?limt=5',
      method: 'GET',
      status: 400,
      code: 'platform.invalid-request',
      fields: ['/limt'],
    },
    {
      what: 'a query parameter out of bounds',
      path: '/api/v1/orders/1?limit=101',
      method: 'GET',
      status: 400,
      code: 'platform.invalid-request',
      fields: ['/limit'],
    },
    {
      what: 'a query parameter given twice',
      path: '/api/v1/orders/1?limit=1&limit=2',
      method: 'GET',
      status: 400,
      code: 'platform.invalid-request',
      fields: ['/limit'],
    },
    {
      what: 'a query where none is taken',
      path: '/api/v1/cached?a=1',
      method: 'GET',
      status: 400,
      code: 'platform.invalid-request',
      fields: ['/a'],
    },
    {
      what: 'an endless path parameter',
      path: `/api/v1/orders/${'x'.repeat(201)}`,
      method: 'GET',
      status: 400,
      code: 'platform.invalid-request',
      fields: ['/id'],
    },
    {
      what: 'an edit without If-Match',
      path: '/api/v1/orders/1',
      method: 'PATCH',
      body: '{"note":"x"}',
      status: 428,
      code: 'platform.precondition-required',
    },
    {
      what: 'an edit with a foreign ETag',
      path: '/api/v1/orders/1',
      method: 'PATCH',
      headers: () => ({ ...asJson(), 'if-match': '"abc"' }),
      body: '{"note":"x"}',
      status: 412,
      code: 'platform.precondition-failed',
    },
    {
      what: 'a refusal of the domain',
      path: '/api/v1/fails/refused',
      method: 'GET',
      status: 409,
      code: 'trial.sold-out',
    },
    { what: 'a bug', path: '/api/v1/fails/bug', method: 'GET', status: 500, code: 'platform.internal' },
    {
      what: 'an answer that breaks its schema',
      path: '/api/v1/fails/liar',
      method: 'GET',
      status: 500,
      code: 'platform.internal',
    },
  ];
  const problemSchema = z.looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    instance: z.string(),
    traceId: z.string().regex(/^[0-9a-f]{32}$/),
    errors: z.array(z.strictObject({ in: z.string(), field: z.string(), message: z.string() })).optional(),
  });

  for (const { what, path = '/api/v1/orders', method = 'POST', headers = asJson, body, status, code, fields } of bad) {
    for (const language of ['zh-CN', 'en'] as const) {
      it(`PLA-31 ${what} is told in ${language} and changes nothing`, async () => {
        const answer = await server.call(path, {
          method,
          headers: { ...headers(), 'accept-language': language },
          ...(body === undefined ? {} : { body }),
        });
        expect(answer.status).to.equal(status);
        expect(answer.headers.get('content-type')).to.equal('application/problem+json');
        expect(answer.headers.get('content-language')).to.equal(language);
        const told = problemSchema.parse(answer.body);
        expect(told).to.include({ status, code, type: `/problems/${code}` });
        expect(answer.text).not.to.match(/secret|\.ts|at .*\(/);
        const words = [told.title, told.detail, ...(told.errors ?? []).map(({ message }) => message)];
        for (const word of words) {
          if (language === 'en') expect(word).to.match(/^[ -~–]+$/);
          else expect(word).to.match(/[\u4e00-\u9fff]/);
        }
        expect(told.errors?.map(({ field }) => field).sort()).to.deep.equal(fields);
        expect(placed).to.deep.equal([]);
      });
    }
  }

  it('405 and OPTIONS name the methods that are there', async () => {
    const wrong = await server.call('/api/v1/orders/1', { method: 'PUT' });
    expect(wrong.headers.get('allow')).to.equal('GET, PATCH, HEAD, OPTIONS');
    const options = await server.call('/api/v1/orders/1', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).to.deep.equal([204, 'GET, PATCH, HEAD, OPTIONS']);
  });

  it('HEAD says what GET would say, without saying it', async () => {
    const answer = await server.call('/api/v1/orders/1', { method: 'HEAD' });
    expect([answer.status, answer.text, answer.headers.get('content-length')]).to.deep.equal([200, '', '21']);
  });

  it('PLA-34 an ETag is the version; If-None-Match spares the body, If-Match guards an edit', async () => {
    expect((await server.call('/api/v1/orders/1')).headers.get('etag')).to.equal('"v7"');
    const same = await server.call('/api/v1/orders/1', { headers: { 'if-none-match': '"v6", W/"v7"' } });
    expect([same.status, same.text]).to.deep.equal([304, '']);
    const edit = await server.call('/api/v1/orders/1', {
      method: 'PATCH',
      json: { note: 'x' },
      headers: { 'if-match': '"v7"' },
    });
    expect(edit.body).to.deep.equal({ version: 7 });
  });

  it('a raw route gets every byte as it came, bounded', async () => {
    const bytes = new Uint8Array([0xff, 0x00, 0x0a]);
    const answer = await server.call('/api/v1/callbacks/pay', {
      body: bytes,
      headers: { 'content-type': 'application/x-any' },
    });
    expect([answer.status, answer.text, answer.headers.get('content-type')]).to.deep.equal([
      200,
      'success',
      'text/plain',
    ]);
    expect(raw).to.deep.equal(Buffer.from(bytes));
    expect((await server.call('/api/v1/callbacks/pay', { body: 'x'.repeat(1_001) })).status).to.equal(413);
  });

  it('a body of unknown length is cut where it becomes too large', async () => {
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(50_000));
      },
    });
    const answer = await fetch(`${server.url}/api/v1/orders`, {
      method: 'POST',
      headers: asJson(),
      body: endless,
      duplex: 'half',
    }).then(
      ({ status }) => status,
      () => 'cut off',
    );
    expect(answer).to.be.oneOf([413, 'cut off']);
    expect(placed).to.deep.equal([]);
  });

  it('bytes that are ready are sent as they are, and a route may allow caching', async () => {
    const answer = await server.call('/api/v1/cached');
    expect([answer.text, answer.headers.get('cache-control')]).to.deep.equal(['{"a":1}', 'public, max-age=5']);
    expect(answer.headers.get('content-type')).to.equal('application/json; charset=utf-8');
  });

  it('every answer carries security headers, its id and its trace; strangers do not choose the id', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { headers } = await server.call('/api/v1/orders/1', {
      headers: { traceparent, 'x-request-id': 'mine-mine-mine' },
    });
    expect(headers.get('x-request-id')).to.match(/^req_[0-9a-f-]{36}$/);
    expect(headers.get('traceparent')).to.match(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(headers.get('content-security-policy')).to.include("default-src 'none'");
    expect(headers.has('x-powered-by')).to.equal(false);
  });

  it('PLA-20 a scope says who, from where, why', async () => {
    await server.call('/api/v1/orders/1', { headers: { 'x-forwarded-for': '1.2.3.4', 'x-client-channel': 'app' } });
    const origin = seen?.origin();
    expect(origin).to.include({ by: 'guest', channel: 'app', address: '127.0.0.1', cause: seen?.request.id });
    expect(origin?.traceparent).to.include(seen?.request.trace.traceId);
    expect(() => seen?.scope()).to.throw('a guest has no tenant');
  });

  it('the last hop alone is believed behind our own gateway', async () => {
    const behind = await startTrialServer(routes, { trustedHops: 1 });
    const from = async (header: string): Promise<string | undefined> => {
      await behind.call('/api/v1/orders/1', {
        headers: { 'x-forwarded-for': header, 'x-request-id': 'req_from-gateway' },
      });
      return seen?.request.address;
    };
    expect(await from('6.6.6.6, 9.9.9.9')).to.equal('9.9.9.9');
    expect(seen?.request.id).to.equal('req_from-gateway');
    expect(await from('::ffff:9.9.9.9')).to.equal('9.9.9.9');
    expect(await from('nonsense')).to.equal('127.0.0.1');
    await behind.stop();
  });

  it('what is no HTTP gets 400, and headers without end 431, in a word', async () => {
    const { port } = new URL(server.url);
    for (const [bytes, status] of [
      ['NONSENSE\r\n\r\n', '400'],
      [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
    ] as const) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(bytes);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).to.match(new RegExp(`^HTTP/1.1 ${status} `));
      socket.destroy();
    }
  });

  it('PLA-33 events arrive with their ids, and continue after Last-Event-ID', async () => {
    async function read(headers: Record<string, string>, count: number): Promise<string> {
      const abort = new AbortController();
      const answer = await fetch(`${server.url}/api/v1/events`, { headers, signal: abort.signal });
      expect(answer.headers.get('content-type')).to.include('text/event-stream');
      expect(answer.headers.get('x-accel-buffering')).to.equal('no');
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of answer.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        if (text.split('data: ').length > count) break;
      }
      abort.abort();
      return text;
    }
    expect(await read({}, 3)).to.equal(
      'retry: 1000\n\nid: 1\ndata: {"n":1}\n\nid: 2\ndata: {"n":2}\n\nid: 3\ndata: {"n":3}\n\n',
    );
    expect(await read({ 'last-event-id': '2' }, 1)).to.equal('retry: 1000\n\nid: 3\ndata: {"n":3}\n\n');
  });

  it('PLA-50 health, figures and the OpenAPI document answer beside the routes', async () => {
    server.health.add('broken part', () => {
      throw new Error('x');
    });
    expect((await server.call('/health/live')).status).to.equal(200);
    expect(await server.call('/health/ready')).to.deep.include({
      status: 503,
      body: {
        status: 'down',
        parts: [
          { name: 'accepting', state: 'up' },
          { name: 'broken part', state: 'down' },
        ],
      },
    });
    const { text } = await server.call('/metrics');
    expect(text).to.match(/http_request_duration_seconds_count\{.*route="\/api\/v1\/orders".*status="4xx"/);
    expect(text).not.to.include('/api/v1/orders/1"');
  });

  it('PLA-51 a stop finishes what is under way, ends streams, and takes nothing new', async () => {
    const stopping = await startTrialServer(routes);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    gate.promise = promise;
    const slow = stopping.call('/api/v1/slow');
    const stream = await fetch(`${stopping.url}/api/v1/events`);
    await stopping.call('/api/v1/cached');
    stopping.drain();
    expect((await stopping.call('/api/v1/cached')).headers.get('connection')).to.equal('close');
    const stopped = stopping.stop();
    resolve(undefined);
    expect((await slow).status).to.equal(200);
    expect(await stream.text()).to.include('id: 3');
    await stopped;
    const refused = await fetch(`${stopping.url}/api/v1/cached`).then(
      () => 'answered',
      () => 'refused',
    );
    expect(refused).to.equal('refused');
  });

  it('PLA-51 a stop does not wait for ever', async () => {
    const stopping = await startTrialServer(routes);
    gate.promise = new Promise(() => undefined);
    const slow = stopping.call('/api/v1/slow').then(
      () => 'answered',
      () => 'cut',
    );
    await stopping.call('/api/v1/cached');
    await stopping.stop(50);
    expect(await slow).to.equal('cut');
    gate.promise = Promise.resolve();
  });

  it('a handler without end is answered for', async () => {
    const impatient = await startTrialServer(routes, { handlerTimeoutMs: 10 });
    gate.promise = new Promise(() => undefined);
    const answer = await impatient.call('/api/v1/slow');
    expect(answer.body).to.include({ status: 503, code: 'platform.unavailable' });
    gate.promise = Promise.resolve();
    await impatient.stop();
  });

  it('two handlers for one route are a mistake that shows at start', async () => {
    const [first] = routes;
    if (first === undefined) throw new Error('no route');
    const outcome = await startTrialServer([first, first]).then(
      () => 'started',
      (error: unknown) => String(error),
    );
    expect(outcome).to.include('POST /api/v1/orders is there twice');
  });
});

describe('uploads', () => {
  let server: TrialServer;
  before(async () => {
    server = await startTrialServer(routes);
  });
  after(() => server.stop());
  const send = (owner: string, bytes: number) =>
    fetch(`${server.url}/api/v1/files/${owner}`, {
      method: 'POST',
      body: new Uint8Array(bytes),
      headers: { 'idempotency-key': freshKey(), 'content-type': 'image/jpeg' },
    });

  it('are read when the handler asks, whatever their type, and no further than it wants', async () => {
    const taken = await send('me', 900);
    expect([taken.status, await taken.json()]).to.deep.equal([201, { bytes: 900 }]);
    expect((await send('me', 0)).status).to.equal(201);
    const large = await send('me', 1_001);
    expect([large.status, large.headers.get('connection')]).to.deep.equal([413, 'close']);
  });
  it('are not read when the caller is refused: the connection ends with the answer', async () => {
    const refused = await send('stranger', 900_000);
    expect([refused.status, refused.headers.get('connection')]).to.deep.equal([404, 'close']);
  });
});
