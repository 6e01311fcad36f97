// POST /api/v1/tenants: the platform founds a tenant.
import { tenantKindSchema } from '@tongpiao/contracts';
import { formatId, PLATFORM_TENANT } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { scopeIn } from '../reach.ts';
import type { Requests } from '../requests.ts';
import { DEFAULT_POLICIES, tenantFields, type TenantStore } from '../tenant/tenant.store.ts';
import { tenantView, viewOfTenant } from '../tenant/tenant-view.ts';

export function createTenant(tenants: TenantStore, requests: Requests): Route {
  return route({
    method: 'post',
    path: '/api/v1/tenants',
    summary: 'Founds a tenant.',
    tags: ['tenants'],
    access: { permission: 'identity:tenants:create' },
    body: z.strictObject({
      kind: tenantKindSchema,
      name: tenantFields.name,
      timeZone: tenantFields.timeZone.default('Asia/Shanghai'),
      contact: tenantFields.contact,
      demo: z.boolean().default(false),
      smsSignature: tenantFields.smsSignature,
      policies: tenantFields.policies.default(DEFAULT_POLICIES),
    }),
    responses: { 201: tenantView },
    async handler(context) {
      const { bytes, request } = requests.of(context);
      const id = formatId<'Tenant'>('ten', PLATFORM_TENANT, bytes);
      const command = { type: 'CreateTenant', settings: context.body } as const;
      const { state } = await tenants.handle(scopeIn(context, id), id, command, { request, expectNew: true });
      if (state.status === 'none') throw new Error('a tenant was founded and is not there');
      return {
        status: 201,
        body: viewOfTenant(id, state),
        headers: { ETag: etagOf(state.edition), Location: `/api/v1/tenants/${id}` },
      };
    },
  });
}
