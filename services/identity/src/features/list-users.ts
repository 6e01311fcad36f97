// GET /api/v1/users and GET /api/v1/users/{id}: staff, masked; and GET /api/v1/users/current: oneself.
import { idSchema } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { editorOf, scopeForFinding, scopeIn, tenantIdSchema } from '../reach.ts';
import { userView, viewOfUser, viewsOfUsers } from '../user/user-view.ts';
import type { UserStore } from '../user/user.store.ts';

export function listUsers(users: UserStore): Route {
  return route({
    method: 'get',
    path: '/api/v1/users',
    summary: 'Members of staff of a tenant, one’s own unless another is named.',
    tags: ['users'],
    access: { permission: 'identity:users:read' },
    query: z.strictObject({
      tenantId: tenantIdSchema.optional(),
      status: z.enum(['active', 'blocked']).optional(),
      cursor: idSchema.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(50),
    }),
    responses: { 200: z.object({ items: z.array(userView), next: z.string().optional() }) },
    async handler(context) {
      const { tenantId, status, cursor, limit } = context.query;
      const scope = scopeIn(context, tenantId ?? editorOf(context).tenantId);
      const filter = {
        'state.kind': 'staff',
        ...(status === undefined ? {} : { 'state.status': status }),
        ...(cursor === undefined ? {} : { _id: { $gt: cursor } }),
      };
      const found = await users.find(scope, filter, { sort: { _id: 1 }, limit: limit + 1 });
      const items = viewsOfUsers(found.slice(0, limit));
      const last = items.at(-1);
      return { status: 200, body: { items, ...(found.length > limit && last !== undefined ? { next: last.id } : {}) } };
    },
  });
}

export function getUser(users: UserStore): Route {
  return route({
    method: 'get',
    path: '/api/v1/users/:id',
    summary: 'An account, masked.',
    tags: ['users'],
    access: { permission: 'identity:users:read' },
    responses: { 200: userView },
    async handler(context) {
      const { id } = context.params;
      const found = await users.load(scopeForFinding(context, 'read an account'), id);
      if (found === undefined || found.state.status === 'none')
        throw new DomainError('platform.not-found', 'No such account.');
      const { state, tenantId } = found;
      return { status: 200, body: viewOfUser(id, tenantId, state), headers: { ETag: etagOf(state.edition) } };
    },
  });
}

export function getCurrentUser(users: UserStore): Route {
  return route({
    method: 'get',
    path: '/api/v1/users/current',
    summary: 'Whoever asks.',
    tags: ['users'],
    access: 'authenticated',
    responses: { 200: userView },
    async handler(context) {
      const { id, tenantId } = editorOf(context);
      const state = (await users.load(context.scope(), id))?.state;
      if (state === undefined || state.status === 'none')
        throw new DomainError('platform.not-found', 'No such account.');
      return { status: 200, body: viewOfUser(id, tenantId, state), headers: { ETag: etagOf(state.edition) } };
    },
  });
}
