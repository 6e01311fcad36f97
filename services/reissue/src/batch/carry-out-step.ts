// One step of carrying out an approved list (REI-53): its next lines become cases, so many that sales keeps up. In this order per line:
// the ticket is claimed (REI-05), looked at once more, its case begun, the line marked. Each of these is the same when it is done again, so
// a crash anywhere leaves nothing twice; and whoever stops the list is heard before the next lines.
import { DomainError } from '@tongpiao/kernel';
import type { RecordKey, Scope } from '@tongpiao/persistence';
import { paced, STEP_TICKETS, type Foundation, type Pace, type Waiters } from '@tongpiao/service-shell';
import type { DerivedIds } from '../application/derived-ids.ts';
import type { OpenCases } from '../application/open-case.store.ts';
import type { Tickets } from '../views/tickets.store.ts';
import type { BatchLine } from './batch-lines.store.ts';
import type { BatchOf, RunningBatch } from './batch.ts';
import type { BatchParts, BatchSnapshot } from './check-step.ts';

export type CarryOutParts = BatchParts & {
  readonly openCases: OpenCases;
  readonly tickets: Tickets;
  readonly ids: DerivedIds;
  readonly waiters: Waiters;
};

/** Each is a case here, a new ticket at sales, and a message to its holder in the end. */
const PACE: Pace = { atOnce: 25, perSecond: 150 };
/** At sales at the same time: whoever is reissued singly waits behind these for a second or two. */
const EXECUTING_MAX = 300;
/** How long a step waits for sales before it says so and ends. */
const WAIT_MS = 2_000;

type Done = { readonly applicationId: string } | { readonly refused: string } | 'stopped';

export function createCarryOutStep(foundation: Foundation, parts: CarryOutParts) {
  const { clock, vault } = foundation;
  const { batches, lines, applications, openCases, tickets, toCases, ids, waiters } = parts;
  const at = (): string => clock().toISOString();

  const executing = (scope: Scope, id: string): Promise<number> =>
    applications.count(scope, { 'state.batch.id': id, 'state.status': 'executing' }, EXECUTING_MAX);

  async function isOn(scope: Scope, id: string, step: number): Promise<boolean> {
    // Asked for by many lines at once, read once.
    const state = (await batches.load(scope, id))?.state;
    return state?.status === 'running' && state.step === step;
  }

  async function isOwn(scope: Scope, applicationId: string, { line }: BatchLine): Promise<boolean> {
    const state = (await applications.load(scope, applicationId))?.state;
    return state !== undefined && state.status !== 'none' && state.batch?.line === line;
  }

  type InStep = { scope: Scope; id: string; batch: RunningBatch; batchKey: RecordKey; reissues: number };

  async function begin({ scope, id, batch, batchKey, reissues }: InStep, line: BatchLine): Promise<Done> {
    if (!(await isOn(scope, id, batch.step))) return 'stopped';
    const now = clock();
    const before = await toCases.judge(scope, line, now);
    if (before.ticket === undefined) return before;
    const rightId = before.ticket._id;
    const applicationId = ids.batchCaseOf(scope.tenantId, id, rightId);
    // Begun before a crash, and perhaps carried out since: then the number is superseded by this very line.
    if (await isOwn(scope, applicationId, line)) return { applicationId };
    if (before.refused !== undefined) return before;
    if ((await openCases.take(scope, rightId, applicationId, now)) !== applicationId)
      return { refused: 'reissue.already-open' };
    // Another case may have had the ticket until just now, and have replaced it.
    const judged = await toCases.judge(scope, line, now);
    if (judged.refused !== undefined) return judged;
    const { ticket } = judged;
    const recordKey = await vault.newRecordKey(scope);
    const { by, desk, reason } = batch.approval;
    try {
      const making = { scope, batchId: id, batch, batchKey, line, ticket, reissues, applicationId, recordKey, now };
      const facts = await toCases.factsOf(making);
      const code = ids.reissueCodeOf(applicationId);
      const command = { type: 'BeginInBatch', facts, by: { id: by, desk }, reason, code, at: at() } as const;
      await applications.handle(scope, applicationId, command, { recordKey, expectNew: true });
      return { applicationId };
    } catch (error) {
      if (error instanceof DomainError) return { refused: error.code };
      throw error;
    }
  }

  async function carryOut(scope: Scope, snapshot: BatchSnapshot, batch: RunningBatch): Promise<void> {
    const { id } = snapshot;
    const { step } = batch;
    const room = await waiters.until(id, () => roomFor(scope, id), WAIT_MS);
    if (room === undefined) {
      await batches.handle(scope, id, {
        type: 'CountExecuting',
        step,
        executing: await executing(scope, id),
        at: at(),
      });
      return;
    }
    const page = await lines.next(scope, id, 'ready', batch.cursor, room);
    if (page.length === 0) {
      await batches.handle(scope, id, { type: 'EndLines', step, at: at() });
      return;
    }
    const batchKey = await batches.recordKey(scope, snapshot);
    const reissues = await reissuesOf(scope, page);
    let [begun, refused] = [0, 0];
    const passed = await paced(
      page,
      async (line) => {
        const inStep = { scope, id, batch, batchKey, reissues: reissues.get(line.line) ?? 0 };
        const done = await begin(inStep, line);
        if (done === 'stopped') return;
        if ('refused' in done) refused += 1;
        else begun += 1;
        await lines.settle(scope, id, {
          line: line.line,
          ...('refused' in done
            ? { state: 'refused', reason: done.refused }
            : { state: 'begun', applicationId: done.applicationId }),
        });
      },
      PACE,
    );
    const cursor = page[passed - 1]?.line ?? batch.cursor;
    await batches.handle(scope, id, { type: 'FinishLines', step, cursor, begun, refused, at: at() });
  }

  async function roomFor(scope: Scope, id: string): Promise<number | undefined> {
    const room = EXECUTING_MAX - (await executing(scope, id));
    // A few at a time would be a step for each of them.
    return room < PACE.atOnce ? undefined : Math.min(room, STEP_TICKETS);
  }

  async function reissuesOf(scope: Scope, page: readonly BatchLine[]): Promise<ReadonlyMap<number, number>> {
    const found = await Promise.all(
      page.map(async (line) => ({ line: line.line, judged: await toCases.judge(scope, line, clock()) })),
    );
    const rights = found.flatMap(({ line, judged }) =>
      judged.ticket === undefined ? [] : [{ line, rightId: judged.ticket._id }],
    );
    const counted = await tickets.reissuesOf(
      scope,
      rights.map(({ rightId }) => rightId),
    );
    return new Map(rights.map(({ line, rightId }) => [line, counted.get(rightId) ?? 0]));
  }

  /** All have begun: over when sales has answered for each. */
  async function finish(scope: Scope, id: string, { step }: BatchOf<'finishing'>): Promise<void> {
    const none = await waiters.until(id, async () => ((await executing(scope, id)) === 0 ? 0 : undefined), WAIT_MS);
    const left = none ?? (await executing(scope, id));
    await batches.handle(scope, id, { type: 'CountExecuting', step, executing: left, at: at() });
  }

  return { carryOut, finish };
}
