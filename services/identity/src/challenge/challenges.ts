// Sends codes and compares them. A code is stored as a keyed hash: a million possibilities would not survive a plain one.
import { randomInt } from 'node:crypto';
import type { Language } from '@tongpiao/contracts';
import { formatId, PLATFORM_TENANT, type Id } from '@tongpiao/kernel';
import { mac, type HandleOptions, type RecordKey, type Scope, type Vault } from '@tongpiao/persistence';
import type { Receiver } from '../user/people.ts';
import type { PersonalValues } from '../user/personal-values.ts';
import { signInRefused } from './challenge.decider.ts';
import type { ChallengeStore } from './challenge.store.ts';

export type Challenges = {
  /** @throws DomainError `identity.too-many-codes` */
  send(
    scope: Scope,
    receiver: Receiver,
    language: Language,
    request: NonNullable<HandleOptions['request']>,
  ): Promise<void>;
  /** @throws DomainError `identity.sign-in-refused` */
  accept(scope: Scope, receiver: Receiver, code: string): Promise<void>;
};

export function createChallenges(parts: {
  store: ChallengeStore;
  vault: Vault;
  values: PersonalValues;
  clock: () => Date;
  limited: boolean;
}): Challenges {
  const { store, vault, values, clock, limited } = parts;
  const idKey = vault.serviceKey('challenge-ids');
  const codeKey = vault.serviceKey('codes');

  const idOf = (receiver: Receiver): Id<'Challenge'> => {
    const name = receiver.channel === 'sms' ? `sms:${receiver.phone}` : `email:${receiver.email}`;
    return formatId('chl', PLATFORM_TENANT, mac(idKey, name));
  };
  const hashOf = (id: string, code: string): string => mac(codeKey, `${id}:${code}`).toString('base64url');

  return {
    async send(scope, receiver, language, request) {
      const id = idOf(receiver);
      const snapshot = await store.load(scope, id);
      const recordKey: RecordKey =
        snapshot?.key === undefined ? await vault.newRecordKey(scope) : await vault.recordKey(scope, snapshot.key);
      const code = randomInt(0, 1_000_000).toString().padStart(6, '0');
      const to =
        receiver.channel === 'sms'
          ? await values.phone(scope, recordKey, receiver.phone)
          : await values.email(scope, recordKey, receiver.email);
      const command = {
        type: 'SendCode',
        channel: receiver.channel,
        to,
        code: { sealed: recordKey.seal(code), masked: '******' },
        hash: hashOf(id, code),
        language,
        at: clock().toISOString(),
        limited,
      } as const;
      await store.handle(scope, id, command, { recordKey, request });
    },
    async accept(scope, receiver, code) {
      const id = idOf(receiver);
      const hash = hashOf(id, code);
      const { events } = await store.handle(scope, id, { type: 'TryCode', hash, at: clock().toISOString() });
      if (events[0]?.type !== 'CodeAccepted') throw signInRefused();
    },
  };
}
