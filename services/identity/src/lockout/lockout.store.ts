// Counts failed sign-ins, per account and per address. An attempt is counted before it is judged and given back when it
// succeeds: a hundred attempts at once are a hundred failures, not one. Names and addresses are stored as keyed hashes.
import { DomainError, PLATFORM_TENANT } from '@tongpiao/kernel';
import { mac, openRecords, Scope, type Database, type Origin, type SecretKey } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';
import {
  ACCOUNT_LOCKOUT,
  ADDRESS_LOCKOUT,
  FORGIVEN_AFTER_MS,
  waitAfter,
  type LockoutPolicy,
} from './lockout.policy.ts';

type Attempt = {
  /** Whether it fits. Where that cannot be found out it is withdrawn: whoever is told to come again has not guessed. */
  judged(fits: () => Promise<boolean>): Promise<boolean>;
  succeeded(): Promise<void>;
  /** It was neither right nor wrong. Unlike a success it forgives nothing that came before. */
  withdrawn(): Promise<void>;
};

export type Lockout = {
  /**
   * @param account undefined where there is no account to guess at: codes have tries of their own
   * @throws DomainError `identity.too-many-attempts` with the seconds to wait
   */
  begin(account: string | undefined, address: string, now: Date): Promise<Attempt>;
  /** Forgets what is forgiven. */
  tidy(now: Date): Promise<void>;
};

const guardSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  failures: z.number().int(),
  lockedUntil: z.date(),
  lastAt: z.date(),
});
type Guard = z.infer<typeof guardSchema>;

/** Attempts at the same moment contend for one document; who loses so often comes again. */
const TRIES = 20;
/** Not "until now": another instance’s clock may be behind. */
const NOT_LOCKED = new Date(0);

export async function openLockout(
  database: Database,
  key: SecretKey,
  options: { origin: Origin; addresses: boolean },
): Promise<Lockout> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, failures: Number, lockedUntil: Date, lastAt: Date },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, lastAt: 1 });
  const records = await openRecords(database.connection, 'sign_in_guards', schema, (document) =>
    guardSchema.parse(document),
  );
  const scope = Scope.ofTenant(PLATFORM_TENANT, options.origin);

  function refuse(until: Date, now: Date): never {
    const retryAfterSeconds = Math.max(1, Math.ceil((until.getTime() - now.getTime()) / 1_000));
    throw new DomainError('identity.too-many-attempts', 'Too many failed sign-ins.', { retryAfterSeconds });
  }

  function next(
    known: Guard | undefined,
    policy: LockoutPolicy,
    now: Date,
  ): Pick<Guard, 'failures' | 'lockedUntil' | 'lastAt'> {
    const forgiven = known === undefined || now.getTime() - known.lastAt.getTime() > FORGIVEN_AFTER_MS;
    const failures = (forgiven ? 0 : known.failures) + 1;
    const wait = waitAfter(failures, policy);
    return { failures, lockedUntil: wait === 0 ? NOT_LOCKED : new Date(now.getTime() + wait), lastAt: now };
  }

  /** @returns until when this attempt, should it fail, has locked the account or address. */
  async function count(_id: string, policy: LockoutPolicy, now: Date): Promise<Date> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const known = await records.findOne(scope, { _id });
      if (known !== undefined && known.lockedUntil > now) refuse(known.lockedUntil, now);
      const guard = next(known, policy, now);
      const written =
        known === undefined
          ? await records.insert(scope, { _id, tenantId: PLATFORM_TENANT, ...guard })
          : (await records.update(scope, { _id, failures: known.failures, lastAt: known.lastAt }, { $set: guard })) ===
            1;
      if (written) return guard.lockedUntil;
    }
    return refuse(new Date(now.getTime() + 1_000), now);
  }

  const idOf = (kind: string, name: string): string =>
    `${kind}:${mac(key, `${kind}:${name}`).toString('base64url').slice(0, 32)}`;

  /** Others may have failed meanwhile; only one's own attempt is given back. */
  async function giveBack(_id: string, lockedUntil: Date): Promise<void> {
    await records.update(scope, { _id }, { $inc: { failures: -1 } });
    await records.update(scope, { _id, lockedUntil }, { $set: { lockedUntil: NOT_LOCKED } });
  }

  return {
    async begin(account, address, now) {
      const addressId = options.addresses ? idOf('address', address) : undefined;
      const accountId = account === undefined ? undefined : idOf('account', account);
      const addressUntil = addressId === undefined ? NOT_LOCKED : await count(addressId, ADDRESS_LOCKOUT, now);
      const accountUntil = accountId === undefined ? NOT_LOCKED : await count(accountId, ACCOUNT_LOCKOUT, now);
      async function withdrawn(): Promise<void> {
        if (accountId !== undefined) await giveBack(accountId, accountUntil);
        if (addressId !== undefined) await giveBack(addressId, addressUntil);
      }
      return {
        async judged(fits) {
          try {
            return await fits();
          } catch (error) {
            await withdrawn();
            throw error;
          }
        },
        async succeeded() {
          if (accountId !== undefined) await records.remove(scope, { _id: accountId });
          if (addressId !== undefined) await giveBack(addressId, addressUntil);
        },
        withdrawn,
      };
    },
    async tidy(now) {
      await records.remove(scope, { lastAt: { $lt: new Date(now.getTime() - FORGIVEN_AFTER_MS) } });
    },
  };
}
