// As whom somebody acts on a case. Staff are people who are signed in: what the key of a reseller or a kiosk says, the customer says who
// stands before it (REI-01, REI-02). A key may be replaced by another one of the same machine (PLA-05), so what a machine did is kept
// under the name of the machine.
import type { Permission } from '@tongpiao/contracts';
import { may, nameOf, type ApiKeyPrincipal, type Principal, type UserPrincipal } from '@tongpiao/service-shell';

/** @returns undefined for travellers and machines */
export function staffWith(principal: Principal, permission: Permission): UserPrincipal | undefined {
  return principal.type === 'user' && may(principal, permission) ? principal : undefined;
}

/** As cases name whoever does something. */
export function actorOf(principal: Principal): string {
  return principal.type === 'apiKey' ? principal.subject : nameOf(principal);
}

/** Under which names a case may have been entered by this machine: a stored one may name the key itself. */
export function namesOf({ subject, id }: ApiKeyPrincipal): readonly string[] {
  return [subject, id];
}
