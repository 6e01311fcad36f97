// GET /.well-known/jwks.json: the public keys of access tokens, the next one included before it signs.
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { publicJwk, type Signer } from '../signing/signer.ts';

const jwk = z.object({
  kty: z.string(),
  crv: z.string(),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  alg: z.string(),
  use: z.string(),
});

export function getJwks(signer: Signer): Route {
  return route({
    method: 'get',
    path: '/.well-known/jwks.json',
    summary: 'Keys that access tokens are verified by.',
    tags: ['auth'],
    access: 'public',
    responses: { 200: z.object({ keys: z.array(jwk) }) },
    handler: () => ({
      status: 200,
      body: { keys: signer.published().map(publicJwk) },
      // A third of the time for which a key is published before it signs.
      headers: { 'Cache-Control': 'public, max-age=300' },
    }),
  });
}
