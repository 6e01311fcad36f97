// Ticket numbers (票号): unguessable, safe to read aloud and to type, with a check character that finds every ordinary slip.
// The text of JT/T 1306 was not available, so this is a form of our own and claims no conformity; a codec for another form can take
// its place behind `TicketNumberCodec`.
import { base32, shardOf, type TenantId } from './ids.ts';

declare const ticketNumberBrand: unique symbol;
/** 15 upper-case characters: the tenant's shard (2), 60 bits from outside (12), a check character (1). */
export type TicketNumber = string & { readonly [ticketNumberBrand]: 'TicketNumber' };

export type TicketNumberRefusal = 'length' | 'characters' | 'check-character';

export type ParsedTicketNumber =
  | { readonly ok: true; readonly number: TicketNumber; readonly shard: string }
  | { readonly ok: false; readonly reason: TicketNumberRefusal };

export type TicketNumberCodec = {
  /**
   * @param bytes at least 8, random or derived by HMAC; the first 60 bits are used
   * @throws RangeError for fewer bytes or a tenant whose shard cannot be spelled
   */
  create(tenantId: TenantId, bytes: Uint8Array): TicketNumber;
  /** Reads what people and scanners give. Never throws. */
  parse(text: string): ParsedTicketNumber;
  /** For print and screens. */
  print(number: TicketNumber): string;
};

/** Crockford's base 32: a digit 0 … 31 each. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 15;
const MIN_BYTES = 8;
/** Fifteen characters, generously grouped. */
const MAX_TYPED_LENGTH = 40;

/**
 * The check character makes Σ aᵢ·2^(14−i) + 2^15 zero in the field GF(32) = GF(2)[x]/(x⁵+x²+1), 2 being x. Distinct non-zero weights
 * find every substitution and every swap of two characters. ISO 7064 MOD 37,36 would miss one adjacent swap in each state, and its
 * check character may be O or I, which a reader cannot tell from 0 and 1.
 */
function checkSum(text: string): number {
  // Starting from 1 keeps an all-zero text from being a number.
  let sum = 1;
  for (const character of text) {
    const doubled = (sum << 1) ^ (sum >= 16 ? 0b100101 : 0);
    sum = doubled ^ ALPHABET.indexOf(character);
  }
  return sum;
}

/** O is read as 0, I and L as 1: nobody can tell them apart on thermal paper. */
function fold(text: string): string {
  return text.toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
}

const isSpelled = (text: string) => Array.from(text).every((character) => ALPHABET.includes(character));

/**
 * The tenant's shard as its ticket numbers spell it.
 * @returns undefined when the tenant's id does not end in two characters of base 32 (U counts as V)
 */
export function ticketShardOf(tenantId: TenantId): string | undefined {
  const shard = fold(shardOf(tenantId)).replaceAll('U', 'V');
  return shard.length === 2 && isSpelled(shard) ? shard : undefined;
}

/**
 * A new ticket number. Source: SAL-30.
 * @param bytes at least 8, random or derived by HMAC; the first 60 bits are used, so that a number cannot be guessed
 * @throws RangeError for fewer bytes or a tenant whose shard cannot be spelled
 */
export function ticketNumberOf(tenantId: TenantId, bytes: Uint8Array): TicketNumber {
  if (bytes.length < MIN_BYTES) throw new RangeError(`a ticket number needs at least ${MIN_BYTES} bytes`);
  const shard = ticketShardOf(tenantId);
  if (shard === undefined) throw new RangeError('the tenant’s id does not end in two characters of base 32');
  const body =
    shard +
    base32(bytes.subarray(0, MIN_BYTES))
      .toUpperCase()
      .slice(0, LENGTH - 3);
  return (body + ALPHABET.charAt(checkSum(`${body}0`))) as TicketNumber;
}

/**
 * Reads a ticket number as typed, scanned or printed: lower case, blanks, hyphens and full-width characters do not matter, O counts
 * as 0, I and L count as 1. Source: SAL-30, SAL-40.
 */
export function parseTicketNumber(text: string): ParsedTicketNumber {
  if (text.length > MAX_TYPED_LENGTH) return { ok: false, reason: 'length' };
  const number = fold(text.normalize('NFKC').replace(/[\s-]+/gu, ''));
  if (number.length !== LENGTH) return { ok: false, reason: 'length' };
  if (!isSpelled(number)) return { ok: false, reason: 'characters' };
  if (checkSum(number) !== 0) return { ok: false, reason: 'check-character' };
  return { ok: true, number: number as TicketNumber, shard: number.slice(0, 2) };
}

/** `AB12-CDEF-GH34-JKM` */
export function printTicketNumber(number: TicketNumber): string {
  return number.replace(/(.{4})(?=.)/g, '$1-');
}

export const OWN_TICKET_NUMBERS: TicketNumberCodec = {
  create: ticketNumberOf,
  parse: parseTicketNumber,
  print: printTicketNumber,
};
