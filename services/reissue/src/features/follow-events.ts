// GET /api/v1/events?subject=reissue:<id>: a case's life as server-sent events; data is what its GET answers (REI-40, PLA-33).
import { DomainError } from '@tongpiao/kernel';
import { events, route, type EventSink, type Foundation, type Route, type Waiters } from '@tongpiao/service-shell';
import { z } from 'zod';
import { APPLICANT_OR_STAFF, seenApplication, type SeenApplication } from '../access/may-see-application.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import type { Applications } from '../stores.ts';

/** A quiet stream looks again now and then, in case a wake was lost. */
const LOOK_AGAIN_MS = 20_000;
const STREAM_MAX_MS = 3_600_000;
/** A refusal may still be appealed. */
const OVER = new Set(['reissued', 'withdrawn', 'closed']);

export function followEvents(
  foundation: Foundation,
  { applications, waiters }: { readonly applications: Applications; readonly waiters: Waiters },
): Route {
  async function follow(sink: EventSink, { scope, id, staff }: SeenApplication): Promise<void> {
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
        sink.send({ id: seq, event: 'reissue', data: viewApplication(id, scope.tenantId, state, staff) });
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
      'Follows an application; event ids are journal sequences, so Last-Event-ID continues where a reader left off.',
    tags: ['reissue'],
    access: APPLICANT_OR_STAFF,
    query: z.strictObject({
      subject: z.string().regex(/^reissue:rei_[0-9a-z]{10,60}$/, 'reissue:<application id>'),
    }),
    responses: { 200: events(applicationView, 'The application after each change.') },
    async handler(context) {
      const [, id = ''] = context.query.subject.split(':');
      const seen = await seenApplication(context, applications, foundation.clock(), id);
      return { status: 200, stream: (sink) => follow(sink, seen) };
    },
  });
}

/** What is no sequence of ours tells nothing: the reader gets the case as it is. */
function seqOf(lastEventId: string | undefined): number {
  return lastEventId !== undefined && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : -1;
}
