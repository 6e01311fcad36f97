// Makes accounts of staff: claims the username, seals what is personal, hashes the password. Used by whoever adds people, and
// once for the first administrator.
import type { Role } from '@tongpiao/contracts';
import { DomainError, type EmailAddress, type PhoneNumber } from '@tongpiao/kernel';
import type { HandleOptions, RecordKey, Scope, Vault } from '@tongpiao/persistence';
import { assertGoodPassword } from '../password/password.policy.ts';
import type { Passwords } from '../password/passwords.ts';
import type { PersonalValues } from './personal-values.ts';
import type { Staff, User } from './user.ts';
import type { Usernames } from './usernames.store.ts';
import type { UserStore } from './user.store.ts';

type NewStaff = {
  readonly username: string;
  readonly password: string;
  readonly name: string;
  readonly phone?: PhoneNumber | undefined;
  readonly email?: EmailAddress | undefined;
  readonly roles: readonly Role[];
};

/** What hashes are sealed as. */
const PASSWORD_SECRET = 'password';

export type StaffRegistry = {
  /** @throws DomainError for a password that is not good enough or a username that is taken */
  add(scope: Scope, id: string, staff: NewStaff, options: Pick<HandleOptions, 'request'>): Promise<User>;
  setPassword(
    scope: Scope,
    id: string,
    user: User,
    password: string,
    options: Pick<HandleOptions, 'request'>,
  ): Promise<User>;
  /** Takes the same time whether there is somebody or not. */
  knowsPassword(user: User | undefined, password: string): Promise<boolean>;
};

export function createStaffRegistry(parts: {
  users: UserStore;
  usernames: Usernames;
  values: PersonalValues;
  passwords: Passwords;
  vault: Vault;
  clock: () => Date;
}): StaffRegistry {
  const { users, usernames, values, passwords, vault, clock } = parts;
  const sealedHash = async (password: string): Promise<string> =>
    vault.sealSecret(PASSWORD_SECRET, await passwords.hash(password));

  async function staffOf(scope: Scope, key: RecordKey, staff: NewStaff): Promise<Omit<Staff, 'kind'>> {
    const { username, password, name, phone, email, roles } = staff;
    return {
      username,
      password: await sealedHash(password),
      name: values.name(key, name),
      ...(phone === undefined ? {} : { phone: await values.phone(scope, key, phone) }),
      ...(email === undefined ? {} : { email: await values.email(scope, key, email) }),
      roles,
    };
  }

  return {
    async add(scope, id, staff, options) {
      assertGoodPassword(staff.password, staff.username);
      const recordKey = await vault.newRecordKey(scope);
      const command = {
        type: 'AddStaff',
        // Before the name is taken: whoever is turned away here, because too many passwords wait, holds none.
        staff: await staffOf(scope, recordKey, staff),
        at: clock().toISOString(),
      } as const;
      // A repetition is recognised by its record; only a first request takes the name.
      const isNew = (await users.load(scope, id)) === undefined;
      if (isNew) await usernames.claim(staff.username, { userId: id, tenantId: scope.tenantId }, clock());
      const { state } = await users.handle(scope, id, command, { ...options, recordKey });
      if (state.status === 'none') throw new Error('an account was made and is not there');
      return state;
    },
    async setPassword(scope, id, user, password, options) {
      if (user.kind === 'traveller') throw new DomainError('identity.no-password', 'Travellers sign in by code.');
      assertGoodPassword(password, user.username);
      const command = { type: 'SetPassword', password: await sealedHash(password), at: clock().toISOString() } as const;
      const { state } = await users.handle(scope, id, command, options);
      if (state.status === 'none') throw new Error('an account was changed and is not there');
      return state;
    },
    knowsPassword: (user, password) =>
      passwords.verify(user?.kind === 'staff' ? vault.openSecret(PASSWORD_SECRET, user.password) : undefined, password),
  };
}
