// POST /api/v1/tenants/{id}/sites and PATCH /api/v1/sites/{id}.
import { bilingualSchema, idSchema } from '@tongpiao/contracts';
import { formatId } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { scopeIn, tenantIdSchema } from '../reach.ts';
import type { Requests } from '../requests.ts';
import { nameSchema, type TenantStore } from '../tenant/tenant.store.ts';
import { tenantOf } from '../tenant/tenant-of.ts';

const siteView = z.object({ id: idSchema, tenantId: idSchema, name: bilingualSchema });

export function addSite(tenants: TenantStore, requests: Requests): Route {
  return route({
    method: 'post',
    path: '/api/v1/tenants/:id/sites',
    summary: 'Adds a site or station.',
    tags: ['tenants'],
    access: { permission: 'identity:sites:create' },
    params: z.strictObject({ id: tenantIdSchema }),
    body: z.strictObject({ name: nameSchema }),
    problems: ['identity.too-many-sites'],
    responses: { 201: siteView },
    async handler(context) {
      const { id: tenantId } = context.params;
      const { bytes, request } = requests.of(context);
      const { name } = context.body;
      const id = formatId('sit', tenantId, bytes);
      await tenants.handle(scopeIn(context, tenantId), tenantId, { type: 'AddSite', site: { id, name } }, { request });
      return { status: 201, body: { id, tenantId, name } };
    },
  });
}

export function renameSite(tenants: TenantStore): Route {
  return route({
    method: 'patch',
    path: '/api/v1/sites/:id',
    summary: 'Renames a site; its ETag is that of its tenant.',
    tags: ['tenants'],
    access: { permission: 'identity:sites:update' },
    edits: true,
    body: z.strictObject({ name: nameSchema }),
    responses: { 200: siteView },
    async handler(context) {
      const { id: siteId } = context.params;
      const { scope, tenantId } = await tenantOf(context, tenants, { 'state.sites.id': siteId });
      const command = {
        type: 'RenameSite',
        siteId,
        name: context.body.name,
        expected: context.expectedVersion(),
      } as const;
      const { state } = await tenants.handle(scope, tenantId, command);
      const edition = state.status === 'none' ? 0 : state.edition;
      return {
        status: 200,
        body: { id: siteId, tenantId, name: context.body.name },
        headers: { ETag: etagOf(edition) },
      };
    },
  });
}
