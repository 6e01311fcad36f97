// What a password of staff must be (PLA-05): long, and none that everybody tries first.
import { DomainError } from '@tongpiao/kernel';
import { COMMON_PASSWORDS } from './common-passwords.ts';

export const PASSWORD_MIN = 12;
/** Longer ones only cost time; no person types them. */
export const PASSWORD_MAX = 200;

/** Some keyboards and input methods spell one text in several ways. */
export function spelledPassword(password: string): string {
  return password.normalize('NFC');
}

function repeatsItself(password: string): boolean {
  const characters = Array.from(password);
  const periods = Array.from({ length: Math.floor(characters.length / 2) }, (_, index) => index + 1);
  return periods.some((period) =>
    characters.every((character, index) => index < period || character === characters[index - period]),
  );
}

const LETTER_BEHIND: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '!': 'i',
  '1': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
};

/** `p@ssw0rd` is `password` to whoever guesses. */
function plainly(password: string): string {
  return password.replaceAll(/[@43!10$57]/g, (sign) => LETTER_BEHIND[sign] ?? sign);
}

/** Without the year, the street number and the exclamation mark that a short word is made long with. */
function core(password: string): string {
  return password.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
}

function isTriedFirst(password: string): boolean {
  const inside = core(password);
  return [password, plainly(password), inside, plainly(inside)].some((form) => COMMON_PASSWORDS.has(form));
}

function isTheName(password: string, username: string): boolean {
  const letters = (text: string): string => text.replaceAll(/[^\p{L}]+/gu, '');
  return letters(password) !== '' && letters(password) === letters(username);
}

/** @throws DomainError `identity.password-too-short` | `identity.password-too-common` */
export function assertGoodPassword(password: string, username: string): void {
  if (Array.from(password).length < PASSWORD_MIN) {
    throw new DomainError('identity.password-too-short', 'The password is too short.', { min: PASSWORD_MIN });
  }
  const lower = password.toLowerCase();
  if (isTriedFirst(lower) || repeatsItself(lower) || isTheName(lower, username)) {
    throw new DomainError('identity.password-too-common', 'The password is one that is tried first.');
  }
}
