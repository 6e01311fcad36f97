// Who may call a route, as data: it is checked before anything is read, and shown in the OpenAPI document.
import type { ApiKeyKind, Permission } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import { may, type Principal } from './principal.ts';

export type AccessTerm =
  /** Anybody; a token that is sent must still be a good one. */
  | 'public'
  /** Any user or API key. Holders of a token for one record are not meant. */
  | 'authenticated'
  | { readonly permission: Permission }
  /** Holders of a token for one record; the handler compares `principal.subject` with the record. */
  | { readonly bearer: string }
  | { readonly apiKey: ApiKeyKind };

export type Access = AccessTerm | { readonly anyOf: readonly AccessTerm[] };

export function accessTerms(access: Access): readonly AccessTerm[] {
  return typeof access === 'object' && 'anyOf' in access ? access.anyOf : [access];
}

function admits(term: AccessTerm, principal: Principal): boolean {
  if (term === 'public') return true;
  if (term === 'authenticated') return principal.type === 'user' || principal.type === 'apiKey';
  if ('permission' in term) return may(principal, term.permission);
  if ('bearer' in term) return principal.type === 'bearer' && principal.kind === term.bearer;
  return principal.type === 'apiKey' && principal.kind === term.apiKey;
}

/** @throws DomainError 401 for a guest who would have to sign in, 403 for everybody else who may not. */
export function assertAccess(terms: readonly AccessTerm[], principal: Principal): void {
  for (const term of terms) if (admits(term, principal)) return;
  if (principal.type === 'guest') throw new DomainError('platform.unauthenticated', 'Credentials are needed here.');
  const permissions = terms.flatMap((term) =>
    typeof term === 'object' && 'permission' in term ? [term.permission] : [],
  );
  throw new DomainError(
    'platform.forbidden',
    'None of the ways into this route fits the caller.',
    // Which rights open a route is in the API's description as well, so it is no secret.
    permissions.length === 0 ? {} : { permissions },
  );
}
