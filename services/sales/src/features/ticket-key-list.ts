// GET /.well-known/ticket-keys.json: the public halves; a gate verifies tickets with these alone (SAL-30).
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';

export function listTicketKeys(keys: TicketKeys): Route {
  return route({
    method: 'get',
    path: '/.well-known/ticket-keys.json',
    summary: 'Public keys that verify tickets.',
    tags: ['gates'],
    access: 'public',
    responses: {
      200: z.object({
        keys: z.array(
          z.object({
            kid: z.string(),
            algorithm: z.literal('Ed25519'),
            publicKeyPem: z.string(),
            createdAt: z.string(),
          }),
        ),
      }),
    },
    handler: () => ({
      status: 200,
      body: { keys: keys.published().map((key) => ({ ...key, algorithm: 'Ed25519' as const })) },
      headers: { 'Cache-Control': 'public, max-age=300' },
    }),
  });
}
