// Refresh tokens name their session and generation and carry our own seal over both. Nothing of them is stored, so a stolen
// database holds none; and a made-up one is told from a used one, so that only a real used one ends its session.
import { timingSafeEqual } from 'node:crypto';
import type { TenantId } from '@tongpiao/kernel';
import { mac, type SecretKey } from '@tongpiao/persistence';

export type RefreshFacts = { readonly familyId: string; readonly tenantId: TenantId; readonly generation: number };

export type RefreshTokens = {
  issue(facts: RefreshFacts): string;
  /** @returns undefined for whatever we did not issue */
  read(token: string): RefreshFacts | undefined;
};

const PATTERN = /^tpr_([a-z0-9_]{3,80})\.([A-Za-z0-9_]{3,80})\.([1-9]\d{0,8})\.([\w-]{43})$/;

/** @param key 256 bits that never leave the service */
export function createRefreshTokens(key: SecretKey): RefreshTokens {
  const seal = (body: string): Buffer => mac(key, body);
  return {
    issue({ familyId, tenantId, generation }) {
      const body = `${familyId}.${tenantId}.${generation}`;
      return `tpr_${body}.${seal(body).toString('base64url')}`;
    },
    read(token) {
      const match = PATTERN.exec(token);
      if (match === null) return undefined;
      const [, familyId = '', tenantId = '', generation = '', signature = ''] = match;
      const given = Buffer.from(signature, 'base64url');
      const expected = seal(`${familyId}.${tenantId}.${generation}`);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      return { familyId, tenantId: tenantId as TenantId, generation: Number(generation) };
    },
  };
}
