// Secrets, codes and recovery codes: everything about a second factor that needs keys or arithmetic, so that the decider needs
// neither. Codes are those of RFC 6238 as every authenticator makes them: SHA-1, six digits, thirty seconds.
import { base32 } from '@tongpiao/kernel';
import { mac, type Vault } from '@tongpiao/persistence';
import { Secret, TOTP } from 'otpauth';

export type Totp = {
  /** A new secret of 160 bits, sealed for this account. */
  newSecret(userId: string): string;
  /** What the owner types or scans. */
  reveal(userId: string, username: string, sealed: string): { readonly secret: string; readonly uri: string };
  /** The thirty seconds, counted from 1970, that the code is of; one before and one after now are good too. */
  stepOf(userId: string, sealed: string, code: string, now: Date): number | undefined;
  /** Derived from the secret under the service's own key: a retry sees the same, and only hashes are stored. */
  recoveryCodes(userId: string, sealed: string): readonly string[];
  /** @param code as it was typed */
  recoveryHash(userId: string, code: string): string;
};

const ISSUER = 'Tongpiao';
const PERIOD_SECONDS = 30;
const SECRET_BYTES = 20;
/** Clocks of phones are off by some seconds, and people type slowly (RFC 6238, 5.2). */
const WINDOW_STEPS = 1;
const RECOVERY_CODES = 10;
/** 50 bits each: beyond guessing, and short enough to be written down. */
const RECOVERY_CHARACTERS = 10;

export function createTotp(vault: Pick<Vault, 'serviceKey' | 'sealSecret' | 'openSecret'>): Totp {
  const derivation = vault.serviceKey('recovery-codes');
  const hashing = vault.serviceKey('recovery-hashes');
  // Sealed under a purpose of its own per account, so that one account's secret cannot be put into another's record.
  const purposeOf = (userId: string): string => `totp|${userId}`;

  function totpOf(userId: string, sealed: string, label = userId): TOTP {
    const secret = Secret.fromBase32(vault.openSecret(purposeOf(userId), sealed));
    return new TOTP({ issuer: ISSUER, label, algorithm: 'SHA1', digits: 6, period: PERIOD_SECONDS, secret });
  }

  /** As the alphabet wants it read: who writes an O means a zero, and I and L mean one. */
  const read = (code: string): string =>
    code
      .toLowerCase()
      .replaceAll('o', '0')
      .replaceAll(/[il]/g, '1')
      .replaceAll(/[^0-9a-z]/g, '');

  return {
    newSecret: (userId) => vault.sealSecret(purposeOf(userId), new Secret({ size: SECRET_BYTES }).base32),
    reveal(userId, username, sealed) {
      const totp = totpOf(userId, sealed, username);
      return { secret: totp.secret.base32, uri: totp.toString() };
    },
    stepOf(userId, sealed, token, now) {
      const timestamp = now.getTime();
      const delta = totpOf(userId, sealed).validate({ token, timestamp, window: WINDOW_STEPS });
      return delta === null ? undefined : Math.floor(timestamp / (PERIOD_SECONDS * 1_000)) + delta;
    },
    recoveryCodes(userId, sealed) {
      return Array.from({ length: RECOVERY_CODES }, (_, index) => {
        const text = base32(mac(derivation, `${userId}|${sealed}|${index}`)).slice(0, RECOVERY_CHARACTERS);
        return `${text.slice(0, RECOVERY_CHARACTERS / 2)}-${text.slice(RECOVERY_CHARACTERS / 2)}`;
      });
    },
    recoveryHash: (userId, code) => mac(hashing, `${userId}|${read(code)}`).toString('base64url'),
  };
}
