// Who may give which role: nobody hands out more than their own house holds (PLA-03), and nobody works on their own account.
import type { Role } from '@tongpiao/contracts';
import { DomainError, PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';

export type Editor = { readonly id: string; readonly tenantId: TenantId };

/** Machines have keys, travellers sign up by themselves. */
const NOT_FOR_STAFF: ReadonlySet<Role> = new Set<Role>(['traveller', 'gate', 'ota', 'kiosk']);
/** The platform's own people run the platform and read its trail; everything else is work for a tenant. */
const OF_THE_PLATFORM: ReadonlySet<Role> = new Set<Role>(['platform_admin', 'auditor', 'duty_officer']);

/** @throws DomainError `identity.role-not-yours` naming the first role that cannot be given there by this editor. */
export function assertMayGive(editor: Editor, tenantId: TenantId, roles: readonly Role[]): void {
  for (const role of roles) {
    const fits =
      !NOT_FOR_STAFF.has(role) &&
      (tenantId === PLATFORM_TENANT
        ? editor.tenantId === PLATFORM_TENANT && OF_THE_PLATFORM.has(role)
        : role !== 'platform_admin');
    if (!fits) throw new DomainError('identity.role-not-yours', 'This role cannot be given here.', { role });
  }
}

/** @throws DomainError `identity.not-yourself` */
export function assertNotOneself(editor: Editor, userId: string): void {
  if (editor.id === userId) throw new DomainError('identity.not-yourself', 'Somebody else has to change your account.');
}
