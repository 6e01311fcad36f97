// POST /api/v1/sessions/{id}/reductions: fewer places than are taken, with a plan for those who hold tickets (INV-20). Nothing is free
// any more at once; places that come back go, and sales looks after as many sold ones as have to (SAL-52).
import { formatId } from '@tongpiao/kernel';
import type { AggregateStore, Vault } from '@tongpiao/persistence';
import { derivedBytes, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { approvalShareOf } from '../calendar/approval-share.ts';
import type { CalendarCommand, CalendarEvent, CalendarState } from '../calendar/calendar.store.ts';
import { refuseAlone } from '../session/approval.policy.ts';
import { decideByOf } from '../session/decide-by.policy.ts';
import { disruptionRequest } from '../session/disruption-request.ts';
import { decideOnCounters, disruptionBefore, type CountersParts } from '../session/session-steps.ts';
import { lowered } from '../session/reduction.policy.ts';

export function reduceSession(
  parts: CountersParts,
  calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>,
  vault: Pick<Vault, 'serviceKey'>,
): Route {
  const key = vault.serviceKey('disruption-ids');
  return route({
    method: 'post',
    path: '/api/v1/sessions/:id/reductions',
    summary: 'Lowers the capacity of a session below what is taken, with a time to decide for those whose places go.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:cancel' },
    body: z.strictObject({
      capacity: z.int().min(0).max(1_000_000),
      ...disruptionRequest(),
    }),
    problems: [
      'inventory.unknown-session',
      'inventory.session-over',
      'inventory.session-cancelled',
      'inventory.capacity-not-lower',
      'inventory.capacity-needs-approval',
    ],
    responses: {
      201: z.object({
        id: z.string(),
        capacity: z.int(),
        disruptionId: z.string(),
        decideBy: z.string(),
        places: z.int().nonnegative().describe('Sold places that have to go, whatever becomes of the held ones.'),
      }),
    },
    async handler(context) {
      const scope = context.scope();
      const { id: sessionId } = context.params;
      const { capacity, reason, decideWithinHours } = context.body;
      const { fingerprint, callerKey, idempotencyKey } = context;
      const bytes = derivedBytes(key, callerKey, `POST reductions of ${sessionId}`, idempotencyKey);
      const disruptionId = formatId('dis', scope.tenantId, bytes);
      const asked = { sessionId, id: disruptionId, fingerprint };
      const session = (await parts.sessions.load(scope, sessionId))?.state;
      const share =
        session === undefined || session.status === 'none'
          ? undefined
          : await approvalShareOf(calendars, scope, session.calendarId);
      const disruption = await decideOnCounters(
        parts,
        scope,
        asked,
        (state) => disruptionBefore(state, asked, undefined),
        (state, counters) => {
          const { counters: left, places } = lowered(counters, capacity);
          refuseAlone(state, capacity, share);
          const decideBy = decideByOf(parts.clock(), decideWithinHours, state.startsAt);
          const facts = { disruptionId, capacity, places, reason, decideWithinHours, decideBy, fingerprint };
          return { counters: left, command: { type: 'ReduceSession', ...facts } };
        },
      );
      const { id: decided, decideBy, places = 0 } = disruption;
      const body = { id: sessionId, capacity: disruption.capacity, disruptionId: decided, decideBy, places };
      return { status: 201, body };
    },
  });
}
