// Claims: small documents that bound how many live orders share something — a document on a session (SAL-25), a document on a
// day (SAL-02), a phone or an address with unpaid orders (SAL-29). A claim is taken before places are held. Nobody has to give
// one back in time: when one is full, its holders are looked at, and those that no longer count make room.
import { openRecords, type Database, type Records, type Scope } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

export type ClaimWish = {
  /** What is shared, e.g. `session-document:<session>:<blind index>`. */
  readonly key: string;
  readonly limit: number;
  /** Places that this order takes of the limit. */
  readonly count: number;
  /** Which orders still count against it. */
  readonly counts: 'unpaid' | 'live';
  /** Code and data of the refusal when it is full. */
  readonly refusal: { readonly code: string; readonly data: Readonly<Record<string, unknown>> };
};

/** Whether each of these orders still counts; an order that is not stored is left out. */
export type HolderFates = (
  scope: Scope,
  orderIds: readonly string[],
  wish: Pick<ClaimWish, 'key' | 'counts'>,
) => Promise<ReadonlyMap<string, 'counts' | 'over'>>;

export type Claims = {
  /** Takes all or none; wishes for one key are added up. */
  take(scope: Scope, orderId: string, wishes: readonly ClaimWish[], now: Date): Promise<ClaimAnswer>;
};

type ClaimAnswer = {
  /** Of the first wish that is full. */
  readonly refusal: ClaimWish['refusal'] | undefined;
  /** Gives back what this call took, not what the order had before: for a request that turns out not to be this order's. */
  giveBack(): Promise<void>;
};

const claimSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  used: z.number().int(),
  holders: z.array(z.object({ orderId: z.string(), count: z.number().int(), at: z.date() })),
});
type Claim = z.infer<typeof claimSchema>;

/** An order that is not stored this long after its claim will never be: its request died in between. */
const UNBORN_MS = 60_000;

export async function openClaims(database: Database, holderFates: HolderFates): Promise<Claims> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, used: Number, holders: [Schema.Types.Mixed] },
    { versionKey: false },
  );
  const records = await openRecords(database.connection, 'claims', schema, (document) => claimSchema.parse(document));
  return claims(records, holderFates);
}

function claims(records: Records<Claim>, holderFates: HolderFates): Claims {
  const idOf = (scope: Scope, wish: Pick<ClaimWish, 'key'>): string => `${scope.tenantId}:${wish.key}`;

  async function takeOne(scope: Scope, orderId: string, wish: ClaimWish, now: Date): Promise<'taken' | 'had' | 'full'> {
    const _id = idOf(scope, wish);
    const holder = { orderId, count: wish.count, at: now };
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const matched = await records.update(
        scope,
        { _id, used: { $lte: wish.limit - wish.count }, 'holders.orderId': { $ne: orderId } },
        { $push: { holders: holder }, $inc: { used: wish.count } },
      );
      if (matched === 1) return 'taken';
      const claim = await records.findOne(scope, { _id });
      if (claim === undefined) {
        if (wish.count > wish.limit) return 'full';
        if (await records.insert(scope, { _id, tenantId: scope.tenantId, used: wish.count, holders: [holder] }))
          return 'taken';
      } else if (claim.holders.some((known) => known.orderId === orderId)) return 'had';
      else if (!(await release(scope, wish, claim, now))) return 'full';
    }
    return 'full';
  }

  /** Makes room by dropping holders that no longer count. @returns whether there was any. */
  async function release(scope: Scope, wish: ClaimWish, claim: Claim, now: Date): Promise<boolean> {
    const fates = await holderFates(
      scope,
      claim.holders.map(({ orderId }) => orderId),
      wish,
    );
    const over = claim.holders.filter(({ orderId, at }) => {
      const fate = fates.get(orderId);
      return fate === undefined ? now.getTime() - at.getTime() > UNBORN_MS : fate === 'over';
    });
    for (const { orderId, count } of over) {
      await records.update(
        scope,
        { _id: claim._id, 'holders.orderId': orderId },
        { $pull: { holders: { orderId } }, $inc: { used: -count } },
      );
    }
    return over.length > 0;
  }

  return {
    async take(scope, orderId, wishes, now) {
      const taken: ClaimWish[] = [];
      const giveBack = async (): Promise<void> => {
        for (const { count, ...back } of taken.splice(0)) {
          await records.update(
            scope,
            { _id: idOf(scope, back), 'holders.orderId': orderId },
            { $pull: { holders: { orderId } }, $inc: { used: -count } },
          );
        }
      };
      for (const wish of addedUp(wishes)) {
        const answer = await takeOne(scope, orderId, wish, now);
        if (answer === 'taken') taken.push(wish);
        if (answer !== 'full') continue;
        await giveBack();
        return { refusal: wish.refusal, giveBack };
      }
      return { refusal: undefined, giveBack };
    },
  };
}

/** One document on two lines of an order is two places of one limit. */
export function addedUp(wishes: readonly ClaimWish[]): readonly ClaimWish[] {
  const byKey = new Map<string, ClaimWish>();
  for (const wish of wishes) {
    const known = byKey.get(wish.key);
    byKey.set(wish.key, known === undefined ? wish : { ...known, count: known.count + wish.count });
  }
  return [...byKey.values()];
}
