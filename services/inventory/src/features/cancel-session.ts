// POST /api/v1/sessions/{id}/cancellation: a session will not take place (INV-21). It grants nothing any more, for good; who stands in
// line for it is refused, and sales looks after everybody who holds a ticket (SAL-52). Asking again changes nothing.
import { formatId } from '@tongpiao/kernel';
import { derivedBytes, route, type Route } from '@tongpiao/service-shell';
import type { Vault } from '@tongpiao/persistence';
import { z } from 'zod';
import { decideByOf } from '../session/decide-by.policy.ts';
import { disruptionRequest } from '../session/disruption-request.ts';
import { cancellationOf } from '../session/session.decider.ts';
import { decideOnCounters, disruptionBefore, type CountersParts } from '../session/session-steps.ts';
import { cancelledIn } from '../site-day/cancellation.policy.ts';

export function cancelSession(parts: CountersParts, vault: Pick<Vault, 'serviceKey'>): Route {
  const key = vault.serviceKey('disruption-ids');
  return route({
    method: 'post',
    path: '/api/v1/sessions/:id/cancellation',
    summary: 'Cancels a session for good, with a time to decide for those who hold tickets.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:cancel' },
    body: z.strictObject({
      ...disruptionRequest(),
    }),
    problems: ['inventory.unknown-session', 'inventory.session-over'],
    responses: {
      201: z.object({ id: z.string(), status: z.literal('cancelled'), disruptionId: z.string(), decideBy: z.string() }),
    },
    async handler(context) {
      const scope = context.scope();
      const { id: sessionId } = context.params;
      const { reason, decideWithinHours } = context.body;
      const { fingerprint, callerKey, idempotencyKey } = context;
      const bytes = derivedBytes(key, callerKey, `POST cancellation of ${sessionId}`, idempotencyKey);
      const disruptionId = formatId('dis', scope.tenantId, bytes);
      const asked = { sessionId, id: disruptionId, fingerprint };
      const { id: decided, decideBy } = await decideOnCounters(
        parts,
        scope,
        asked,
        (state) => disruptionBefore(state, asked, cancellationOf(state)),
        (state, counters, siteDay) => ({
          ...cancelledIn(siteDay, counters, state.startsAt, parts.clock()),
          command: {
            type: 'CancelSession',
            disruptionId,
            reason,
            decideWithinHours,
            decideBy: decideByOf(parts.clock(), decideWithinHours, state.startsAt),
            fingerprint,
          },
        }),
      );
      return { status: 201, body: { id: sessionId, status: 'cancelled', disruptionId: decided, decideBy } };
    },
  });
}
