// PATCH /api/v1/sessions/{id}: one session is changed, with a reason (INV-01, INV-20). The counters decide whether a lower capacity
// is possible at all, so a capacity never falls below what is held or sold, however many holds are being granted meanwhile.
import { DomainError } from '@tongpiao/kernel';
import { newId, type AggregateStore } from '@tongpiao/persistence';
import { etagOf, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { CalendarCommand, CalendarEvent, CalendarState } from '../calendar/calendar.store.ts';
import { approvalShareOf } from '../calendar/approval-share.ts';
import { refuseAlone } from '../session/approval.policy.ts';
import { completeSteps, type CountersParts } from '../session/session-steps.ts';
import { targetOf } from '../site-day/capacity.policy.ts';
import type { SessionStep } from '../site-day/site-day.ts';
import { siteDayId } from '../site-day/site-day.store.ts';

export function changeSession(
  parts: CountersParts,
  calendars: AggregateStore<CalendarState, CalendarCommand, CalendarEvent>,
): Route {
  const { sessions, siteDays, moved } = parts;
  return route({
    method: 'patch',
    path: '/api/v1/sessions/:id',
    summary: 'Changes the capacity of a session, or closes or opens it.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:update' },
    edits: true,
    body: z.strictObject({
      capacity: z.int().min(0).max(1_000_000).optional(),
      status: z.enum(['open', 'closed']).optional(),
      reason: z.string().min(3).max(500),
    }),
    problems: ['inventory.capacity-below-sold', 'inventory.session-cancelled', 'inventory.capacity-needs-approval'],
    responses: { 200: z.object({ id: z.string(), capacity: z.int(), status: z.enum(['open', 'closed']) }) },
    async handler(context) {
      const scope = context.scope();
      const { id } = context.params;
      const { capacity, status, reason } = context.body;
      const expected = context.expectedVersion();
      const current = await sessions.load(scope, id);
      if (current === undefined || current.state.status === 'none')
        throw new DomainError('platform.not-found', 'There is no such session.');
      if (current.state.status === 'cancelled') throw cancelled();
      const changedMeanwhile = new DomainError('platform.precondition-failed', 'The session was changed meanwhile.');
      if (current.version !== expected) throw changedMeanwhile;
      const day = siteDayId(current.state.siteId, current.state.date);
      const before = (await siteDays.load(scope, [day])).get(day);
      if (before?.steps !== undefined && before.steps.length > 0) {
        // A reduction or cancellation died there: first it is completed, then the session has to be looked at again.
        await completeSteps(parts, scope, before);
        throw changedMeanwhile;
      }
      const session = before?.sessions[id];
      const counted = session === undefined ? undefined : targetOf(session);
      if (counted !== undefined && counted !== current.state.capacity) {
        // A change died between counters and session, or is under way: the counters are what was decided.
        await sessions.handle(scope, id, { type: 'ChangeCapacity', capacity: counted, reason: 'as counted' });
        throw changedMeanwhile;
      }
      let { version } = current;
      if (capacity !== undefined) {
        refuseAlone(current.state, capacity, await approvalShareOf(calendars, scope, current.state.calendarId));
        // Sales hears what a raise takes back of a reduction (INV-20), whatever dies on the way: so it leaves a step.
        const restoreId = newId('rst', scope.tenantId);
        const stepFor = (places: number): SessionStep => {
          const command = { type: 'ChangeCapacity', capacity, reason, restored: { restoreId, places } } as const;
          return { id: restoreId, sessionId: id, command, origin: scope.origin };
        };
        const outcome = await siteDays.changeCapacity(scope, day, id, current.state.capacity, capacity, stepFor);
        if (outcome === 'moved') throw changedMeanwhile;
        if (outcome === 'cancelled') throw cancelled();
        if (outcome === 'too-low') {
          throw new DomainError(
            'inventory.capacity-below-sold',
            'More places are held or sold than the new capacity has.',
            { capacity },
          );
        }
        await parts.faults?.at('afterCounters');
        for (const after of (await siteDays.load(scope, [day])).values()) await completeSteps(parts, scope, after);
        version = Math.max(
          version,
          (await sessions.handle(scope, id, { type: 'ChangeCapacity', capacity, reason })).version,
        );
      }
      if (status !== undefined) {
        if (!(await siteDays.setStatus(scope, day, id, status))) throw cancelled();
        version = Math.max(version, (await sessions.handle(scope, id, { type: 'SetStatus', status, reason })).version);
      }
      for (const siteDay of (await siteDays.load(scope, [day])).values()) moved(scope.tenantId, siteDay);
      const body = { id, capacity: capacity ?? current.state.capacity, status: status ?? current.state.status };
      return { status: 200, body, headers: { ETag: etagOf(version) } };
    },
  });
}

function cancelled(): DomainError {
  return new DomainError('inventory.session-cancelled', 'The session was cancelled for good.');
}
