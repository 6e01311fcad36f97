// Phone numbers and e-mail addresses in one spelling each, so that limits, logins and blind indexes count a person once.
// Whether anybody answers there is proved by a code, not by a pattern.

declare const phoneBrand: unique symbol;
/** A mainland mobile as 11 digits, or any other number as E.164 with its `+`. */
export type PhoneNumber = string & { readonly [phoneBrand]: 'PhoneNumber' };

declare const emailBrand: unique symbol;
/** An address in lower case, at most 254 characters. */
export type EmailAddress = string & { readonly [emailBrand]: 'EmailAddress' };

export type PhoneRefusal = 'length' | 'characters' | 'not-a-mobile';
export type EmailRefusal = 'length' | 'form';

export type ParsedPhone =
  | { readonly ok: true; readonly phone: PhoneNumber; readonly region: 'mainland' | 'abroad' }
  | { readonly ok: false; readonly reason: PhoneRefusal };
export type ParsedEmail =
  { readonly ok: true; readonly email: EmailAddress } | { readonly ok: false; readonly reason: EmailRefusal };

const refusePhone = (reason: PhoneRefusal): ParsedPhone => ({ ok: false, reason });

function mainlandMobile(digits: string): ParsedPhone {
  if (digits.length !== 11) return refusePhone('length');
  if (!/^1[3-9]/.test(digits)) return refusePhone('not-a-mobile');
  return { ok: true, phone: digits as PhoneNumber, region: 'mainland' };
}

/**
 * Mainland mobiles (1[3-9] and nine digits, with or without +86, 0086 or 86) and numbers abroad with + or 00 and country code.
 * @param raw as typed; blanks, hyphens, brackets and full-width digits do not count
 */
export function parsePhone(raw: string): ParsedPhone {
  // The longest E.164 number with 00 and generous blanks stays far below this.
  if (raw.length > 40) return refusePhone('length');
  const compact = raw.normalize('NFKC').replace(/[\s()-]+/gu, '');
  if (compact === '') return refusePhone('length');
  const match = /^(\+|00)?(\d+)$/.exec(compact);
  const digits = match?.[2];
  if (digits === undefined) return refusePhone('characters');
  const isInternational = match?.[1] !== undefined;
  if (isInternational ? digits.startsWith('86') : /^86\d{11}$/.test(digits)) return mainlandMobile(digits.slice(2));
  if (!isInternational) return mainlandMobile(digits);
  if (digits.length < 8 || digits.length > 15) return refusePhone('length');
  // No country code begins with 0.
  return digits.startsWith('0')
    ? refusePhone('characters')
    : { ok: true, phone: `+${digits}` as PhoneNumber, region: 'abroad' };
}

const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * Addresses that ordinary mail servers deliver to: ASCII, no quoting, a domain with at least two labels. Lower-cased as a whole,
 * because no provider that matters tells `A@` from `a@`. Lengths: RFC 5321 4.5.3.1 (64 before the @, 254 in all).
 */
export function parseEmail(raw: string): ParsedEmail {
  const email = raw.trim().toLowerCase();
  const at = email.lastIndexOf('@');
  if (email.length > 254 || at > 64) return { ok: false, reason: 'length' };
  const labels = email.slice(at + 1).split('.');
  const isSound =
    at > 0 &&
    LOCAL_PART.test(email.slice(0, at)) &&
    labels.length >= 2 &&
    labels.every((label) => label.length <= 63 && DOMAIN_LABEL.test(label)) &&
    /^(?:[a-z]{2,}|xn--[a-z0-9-]+)$/.test(labels.at(-1) ?? '');
  return isSound ? { ok: true, email: email as EmailAddress } : { ok: false, reason: 'form' };
}
