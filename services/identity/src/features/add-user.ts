// POST /api/v1/users: a member of staff gets an account.
import { roleSchema } from '@tongpiao/contracts';
import { DomainError, formatId, PLATFORM_TENANT } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { PASSWORD_MAX } from '../password/password.policy.ts';
import { editorOf, scopeIn, tenantIdSchema } from '../reach.ts';
import type { Requests } from '../requests.ts';
import type { TenantStore } from '../tenant/tenant.store.ts';
import { emailSchema, phoneSchema } from '../user/contact.schema.ts';
import { assertMayGive } from '../user/staff-roles.policy.ts';
import type { StaffRegistry } from '../user/staff-registry.ts';
import { userView, viewOfUser } from '../user/user-view.ts';
import { usernameSchema } from '../user/usernames.store.ts';

export const rolesSchema = z.array(roleSchema).min(1).max(10);

export function addUser(parts: { staff: StaffRegistry; tenants: TenantStore; requests: Requests }): Route {
  const { staff, tenants, requests } = parts;
  return route({
    method: 'post',
    path: '/api/v1/users',
    summary: 'Adds a member of staff.',
    tags: ['users'],
    access: { permission: 'identity:users:create' },
    body: z.strictObject({
      username: usernameSchema,
      password: z.string().max(PASSWORD_MAX),
      name: z.string().trim().min(1).max(100),
      phone: phoneSchema.optional(),
      email: emailSchema.optional(),
      roles: rolesSchema,
      tenantId: tenantIdSchema,
    }),
    problems: [
      'identity.username-taken',
      'identity.password-too-short',
      'identity.password-too-common',
      'identity.role-not-yours',
      'identity.unknown-tenant',
      'identity.sign-ins-busy',
    ],
    responses: { 201: userView },
    async handler(context) {
      const { tenantId, ...wish } = context.body;
      const roles = [...new Set(wish.roles)];
      const scope = scopeIn(context, tenantId);
      assertMayGive(editorOf(context), tenantId, roles);
      const tenant = tenantId === PLATFORM_TENANT ? undefined : await tenants.load(scope, tenantId);
      if (tenantId !== PLATFORM_TENANT && tenant?.state.status !== 'active') {
        throw new DomainError('identity.unknown-tenant', 'There is no such tenant.', { tenantId });
      }
      const { bytes, request } = requests.of(context);
      const id = formatId('usr', tenantId, bytes);
      const user = await staff.add(scope, id, { ...wish, roles }, { request });
      return {
        status: 201,
        body: viewOfUser(id, tenantId, user),
        headers: { ETag: etagOf(user.edition), Location: `/api/v1/users/${id}` },
      };
    },
  });
}
