// Claims: small documents that bound how many live orders share something — a document on a session (SAL-25), a document on a
// day (SAL-02), a phone or an address with unpaid orders (SAL-29). A claim is taken before places are held. Nobody has to give
// one back in time: when one is full, its holders are looked at, and what they no longer need makes room.
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

/** What an order still needs of a limit: all that it took, or so many places. */
export type Fate = {
  readonly needs: 'all' | number;
  /** Whether an exchange of it is known; one that took a claim and is not known may be about to begin. */
  readonly knows: (exchangeId: string) => boolean;
};
/** Of each of these orders; one that is not stored is left out. */
export type HolderFates = (
  scope: Scope,
  orderIds: readonly string[],
  wish: Pick<ClaimWish, 'key' | 'counts'>,
) => Promise<ReadonlyMap<string, Fate>>;

export type Claims = {
  /**
   * Takes all or none; wishes for one key are added up.
   * @param exchangeId for a ticket that the order exchanges: it comes on top of what the order has
   */
  take(
    scope: Scope,
    orderId: string,
    wishes: readonly ClaimWish[],
    now: Date,
    exchangeId?: string,
  ): Promise<ClaimAnswer>;
  /** PLA-12: those that nobody has asked for since: a claim has the blind index of a document, telephone or address in its id. */
  idle(scope: Scope, before: Date, limit: number): Promise<readonly string[]>;
  /** PLA-12: this order needs none of them; what nobody else has goes. @param keys without the tenant */
  letGo(scope: Scope, orderId: string, keys: readonly string[]): Promise<void>;
  /** Only while it is idle. @returns whether it was there */
  forget(scope: Scope, id: string, before: Date): Promise<boolean>;
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
  /** When somebody last took of it. */
  at: z.date().optional(),
  holders: z.array(
    z.object({
      orderId: z.string(),
      count: z.number().int(),
      at: z.date(),
      /** The exchange that took last. */
      exchangeId: z.string().optional(),
    }),
  ),
});
type Claim = z.infer<typeof claimSchema>;
type Holder = Claim['holders'][number];

/** An order or exchange that is not stored this long after its claim will never be: its request died in between. */
const UNBORN_MS = 60_000;
/** One refusal for each of these before it counts: others may take or release at the same moment. */
const TRIES = 4;

export async function openClaims(database: Database, holderFates: HolderFates): Promise<Claims> {
  const schema = new Schema(
    { _id: String, tenantId: { type: String, required: true }, used: Number, at: Date, holders: [Schema.Types.Mixed] },
    { versionKey: false },
  );
  schema.index({ tenantId: 1, at: 1 });
  const records = await openRecords(database.connection, 'claims', schema, (document) => claimSchema.parse(document));
  return claims(records, holderFates);
}

type Taker = { readonly orderId: string; readonly exchangeId: string | undefined };
type Taken = { readonly wish: ClaimWish; readonly how: 'new' | 'more' };

function claims(records: Records<Claim>, holderFates: HolderFates): Claims {
  const idOf = (scope: Scope, wish: Pick<ClaimWish, 'key'>): string => `${scope.tenantId}:${wish.key}`;

  async function takeOne(
    scope: Scope,
    taker: Taker,
    wish: ClaimWish,
    now: Date,
  ): Promise<Taken['how'] | 'had' | 'full'> {
    const _id = idOf(scope, wish);
    const { orderId, exchangeId } = taker;
    const holder: Holder = { orderId, count: wish.count, at: now, ...(exchangeId === undefined ? {} : { exchangeId }) };
    const room = { _id, used: { $lte: wish.limit - wish.count } };
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const matched = await records.update(
        scope,
        { ...room, 'holders.orderId': { $ne: orderId } },
        { $push: { holders: holder }, $inc: { used: wish.count }, $set: { at: now } },
      );
      if (matched === 1) return 'new';
      const claim = await records.findOne(scope, { _id });
      if (claim === undefined) {
        if (wish.count > wish.limit) return 'full';
        if (
          await records.insert(scope, { _id, tenantId: scope.tenantId, used: wish.count, at: now, holders: [holder] })
        )
          return 'new';
        continue;
      }
      const own = claim.holders.find((known) => known.orderId === orderId);
      if (own !== undefined) {
        if (exchangeId === undefined || own.exchangeId === exchangeId) return 'had';
        const added = await records.update(
          scope,
          { ...room, holders: { $elemMatch: { orderId, at: own.at, count: own.count } } },
          {
            $inc: { used: wish.count, 'holders.$.count': wish.count },
            $set: { at: now, 'holders.$.at': now, 'holders.$.exchangeId': exchangeId },
          },
        );
        if (added === 1) return 'more';
      }
      // Somebody made it, or let go, between the two looks: it is not full.
      const isFull = claim.used > wish.limit - wish.count;
      if (isFull && !(await release(scope, wish, claim, now))) return 'full';
    }
    return 'full';
  }

  /** Makes room: holders keep what they still need. @returns whether there was any. */
  async function release(scope: Scope, wish: ClaimWish, claim: Claim, now: Date): Promise<boolean> {
    const fates = await holderFates(
      scope,
      claim.holders.map(({ orderId }) => orderId),
      wish,
    );
    let released = false;
    for (const holder of claim.holders) {
      const needed = neededBy(holder, fates.get(holder.orderId), now);
      if (needed >= holder.count) continue;
      await shrink(scope, claim._id, holder, needed);
      released = true;
    }
    return released;
  }

  async function shrink(scope: Scope, _id: string, { orderId, at, count }: Holder, needed: number): Promise<void> {
    // Whoever has taken more since is looked at again.
    const unchanged = { _id, holders: { $elemMatch: { orderId, at, count } } };
    const $inc = { used: needed - count };
    await records.update(
      scope,
      unchanged,
      needed === 0 ? { $pull: { holders: { orderId } }, $inc } : { $set: { 'holders.$.count': needed }, $inc },
    );
  }

  async function giveBack(scope: Scope, orderId: string, { wish, how }: Taken): Promise<void> {
    const held = { _id: idOf(scope, wish), 'holders.orderId': orderId };
    const $inc = { used: -wish.count };
    await records.update(
      scope,
      held,
      how === 'new' ? { $pull: { holders: { orderId } }, $inc } : { $inc: { ...$inc, 'holders.$.count': -wish.count } },
    );
  }

  // Its own time is what the index knows; its holders' are what counts for one that has none.
  const idleSince = (before: Date) => ({
    at: { $not: { $gte: before } },
    holders: { $not: { $elemMatch: { at: { $gte: before } } } },
  });

  return {
    async idle(scope, before, limit) {
      const found = await records.find(scope, idleSince(before), { limit });
      return found.map(({ _id }) => _id);
    },
    async letGo(scope, orderId, keys) {
      for (const key of new Set(keys)) {
        const _id = idOf(scope, { key });
        const own = (await records.findOne(scope, { _id }))?.holders.find((holder) => holder.orderId === orderId);
        if (own !== undefined) await shrink(scope, _id, own, 0);
        await records.remove(scope, { _id, holders: { $size: 0 } });
      }
    },
    forget: async (scope, _id, before) => (await records.remove(scope, { _id, ...idleSince(before) })) > 0,
    async take(scope, orderId, wishes, now, exchangeId) {
      const taken: Taken[] = [];
      const giveAllBack = async (): Promise<void> => {
        for (const one of taken.splice(0)) await giveBack(scope, orderId, one);
      };
      for (const wish of addedUp(wishes)) {
        const how = await takeOne(scope, { orderId, exchangeId }, wish, now);
        if (how === 'new' || how === 'more') taken.push({ wish, how });
        if (how !== 'full') continue;
        await giveAllBack();
        return { refusal: wish.refusal, giveBack: giveAllBack };
      }
      return { refusal: undefined, giveBack: giveAllBack };
    },
  };
}

function neededBy({ count, at, exchangeId }: Holder, fate: Fate | undefined, now: Date): number {
  const unborn = now.getTime() - at.getTime() <= UNBORN_MS;
  if (fate === undefined) return unborn ? count : 0;
  if (fate.needs === 'all') return count;
  return fate.needs + (exchangeId !== undefined && unborn && !fate.knows(exchangeId) ? 1 : 0);
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
