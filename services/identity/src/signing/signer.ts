// The hand that signs: keeps the opened private keys in memory, makes candidates for new ones, and follows the stored set.
import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { ACCESS_TOKEN_MAX_SECONDS, TOKEN_AUDIENCE, TOKEN_ISSUER, type AccessTokenClaims } from '@tongpiao/contracts';
import { PLATFORM_TENANT, TransientError } from '@tongpiao/kernel';
import { Scope, type HandleOptions, type Origin, type Vault } from '@tongpiao/persistence';
import jwt from 'jsonwebtoken';
import { isDue, keysOf, signingKeyAt } from './signing-keys.decider.ts';
import type { SigningKeyStore } from './signing-keys.store.ts';
import type { NewKey, RotationPolicy, SigningKey, SigningKeysState } from './signing-keys.ts';

type TokenFacts = Pick<AccessTokenClaims, 'sub' | 'tid' | 'fam' | 'roles'> & {
  /** Tokens issued up to then are revoked, so this one must be dated later. */
  readonly revokedAt?: string | undefined;
};

export type Signer = {
  /** Makes, publishes and forgets keys as their time comes. Safe to call on every instance at once. */
  tend(): Promise<void>;
  rotate(scope: Scope, compromised: boolean, options: HandleOptions): Promise<void>;
  /** Takes over what another instance has stored. */
  reload(): Promise<void>;
  /** Every key that tokens may still be signed by, or soon will be. */
  published(): readonly SigningKey[];
  /** @returns a JWT good for `ACCESS_TOKEN_MAX_SECONDS` */
  sign(facts: TokenFacts): string;
};

const DAY_MS = 24 * 60 * 60_000;
const MINUTE_MS = 60_000;
const ROTATION: RotationPolicy = {
  useForMs: 30 * DAY_MS,
  // Caches may keep the published keys for five minutes, see the route.
  publishAheadMs: 15 * MINUTE_MS,
  keepAfterMs: (ACCESS_TOKEN_MAX_SECONDS + 5 * 60) * 1_000,
};

const KEYS_ID = 'signing-keys';
const SECRET = 'signing-key';
const generate = promisify(generateKeyPair);

export function publicJwk(key: SigningKey): {
  kty: string;
  crv: string;
  x: string;
  y: string;
  kid: string;
  alg: string;
  use: string;
} {
  const { kty = '', crv = '', x = '', y = '' } = createPublicKey(key.publicKeyPem).export({ format: 'jwk' });
  return { kty, crv, x, y, kid: key.kid, alg: 'ES256', use: 'sig' };
}

export function createSigner(parts: {
  store: SigningKeyStore;
  vault: Vault;
  clock: () => Date;
  origin: Origin;
  policy?: RotationPolicy;
}): Signer {
  const { store, vault, clock } = parts;
  const policy = parts.policy ?? ROTATION;
  const own = Scope.ofTenant(PLATFORM_TENANT, parts.origin);
  const opened = new Map<string, KeyObject>();
  let keys: readonly SigningKey[] = [];

  async function candidate(): Promise<NewKey> {
    const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' });
    const kid = `sig-${clock().toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
    const publicKeyPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    return { kid, publicKeyPem, sealedPrivateKey: vault.sealSecret(SECRET, pem) };
  }

  function take(state: SigningKeysState): void {
    keys = keysOf(state);
    for (const kid of opened.keys()) if (!keys.some((key) => key.kid === kid)) opened.delete(kid);
  }

  async function reload(): Promise<void> {
    const snapshot = await store.load(own, KEYS_ID);
    if (snapshot !== undefined) take(snapshot.state);
  }

  function privateKeyOf(key: SigningKey): KeyObject {
    const known = opened.get(key.kid);
    if (known !== undefined) return known;
    const made = createPrivateKey(vault.openSecret(SECRET, key.sealedPrivateKey));
    opened.set(key.kid, made);
    return made;
  }

  return {
    reload,
    async tend() {
      await reload();
      const at = clock().toISOString();
      const someRunOut = keys.some(({ notAfter }) => Date.parse(notAfter) <= Date.parse(at));
      // Making a key costs little, but there is no need to make one every minute.
      if (!isDue(keys, policy, at) && !someRunOut) return;
      take((await store.handle(own, KEYS_ID, { type: 'TendKeys', candidate: await candidate(), policy, at })).state);
    },
    async rotate(scope, compromised, options) {
      const at = clock().toISOString();
      const command = { type: 'RotateKeys', candidate: await candidate(), compromised, policy, at } as const;
      take((await store.handle(scope, KEYS_ID, command, options)).state);
    },
    published: () => keys.filter(({ notAfter }) => Date.parse(notAfter) > clock().getTime()),
    sign({ sub, tid, fam, roles, revokedAt }) {
      const now = clock();
      const key = signingKeyAt(keys, now.toISOString());
      if (key === undefined) throw new TransientError('platform.unavailable', 'no signing key is loaded');
      const second = (instant: number): number => Math.floor(instant / 1_000);
      const revoked = revokedAt === undefined ? 0 : second(Date.parse(revokedAt)) + 1;
      const iat = Math.max(second(now.getTime()), revoked);
      const claims: AccessTokenClaims = {
        iss: TOKEN_ISSUER,
        aud: TOKEN_AUDIENCE,
        typ: 'access',
        sub,
        tid,
        roles,
        fam,
        iat,
        exp: iat + ACCESS_TOKEN_MAX_SECONDS,
      };
      return jwt.sign(claims, privateKeyOf(key), { algorithm: 'ES256', keyid: key.kid });
    },
  };
}
