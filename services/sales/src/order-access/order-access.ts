// The order's own bearer token: it opens that one order, its payments and tickets, and nothing else. It is derived, so that an
// idempotent retry answers the same token although only its hash is stored.
import { timingSafeEqual } from 'node:crypto';
import type { TenantId } from '@tongpiao/kernel';
import { mac, sha256, type SecretKey } from '@tongpiao/persistence';
import type { BearerRecogniser } from '@tongpiao/service-shell';

export const ORDER_BEARER = 'guest-order-token';

export type OrderAccess = {
  tokenOf(orderId: string, tenantId: string): string;
  hashOf(token: string): string;
  readonly recogniser: BearerRecogniser;
};

/** Parts are joined by `~`, which neither ids nor base64url hold, and which tells it from a signed token at a glance. */
const PATTERN = /^tpo_(ord_[0-9a-z]{10,40})~((?:ten_)?[0-9a-z]{3,40})~([\w-]{43})$/;

export function createOrderAccess(key: SecretKey): OrderAccess {
  const signature = (orderId: string, tenantId: string): string =>
    mac(key, `${orderId}|${tenantId}`).toString('base64url');
  return {
    tokenOf: (orderId, tenantId) => `tpo_${orderId}~${tenantId}~${signature(orderId, tenantId)}`,
    hashOf: (token) => sha256(token),
    recogniser: {
      prefix: 'tpo_',
      verify(token) {
        const [, orderId, tenantId, given] = PATTERN.exec(token) ?? [];
        if (orderId === undefined || tenantId === undefined || given === undefined) return undefined;
        // Compared as text: base64url has spare bits, and one order has one token.
        if (!timingSafeEqual(Buffer.from(given), Buffer.from(signature(orderId, tenantId)))) return undefined;
        return { kind: ORDER_BEARER, subject: orderId, tenantId: tenantId as TenantId };
      },
    },
  };
}
