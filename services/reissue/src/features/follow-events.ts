// GET /api/v1/events?subject=reissue:<id> or reissue-batch:<id>: the life of a case, or how far a list is, as server-sent events; data is
// what its GET answers (REI-40, REI-53, PLA-33).
import { DomainError } from '@tongpiao/kernel';
import { events, may, route, type EventSink, type Foundation, type Route, type Waiters } from '@tongpiao/service-shell';
import { z } from 'zod';
import { APPLICANT_OR_STAFF, seenApplication, type SeenApplication } from '../access/may-see-application.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import { batchView, viewBatch } from '../batch/batch-view.ts';
import { seenBatch, type BatchReading, type SeenBatch } from './get-batches.ts';

/** A quiet stream looks again now and then, in case a wake was lost. */
const LOOK_AGAIN_MS = 20_000;
const STREAM_MAX_MS = 3_600_000;
/** A refusal may still be appealed. */
const OVER = new Set(['reissued', 'withdrawn', 'closed']);

/** Hundreds of lines move in a second; a reader wants to see them move, not each. */
const BATCH_EVERY_MS = 500;
/** Cases of a cancelled list that had begun still end. */
const BATCH_OVER = new Set(['done', 'rejected', 'cancelled']);

type Parts = BatchReading & { readonly waiters: Waiters };

export function followEvents(foundation: Foundation, parts: Parts): Route {
  const { applications, waiters } = parts;

  async function followBatch(sink: EventSink, { scope, id }: SeenBatch): Promise<void> {
    const end = Date.now() + STREAM_MAX_MS;
    let told = sink.lastEventId;
    while (!sink.signal.aborted && Date.now() < end) {
      const changed = waiters.waitFor(id, LOOK_AGAIN_MS, sink.signal);
      const snapshot = await parts.batches.load(scope, id);
      if (snapshot === undefined || snapshot.state.status === 'none')
        throw new DomainError('platform.not-found', 'There is no such list.');
      const data = await viewBatch(parts, scope, id, snapshot.state);
      const { ready, refused, executing, reissued, failed } = data.counts;
      // What a line comes to changes the list without an entry in its journal.
      const mark = [snapshot.seq, ready, refused, executing, reissued, failed].join('-');
      if (mark !== told) sink.send({ id: mark, event: 'reissue-batch', data });
      told = mark;
      if (BATCH_OVER.has(data.status) && executing === 0) return;
      await Promise.all([changed, new Promise((resolve) => setTimeout(resolve, BATCH_EVERY_MS))]);
    }
  }

  async function follow(sink: EventSink, { scope, id, staff, open }: SeenApplication): Promise<void> {
    const end = Date.now() + STREAM_MAX_MS;
    let told = seqOf(sink.lastEventId);
    while (!sink.signal.aborted && Date.now() < end) {
      // Listening begins before the look, so that a change in between is not missed.
      const changed = waiters.waitFor(id, LOOK_AGAIN_MS, sink.signal);
      const snapshot = await applications.load(scope, id);
      if (snapshot === undefined || snapshot.state.status === 'none')
        throw new DomainError('platform.not-found', 'There is no such application.');
      const { seq, state } = snapshot;
      if (seq > told) {
        sink.send({ id: seq, event: 'reissue', data: viewApplication(id, scope.tenantId, state, staff, open) });
        told = seq;
      }
      if (OVER.has(state.status)) return;
      await changed;
    }
  }

  return route({
    method: 'get',
    path: '/api/v1/events',
    summary:
      'Follows an application or a list; event ids are journal sequences, so Last-Event-ID continues where a reader left off.',
    tags: ['reissue'],
    access: APPLICANT_OR_STAFF,
    query: z.strictObject({
      subject: z
        .string()
        .regex(
          /^(?:reissue:rei|reissue-batch:rbt)_[0-9a-z]{10,60}$/,
          'reissue:<application id> or reissue-batch:<list id>',
        ),
    }),
    responses: {
      200: events(z.union([applicationView, batchView]), 'The application, or the list, after each change.'),
    },
    async handler(context) {
      const [kind, id = ''] = context.query.subject.split(':');
      if (kind === 'reissue-batch') {
        if (!may(context.principal, 'reissue:batches:read'))
          throw new DomainError('platform.forbidden', 'Only staff follow a list.');
        const batch = await seenBatch(context, parts.batches, id);
        return { status: 200, stream: (sink) => followBatch(sink, batch) };
      }
      const seen = await seenApplication(context, applications, foundation.clock(), id);
      return { status: 200, stream: (sink) => follow(sink, seen) };
    },
  });
}

/** What is no sequence of ours tells nothing: the reader gets the case as it is. */
function seqOf(lastEventId: string | undefined): number {
  return lastEventId !== undefined && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : -1;
}
