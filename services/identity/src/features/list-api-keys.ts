// GET /api/v1/api-keys: which machines have keys, without their secrets.
import { apiKeyKindSchema, idSchema } from '@tongpiao/contracts';
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { KeyRingStore } from '../api-key/key-ring.store.ts';
import { editorOf, scopeIn, tenantIdSchema } from '../reach.ts';

const keyView = z.object({
  id: idSchema,
  label: z.string(),
  status: z.enum(['active', 'revoked']),
  issuedAt: z.string(),
  revokedAt: z.string().optional(),
});
const ringView = z.object({ subject: idSchema, kind: apiKeyKindSchema, tenantId: idSchema, keys: z.array(keyView) });

export function listApiKeys(keyRings: KeyRingStore): Route {
  return route({
    method: 'get',
    path: '/api/v1/api-keys',
    summary: 'API keys of a tenant, by what they act as.',
    tags: ['keys'],
    access: { permission: 'identity:api-keys:read' },
    query: z.strictObject({
      tenantId: tenantIdSchema.optional(),
      kind: apiKeyKindSchema.optional(),
      subject: idSchema.optional(),
      cursor: idSchema.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(50),
    }),
    responses: { 200: z.object({ items: z.array(ringView), next: z.string().optional() }) },
    async handler(context) {
      const { tenantId, kind, subject, cursor, limit } = context.query;
      const scope = scopeIn(context, tenantId ?? editorOf(context).tenantId);
      const filter = {
        ...(kind === undefined ? {} : { 'state.kind': kind }),
        ...(subject === undefined ? {} : { 'state.subject': subject }),
        ...(cursor === undefined ? {} : { _id: { $gt: cursor } }),
      };
      const found = await keyRings.find(scope, filter, { sort: { _id: 1 }, limit: limit + 1 });
      const page = found.slice(0, limit);
      const items = page.flatMap(({ tenantId: of, state }) => {
        if (state.status === 'none') return [];
        const keys = state.keys.map(({ id, label, status, issuedAt, revokedAt }) => ({
          id,
          label,
          status,
          issuedAt,
          ...(revokedAt === undefined ? {} : { revokedAt }),
        }));
        return [{ subject: state.subject, kind: state.kind, tenantId: of, keys }];
      });
      const last = page.at(-1);
      return { status: 200, body: { items, ...(found.length > limit && last !== undefined ? { next: last.id } : {}) } };
    },
  });
}
