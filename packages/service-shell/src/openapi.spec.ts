import { expect } from 'chai';
import { z } from 'zod';
import { openApiDocument } from './openapi.ts';
import { PLATFORM_PROBLEMS, problem } from './problem-catalogue.ts';
import { events, noBody, route } from './routes.ts';

const money = z.strictObject({ amount: z.int() }).meta({ id: 'Money' });
const routes = [
  route({
    method: 'post',
    path: '/api/v1/orders',
    summary: 'Places an order.',
    tags: ['orders'],
    access: 'public',
    body: z.strictObject({ total: money }),
    waits: true,
    problems: ['sales.sold-out'],
    responses: { 202: z.strictObject({ id: z.string(), total: money }).describe('Being worked on.') },
    handler: ({ body }) => ({ status: 202, body: { id: 'x', total: body.total } }),
  }),
  route({
    method: 'patch',
    path: '/api/v1/orders/:id',
    summary: 'Changes it.',
    tags: ['orders'],
    access: { anyOf: [{ permission: 'sales:orders:cancel' }, { bearer: 'guest-order-token' }] },
    query: z.strictObject({ dry: z.stringbool().optional() }),
    edits: true,
    responses: { 204: noBody('Changed.') },
    handler: () => ({ status: 204 }),
  }),
  route({
    method: 'get',
    path: '/api/v1/events',
    summary: 'Follows it.',
    tags: ['events'],
    access: 'authenticated',
    responses: { 200: events(z.strictObject({ total: money }), 'What changed.') },
    handler: () => ({ status: 200, stream: async () => undefined }),
  }),
];
const catalogue = {
  ...PLATFORM_PROBLEMS,
  'sales.sold-out': problem(409, ['已售罄', 'Sold out'], ['已售罄。', 'Sold out.']),
};

describe('the OpenAPI document', () => {
  const document = openApiDocument({ service: 'sales', version: '1.2.3', routes, catalogue });

  it('PLA-30 says of each route what the server checks', () => {
    const place = 'paths./api/v1/orders.post';
    expect(document).to.have.nested.property('openapi', '3.1.0');
    expect(document).to.have.nested.property(`${place}.operationId`, 'postOrders');
    expect(document).to.have.deep.nested.property(`${place}.requestBody.content.application/json.schema`, {
      type: 'object',
      properties: { total: { $ref: '#/components/schemas/Money' } },
      required: ['total'],
      additionalProperties: false,
    });
    expect(document).to.have.nested.property(`${place}.responses.202.description`, 'Being worked on.');
    expect(JSON.stringify(document)).to.include(
      '"#/components/parameters/IdempotencyKey"},{"$ref":"#/components/parameters/Prefer"}',
    );
    expect(document).to.have.nested.property('components.schemas.Money.type', 'object');
    expect(document).to.have.nested.property(`${place}.responses.409.description`, '`sales.sold-out`: Sold out');
  });

  it('names path and query parameters, rights and preconditions', () => {
    const text = JSON.stringify(document);
    expect(text).to.include('"/api/v1/orders/{id}"');
    expect(text).to.include('{"name":"id","in":"path","required":true');
    expect(text).to.include('{"name":"dry","in":"query","required":false');
    expect(text).to.include('For: permission `sales:orders:cancel`, or holder of a guest-order-token.');
    expect(text).to.include('"security":[{"accessToken":[]},{"recordToken":[]}]');
    expect(text).to.include('"412"');
    expect(text).to.include('text/event-stream');
  });

  it('PLA-31 carries what each code means in both languages, also of codes that no route names', () => {
    expect(document).to.have.deep.nested.property(
      'components.x-problems.sales\\.sold-out',
      problem(409, ['已售罄', 'Sold out'], ['已售罄。', 'Sold out.']),
    );
    expect(document).to.have.nested.property('components.x-problems.platform\\.still-running');
  });

  it('every reference leads somewhere, and no operation id is given twice', () => {
    const text = JSON.stringify(document);
    const schema = z.looseObject({ components: z.record(z.string(), z.record(z.string(), z.unknown())) });
    const { components } = schema.parse(document);
    for (const [, kind = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)) {
      expect(components[kind], `${kind}/${name}`).to.have.property(name);
    }
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).to.equal(routes.length);
  });

  it('a route that names an unknown problem is a mistake that shows', () => {
    const wrong = routes.map((one) => ({ ...one, problems: ['sales.unheard-of'] }));
    expect(() => openApiDocument({ service: 's', version: '1', routes: wrong, catalogue })).to.throw(
      'no catalogue has',
    );
  });
});
