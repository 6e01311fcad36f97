// Usernames, each claimed once across all tenants, and the way from a username to its account.
import { DomainError, PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import { openRecords, type Database, type Origin, type Records, Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

export type Login = { readonly userId: string; readonly tenantId: TenantId };

export type Usernames = {
  find(username: string): Promise<Login | undefined>;
  /**
   * Taking a name again for the same account is no conflict.
   * @throws DomainError `identity.username-taken`
   */
  claim(username: string, login: Login, now: Date): Promise<void>;
};

const claimSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  userId: z.string(),
  homeTenantId: z.string().transform((text) => text as TenantId),
  at: z.date(),
});
type Claim = z.infer<typeof claimSchema>;

/** Whoever claimed a name and made no account within this time has failed in between; the name is free again. */
const UNBORN_MS = 60_000;

/** Letters, digits, dot, dash, underscore; lower case, so that one look-alike of case cannot pose as another. */
export const usernameSchema = z
  .string()
  .max(100)
  .transform((text) => text.normalize('NFKC').trim().toLowerCase())
  .pipe(z.string().regex(/^[a-z0-9][a-z0-9._-]{2,59}$/));

/** @param exists whether that account was made */
export async function openUsernames(
  database: Database,
  exists: (login: Login) => Promise<boolean>,
  origin: Origin,
): Promise<Usernames> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, userId: String, homeTenantId: String, at: Date },
    { versionKey: false },
  );
  const records: Records<Claim> = await openRecords(database.connection, 'usernames', schema, (document) =>
    claimSchema.parse(document),
  );
  const scope = Scope.ofTenant(PLATFORM_TENANT, origin);
  const loginOf = (claim: Claim): Login => ({ userId: claim.userId, tenantId: claim.homeTenantId });

  async function takeOver(stale: Claim, login: Login, now: Date): Promise<boolean> {
    if (now.getTime() - stale.at.getTime() < UNBORN_MS || (await exists(loginOf(stale)))) return false;
    const change = { $set: { userId: login.userId, homeTenantId: login.tenantId, at: now } };
    return (await records.update(scope, { _id: stale._id, userId: stale.userId }, change)) === 1;
  }

  return {
    async find(username) {
      const claim = await records.findOne(scope, { _id: username });
      return claim === undefined ? undefined : loginOf(claim);
    },
    async claim(username, login, now) {
      const { userId, tenantId: homeTenantId } = login;
      if (await records.insert(scope, { _id: username, tenantId: PLATFORM_TENANT, userId, homeTenantId, at: now }))
        return;
      const known = await records.findOne(scope, { _id: username });
      if (known?.userId === userId) return;
      if (known !== undefined && (await takeOver(known, login, now))) return;
      throw new DomainError('identity.username-taken', 'Somebody has this username.');
    },
  };
}
