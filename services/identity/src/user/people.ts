// Finds the person behind a name, a phone or a mailbox; travellers come into being when they are first met.
import { formatId, PLATFORM_TENANT, type EmailAddress, type PhoneNumber } from '@tongpiao/kernel';
import { mac, type RecordKey, type Scope, type Vault } from '@tongpiao/persistence';
import type { PersonalValues } from './personal-values.ts';
import type { Usernames } from './usernames.store.ts';
import type { User } from './user.ts';
import type { UserStore } from './user.store.ts';

export type Receiver =
  | { readonly channel: 'sms'; readonly phone: PhoneNumber }
  | { readonly channel: 'email'; readonly email: EmailAddress };

type Person = { readonly id: string; readonly scope: Scope; readonly user: User };

export type People = {
  /** @param inTenant makes the scope in which the account lives */
  byUsername(username: string, inTenant: (tenantId: Scope['tenantId']) => Scope): Promise<Person | undefined>;
  /** The traveller whose receiver this is. Two first sign-ins at once meet one and the same. */
  traveller(scope: Scope, receiver: Receiver, at: Date): Promise<Person>;
};

export function createPeople(parts: {
  users: UserStore;
  usernames: Usernames;
  values: PersonalValues;
  vault: Vault;
}): People {
  const { users, usernames, values, vault } = parts;
  const idKey = vault.serviceKey('traveller-ids');

  async function known(scope: Scope, receiver: Receiver): Promise<Person | undefined> {
    const filter =
      receiver.channel === 'sms'
        ? { 'state.phone.index': await values.phoneIndex(scope, receiver.phone) }
        : { 'state.email.index': await values.emailIndex(scope, receiver.email) };
    const [found] = await users.find(scope, { 'state.kind': 'traveller', ...filter }, { limit: 1, sort: { _id: 1 } });
    return found === undefined || found.state.status === 'none'
      ? undefined
      : { id: found.id, scope, user: found.state };
  }

  async function personalOf(scope: Scope, key: RecordKey, receiver: Receiver): Promise<Pick<User, 'phone' | 'email'>> {
    return receiver.channel === 'sms'
      ? { phone: await values.phone(scope, key, receiver.phone) }
      : { email: await values.email(scope, key, receiver.email) };
  }

  return {
    async byUsername(username, inTenant) {
      const login = await usernames.find(username);
      if (login === undefined) {
        // A name that nobody has costs the same reads.
        await users.load(inTenant(PLATFORM_TENANT), 'usr_nobody');
        return undefined;
      }
      const scope = inTenant(login.tenantId);
      const state = (await users.load(scope, login.userId))?.state;
      return state === undefined || state.status === 'none' ? undefined : { id: login.userId, scope, user: state };
    },
    async traveller(scope, receiver, at) {
      const before = await known(scope, receiver);
      if (before !== undefined) return before;
      const name = receiver.channel === 'sms' ? `sms:${receiver.phone}` : `email:${receiver.email}`;
      const id = formatId('usr', PLATFORM_TENANT, mac(idKey, name));
      const recordKey = await vault.newRecordKey(scope);
      const traveller = await personalOf(scope, recordKey, receiver);
      const command = { type: 'MeetTraveller', traveller, at: at.toISOString() } as const;
      const { state } = await users.handle(scope, id, command, { recordKey, expectNew: true });
      if (state.status === 'none') throw new Error('a traveller was met and is not there');
      return { id, scope, user: state };
    },
  };
}
