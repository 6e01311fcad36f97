import { request as httpRequest } from 'node:http';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import {
  ask,
  askRaw,
  fakeUpstream,
  post,
  startGateway,
  type FakeUpstream,
  type TestGateway,
} from './gateway.fixture.ts';

describe('gateway: proxying', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;

  before(async () => {
    upstream = await fakeUpstream();
    gateway = await startGateway(upstream.url);
  });
  after(async () => {
    await gateway.running.stop();
    await upstream.kill();
  });

  it('PLA-30 carries method, path, query, body and headers to the service, and its answer back', async () => {
    const answer = await post(
      gateway.url,
      '/api/v1/orders?x=1&y=%E7%A5%A8',
      { a: '票' },
      { 'idempotency-key': 'k'.repeat(22) },
    );
    expect(answer.status).to.equal(200);
    expect(answer.json).to.include({ method: 'POST', url: '/api/v1/orders?x=1&y=%E7%A5%A8', bytes: 11 });
    expect(answer.json['headers']).to.include({ 'idempotency-key': 'k'.repeat(22), 'content-length': '11' });
    for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      expect((await ask(gateway.url, '/api/v1/orders/1', { method })).json).to.include({ method });
    }
    const head = await ask(gateway.url, '/api/v1/products', { method: 'HEAD' });
    expect(head.status).to.equal(200);
    expect(head.text).to.equal('');
  });

  it('PLA-35 lets nobody choose the address, the scheme or the id that a request has inside', async () => {
    const forged = {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'gopher',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'x-request-id': 'chosen-by-a-stranger',
    };
    const { json } = await ask(gateway.url, '/api/v1/products', { headers: forged });
    const headers = json['headers'];
    expect(headers).to.include({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
    expect(headers).to.have.property('x-request-id').that.matches(/^req_/);
    expect(headers).not.to.have.any.keys('forwarded', 'x-real-ip');
    expect(headers).to.have.property('x-forwarded-host').that.equals(new URL(gateway.url).host);
  });

  it('PLA-35 believes as many proxies as there are, and what the last of them says', async () => {
    const behind = await startGateway(upstream.url, { HTTP_TRUSTED_HOPS: '1' });
    try {
      const headers = {
        'x-forwarded-for': '6.6.6.6, 9.9.9.9',
        'x-forwarded-proto': 'https',
        'x-request-id': 'req_from-ingress',
      };
      const { json } = await ask(behind.url, '/api/v1/products', { headers });
      expect(json['headers']).to.include({
        'x-forwarded-for': '9.9.9.9',
        'x-forwarded-proto': 'https',
        'x-request-id': 'req_from-ingress',
      });
    } finally {
      await behind.running.stop();
    }
  });

  it('PLA-44 continues the trace of the caller, or begins one', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const { json } = await ask(gateway.url, '/api/v1/products', { headers: { traceparent } });
    expect(json['headers'])
      .to.have.property('traceparent')
      .that.matches(new RegExp(`^00-${'a'.repeat(32)}-(?!b{16})`));
    const fresh = await ask(gateway.url, '/api/v1/products');
    expect(fresh.json['headers'])
      .to.have.property('traceparent')
      .that.matches(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('PLA-35 keeps headers of one hop to that hop', async () => {
    const { json } = await ask(gateway.url, '/api/v1/products', {
      headers: {
        connection: 'x-secret, keep-alive',
        'x-secret': '1',
        te: 'trailers',
        'proxy-authorization': 'Basic x',
        'x-kept': '1',
      },
    });
    expect(json['headers']).to.include({ 'x-kept': '1' });
    expect(json['headers']).not.to.have.any.keys('x-secret', 'te', 'proxy-authorization');
  });

  it('PLA-31 answers 404, 405 and 414 as problem documents in the caller’s language', async () => {
    const zh = await ask(gateway.url, '/api/v1/nothing');
    expect(zh.status).to.equal(404);
    expect(zh.headers['content-type']).to.equal('application/problem+json');
    expect(zh.json).to.include({ code: 'platform.not-found', title: '未找到', instance: '/api/v1/nothing' });
    const en = await ask(gateway.url, '/nothing', { headers: { 'accept-language': 'en' } });
    expect(en.status).to.equal(404);
    expect(en.json).to.include({ title: 'Not found' });
    for (const path of [
      '/api/v1/products/../users',
      '/api/v1//products',
      '/api/v1/events?subject=weather:1',
      '/api/v2/products',
    ]) {
      expect(await askRaw(gateway.url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).to.match(
        /^HTTP\/1.1 404/,
      );
    }
    const trace = await ask(gateway.url, '/api/v1/products', { method: 'TRACE', headers: { 'accept-language': 'en' } });
    expect(trace.status).to.equal(405);
    expect(trace.headers.allow).to.include('GET');
    expect(trace.json).to.include({ code: 'platform.method-not-allowed' });
    const long = await ask(gateway.url, `/api/v1/products?q=${'x'.repeat(9_000)}`);
    expect(long.status).to.equal(414);
    expect(long.json).to.include({ code: 'gateway.uri-too-long' });
  });

  it('PLA-35 refuses what is framed in two ways, headers that are too large, and requests without a host', async () => {
    const before = upstream.seen.length;
    const smuggled =
      'POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/users HTTP/1.1\r\nHost: x\r\n\r\n';
    expect(await askRaw(gateway.url, smuggled)).to.match(/^HTTP\/1.1 400/);
    const large = `GET /api/v1/products HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(17_000)}\r\n\r\n`;
    expect(await askRaw(gateway.url, large)).to.match(/^HTTP\/1.1 431/);
    expect(await askRaw(gateway.url, 'GET /api/v1/products HTTP/1.1\r\n\r\n')).to.match(/^HTTP\/1.1 400/);
    expect(upstream.seen.length).to.equal(before);
  });

  it('PLA-35 refuses bodies beyond the bound: declared ones unread, others as soon as they pass it', async () => {
    const before = upstream.seen.length;
    const declared = await askRaw(
      gateway.url,
      'POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nAccept-Language: en\r\n\r\n',
    );
    expect(declared).to.match(/^HTTP\/1.1 413/);
    expect(declared).to.include('"code":"platform.body-too-large"').and.to.include('"maxBytes":1048576');
    const streamed = await new Promise<number>((resolve, reject) => {
      const outgoing = httpRequest(`${gateway.url}/api/v1/orders`, { method: 'POST', agent: false }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode ?? 0);
      });
      outgoing.on('error', reject);
      for (let sent = 0; sent < 3; sent += 1) outgoing.write(Buffer.alloc(500_000));
    });
    expect(streamed).to.equal(413);
    expect(upstream.seen.length).to.equal(before);
    expect((await ask(gateway.url, '/api/v1/orders')).status, 'nobody else is blamed').to.equal(200);
  });

  it('PLA-35 aborts what nobody waits for any more', async () => {
    let aborted = false;
    const slow = await fakeUpstream((incoming, outgoing) => {
      outgoing.once('close', () => (aborted = !outgoing.writableFinished));
      incoming.resume();
    });
    const impatient = await startGateway(slow.url);
    try {
      const outgoing = httpRequest(`${impatient.url}/api/v1/products`, { agent: false });
      outgoing.on('error', () => undefined);
      outgoing.end();
      await eventually('the request to be under way', async () =>
        (await ask(impatient.url, '/metrics')).text.includes('gateway_in_flight{upstream="sales",service="gateway"} 1'),
      );
      outgoing.destroy();
      await eventually('the upstream to notice', () => aborted);
    } finally {
      await impatient.running.stop();
      await slow.kill();
    }
  });

  it('PLA-35 answers 504 when an upstream does not begin its answer in time', async () => {
    const mute = await fakeUpstream((incoming) => void incoming.resume());
    const waiting = await startGateway(mute.url, { UPSTREAM_TIMEOUT_MS: '300' });
    try {
      const answer = await ask(waiting.url, '/api/v1/products', { headers: { 'accept-language': 'en' } });
      expect(answer.status).to.equal(504);
      expect(answer.json).to.include({ code: 'gateway.upstream-timeout' });
      expect(answer.headers['retry-after']).to.equal('1');
    } finally {
      await waiting.running.stop();
      await mute.kill();
    }
  });

  it('PLA-35 lets pages of other origins in only when the settings name them', async () => {
    const origin = 'https://tickets.example.cn';
    const none = await ask(gateway.url, '/api/v1/products', { headers: { origin } });
    expect(none.headers).not.to.have.property('access-control-allow-origin');
    const open = await startGateway(upstream.url, { CORS_ORIGINS: origin });
    try {
      const read = await ask(open.url, '/api/v1/products', { headers: { origin } });
      expect(read.headers['access-control-allow-origin']).to.equal(origin);
      const preflight = await ask(open.url, '/api/v1/orders', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      expect(preflight.status).to.equal(204);
      expect(preflight.headers['access-control-allow-headers']).to.include('Idempotency-Key');
      const other = await ask(open.url, '/api/v1/products', { headers: { origin: 'https://evil.example' } });
      expect(other.headers).not.to.have.property('access-control-allow-origin');
    } finally {
      await open.running.stop();
    }
  });

  it('PLA-35 asks once for what a service says is the same for everybody, and always for the rest', async () => {
    let asked = 0;
    const shared = await fakeUpstream((incoming, outgoing) => {
      asked += 1;
      const text = `{"number":${asked},"name":"云台山"}`;
      const control = incoming.url?.includes('shared') === true ? { 'cache-control': 'public, s-maxage=30' } : {};
      outgoing.writeHead(200, {
        'content-length': Buffer.byteLength(text),
        etag: '"v7"',
        'x-request-id': 'one',
        ...control,
      });
      outgoing.end(text);
    });
    const own = await startGateway(shared.url);
    try {
      const path = '/api/v1/products/prd_1/availability?shared';
      const first = await ask(own.url, path);
      const second = await ask(own.url, path);
      expect(asked).to.equal(1);
      expect(second.json).to.deep.equal(first.json).and.to.deep.equal({ number: 1, name: '云台山' });
      expect(second.headers).to.include({ age: '0', etag: '"v7"', 'content-length': first.headers['content-length'] });
      expect(second.headers['x-request-id']).to.match(/^req_/);
      expect(second.headers['ratelimit']).to.include('guest-reads');
      expect((await ask(own.url, path, { headers: { 'if-none-match': '"v7"' } })).status).to.equal(304);
      expect((await ask(own.url, path, { headers: { authorization: 'Bearer tpo_mine' } })).json).to.include({
        number: 2,
      });
      await ask(own.url, '/api/v1/products');
      await ask(own.url, '/api/v1/products');
      expect(asked).to.equal(4);
    } finally {
      await own.running.stop();
      await shared.kill();
    }
  });
});
