// POST /api/v1/sessions/{id}/capacity-proposals: a change of capacity that one person may not make alone (INV-20). A newer proposal
// stands in place of an older one.
import { DomainError, formatId } from '@tongpiao/kernel';
import type { AggregateStore, Vault } from '@tongpiao/persistence';
import { derivedBytes, may, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { DECIDE_WITHIN_HOURS_MAX } from '../session/decide-by.policy.ts';
import type { SessionCommand, SessionEvent, SessionState } from '../session/session.ts';
import { personOf } from '../session/person-of.ts';

export function proposeCapacity(
  sessions: AggregateStore<SessionState, SessionCommand, SessionEvent>,
  vault: Pick<Vault, 'serviceKey'>,
): Route {
  const key = vault.serviceKey('proposal-ids');
  return route({
    method: 'post',
    path: '/api/v1/sessions/:id/capacity-proposals',
    summary: 'Proposes a capacity for a session; somebody else approves it.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:update' },
    body: z.strictObject({
      capacity: z.int().min(0).max(1_000_000),
      reason: z.string().min(3).max(500),
      decideWithinHours: z
        .int()
        .min(1)
        .max(DECIDE_WITHIN_HOURS_MAX)
        .optional()
        .describe(
          'Proposes a reduction, also below what is taken: so long may holders choose between money and another session.',
        ),
    }),
    problems: ['inventory.session-cancelled'],
    responses: {
      201: z.object({
        id: z.string(),
        capacity: z.int(),
        reason: z.string(),
        by: z.string(),
        decideWithinHours: z.int().optional(),
      }),
    },
    async handler(context) {
      const scope = context.scope();
      const { id: sessionId } = context.params;
      const { capacity, reason, decideWithinHours } = context.body;
      if (decideWithinHours !== undefined && !may(context.principal, 'inventory:sessions:cancel'))
        throw new DomainError('platform.forbidden', 'Taking places from who holds tickets needs a permission.');
      const plan = decideWithinHours === undefined ? {} : { decideWithinHours };
      const { callerKey, idempotencyKey, fingerprint } = context;
      const bytes = derivedBytes(key, callerKey, `POST capacity-proposals of ${sessionId}`, idempotencyKey);
      const proposalId = formatId('cpr', scope.tenantId, bytes);
      const by = personOf(context.principal);
      await sessions.handle(
        scope,
        sessionId,
        { type: 'ProposeCapacity', proposalId, capacity, reason, by, ...plan },
        { request: { key: `${callerKey}:${idempotencyKey}`, fingerprint } },
      );
      return { status: 201, body: { id: proposalId, capacity, reason, by, ...plan } };
    },
  });
}
