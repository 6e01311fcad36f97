// From headers to a principal. No credentials: a guest. Credentials that are not good: refused, never taken for a guest.
import { DomainError } from '@tongpiao/kernel';
import { GUEST, type BearerPrincipal, type Principal } from './principal.ts';
import type { RequestFacts } from './request-context.ts';
import { isApiKey, type TrustVerifier } from './trust.ts';

/** Knows tokens that open one record, by their prefix, e.g. `tpo_` for an order. */
export type BearerRecogniser = {
  readonly prefix: string;
  /** @returns undefined for a token that opens nothing */
  verify(
    token: string,
    request: RequestFacts,
  ): Promise<Omit<BearerPrincipal, 'type'> | undefined> | Omit<BearerPrincipal, 'type'> | undefined;
};

export type Authenticate = (
  authorization: string | undefined,
  apiKey: string | undefined,
  request: RequestFacts,
) => Principal | Promise<Principal>;

function unauthenticated(why: string): DomainError {
  return new DomainError('platform.unauthenticated', why);
}

/** Longer than any token of ours. */
const CREDENTIAL_MAX = 4_100;

export function createAuthentication(
  trust: TrustVerifier | undefined,
  bearers: readonly BearerRecogniser[],
): Authenticate {
  const required = (): TrustVerifier => {
    if (trust === undefined) throw unauthenticated('This process takes no tokens.');
    return trust;
  };

  async function byRecogniser(recogniser: BearerRecogniser, token: string, request: RequestFacts): Promise<Principal> {
    const found = await recogniser.verify(token, request);
    if (found === undefined) throw unauthenticated('The token opens nothing.');
    return { ...found, type: 'bearer' };
  }

  return (authorization, apiKey, request) => {
    if (authorization === undefined) return apiKey === undefined ? GUEST : required().verifyApiKey(apiKey);
    if (apiKey !== undefined) throw unauthenticated('Two kinds of credentials at once.');
    if (authorization.length > CREDENTIAL_MAX) throw unauthenticated('The credentials are too long.');
    if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') throw unauthenticated('Not a bearer token.');
    const token = authorization.slice(7).trim();
    if (isApiKey(token)) return required().verifyApiKey(token);
    const recogniser = bearers.find(({ prefix }) => token.startsWith(prefix));
    if (recogniser !== undefined) return byRecogniser(recogniser, token, request);
    return required().verifyToken(token);
  };
}
