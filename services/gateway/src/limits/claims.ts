// Which limits a request falls under: by who asks, what for, and from where. Pure, and prepared, because it runs for every request.
import type { Caller } from '../caller.ts';
import type { Counted } from '../routing/route-table.ts';
import { addressKey, type LimitPolicies, type LimitPolicy } from './limits.policy.ts';
import type { Claim } from './limiter.ts';

type Claims = {
  readonly claims: readonly Claim[];
  /** The `RateLimit-Policy` header. */
  readonly policyHeader: string;
  readonly exact: boolean;
};

type Plan = { readonly policies: readonly LimitPolicy[]; readonly policyHeader: string; readonly exact: boolean };

function planOf(...policies: readonly LimitPolicy[]): Plan {
  const policyHeader = policies
    .map(({ name, quota, windowMs }) => `"${name}";q=${quota};w=${windowMs / 1_000}`)
    .join(', ');
  return { policies, policyHeader, exact: policies.some(({ exact }) => exact) };
}

/** Calls that guess secrets or cost money, by method and path. */
const STRICT: Readonly<Record<string, 'sign-in' | 'codes'>> = {
  'POST /api/v1/auth/sessions': 'sign-in',
  'POST /api/v1/auth/refresh': 'sign-in',
  'POST /api/v1/auth/codes': 'codes',
};

export type ClaimsOf = (request: {
  readonly caller: Caller;
  readonly counted: Counted;
  readonly method: string;
  readonly url: string;
  readonly address: string;
}) => Claims;

export function createClaims(policies: LimitPolicies): ClaimsOf {
  const client = planOf(policies.client);
  const providers = planOf(policies.providers);
  const strict = {
    'sign-in': planOf(policies['sign-in'], policies.address),
    codes: planOf(policies.codes, policies.address),
  };
  const guest = {
    reads: planOf(policies['guest-reads'], policies.address),
    writes: planOf(policies['guest-writes'], policies.address),
  };
  const user = {
    reads: planOf(policies['user-reads'], policies.address),
    writes: planOf(policies['user-writes'], policies.address),
  };

  const keyed = ({ policies: of, policyHeader, exact }: Plan, first: string, second: string): Claims => {
    const [one, two] = of;
    const claims: Claim[] = [];
    if (one !== undefined) claims.push({ policy: one, key: first });
    if (two !== undefined) claims.push({ policy: two, key: second });
    return { claims, policyHeader, exact };
  };

  return ({ caller, counted, method, url, address }) => {
    const place = addressKey(address);
    if (counted === 'as-provider') return keyed(providers, place, place);
    if (counted === 'sign-in') {
      const query = url.indexOf('?');
      const name = STRICT[`${method} ${query < 0 ? url : url.slice(0, query)}`];
      if (name !== undefined) return keyed(strict[name], place, place);
    }
    if (caller.kind === 'client') return keyed(client, caller.id, '');
    const kind = method === 'GET' || method === 'HEAD' ? 'reads' : 'writes';
    return caller.kind === 'user' ? keyed(user[kind], caller.id, place) : keyed(guest[kind], place, place);
  };
}
