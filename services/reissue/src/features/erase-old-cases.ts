// REI-50, PLA-12: when a case has been over for as many years as the tenant's policy keeps it, its files go, and nobody is to be found in it
// any more: what happened, when and by which rules stays, and the journal's chain with it. Lists of batches go by the same years, copies of
// tickets with the orders that they come from.
//
// What happens when …     a crash between files or lines and the record: its key is still there, so the next round does it again · see
// `eraseWhatIsOver` for the rest.
import type { Erased, Scope } from '@tongpiao/persistence';
import { eraseWhatIsOver, ordersKeptYearsOf, type Foundation, type KeptRecords } from '@tongpiao/service-shell';
import type { AttachmentBytes } from '../attachment/attachment-bytes.store.ts';
import type { BatchLines } from '../batch/batch-lines.store.ts';
import type { Batches } from '../batch/batch.store.ts';
import { retentionYearsOf } from '../policy/policy.ts';
import { currentPolicy, type Policies } from '../policy/policy.store.ts';
import type { Applications } from '../stores.ts';
import type { Tickets } from '../views/tickets.store.ts';

/** When a case that is over has ended, by its status. */
const ENDED_AT = {
  reissued: 'state.reissuedAt',
  refused: 'state.refusal.at',
  withdrawn: 'state.endedAt',
  closed: 'state.endedAt',
} as const;

type Parts = {
  readonly applications: Applications;
  readonly batches: Batches;
  readonly lines: BatchLines;
  readonly tickets: Tickets;
  readonly policies: Policies;
  readonly bytes: AttachmentBytes;
};

const SOMETHING_TO_ERASE = { key: { $exists: true } };

export function eraseOldCases(foundation: Foundation, parts: Parts, everyMs?: number): void {
  const yearsOf = async (scope: Scope): Promise<number> => retentionYearsOf(await currentPolicy(parts.policies, scope));
  const kinds = [cases(parts, yearsOf), lists(parts, yearsOf), copies(foundation, parts)];
  eraseWhatIsOver(foundation, kinds, everyMs);
}

/** Files first: the key of the case is the mark by which it is found again. */
export async function eraseCase(
  { applications, bytes }: Pick<Parts, 'applications' | 'bytes'>,
  scope: Scope,
  id: string,
): Promise<{ readonly erased: Erased; readonly files: number }> {
  const state = (await applications.load(scope, id))?.state;
  const files = state === undefined || state.status === 'none' ? [] : state.attachments;
  for (const { blob } of files) await bytes.remove(scope, blob);
  return { erased: await applications.erase(scope, id), files: files.length };
}

function cases({ applications, bytes }: Parts, yearsOf: KeptRecords['yearsOf']): KeptRecords {
  return {
    ...{ kind: 'applications', eachInTrail: true, yearsOf },
    async over(scope, before, limit) {
      const then = before.toISOString();
      const ways = Object.entries(ENDED_AT).map(([status, at]) => ({ 'state.status': status, [at]: { $lt: then } }));
      const old = { ...SOMETHING_TO_ERASE, 'state.submittedAt': { $lt: then }, $or: ways };
      const found = await applications.find(scope, old, { sort: { 'state.submittedAt': 1 }, limit });
      return found.map(({ id }) => id);
    },
    async erase(scope, id) {
      const { erased, files } = await eraseCase({ applications, bytes }, scope, id);
      return erased === 'erased' ? { files } : undefined;
    },
  };
}

function lists({ batches, lines }: Parts, yearsOf: KeptRecords['yearsOf']): KeptRecords {
  return {
    ...{ kind: 'batches', yearsOf },
    async over(scope, before, limit) {
      const ended = { 'state.status': { $in: ['done', 'rejected', 'cancelled'] }, changedAt: { $lt: before } };
      const found = await batches.find(scope, { ...SOMETHING_TO_ERASE, ...ended }, { sort: { changedAt: 1 }, limit });
      return found.map(({ id }) => id);
    },
    async erase(scope, id) {
      await lines.erase(scope, id);
      return (await batches.erase(scope, id)) === 'erased' ? {} : undefined;
    },
  };
}

function copies(foundation: Foundation, { tickets }: Parts): KeptRecords {
  return {
    kind: 'tickets',
    yearsOf: (scope) => ordersKeptYearsOf(foundation, scope),
    over: (scope, before, limit) => tickets.over(scope, before, limit),
    async erase(scope, id) {
      return (await tickets.erase(scope, id)) ? {} : undefined;
    },
  };
}
