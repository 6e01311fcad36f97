import { expect } from 'chai';
import { ask, fakeUpstream, startGateway, type FakeUpstream, type TestGateway } from '../gateway.fixture.ts';

const openapi = {
  openapi: '3.1.0',
  info: { title: 'x', version: '0.1.0' },
  paths: {
    '/api/v1/products/{id}': {
      get: {
        operationId: 'getProductsId',
        summary: 'One product <script>alert(1)</script>.',
        tags: ['products'],
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        responses: {
          200: {
            description: 'It.',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Product' } } },
          },
          404: { description: '`sales.product-unknown`: There is no such product' },
        },
      },
    },
    '/internal': { get: { responses: {} } },
  },
  components: { schemas: { Product: { type: 'object' } } },
};

describe('gateway: its own pages', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;

  before(async () => {
    upstream = await fakeUpstream(undefined, { openapi });
    gateway = await startGateway(upstream.url);
  });
  after(async () => {
    await gateway.running.stop();
    await upstream.kill();
  });

  it('PLA-30 describes the whole API in one OpenAPI 3.1 document, and keeps what it knows while services are away', async () => {
    const { status, json, headers } = await ask(gateway.url, '/openapi.json');
    expect(status).to.equal(200);
    expect(headers['content-type']).to.include('application/json');
    expect(json['openapi']).to.equal('3.1.0');
    expect(json['paths']).to.have.all.keys('/api/v1/products/{id}');
    await upstream.kill();
    expect((await ask(gateway.url, '/openapi.json')).json['paths']).to.have.all.keys('/api/v1/products/{id}');
  });

  it('PLA-30 shows it as a page that loads nothing from elsewhere and runs nothing', async () => {
    const zh = await ask(gateway.url, '/docs');
    expect(zh.status).to.equal(200);
    expect(zh.text).to.include('lang="zh-CN"').and.to.include('/api/v1/products/{id}').and.to.include('通票 API 文档');
    expect(zh.text).not.to.match(/<script|<link|<img|src=|url\(/);
    expect(zh.text).to.include('&lt;script&gt;');
    expect(zh.headers['content-security-policy']).to.include("default-src 'none'");
    const en = await ask(gateway.url, '/docs?lang=en');
    expect(en.text).to.include('lang="en"').and.to.include('Tongpiao API');
    expect((await ask(gateway.url, '/')).headers.location).to.equal('/docs');
  });

  it('PLA-31 explains every error code at the address that problem documents name', async () => {
    const platform = await ask(gateway.url, '/problems/platform.rate-limited', {
      headers: { 'accept-language': 'en' },
    });
    expect(platform.text).to.include('Too many requests').and.to.include('HTTP 429');
    const sales = await ask(gateway.url, '/problems/sales.product-unknown');
    expect(sales.text).to.include('GET /api/v1/products/{id}').and.to.include('There is no such product');
    expect((await ask(gateway.url, '/problems/nobody.knows')).status).to.equal(404);
    expect((await ask(gateway.url, '/problems/%E0%A4%A')).status).to.equal(404);
  });

  it('PLA-50 answers for its health and its figures', async () => {
    expect((await ask(gateway.url, '/health/live')).json).to.deep.equal({ status: 'up' });
    await ask(gateway.url, '/api/v1/nothing');
    const { text } = await ask(gateway.url, '/metrics');
    expect(text).to.include(
      'http_request_duration_seconds_count{service="gateway",method="GET",route="none",status="4xx"}',
    );
    expect((await ask(gateway.url, '/health/live', { method: 'POST' })).status).to.equal(405);
  });

  it('PLA-50 shows figures to those inside only', async () => {
    const behind = await startGateway(upstream.url, { HTTP_TRUSTED_HOPS: '1' });
    try {
      const outside = await ask(behind.url, '/metrics', { headers: { 'x-forwarded-for': '203.0.113.7' } });
      expect(outside.status).to.equal(404);
      expect((await ask(behind.url, '/metrics', { headers: { 'x-forwarded-for': '10.1.2.3' } })).status).to.equal(200);
    } finally {
      await behind.running.stop();
    }
  });
});
