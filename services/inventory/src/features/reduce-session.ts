// POST /api/v1/sessions/{id}/reductions: fewer places than are taken, with a plan for those who hold tickets (INV-20). Nothing is free
// any more at once; places that come back go, and sales looks after as many sold ones as have to (SAL-52).
import { DomainError, formatId } from '@tongpiao/kernel';
import type { Vault } from '@tongpiao/persistence';
import { derivedBytes, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { DECIDE_WITHIN_HOURS, DECIDE_WITHIN_HOURS_MAX, decideByOf } from '../session/decide-by.policy.ts';
import { decideOnCounters, disruptionBefore, type CountersParts } from '../session/session-steps.ts';
import { reducedTo, targetOf, unplannedOf, withPlan } from '../site-day/capacity.policy.ts';

export function reduceSession(parts: CountersParts, vault: Pick<Vault, 'serviceKey'>): Route {
  const key = vault.serviceKey('disruption-ids');
  return route({
    method: 'post',
    path: '/api/v1/sessions/:id/reductions',
    summary: 'Lowers the capacity of a session below what is taken, with a time to decide for those whose places go.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:cancel' },
    body: z.strictObject({
      capacity: z.int().min(0).max(1_000_000),
      reason: z.string().min(3).max(500),
      decideWithinHours: z
        .int()
        .min(1)
        .max(DECIDE_WITHIN_HOURS_MAX)
        .default(DECIDE_WITHIN_HOURS)
        .describe('How long holders may choose between their money and another session; never past its start.'),
    }),
    problems: [
      'inventory.unknown-session',
      'inventory.session-over',
      'inventory.session-cancelled',
      'inventory.capacity-not-lower',
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
      const disruption = await decideOnCounters(
        parts,
        scope,
        asked,
        (state) => disruptionBefore(state, asked, undefined),
        (state, counters) => {
          const reduced = reducedTo(counters, capacity);
          if (reduced === 'cancelled')
            throw new DomainError('inventory.session-cancelled', 'The session was cancelled for good.');
          if (capacity >= targetOf(counters))
            throw new DomainError('inventory.capacity-not-lower', 'The session has no more places than that.', {
              capacity: targetOf(counters),
            });
          const places = unplannedOf(reduced);
          const decideBy = decideByOf(parts.clock(), decideWithinHours, state.startsAt);
          const facts = { disruptionId, capacity, places, reason, decideWithinHours, decideBy, fingerprint };
          return { counters: withPlan(reduced, places), command: { type: 'ReduceSession', ...facts } };
        },
      );
      const { id: decided, decideBy, places = 0 } = disruption;
      const body = { id: sessionId, capacity: disruption.capacity, disruptionId: decided, decideBy, places };
      return { status: 201, body };
    },
  });
}
