// What people decide about a failed message (PLA-42): the decision is written first, under a guard, and then carried out, so that of a
// replay and a discard at the same moment one wins, and neither is carried out without being on record.
//
// status ↓ \ input →  replay                                    discard                 the broker takes it  the broker refuses        a minute passes
// parked              replaying, then published                 discarded               –                    –                         –
// replaying           settled (409)                             settled (409)           replayed             parked again, on record   published again
// replayed            settled (409)                             settled (409)           –                    –                         –
// discarded           settled (409)                             settled (409)           –                    –                         –
//
// Published again by whoever comes after a crash: at least once, as the message came the first time; receivers know its id.
import { DomainError } from '@tongpiao/kernel';
import { chain, type Change, type Filter, type Origin, type Records, type Scope } from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { Parked } from './parked-messages.store.ts';

type Parts = {
  readonly records: Pick<Records<Parked>, 'find' | 'findOne' | 'update'>;
  readonly replay: (queue: string, envelope: NonNullable<Parked['envelope']>) => Promise<void>;
  readonly clock: () => Date;
  readonly logger: Logger;
};

export type Settling = {
  /** @throws DomainError where there is none, somebody was first, or what was parked is no message */
  settle(scope: Scope, origin: Origin, id: string, action: 'replay' | 'discard', why: string): Promise<void>;
  /** Replays that were decided and not carried out, because whoever decided them died. */
  finish(everywhere: Scope): Promise<void>;
  /** PLA-12: what was settled long ago no longer says what it said, only that it failed, why, and who has decided what. */
  forget(everywhere: Scope): Promise<void>;
};

/** Longer than a publish takes until it is given up. */
const UNFINISHED_MS = 60_000;
const FINISH_BATCH = 100;
/** As logs are kept. */
const KEPT_MONTHS = 6;
const FORGET_BATCH = 500;

export function createSettling({ records, replay, clock, logger }: Parts): Settling {
  const settled = (status: string): DomainError =>
    new DomainError('operations.parked-settled', 'This message was settled already.', { status });

  /** @returns false when somebody else was first */
  async function move(
    scope: Scope,
    parked: Parked,
    to: Parked['status'],
    event?: { readonly type: string; readonly data: Record<string, unknown>; readonly origin: Origin },
  ): Promise<Parked | false> {
    const at = clock().toISOString();
    const entries = event === undefined ? [] : chain(parked, [event], at, event.origin);
    const next = {
      status: to,
      seq: parked.seq + entries.length,
      head: entries[entries.length - 1]?.hash ?? parked.head,
      ...(to === 'replaying' ? { replayingSince: at } : {}),
    };
    const filter: Filter = { _id: parked._id, status: parked.status, seq: parked.seq };
    const change: Change = {
      $set: next,
      ...(entries.length === 0 ? {} : { $push: { journal: { $each: entries } } }),
    };
    if ((await records.update(scope, filter, change)) === 0) return false;
    return { ...parked, ...next, journal: [...parked.journal, ...entries] };
  }

  async function carryOut(scope: Scope, parked: Parked, origin: Origin): Promise<void> {
    if (parked.envelope === undefined) throw new Error(`${parked._id} is no message`);
    try {
      await replay(parked.queue, parked.envelope);
    } catch (error) {
      await move(scope, parked, 'parked', { type: 'ReplayFailed', data: {}, origin });
      throw error;
    }
    await move(scope, parked, 'replayed');
  }

  return {
    async settle(scope, origin, id, action, why) {
      const parked = await records.findOne(scope, { _id: id });
      if (parked === undefined) throw new DomainError('platform.not-found', 'There is no such parked message.');
      if (parked.status !== 'parked') throw settled(parked.status);
      if (action === 'replay' && parked.envelope === undefined)
        throw new DomainError('operations.not-replayable', 'What was parked is no message; it can only be discarded.');
      const type = action === 'replay' ? 'MessageReplayed' : 'MessageDiscarded';
      const decided = await move(scope, parked, action === 'replay' ? 'replaying' : 'discarded', {
        type,
        data: { why },
        origin,
      });
      if (decided === false) throw settled((await records.findOne(scope, { _id: id }))?.status ?? 'parked');
      if (action === 'replay') await carryOut(scope, decided, origin);
    },
    async forget(everywhere) {
      const before = new Date(clock());
      before.setUTCMonth(before.getUTCMonth() - KEPT_MONTHS);
      const settledLongAgo = { status: { $in: ['replayed', 'discarded'] }, parkedAt: { $lt: before.toISOString() } };
      const old = await records.find(everywhere, { ...settledLongAgo, content: { $ne: '' } }, { limit: FORGET_BATCH });
      for (const { _id, status, seq } of old)
        await records.update(
          everywhere,
          { _id, status, seq },
          { $set: { content: '', detail: '' }, $unset: { envelope: 1 } },
        );
    },
    async finish(everywhere) {
      const before = new Date(clock().getTime() - UNFINISHED_MS).toISOString();
      const filter = { status: 'replaying', replayingSince: { $lt: before } };
      for (const parked of await records.find(everywhere, filter, { limit: FINISH_BATCH })) {
        logger.warn({ parked: parked._id }, 'finishing a replay that was decided before a crash');
        await carryOut(everywhere, parked, everywhere.origin).catch((error: unknown) =>
          logger.warn({ err: error, parked: parked._id }, 'a replay failed; the message is parked again'),
        );
      }
    },
  };
}
