// POST /api/v1/sites/{id}/gates and PATCH /api/v1/sites/{id}/gates/{gateId}.
import { bilingualSchema, idSchema } from '@tongpiao/contracts';
import { formatId } from '@tongpiao/kernel';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { Requests } from '../requests.ts';
import { tenantOf } from '../tenant/tenant-of.ts';
import { nameSchema, type TenantStore } from '../tenant/tenant.store.ts';

const gateView = z.object({ id: idSchema, tenantId: idSchema, name: bilingualSchema });

export function addGate(tenants: TenantStore, requests: Requests): Route {
  return route({
    method: 'post',
    path: '/api/v1/sites/:id/gates',
    summary: 'Adds a gate to a site.',
    tags: ['tenants'],
    access: { permission: 'identity:gates:create' },
    body: z.strictObject({ name: nameSchema }),
    problems: ['identity.too-many-gates'],
    responses: { 201: gateView.extend({ siteId: idSchema }) },
    async handler(context) {
      const { id: siteId } = context.params;
      const { scope, tenantId } = await tenantOf(context, tenants, { 'state.sites.id': siteId });
      const { bytes, request } = requests.of(context);
      const { name } = context.body;
      const id = formatId('gat', tenantId, bytes);
      await tenants.handle(scope, tenantId, { type: 'AddGate', siteId, gate: { id, name } }, { request });
      return { status: 201, body: { id, siteId, tenantId, name } };
    },
  });
}

export function renameGate(tenants: TenantStore): Route {
  return route({
    method: 'patch',
    path: '/api/v1/sites/:id/gates/:gateId',
    summary: 'Renames a gate; its ETag is that of its tenant.',
    tags: ['tenants'],
    access: { permission: 'identity:gates:update' },
    edits: true,
    body: z.strictObject({ name: nameSchema }),
    responses: { 200: gateView },
    async handler(context) {
      const { id: siteId, gateId } = context.params;
      const { scope, tenantId } = await tenantOf(context, tenants, {
        'state.sites.id': siteId,
        'state.sites.gates.id': gateId,
      });
      const command = {
        type: 'RenameGate',
        gateId,
        name: context.body.name,
        expected: context.expectedVersion(),
      } as const;
      const { state } = await tenants.handle(scope, tenantId, command);
      const edition = state.status === 'none' ? 0 : state.edition;
      return {
        status: 200,
        body: { id: gateId, tenantId, name: context.body.name },
        headers: { ETag: etagOf(edition) },
      };
    },
  });
}
