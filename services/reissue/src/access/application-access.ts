// The application's own bearer token: it opens that one case and nothing else. It is derived, so that an idempotent retry answers the
// same token although only its hash is stored.
import { timingSafeEqual } from 'node:crypto';
import type { TenantId } from '@tongpiao/kernel';
import { mac, sha256, type SecretKey } from '@tongpiao/persistence';
import type { BearerRecogniser } from '@tongpiao/service-shell';

export const APPLICATION_BEARER = 'guest-reissue-token';

export type ApplicationAccess = {
  tokenOf(applicationId: string, tenantId: string): string;
  hashOf(token: string): string;
  readonly recogniser: BearerRecogniser;
};

/** Parts are joined by `~`, which neither ids nor base64url hold. */
const PATTERN = /^tpr_(rei_[0-9a-z]{10,40})~((?:ten_)?[0-9a-z]{3,40})~([\w-]{43})$/;

export function createApplicationAccess(key: SecretKey): ApplicationAccess {
  const signature = (applicationId: string, tenantId: string): string =>
    mac(key, `${applicationId}|${tenantId}`).toString('base64url');
  return {
    tokenOf: (applicationId, tenantId) => `tpr_${applicationId}~${tenantId}~${signature(applicationId, tenantId)}`,
    hashOf: (token) => sha256(token),
    recogniser: {
      prefix: 'tpr_',
      verify(token) {
        const [, applicationId, tenantId, given] = PATTERN.exec(token) ?? [];
        if (applicationId === undefined || tenantId === undefined || given === undefined) return undefined;
        // Compared as text: base64url has spare bits, and one case has one token.
        if (!timingSafeEqual(Buffer.from(given), Buffer.from(signature(applicationId, tenantId)))) return undefined;
        return { kind: APPLICATION_BEARER, subject: applicationId, tenantId: tenantId as TenantId };
      },
    },
  };
}
