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
  components: {
    schemas: { Product: { type: 'object' } },
    'x-problems': {
      'sales.product-unknown': {
        status: 404,
        title: { zh: '产品不存在', en: 'There is no such product' },
        detail: { zh: '没有产品 {productId}。', en: 'There is no product {productId}.' },
      },
      'sales.document-has-ticket': {
        status: 409,
        title: { zh: '证件已有票', en: 'The document has a ticket already' },
        detail: { zh: '同一场次每证限一张。', en: 'One ticket per session.' },
      },
    },
  },
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
    expect(sales.text)
      .to.include('GET /api/v1/products/{id}')
      .and.to.include('<h1>产品不存在')
      .and.to.include('没有产品 …。');
    const english = await ask(gateway.url, '/problems/sales.product-unknown?lang=en');
    expect(english.text).to.include('<h1>There is no such product').and.to.include('There is no product ….');
    const reason = await ask(gateway.url, '/problems/sales.document-has-ticket');
    expect(reason.text).to.include('证件已有票').and.to.include('同一场次每证限一张。').and.not.to.include('<ul>');
    expect((await ask(gateway.url, '/openapi.json')).json).to.have.nested.property(
      'components.x-problems.sales\\.document-has-ticket.status',
      409,
    );
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
