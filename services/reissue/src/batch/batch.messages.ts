// A batch speaks to itself only: each event that leaves something to do says when. Its cases tell the outside what it means for them.
import { workBatch } from '@tongpiao/contracts';
import { workAt, type Said } from '@tongpiao/persistence';
import type { BatchEvent, BatchState } from './batch.ts';

const WORK = 'work';

export function batchMessages(
  _event: BatchEvent,
  { id: batchId, state, at }: { id: string; state: BatchState; at: string },
): readonly Said[] {
  if (state.status === 'none') return [];
  return workAt(WORK, state.nextAt, at, workBatch, { batchId, step: state.step });
}
