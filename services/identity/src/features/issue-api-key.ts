// POST /api/v1/api-keys: a key for a machine, shown in this answer and never again. Rotating is issuing a second one, bringing it
// to the machine, and revoking the first.
import { apiKeyKindSchema, idSchema } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { ApiKeys } from '../api-key/api-keys.ts';
import type { KeyRingStore } from '../api-key/key-ring.store.ts';
import { scopeIn, tenantIdSchema } from '../reach.ts';
import type { Requests } from '../requests.ts';
import type { TenantStore } from '../tenant/tenant.store.ts';

type Parts = { keyRings: KeyRingStore; apiKeys: ApiKeys; tenants: TenantStore; requests: Requests; clock: () => Date };

export function issueApiKey({ keyRings, apiKeys, tenants, requests, clock }: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/api-keys',
    summary: 'Issues an API key; two are valid at a time for one machine.',
    tags: ['keys'],
    access: { permission: 'identity:api-keys:create' },
    body: z.strictObject({
      kind: apiKeyKindSchema,
      subject: idSchema.describe('What the key acts as: the id of a gate, a reseller, a kiosk.'),
      tenantId: tenantIdSchema,
      label: z.string().trim().min(1).max(100),
    }),
    problems: ['identity.two-keys-already', 'identity.unknown-gate', 'identity.unknown-tenant'],
    responses: {
      201: z.object({
        id: idSchema,
        kind: apiKeyKindSchema,
        subject: idSchema,
        tenantId: idSchema,
        label: z.string(),
        apiKey: z.string().describe('Shown once.'),
      }),
    },
    async handler(context) {
      const { kind, subject, tenantId, label } = context.body;
      const scope = scopeIn(context, tenantId);
      const tenant = (await tenants.load(scope, tenantId))?.state;
      if (tenant?.status !== 'active')
        throw new DomainError('identity.unknown-tenant', 'There is no such tenant.', { tenantId });
      if (kind === 'gate' && !tenant.sites.some(({ gates }) => gates.some(({ id }) => id === subject))) {
        throw new DomainError('identity.unknown-gate', 'The tenant has no such gate.', { subject });
      }
      const asked = requests.of(context);
      const { id, hash, text } = apiKeys.make(tenantId, asked);
      const command = { type: 'IssueKey', kind, subject, key: { id, hash, label }, at: clock().toISOString() } as const;
      await keyRings.handle(scope, apiKeys.ringId(tenantId, kind, subject), command, { request: asked.request });
      return {
        status: 201,
        body: { id, kind, subject, tenantId, label, apiKey: text },
        headers: { Location: `/api/v1/api-keys/${id}` },
      };
    },
  });
}
