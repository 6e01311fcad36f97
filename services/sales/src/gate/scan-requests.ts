// What a gate asked under which Idempotency-Key (PLA-32): a key belongs to one credential and one number of people, whichever ticket that
// leads to. The use that it makes carries the request's id, and no two uses have the same. Hashes with a key of our own, because
// documents are numbers that can be guessed.
import { mac, type SecretKey } from '@tongpiao/persistence';
import { canonicalJson } from '@tongpiao/service-shell';

export type ScanRequest = {
  readonly key: string;
  /** Of the key: what a use keeps of it. */
  readonly id: string;
  /** Of what is asked: a key that comes with another one is refused. */
  readonly fingerprint: string;
};
export type ScanRequests = { of(key: string, asked: unknown): ScanRequest };

export function createScanRequests(secret: SecretKey): ScanRequests {
  return {
    of: (key, asked) => ({
      key,
      id: mac(secret, `key|${key}`).subarray(0, 18).toString('base64url'),
      fingerprint: mac(secret, `body|${canonicalJson(asked)}`).toString('base64url'),
    }),
  };
}
