// Retrying is safe because a retry finds what the first try made: ids are derived from the caller, the route and the
// Idempotency-Key, and the body's hash tells a repetition from another request under an old key (PLA-32).
import { createHash, createHmac } from 'node:crypto';
import { DomainError } from '@tongpiao/kernel';
import type { SecretKey } from '@tongpiao/persistence';

/** 22 characters of base64 are 128 bits: two guests will not choose the same key. */
export const IDEMPOTENCY_KEY_MIN = 22;
export const IDEMPOTENCY_KEY_MAX = 200;
const KEY_PATTERN = new RegExp(`^[\\x21-\\x7e]{${IDEMPOTENCY_KEY_MIN},${IDEMPOTENCY_KEY_MAX}}$`);

/** @throws DomainError when the header is missing or cannot be a key */
export function requireIdempotencyKey(header: string | undefined): string {
  if (header === undefined || header === '') {
    throw new DomainError('platform.idempotency-key-required', 'The header Idempotency-Key is missing.');
  }
  if (!KEY_PATTERN.test(header)) {
    throw new DomainError('platform.idempotency-key-invalid', 'The header Idempotency-Key is too short or too long.');
  }
  return header;
}

/** JSON with sorted keys: two spellings of one request are one request. RFC 8785 in all that our schemas let pass. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return value === undefined ? 'null' : JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${fields.join(',')}}`;
}

/** SHA-256 of the request's meaning, base64url: stored beside what the request made. */
export function requestFingerprint(body: unknown): string {
  return createHash('sha256').update(canonicalJson(body)).digest('base64url');
}

/**
 * Bytes for the id of what a request creates: the same for a retry, different for everybody else.
 * @param callerKey who asks, `context.callerKey`
 * @param route method and pattern, e.g. `POST /api/v1/orders`
 * @returns 32 bytes
 */
export function derivedBytes(
  secret: SecretKey | string,
  callerKey: string,
  route: string,
  idempotencyKey: string,
): Buffer {
  const parts = [callerKey, route, idempotencyKey].map((part) => `${Buffer.byteLength(part)}:${part}`);
  return createHmac('sha256', secret).update(parts.join('|')).digest();
}
