// Makes retries safe (PLA-32): ids and the name of a request are derived from caller, address and Idempotency-Key. Bodies here
// hold passwords and phone numbers, so their fingerprint is stored under a key: without it nobody can guess at them.
import { mac, type Vault } from '@tongpiao/persistence';
import { derivedBytes, type RequestContext } from '@tongpiao/service-shell';

export type Request = {
  /** For the id of what the request creates. */
  readonly bytes: Buffer;
  /** For `HandleOptions`. */
  readonly request: { readonly key: string; readonly fingerprint: string };
};

export type Requests = { of(context: RequestContext): Request };

export function createRequests(vault: Vault): Requests {
  const ids = vault.serviceKey('request-ids');
  const fingerprints = vault.serviceKey('request-fingerprints');
  return {
    of(context) {
      const { method, path } = context.request;
      const bytes = derivedBytes(ids, context.callerKey, `${method} ${path}`, context.idempotencyKey);
      const fingerprint = mac(fingerprints, context.fingerprint).toString('base64url');
      return { bytes, request: { key: bytes.toString('base64url'), fingerprint } };
    },
  };
}
