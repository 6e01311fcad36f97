// Numbers of identity documents: what is accepted, how it is spelled in the records, and the birth date where the number holds one.
// The 18-digit family carries a check digit and is checked strictly; of the other documents no official text on the form was
// available, so only length and characters are judged, lest an honest traveller be turned away.
import { parseLocalDate, type LocalDate } from './local-dates.ts';

export const ID_TYPES = [
  /** 居民身份证; also the number in a household register (户口簿). */
  'id_card',
  'passport',
  /** 港澳居民来往内地通行证 */
  'hk_macao_permit',
  /** 台湾居民来往大陆通行证 */
  'taiwan_permit',
  /** 港澳台居民居住证 */
  'residence_permit',
  /** 外国人永久居留身份证 */
  'foreign_permanent_resident',
  /** 军官证, 士兵证, 警官证 and alike */
  'military',
  /** 出生医学证明 */
  'birth_certificate',
  'other',
] as const;

export type IdType = (typeof ID_TYPES)[number];

export type IdDocumentRefusal =
  | 'length'
  | 'characters'
  | 'check-digit'
  /** No such day, or a day in the future. */
  | 'birth-date'
  /** A number of the form used until 1999; such cards are no longer valid. */
  | 'fifteen-digits'
  /** A sound number, but of another kind of document: one person must not pass as two. */
  | 'other-document';

export type ParsedIdDocument =
  | {
      readonly ok: true;
      /** The one spelling of this number: no blanks, half-width, upper case. Compare and hash only this. */
      readonly number: string;
      readonly birthDate?: LocalDate;
    }
  | { readonly ok: false; readonly reason: IdDocumentRefusal };

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = '10X98765432';
/** Hong Kong, Macao, Taiwan, and 710000, which is also met for Taiwan. */
const RESIDENCE_PERMIT_AREAS = ['810000', '820000', '830000', '710000'];
const RESIDENCE_PERMIT_ONLY_AREAS = ['810000', '820000', '830000'];

export function isIdType(value: unknown): value is IdType {
  return ID_TYPES.some((type) => type === value);
}

/**
 * The 18th character of an 18-digit number. Source: GB 11643, ISO 7064 MOD 11-2.
 * @param firstSeventeen exactly 17 digits
 * @throws RangeError otherwise
 */
export function idCheckCharacter(firstSeventeen: string): string {
  if (!/^\d{17}$/.test(firstSeventeen)) throw new RangeError('a check digit is made from 17 digits');
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(firstSeventeen.charAt(index)), 0);
  return CHECK_CHARACTERS.charAt(sum % 11);
}

const refuse = (reason: IdDocumentRefusal): ParsedIdDocument => ({ ok: false, reason });

/**
 * The 18-digit family: area, birth date, sequence, check character. The area is not looked up: codes outlive re-zoning.
 * @param isOwnArea whether the leading digits belong to this kind of document
 */
function parseEighteen(number: string, today: LocalDate, isOwnArea: (number: string) => boolean): ParsedIdDocument {
  if (/^\d{15}$/.test(number)) return refuse('fifteen-digits');
  if (number.length !== 18) return refuse('length');
  if (!/^[1-9]\d{16}[\dX]$/.test(number)) return refuse('characters');
  if (idCheckCharacter(number.slice(0, 17)) !== number.charAt(17)) return refuse('check-digit');
  if (!isOwnArea(number)) return refuse('other-document');
  const birthDate = parseLocalDate(`${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`);
  if (birthDate === undefined || birthDate > today) return refuse('birth-date');
  return { ok: true, number, birthDate };
}

function parseByForm(number: string, form: RegExp, lengths: readonly number[]): ParsedIdDocument {
  if (form.test(number)) return { ok: true, number };
  return refuse(lengths.includes(number.length) ? 'characters' : 'length');
}

function parseFree(number: string, characters: RegExp, minLength: number, maxLength: number): ParsedIdDocument {
  const length = Array.from(number).length;
  if (length < minLength || length > maxLength) return refuse('length');
  return characters.test(number) ? { ok: true, number } : refuse('characters');
}

const isResidencePermit = (number: string) => RESIDENCE_PERMIT_AREAS.includes(number.slice(0, 6));
const isForeigner = (number: string) => number.startsWith('9');
const isResident = (number: string) =>
  !isForeigner(number) && !RESIDENCE_PERMIT_ONLY_AREAS.includes(number.slice(0, 6));

/** Full-width characters, blanks and lower case are ways of typing, not other numbers. */
function normalise(rawNumber: string): string {
  return rawNumber.normalize('NFKC').replace(/\s+/gu, '').toUpperCase();
}

/**
 * Checks a document's number for form and, in the 18-digit family, for check digit and birth date. Source: SAL-25, GB 11643.
 * @param rawNumber as typed or read by a device; longer than 64 characters is refused unread
 * @param today the day against which a birth date must not lie in the future, in the tenant's zone
 */
export function parseIdDocument(type: IdType, rawNumber: string, today: LocalDate): ParsedIdDocument {
  if (rawNumber.length > 64) return refuse('length');
  const number = normalise(rawNumber);
  switch (type) {
    case 'id_card':
      return parseEighteen(number, today, isResident);
    case 'residence_permit':
      return parseEighteen(number, today, isResidencePermit);
    case 'foreign_permanent_resident':
      // Cards issued since 2023 join the 18-digit family; older ones have three letters and twelve digits.
      if (/^[A-Z]/.test(number)) return parseByForm(number, /^[A-Z]{3}\d{12}$/, [15]);
      return parseEighteen(number, today, isForeigner);
    case 'passport':
      return parseFree(number, /^[A-Z0-9]+$/, 5, 17);
    case 'hk_macao_permit':
      // Cards have nine characters; the older booklets add two digits for the number of the issue.
      return parseByForm(number, /^[HM]\d{8}(?:\d{2})?$/, [9, 11]);
    case 'taiwan_permit':
      // Cards have eight digits; the older booklets ten, and a letter often printed in brackets.
      return parseByForm(number.replace(/[()]/g, ''), /^(?:\d{8}|\d{10}[A-Z]?)$/, [8, 10, 11]);
    case 'military':
      return parseFree(number, /^[\p{Script=Han}A-Z0-9()-]+$/u, 6, 20);
    case 'birth_certificate':
      return parseByForm(number, /^[A-Z]\d{9}$/, [10]);
    case 'other':
      return parseFree(number, /^[\p{Script=Han}A-Z0-9()/-]+$/u, 4, 30);
  }
}
