// POST /api/v1/api-keys/{id}/revocation: the key opens nothing any more, within seconds and everywhere.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { noBody, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { KeyRingStore } from '../api-key/key-ring.store.ts';
import { scopeForFinding, scopeIn } from '../reach.ts';
import type { Requests } from '../requests.ts';

export function revokeApiKey(keyRings: KeyRingStore, requests: Requests, clock: () => Date): Route {
  return route({
    method: 'post',
    path: '/api/v1/api-keys/:id/revocation',
    summary: 'Revokes an API key.',
    tags: ['keys'],
    access: { permission: 'identity:api-keys:update' },
    body: z.strictObject({ reason: z.string().trim().min(3).max(500) }),
    responses: { 204: noBody('The key is revoked.') },
    async handler(context) {
      const { id: keyId } = context.params;
      const [ring] = await keyRings.find(
        scopeForFinding(context, 'revoke an API key'),
        { 'state.keys.id': keyId },
        { limit: 1 },
      );
      if (ring === undefined) throw new DomainError('platform.not-found', 'There is no such API key.');
      const scope = scopeIn(context, ring.tenantId as TenantId);
      const command = { type: 'RevokeKey', keyId, reason: context.body.reason, at: clock().toISOString() } as const;
      await keyRings.handle(scope, ring.id, command, { request: requests.of(context).request });
      return { status: 204 };
    },
  });
}
