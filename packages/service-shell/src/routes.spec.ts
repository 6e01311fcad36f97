import { expect } from 'chai';
import { z } from 'zod';
import type { Access } from './access.ts';
import { noBody, route, type PathParams } from './routes.ts';

const facts = { summary: 'x', tags: ['x'], access: 'public' } as const;
const responses = { 200: z.strictObject({ id: z.string() }), 204: noBody('Gone.') };

describe('a route', () => {
  it('the compiler holds handlers to what the route declares', () => {
    const made = [
      route({
        ...facts,
        method: 'get',
        path: '/a/:id/b/:part',
        responses,
        handler: ({ params }) => ({ status: 200, body: { id: params.id + params.part } }),
      }),
      // @ts-expect-error 201 is not declared
      route({ ...facts, method: 'get', path: '/a', responses, handler: () => ({ status: 201 }) }),
      // @ts-expect-error the body is not what 200 says
      route({ ...facts, method: 'get', path: '/a', responses, handler: () => ({ status: 200, body: { id: 1 } }) }),
    ];
    // @ts-expect-error a parameter is missing
    const params: PathParams<'/a/:id/b/:part'> = { id: 'x' };
    // @ts-expect-error there is no such permission
    const access: Access = { permission: 'sales:everything' };
    expect([made.length, params, access]).to.have.length(3);
  });

  it('PLA-32 a POST needs an Idempotency-Key unless it says otherwise; nothing else does', () => {
    const handler = (): { status: 204 } => ({ status: 204 });
    expect(route({ ...facts, method: 'post', path: '/a', responses, handler }).idempotent).to.equal(true);
    expect(route({ ...facts, method: 'post', path: '/a', responses, idempotent: false, handler }).idempotent).to.equal(
      false,
    );
    expect(route({ ...facts, method: 'put', path: '/a', responses, handler }).idempotent).to.equal(false);
  });

  it('a contradiction shows at start', () => {
    const handler = (): { status: 204 } => ({ status: 204 });
    const body = z.strictObject({});
    expect(() => route({ ...facts, method: 'get', path: '/a', body, responses, handler })).to.throw(
      'a GET has no body',
    );
    expect(() => route({ ...facts, method: 'post', path: '/a', raw: true, body, responses, handler })).to.throw(
      'not both',
    );
  });
});
