// Ids are opaque strings with a readable prefix and the tenant's shard, so that a record names its home by itself.
// The bytes come from outside (random or derived); this file only spells them.

declare const idBrand: unique symbol;
export type Id<Name extends string> = string & { readonly [idBrand]: Name };

export type TenantId = Id<'Tenant'>;
export type SiteId = Id<'Site'>;
export type GateId = Id<'Gate'>;
export type UserId = Id<'User'>;
export type ProductId = Id<'Product'>;
export type TicketTypeId = Id<'TicketType'>;
export type SessionId = Id<'Session'>;
export type OrderId = Id<'Order'>;
export type HoldId = Id<'Hold'>;
export type RightId = Id<'Right'>;
export type PaymentId = Id<'Payment'>;
export type RefundId = Id<'Refund'>;
export type MessageId = Id<'Message'>;

/** The tenant of records that belong to nobody in particular: travellers, the platform's own people. */
export const PLATFORM_TENANT = 'platform' as TenantId;

/** Crockford's base 32: no I, L, O, U, so that ids survive being read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((value >>> bits) & 31);
      value &= (1 << bits) - 1;
    }
  }
  return bits > 0 ? text + ALPHABET.charAt((value << (5 - bits)) & 31) : text;
}

/**
 * The inverse of `base32`, strict: lower case only, and one text per value.
 * @returns undefined for other characters, an impossible length, or left-over bits that are not zero
 */
export function bytesOfBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let value = 0;
  let written = 0;
  for (const character of text) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[written] = value >>> bits;
      written += 1;
      value &= (1 << bits) - 1;
    }
  }
  return bits < 5 && value === 0 ? bytes : undefined;
}

/** Two characters that keep one tenant's records together when collections are sharded. */
export function shardOf(tenantId: TenantId): string {
  if (tenantId === PLATFORM_TENANT) return '00';
  return tenantId.slice(-2);
}

/**
 * @param prefix readable kind, e.g. `ord`
 * @param bytes at least 10 bytes, random or derived by HMAC
 */
export function formatId<Name extends string>(prefix: string, tenantId: TenantId, bytes: Uint8Array): Id<Name> {
  if (bytes.length < 10) throw new RangeError('an id needs at least 10 bytes');
  return `${prefix}_${shardOf(tenantId)}${base32(bytes.subarray(0, 15))}` as Id<Name>;
}
