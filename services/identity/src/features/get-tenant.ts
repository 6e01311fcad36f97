// GET /api/v1/tenants/{id}: all of a tenant, for its own staff and the platform's.
import { DomainError } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { scopeForFinding, tenantIdSchema } from '../reach.ts';
import type { TenantStore } from '../tenant/tenant.store.ts';
import { tenantView, viewOfTenant } from '../tenant/tenant-view.ts';

export function getTenant(tenants: TenantStore): Route {
  return route({
    method: 'get',
    path: '/api/v1/tenants/:id',
    summary: 'A tenant with its sites, gates and policies.',
    tags: ['tenants'],
    access: { permission: 'identity:tenants:read' },
    params: z.strictObject({ id: tenantIdSchema }),
    responses: { 200: tenantView },
    async handler(context) {
      const { id } = context.params;
      const state = (await tenants.load(scopeForFinding(context, 'read a tenant'), id))?.state;
      if (state === undefined || state.status === 'none')
        throw new DomainError('platform.not-found', 'There is no such tenant.');
      return { status: 200, body: viewOfTenant(id, state), headers: { ETag: etagOf(state.edition) } };
    },
  });
}
