// PATCH /api/v1/tenants/{id}: what may change after the founding. Suspending is the platform's.
import { DomainError, PLATFORM_TENANT } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { editorOf, scopeIn, tenantIdSchema } from '../reach.ts';
import { tenantFields, type TenantStore } from '../tenant/tenant.store.ts';
import { tenantView, viewOfTenant } from '../tenant/tenant-view.ts';

export function changeTenant(tenants: TenantStore): Route {
  return route({
    method: 'patch',
    path: '/api/v1/tenants/:id',
    summary: 'Changes a tenant.',
    tags: ['tenants'],
    access: { permission: 'identity:tenants:update' },
    edits: true,
    params: z.strictObject({ id: tenantIdSchema }),
    body: z.strictObject({
      name: tenantFields.name.optional(),
      timeZone: tenantFields.timeZone.optional(),
      contact: tenantFields.contact.optional(),
      smsSignature: tenantFields.smsSignature.optional(),
      policies: tenantFields.policies.optional(),
      status: z.enum(['active', 'suspended']).optional().describe('Only the platform’s own people change it.'),
    }),
    responses: { 200: tenantView },
    async handler(context) {
      const { id } = context.params;
      if (context.body.status !== undefined && editorOf(context).tenantId !== PLATFORM_TENANT) {
        throw new DomainError('platform.forbidden', 'The platform suspends tenants.');
      }
      const command = { type: 'ChangeTenant', changes: context.body, expected: context.expectedVersion() } as const;
      const { state } = await tenants.handle(scopeIn(context, id), id, command);
      if (state.status === 'none') throw new Error('a tenant was changed and is not there');
      return { status: 200, body: viewOfTenant(id, state), headers: { ETag: etagOf(state.edition) } };
    },
  });
}
