// A batch as staff see it: what was decided, and what has become of its lines so far. Cases know their own fate, so this is counted when
// somebody looks and never goes astray.
import { bilingualSchema, type Bilingual } from '@tongpiao/contracts';
import type { Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import type { Applications } from '../stores.ts';
import type { BatchLines } from './batch-lines.store.ts';
import type { Batch } from './batch.ts';

export const batchStatusSchema = z.enum([
  'entering',
  'checking',
  'waiting',
  'rejected',
  'running',
  'paused',
  'finishing',
  'done',
  'cancelled',
]);
const STATUS_TEXT: Readonly<Record<Batch['status'], Bilingual>> = {
  entering: { zh: '录入中', en: 'Being entered' },
  checking: { zh: '核对中', en: 'Being checked' },
  waiting: { zh: '待审批', en: 'Waiting for approval' },
  rejected: { zh: '审批未通过', en: 'Rejected' },
  running: { zh: '执行中', en: 'Being carried out' },
  paused: { zh: '已暂停', en: 'Paused' },
  finishing: { zh: '即将完成', en: 'Nearly done' },
  done: { zh: '已完成', en: 'Done' },
  cancelled: { zh: '已取消', en: 'Cancelled' },
};

const decidedView = z.object({ by: z.string(), reason: z.string(), at: z.string() });
export const batchView = z.object({
  id: z.string(),
  status: batchStatusSchema,
  statusText: bilingualSchema,
  reason: z.enum(['system-fault', 'migration']),
  note: z.string(),
  enteredBy: z.string(),
  enteredAt: z.string(),
  policyVersion: z.int(),
  approver: z.enum(['reviewer', 'manager']).optional().describe('Who may approve a list of this size.'),
  approval: decidedView.optional(),
  rejection: decidedView.optional(),
  cancellation: decidedView.optional(),
  finishedAt: z.string().optional(),
  counts: z
    .object({
      lines: z.int(),
      unchecked: z.int(),
      ready: z.int().describe('Will be reissued; of a cancelled list: would have been.'),
      refused: z.int().describe('Cannot be reissued; see `refusals`.'),
      executing: z.int().describe('Begun, and sales has not answered yet.'),
      reissued: z.int(),
      failed: z.int().describe('Begun, and sales has refused: used, given back or exchanged meanwhile.'),
    })
    .describe('lines = unchecked + ready + refused + executing + reissued + failed'),
  refusals: z.record(z.string(), z.int()).describe('Refused lines by the code of the problem.'),
});
export type BatchView = z.output<typeof batchView>;

export async function viewBatch(
  { lines, applications }: { readonly lines: BatchLines; readonly applications: Applications },
  scope: Scope,
  id: string,
  batch: Batch,
): Promise<BatchView> {
  const withStatus = (status: string): Promise<number> =>
    applications.count(scope, { 'state.batch.id': id, 'state.status': status });
  const hasBegun = 'approval' in batch && batch.approval !== undefined;
  // Cases first: what ends between these reads is counted once or not at all, never twice.
  const [reissued, failed] = hasBegun ? await Promise.all(['reissued', 'refused'].map(withStatus)) : [0, 0];
  const counted = await lines.count(scope, id);
  const { status, reason, note, enteredBy, enteredAt, policy } = batch;
  return {
    ...{ id, status, statusText: STATUS_TEXT[status], reason, note, enteredBy, enteredAt },
    policyVersion: policy.version,
    ...('ready' in batch && batch.ready !== undefined
      ? { approver: batch.ready >= policy.batches.managerFromLines ? ('manager' as const) : ('reviewer' as const) }
      : {}),
    ...(hasBegun ? { approval: shown(batch.approval) } : {}),
    ...(batch.status === 'rejected' ? { rejection: shown(batch.rejection) } : {}),
    ...(batch.status === 'cancelled' ? { cancellation: shown(batch.cancellation) } : {}),
    ...(batch.status === 'done' ? { finishedAt: batch.finishedAt } : {}),
    counts: {
      lines: batch.lines,
      // A list that is just being entered has lines that are not stored yet.
      unchecked: batch.lines - counted.ready - counted.refused - counted.begun,
      ready: counted.ready,
      refused: counted.refused,
      executing: Math.max(0, counted.begun - (reissued ?? 0) - (failed ?? 0)),
      reissued: reissued ?? 0,
      failed: failed ?? 0,
    },
    refusals: counted.reasons,
  };
}

function shown({ by, reason, at }: z.output<typeof decidedView>): z.output<typeof decidedView> {
  return { by, reason, at };
}
