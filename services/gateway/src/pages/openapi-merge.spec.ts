import { expect } from 'chai';
import { createRouter } from '../routing/route-table.ts';
import { mergeOpenApi, partSchema } from './openapi-merge.ts';

const router = createRouter();
const options = {
  publicBaseUrl: 'https://tickets.example.cn',
  isRouted: (path: string) => router.match(path) !== undefined,
};
const part = (paths: unknown, components: unknown = {}): ReturnType<typeof partSchema.parse> =>
  partSchema.parse({ openapi: '3.1.0', info: { title: 'x', version: '0.2.0' }, paths, components });
const answer = (name: string): unknown => ({
  200: { description: 'ok', content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } },
});

describe('merged OpenAPI', () => {
  it('PLA-30 is one document of all services, with what the gateway routes and nothing else', () => {
    const merged = mergeOpenApi(
      new Map([
        [
          'sales',
          part({
            '/api/v1/orders/{id}': { get: { responses: {} } },
            '/api/v1/events': { get: { responses: {} } },
            '/internal': { get: {} },
          }),
        ],
        ['identity', part({ '/api/v1/users': { get: { tags: ['users'], responses: {} } } })],
      ]),
      options,
    );
    expect(Object.keys(merged.paths)).to.deep.equal(['/api/v1/events', '/api/v1/orders/{id}', '/api/v1/users']);
    expect(merged.servers).to.deep.equal([{ url: 'https://tickets.example.cn' }]);
    expect(merged.tags).to.deep.equal([{ name: 'sales' }, { name: 'users' }]);
    expect(merged.info.version).to.equal('0.2.0');
  });

  it('PLA-30 keeps equal schemas once and tells different ones of one name apart', () => {
    const money = { type: 'object', description: 'fen' };
    const merged = mergeOpenApi(
      new Map([
        [
          'sales',
          part(
            { '/api/v1/orders': { get: { operationId: 'list', responses: answer('Item') } } },
            { schemas: { Money: money, Item: { type: 'object' } } },
          ),
        ],
        [
          'finance',
          part(
            { '/api/v1/payments': { get: { operationId: 'list', responses: answer('Item') } } },
            { schemas: { Money: money, Item: { type: 'array', items: { $ref: '#/components/schemas/Item' } } } },
          ),
        ],
      ]),
      options,
    );
    expect(Object.keys(merged.components['schemas'] ?? {})).to.deep.equal(['Money', 'Item', 'finance.Item']);
    const text = JSON.stringify(merged.paths['/api/v1/payments']);
    expect(text).to.include('#/components/schemas/finance.Item').and.to.include('list_finance');
    expect(JSON.stringify(merged.components)).to.include('"items":{"$ref":"#/components/schemas/finance.Item"}');
    expect(JSON.stringify(merged.paths['/api/v1/orders'])).to.include('"#/components/schemas/Item"');
  });
});
