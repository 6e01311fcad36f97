// POST /api/v1/tenants/{id}/sites and PATCH /api/v1/sites/{id}.
import { bilingualSchema, idSchema, siteCapacitySchema, type SiteCapacity } from '@tongpiao/contracts';
import { formatId, type TenantId } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { scopeIn, tenantIdSchema } from '../reach.ts';
import type { Requests } from '../requests.ts';
import { capacityField, nameSchema, type TenantStore } from '../tenant/tenant.store.ts';
import { tenantOf } from '../tenant/tenant-of.ts';
import type { Site } from '../tenant/tenant.ts';

const siteView = z.object({
  id: idSchema,
  tenantId: idSchema,
  name: bilingualSchema,
  capacity: siteCapacitySchema.optional().describe('People that it carries on a day and at a moment (最大承载量).'),
});

const shown = (capacity: SiteCapacity | undefined): { capacity?: SiteCapacity } =>
  capacity === undefined ? {} : { capacity };

export function addSite(tenants: TenantStore, requests: Requests): Route {
  return route({
    method: 'post',
    path: '/api/v1/tenants/:id/sites',
    summary: 'Adds a site or station.',
    tags: ['tenants'],
    access: { permission: 'identity:sites:create' },
    params: z.strictObject({ id: tenantIdSchema }),
    body: z.strictObject({ name: nameSchema, capacity: capacityField.optional() }),
    problems: ['identity.too-many-sites'],
    responses: { 201: siteView },
    async handler(context) {
      const { id: tenantId } = context.params;
      const { bytes, request } = requests.of(context);
      const { name, capacity } = context.body;
      const id = formatId('sit', tenantId, bytes);
      const site = { id, name, ...shown(capacity) };
      await tenants.handle(scopeIn(context, tenantId), tenantId, { type: 'AddSite', site }, { request });
      return { status: 201, body: { ...site, tenantId } };
    },
  });
}

export function changeSite(tenants: TenantStore): Route {
  return route({
    method: 'patch',
    path: '/api/v1/sites/:id',
    summary: 'Renames a site, or says how many people it carries; its ETag is that of its tenant.',
    tags: ['tenants'],
    access: { permission: 'identity:sites:update' },
    edits: true,
    body: z.strictObject({ name: nameSchema.optional(), capacity: capacityField.optional() }),
    responses: { 200: siteView },
    async handler(context) {
      const { id: siteId } = context.params;
      const { scope, tenantId } = await tenantOf(context, tenants, { 'state.sites.id': siteId });
      const { state } = await tenants.handle(scope, tenantId, {
        type: 'ChangeSite',
        siteId,
        changes: context.body,
        expected: context.expectedVersion(),
      });
      if (state.status === 'none') throw new Error('a site was changed and its tenant is not there');
      const site = state.sites.find(({ id }) => id === siteId);
      if (site === undefined) throw new Error('a site was changed and is not there');
      return { status: 200, body: view(site, tenantId), headers: { ETag: etagOf(state.edition) } };
    },
  });
}

function view({ id, name, capacity }: Site, tenantId: TenantId): z.input<typeof siteView> {
  return { id, tenantId, name, ...shown(capacity) };
}
