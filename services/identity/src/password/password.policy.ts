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
  return [1, 2, 3].some((period) =>
    characters.every((character, index) => index < period || character === characters[index - period]),
  );
}

/** @throws DomainError `identity.password-too-short` | `identity.password-too-common` */
export function assertGoodPassword(password: string, username: string): void {
  if (Array.from(password).length < PASSWORD_MIN) {
    throw new DomainError('identity.password-too-short', 'The password is too short.', { min: PASSWORD_MIN });
  }
  const lower = password.toLowerCase();
  if (COMMON_PASSWORDS.has(lower) || repeatsItself(lower) || lower.replaceAll(/[^\p{L}]+/gu, '') === username) {
    throw new DomainError('identity.password-too-common', 'The password is one that is tried first.');
  }
}
