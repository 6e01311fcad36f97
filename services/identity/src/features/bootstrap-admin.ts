// The first administrator: made when there is no account of staff at all, from a password in the settings. Two instances that
// start at once derive the same id, so they make one.
import { formatId, PLATFORM_TENANT } from '@tongpiao/kernel';
import { mac, type Scope, type Vault } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { StaffRegistry } from '../user/staff-registry.ts';
import type { UserStore } from '../user/user.store.ts';

export async function bootstrapAdmin(parts: {
  password: string | undefined;
  users: UserStore;
  staff: StaffRegistry;
  vault: Vault;
  /** Sees every tenant's people. */
  everywhere: Scope;
  platform: Scope;
  logger: Logger;
}): Promise<void> {
  const { password, users, staff, vault, everywhere, platform, logger } = parts;
  if ((await users.count(everywhere, { 'state.kind': 'staff' }, 1)) > 0) return;
  if (password === undefined) {
    logger.warn('there is no account, and BOOTSTRAP_ADMIN_PASSWORD is not set: nobody can sign in');
    return;
  }
  const id = formatId('usr', PLATFORM_TENANT, mac(vault.serviceKey('first-admin'), 'admin'));
  await staff.add(platform, id, { username: 'admin', password, name: '平台管理员', roles: ['platform_admin'] }, {});
  logger.info({ userId: id }, 'the first administrator, "admin", was made');
}
