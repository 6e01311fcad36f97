// API keys as text: `tpk_<id>_<secret>`. The secret is derived under the service's own key from the request that asked for it,
// so a retry is answered with the same key although it is stored nowhere; what is stored is its hash (PLA-05, PLA-32).
import type { ApiKeyKind } from '@tongpiao/contracts';
import { base32, formatId, type TenantId } from '@tongpiao/kernel';
import { mac, type Vault } from '@tongpiao/persistence';
import { apiKeyHash } from '@tongpiao/service-shell';
import type { Request } from '../requests.ts';

export type ApiKeys = {
  ringId(tenantId: TenantId, kind: ApiKeyKind, subject: string): string;
  /** @returns the key that this request makes, the same for a retry; 256 bits of secret */
  make(tenantId: TenantId, request: Request): { readonly id: string; readonly hash: string; readonly text: string };
};

export function createApiKeys(vault: Vault): ApiKeys {
  const rings = vault.serviceKey('key-rings');
  const secrets = vault.serviceKey('api-key-secrets');
  return {
    ringId: (tenantId, kind, subject) => formatId('rng', tenantId, mac(rings, `${tenantId}|${kind}|${subject}`)),
    make(tenantId, { bytes, request }) {
      const id = formatId('key', tenantId, bytes);
      const secret = base32(mac(secrets, `${id}|${request.key}|${request.fingerprint}`));
      return { id, hash: apiKeyHash(secret), text: `tpk_${id}_${secret}` };
    },
  };
}
