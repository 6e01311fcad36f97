// Whom to count a request against. The gateway refuses credentials that are plainly worthless, so that they cost the services
// nothing; it decides nothing else by them, and every service verifies again (PLA-06).
import type { IncomingHttpHeaders } from 'node:http';
import { DomainError } from '@tongpiao/kernel';
import { isApiKey, type TrustVerifier } from '@tongpiao/service-shell';

export type Caller = { readonly kind: 'guest' | 'user' | 'client'; readonly id: string };

const GUEST: Caller = { kind: 'guest', id: '' };
/** Longer than any token of ours. */
const CREDENTIAL_MAX = 4_100;

function unauthenticated(why: string): DomainError {
  return new DomainError('platform.unauthenticated', why);
}

/** Tokens that open one record, e.g. `tpo_` for an order: only the record's owner knows them. */
const RECORD_TOKEN = /^tp[a-z]_/;

/** Three parts of base64url are what identity signs; what has a prefix of ours or another shape passes on unjudged. */
function isSignedToken(token: string): boolean {
  return token.startsWith('eyJ') || (!RECORD_TOKEN.test(token) && token.split('.', 4).length === 3);
}

/** @throws DomainError 401 for credentials that are worthless, 503 while nobody can tell */
export function callerOf(headers: IncomingHttpHeaders, trust: TrustVerifier): Caller {
  const { authorization, 'x-api-key': apiKey } = headers;
  if (authorization === undefined) {
    if (apiKey === undefined) return GUEST;
    return { kind: 'client', id: trust.verifyApiKey(String(apiKey)).id };
  }
  if (apiKey !== undefined) throw unauthenticated('Two kinds of credentials at once.');
  if (authorization.length > CREDENTIAL_MAX) throw unauthenticated('The credentials are too long.');
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') throw unauthenticated('Not a bearer token.');
  const token = authorization.slice(7).trim();
  if (isApiKey(token)) return { kind: 'client', id: trust.verifyApiKey(token).id };
  if (isSignedToken(token)) return { kind: 'user', id: trust.verifyToken(token).id };
  return GUEST;
}
