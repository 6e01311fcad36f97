// Who is asking. A union, so that code which forgets a kind of caller does not compile.
import type { ApiKeyKind, Permission } from '@tongpiao/contracts';
import type { TenantId } from '@tongpiao/kernel';

export type Guest = { readonly type: 'guest' };

export type UserPrincipal = {
  readonly type: 'user';
  readonly id: string;
  /** Travellers and the platform's own people are at home in the tenant `platform`. */
  readonly tenantId: TenantId;
  readonly roles: readonly string[];
  readonly permissions: ReadonlySet<Permission>;
  readonly familyId: string;
};

export type ApiKeyPrincipal = {
  readonly type: 'apiKey';
  readonly id: string;
  readonly kind: ApiKeyKind;
  readonly tenantId: TenantId;
  /** What the key acts as: a gate, a reseller. */
  readonly subject: string;
  readonly roles: readonly string[];
  readonly permissions: ReadonlySet<Permission>;
};

/** Holder of a token that opens one record, e.g. one order. */
export type BearerPrincipal = {
  readonly type: 'bearer';
  /** Which recogniser knew the token, e.g. `guest-order-token`. */
  readonly kind: string;
  /** The record that the token opens. */
  readonly subject: string;
  readonly tenantId: TenantId;
};

export type Principal = Guest | UserPrincipal | ApiKeyPrincipal | BearerPrincipal;

export const GUEST: Guest = { type: 'guest' };

/** As journals name the caller. */
export function nameOf(principal: Principal): string {
  switch (principal.type) {
    case 'guest':
      return 'guest';
    case 'user':
    case 'apiKey':
      return principal.id;
    case 'bearer':
      return `${principal.kind}:${principal.subject}`;
  }
}

export function may(principal: Principal, permission: Permission): boolean {
  return (principal.type === 'user' || principal.type === 'apiKey') && principal.permissions.has(permission);
}
