// POST /api/v1/auth/signing-keys: the next key before its time. After a leak, `compromised` makes every access token worthless at
// once; refresh tokens are of another kind and stay good.
import { PLATFORM_TENANT } from '@tongpiao/kernel';
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { scopeIn } from '../reach.ts';
import type { Requests } from '../requests.ts';
import type { Signer } from '../signing/signer.ts';

const view = z.object({ kid: z.string(), useFrom: z.string(), notAfter: z.string() });

export function rotateSigningKeys(signer: Signer, requests: Requests): Route {
  return route({
    method: 'post',
    path: '/api/v1/auth/signing-keys',
    summary: 'Begins the next signing key.',
    tags: ['keys'],
    access: { permission: 'identity:signing-keys:rotate' },
    body: z.strictObject({ compromised: z.boolean() }),
    responses: { 201: z.object({ keys: z.array(view) }) },
    async handler(context) {
      const { request } = requests.of(context);
      await signer.rotate(scopeIn(context, PLATFORM_TENANT), context.body.compromised, { request });
      const keys = signer.published().map(({ kid, useFrom, notAfter }) => ({ kid, useFrom, notAfter }));
      return { status: 201, body: { keys } };
    },
  });
}
