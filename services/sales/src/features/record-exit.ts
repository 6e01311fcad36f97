// POST /api/v1/gates/{id}/exits: people went out (SAL-43). What the gate tells is put down first and counted then, so that telling it
// again counts nobody twice, and a sweep finds what was put down and not counted.
import { localDateOf } from '@tongpiao/kernel';
import { mac } from '@tongpiao/persistence';
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { siteLightSchema } from '@tongpiao/contracts';
import { z } from 'zod';
import { ownGate } from '../gate/own-gate.ts';
import type { SiteCounters } from '../occupancy/counters.store.ts';
import type { SiteLights } from '../occupancy/site-lights.ts';
import type { OccupancyTruth } from '../occupancy/truth.store.ts';

type Parts = { readonly counters: SiteCounters; readonly truth: OccupancyTruth; readonly lights: SiteLights };

export function recordExit(foundation: Foundation, { counters, truth, lights }: Parts): Route {
  const { clock, tenants, vault } = foundation;
  const idKey = vault.serviceKey('exit-ids');
  return route({
    method: 'post',
    path: '/api/v1/gates/:id/exits',
    summary: 'People went out at a gate.',
    tags: ['gates'],
    access: { anyOf: [{ permission: 'sales:scans:upload' }, { permission: 'sales:check-ins:create' }] },
    body: z.strictObject({
      people: z.int().min(1).max(1_000),
      scanId: z
        .string()
        .regex(/^[\w-]{8,64}$/)
        .optional()
        .describe('The gate’s own; telling it again counts nobody, whatever the Idempotency-Key.'),
    }),
    responses: {
      200: z.object({ siteId: z.string(), date: z.string(), people: z.int(), light: siteLightSchema }),
    },
    async handler(context) {
      const scope = context.scope();
      const gate = ownGate(context, tenants);
      const { tenantId, siteId, gateId } = gate;
      const { people, scanId } = context.body;
      const at = clock();
      const date = localDateOf(at, tenants.require(tenantId).timeZone);
      const cause = scanId === undefined ? `${context.callerKey}:${context.idempotencyKey}` : `scan:${scanId}`;
      const _id = mac(idKey, `${gateId}|${cause}`).toString('base64url');
      if (await truth.recordExit(scope, { _id, tenantId, siteId, date, gateId, people, at })) {
        await counters.leave(scope, { siteId, date }, people, at);
        if (lights.capacityOf(siteId) !== undefined) lights.moved(tenantId, { siteId, date });
      }
      return { status: 200, body: { siteId, date, people, light: await lights.lightOf(tenantId, siteId) } };
    },
  });
}
