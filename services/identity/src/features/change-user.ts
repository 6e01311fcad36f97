// PATCH /api/v1/users/{id}: other roles, blocked or not. Access tokens that say otherwise are refused everywhere within seconds.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { editorOf, scopeForFinding, scopeIn } from '../reach.ts';
import { assertMayGive, assertNotOneself } from '../user/staff-roles.policy.ts';
import { userView, viewOfUser } from '../user/user-view.ts';
import type { UserStore } from '../user/user.store.ts';
import { rolesSchema } from './add-user.ts';

export function changeUser(users: UserStore, clock: () => Date): Route {
  return route({
    method: 'patch',
    path: '/api/v1/users/:id',
    summary: 'Changes roles or status of an account.',
    tags: ['users'],
    access: { permission: 'identity:users:update' },
    edits: true,
    body: z.strictObject({ roles: rolesSchema.optional(), status: z.enum(['active', 'blocked']).optional() }),
    problems: ['identity.role-not-yours', 'identity.not-yourself', 'identity.roles-not-for-travellers'],
    responses: { 200: userView },
    async handler(context) {
      const { id } = context.params;
      const expected = context.expectedVersion();
      const { status } = context.body;
      const roles = context.body.roles === undefined ? undefined : [...new Set(context.body.roles)];
      const found = await users.load(scopeForFinding(context, 'change an account'), id);
      if (found === undefined) throw new DomainError('platform.not-found', 'No such account.');
      const tenantId = found.tenantId as TenantId;
      assertNotOneself(editorOf(context), id);
      if (roles !== undefined) assertMayGive(editorOf(context), tenantId, roles);
      const command = { type: 'ChangeUser', changes: { roles, status }, expected, at: clock().toISOString() } as const;
      const { state } = await users.handle(scopeIn(context, tenantId), id, command);
      if (state.status === 'none') throw new Error('an account was changed and is not there');
      return { status: 200, body: viewOfUser(id, tenantId, state), headers: { ETag: etagOf(state.edition) } };
    },
  });
}
