// Personal values as they are stored: sealed under the record's key, masked for show, and findable where they have to be found.
import type { EmailAddress, PhoneNumber } from '@tongpiao/kernel';
import { maskEmail, maskName, maskPhone } from '@tongpiao/kernel';
import type { PersonalValue, RecordKey, Scope, Vault } from '@tongpiao/persistence';

export type PersonalValues = {
  name(key: RecordKey, name: string): PersonalValue;
  phone(scope: Scope, key: RecordKey, phone: PhoneNumber): Promise<PersonalValue>;
  email(scope: Scope, key: RecordKey, email: EmailAddress): Promise<PersonalValue>;
  phoneIndex(scope: Scope, phone: PhoneNumber): Promise<string>;
  emailIndex(scope: Scope, email: EmailAddress): Promise<string>;
};

export function createPersonalValues(vault: Vault): PersonalValues {
  const phoneIndex = (scope: Scope, phone: PhoneNumber): Promise<string> => vault.blindIndex(scope, 'phone', phone);
  const emailIndex = (scope: Scope, email: EmailAddress): Promise<string> => vault.blindIndex(scope, 'email', email);
  return {
    phoneIndex,
    emailIndex,
    name: (key, name) => ({ sealed: key.seal(name), masked: maskName(name) }),
    phone: async (scope, key, phone) => ({
      sealed: key.seal(phone),
      masked: maskPhone(phone),
      index: await phoneIndex(scope, phone),
    }),
    email: async (scope, key, email) => ({
      sealed: key.seal(email),
      masked: maskEmail(email),
      index: await emailIndex(scope, email),
    }),
  };
}
