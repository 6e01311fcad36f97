// What staff do with a list (REI-53): somebody who has not entered it approves or rejects it (PLA-04); whoever may enter lists stops it,
// goes on, or cancels what has not begun.
import { DomainError } from '@tongpiao/kernel';
import { route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { staffOf } from '../access/may-see-application.ts';
import { batchView, viewBatch, type BatchView } from '../batch/batch-view.ts';
import type { BatchCommand } from '../batch/batch.ts';
import { seenBatch, type BatchReading } from './get-batches.ts';

const reason = z.string().trim().min(2).max(500);
const PATH = '/api/v1/reissue-batches/:id';

export function steerBatch(foundation: Foundation, parts: BatchReading): readonly Route[] {
  async function steer<Query, Body>(
    context: RequestContext<{ id: string }, Query, Body>,
    commandOf: (at: string) => BatchCommand,
  ): Promise<{ status: 200; body: BatchView }> {
    const { scope, id } = await seenBatch(context, parts.batches, context.params.id);
    const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
    const command = commandOf(foundation.clock().toISOString());
    const { state } = await parts.batches.handle(scope, id, command, { request });
    if (state.status === 'none') throw new Error('a list vanished');
    return { status: 200, body: await viewBatch(parts, scope, id, state) };
  }

  function nameOfStaff(context: Pick<RequestContext, 'principal'>): string {
    const { principal } = context;
    if (principal.type === 'user') return principal.id;
    throw new DomainError('platform.forbidden', 'Only staff steer a list.');
  }

  const about = { tags: ['reissue'], responses: { 200: batchView } };
  const steering = (
    name: 'pause' | 'continuation' | 'cancellation',
    type: 'Pause' | 'GoOn' | 'Cancel',
    summary: string,
    problems: readonly string[],
  ): Route =>
    route({
      ...about,
      method: 'post',
      path: `${PATH}/${name}` as `${typeof PATH}/pause`,
      summary,
      access: { anyOf: [{ permission: 'reissue:batches:create' }, { permission: 'reissue:batches:approve' }] },
      body: z.strictObject({ reason }),
      problems,
      handler: (context) =>
        steer(context, (at) => ({ type, by: nameOfStaff(context), reason: context.body.reason, at })),
    });
  return [
    route({
      ...about,
      method: 'post',
      path: `${PATH}/decision` as const,
      summary: 'Approves or rejects a list that somebody else has entered; from then on it is carried out.',
      access: { permission: 'reissue:batches:approve' },
      body: z.strictObject({ approve: z.boolean(), reason }),
      problems: [
        ...['reissue.own-batch', 'reissue.batch-not-your-desk', 'reissue.batch-nothing-to-reissue'],
        ...['reissue.batch-not-checked', 'reissue.batch-decided', 'reissue.batch-over'],
      ],
      handler: (context) => {
        const by = staffOf(context.principal);
        if (by === undefined) throw new DomainError('platform.forbidden', 'Only staff decide.');
        const { approve, reason: why } = context.body;
        return steer(context, (at) => ({ type: 'Decide', by, approve, reason: why, at }));
      },
    }),
    steering('pause', 'Pause', 'Begins no more lines until somebody goes on; what has begun is finished.', [
      ...['reissue.batch-not-running', 'reissue.batch-all-begun', 'reissue.batch-over'],
    ]),
    steering('continuation', 'GoOn', 'Goes on with a list that was paused.', [
      ...['reissue.batch-not-running', 'reissue.batch-over'],
    ]),
    steering('cancellation', 'Cancel', 'Cancels a list, or what has not begun of it.', [
      ...['reissue.batch-all-begun', 'reissue.batch-over'],
    ]),
  ];
}
