// The QR token of a ticket: the kernel's payload, signed with Ed25519, so that a gate can judge it with public keys alone (SAL-30).
// One value has one text: upper-case base 32 without spare bits, no padding, no blanks. Any other text is refused before it is checked.
import { sign, verify, type KeyObject } from 'node:crypto';
import {
  base32,
  bytesOfBase32,
  decodeTicketPayload,
  encodeTicketPayload,
  MAX_TICKET_TOKEN_LENGTH,
  type TicketPayload,
} from '@tongpiao/kernel';

export type VerifiedTicket =
  | { readonly ok: true; readonly payload: TicketPayload; readonly kid: string }
  | { readonly ok: false; readonly reason: 'malformed' | 'unknown-key' | 'forged' };

const VERSION = 'TP1';
const KEY_ID_PATTERN = /^[0-9A-Z]{2,12}$/;
/** Version, key id, payload, and 64 bytes of signature as 103 characters of base 32. */
const TOKEN_PATTERN = /^(TP1\.([0-9A-Z]{2,12})\.([0-9A-Z$*:/-]+))\.([0-9A-HJKMNP-TV-Z]{103})$/;

function requireEd25519(key: KeyObject, type: 'private' | 'public'): void {
  if (key.type !== type || key.asymmetricKeyType !== 'ed25519')
    throw new TypeError(`a ticket needs an Ed25519 ${type} key`);
}

/** Whether a text may name a ticket key: 2 to 12 upper-case letters and digits, which is what QR codes hold cheaply. */
export function isTicketKeyId(kid: string): boolean {
  return KEY_ID_PATTERN.test(kid);
}

/**
 * Signs a ticket's payload: `TP1.<kid>.<payload>.<signature>`. The signature covers everything before its dot, the key id included.
 * @param kid 2 to 12 upper-case letters and digits
 * @returns at most 311 characters, all of QR alphanumeric mode: version 10 at level M
 * @throws TypeError for a key that is no Ed25519 private key, RangeError for a key id or payload that does not fit
 */
export function signTicket(payload: TicketPayload, privateKey: KeyObject, kid: string): string {
  requireEd25519(privateKey, 'private');
  if (!isTicketKeyId(kid)) throw new RangeError('a ticket key id has 2 to 12 upper-case letters and digits');
  const signed = `${VERSION}.${kid}.${encodeTicketPayload(payload)}`;
  const signature = sign(null, Buffer.from(signed, 'ascii'), privateKey);
  return `${signed}.${base32(signature).toUpperCase()}`;
}

/**
 * Checks a token as scanned. Dates, sites, revisions and revocations are the caller's to judge.
 * @param keyOf the public keys that the gate holds
 * @returns `malformed` when it is no token of ours, `unknown-key` when the gate lacks the key, `forged` when the signature is not the key's
 * @throws TypeError when `keyOf` gives something else than an Ed25519 public key
 */
export function verifyTicket(token: string, keyOf: (kid: string) => KeyObject | undefined): VerifiedTicket {
  if (token.length > MAX_TICKET_TOKEN_LENGTH) return { ok: false, reason: 'malformed' };
  const [, signed, kid, text, spelledSignature] = TOKEN_PATTERN.exec(token) ?? [];
  const signature = spelledSignature === undefined ? undefined : bytesOfBase32(spelledSignature.toLowerCase());
  if (signed === undefined || kid === undefined || text === undefined || signature === undefined)
    return { ok: false, reason: 'malformed' };
  const key = keyOf(kid);
  if (key === undefined) return { ok: false, reason: 'unknown-key' };
  requireEd25519(key, 'public');
  if (!verify(null, Buffer.from(signed, 'ascii'), key, signature)) return { ok: false, reason: 'forged' };
  // Only what was signed is read at all.
  const payload = decodeTicketPayload(text);
  return payload === undefined ? { ok: false, reason: 'malformed' } : { ok: true, payload, kid };
}
