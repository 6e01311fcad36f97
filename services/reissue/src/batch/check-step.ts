// One step of checking a list: its next lines are looked at together, and each is told what it comes to (REI-53).
import { DomainError } from '@tongpiao/kernel';
import type { RecordKey, Scope, Snapshot } from '@tongpiao/persistence';
import { paced, type Foundation, type Pace } from '@tongpiao/service-shell';
import { withOpenCase } from '../features/find-cases.ts';
import type { Applications } from '../stores.ts';
import type { KnownTicket } from '../views/tickets.store.ts';
import type { BatchLine, BatchLines, LineOutcome } from './batch-lines.store.ts';
import type { Batches } from './batch.store.ts';
import type { BatchOf, BatchState } from './batch.ts';
import type { Judged, LinesToCases } from './lines-to-cases.ts';

export type BatchParts = {
  readonly batches: Batches;
  readonly lines: BatchLines;
  readonly applications: Applications;
  readonly toCases: LinesToCases;
};
export type BatchSnapshot = Snapshot<BatchState>;

/** Found with one read; a list of fifty thousand takes a hundred steps. */
const STEP_LINES = 500;
/** A line costs one small write here and nothing elsewhere. */
const PACE: Pace = { atOnce: 125, perSecond: 2_500 };

export function createCheckStep(foundation: Foundation, parts: BatchParts) {
  const { clock, vault } = foundation;
  const { batches, lines, applications, toCases } = parts;

  /** @returns why the corrected data of a line are no good */
  async function correctionRefused(
    scope: Scope,
    { id: batchId, batch, batchKey }: { id: string; batch: BatchOf<'checking'>; batchKey: RecordKey },
    line: BatchLine,
    ticket: KnownTicket,
  ): Promise<string | undefined> {
    if (line.correction === undefined) return undefined;
    const recordKey = await vault.newRecordKey(scope);
    const making = { scope, batchId, batch, batchKey, line, ticket, recordKey, now: clock() };
    try {
      await toCases.factsOf({ ...making, reissues: 0, applicationId: '' });
      return undefined;
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  }

  return async (scope: Scope, snapshot: BatchSnapshot, batch: BatchOf<'checking'>): Promise<void> => {
    const { id } = snapshot;
    const { step, cursor } = batch;
    const page = await lines.next(scope, id, 'unchecked', cursor, STEP_LINES);
    if (page.length === 0) {
      const { ready } = await lines.count(scope, id);
      await batches.handle(scope, id, { type: 'EndChecking', step, ready, at: clock().toISOString() });
      return;
    }
    const now = clock();
    const batchKey = await batches.recordKey(scope, snapshot);
    const judged = await Promise.all(
      page.map(async (line) => ({ line, judged: await toCases.judge(scope, line, now) })),
    );
    const rightIds = judged.flatMap(({ judged: found }) => (found.refused === undefined ? [found.ticket._id] : []));
    const open = await withOpenCase(applications, scope, rightIds);

    async function outcomeOf(line: BatchLine, found: Judged): Promise<LineOutcome> {
      const refused = (reason: string): LineOutcome => ({ line: line.line, state: 'refused', reason });
      if (found.refused !== undefined) return refused(found.refused);
      if (open.has(found.ticket._id)) return refused('reissue.already-open');
      const reason = await correctionRefused(scope, { id, batch, batchKey }, line, found.ticket);
      return reason === undefined ? { line: line.line, state: 'ready' } : refused(reason);
    }
    const begun = await paced(
      judged,
      async ({ line, judged: found }) => lines.settle(scope, id, await outcomeOf(line, found)),
      PACE,
    );
    const last = page[begun - 1];
    if (last !== undefined)
      await batches.handle(scope, id, {
        type: 'FinishChecking',
        step,
        cursor: last.line,
        at: clock().toISOString(),
      });
  };
}
