// GET /api/v1/tenants: who sells here, for everybody. The list is small, seldom changes and is asked for by every visitor, so
// each instance keeps it for a moment.
import { idSchema, tenantKindSchema } from '@tongpiao/contracts';
import type { Scope } from '@tongpiao/persistence';
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { TenantStore } from '../tenant/tenant.store.ts';
import { publicTenantView, publicViewOf, type PublicTenantView } from '../tenant/tenant-view.ts';

/** A tenant that another instance has founded is seen here after this long. */
const KEPT_MS = 2_000;
const TENANTS_MAX = 10_000;

/** @param everywhere sees every tenant; made once, so that the crossing is logged once */
export function listTenants(tenants: TenantStore, everywhere: Scope): Route {
  let kept: { readonly until: number; readonly list: Promise<readonly PublicTenantView[]> } | undefined;
  tenants.onCommit(() => {
    kept = undefined;
  });

  async function read(): Promise<readonly PublicTenantView[]> {
    const found = await tenants.find(
      everywhere,
      { 'state.status': 'active' },
      { sort: { _id: 1 }, limit: TENANTS_MAX },
    );
    return found.flatMap(({ id, state }) => (state.status === 'none' ? [] : [publicViewOf(id, state)]));
  }

  function list(): Promise<readonly PublicTenantView[]> {
    const now = performance.now();
    if (kept === undefined || kept.until < now) {
      const reading = read();
      kept = { until: now + KEPT_MS, list: reading };
      reading.catch(() => {
        kept = undefined;
      });
    }
    return kept.list;
  }

  return route({
    method: 'get',
    path: '/api/v1/tenants',
    summary: 'Scenic areas, stations and authorities with their sites.',
    tags: ['tenants'],
    access: 'public',
    query: z.strictObject({
      kind: tenantKindSchema.optional(),
      cursor: idSchema.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(100),
    }),
    responses: { 200: z.object({ items: z.array(publicTenantView), next: z.string().optional() }) },
    async handler(context) {
      const { kind, cursor = '', limit } = context.query;
      const rest = (await list()).filter(
        (tenant) => tenant.id > cursor && (kind === undefined || tenant.kind === kind),
      );
      const items = rest.slice(0, limit);
      const last = items.at(-1);
      return { status: 200, body: { items, ...(rest.length > limit && last !== undefined ? { next: last.id } : {}) } };
    },
  });
}
