// POST /api/v1/site-days/{siteId}/{date}/reduction-proposals: a reduction of a day that one person may not decide alone (INV-20). Each of
// its sessions gets the same proposal with the capacity that it would come to, all of them or none; so it stands, is shown and ends
// like any proposal for a session.
import { DomainError, formatId, localDateOf } from '@tongpiao/kernel';
import { derivedBytes, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { disruptionRequest } from '../session/disruption-request.ts';
import { personOf } from '../session/person-of.ts';
import { loweredDay } from '../session/reduction.policy.ts';
import { decideOnDay, type CountersParts } from '../session/session-steps.ts';
import { siteDayId } from '../site-day/site-day.store.ts';

export function proposeDayReduction(
  { tenants, vault }: Pick<Foundation, 'tenants' | 'vault'>,
  parts: CountersParts,
): Route {
  const key = vault.serviceKey('proposal-ids');
  return route({
    method: 'post',
    path: '/api/v1/site-days/:siteId/:date/reduction-proposals',
    summary: 'Proposes the reduction of a day that is over its maximum; somebody else approves it.',
    tags: ['sessions'],
    access: { permission: 'inventory:sessions:cancel' },
    body: z.strictObject({
      ...disruptionRequest('So long may holders choose between their money and another session, from the approval on.'),
    }),
    problems: ['inventory.day-past', 'inventory.day-not-over', 'inventory.no-session-ahead'],
    responses: {
      201: z.object({
        id: z.string(),
        reason: z.string(),
        decideWithinHours: z.int(),
        by: z.string(),
        sessions: z.array(z.object({ id: z.string(), capacity: z.int() })),
      }),
    },
    async handler(context) {
      const scope = context.scope();
      const { siteId, date } = context.params;
      const { reason, decideWithinHours } = context.body;
      const day = siteDayId(siteId, date);
      const bytes = derivedBytes(key, context.callerKey, `POST reduction-proposals of ${day}`, context.idempotencyKey);
      const proposalId = formatId('cpr', scope.tenantId, bytes);
      const by = personOf(context.principal);
      const sessions = await decideOnDay(
        parts,
        scope,
        day,
        (states) => {
          const proposed = states.flatMap(({ id, proposal, approved }) => {
            if (proposal?.id === proposalId) {
              if (proposal.reason !== reason || proposal.decideWithinHours !== decideWithinHours)
                throw new DomainError('platform.idempotency-key-reused', 'The key was used for another request.');
              return [{ id, capacity: proposal.capacity }];
            }
            return approved?.proposalId === proposalId ? [{ id, capacity: approved.capacity }] : [];
          });
          return proposed.length === 0 ? undefined : proposed;
        },
        (siteDay, states) => {
          const now = parts.clock();
          const today = localDateOf(now, tenants.require(scope.tenantId).timeZone);
          const facts = { proposalId, reason, by, decideWithinHours };
          const proposals = loweredDay(siteDay, states, { now, today, date }).flatMap(({ session, capacity }) => {
            const counters = siteDay.sessions[session.id];
            const command = { type: 'ProposeCapacity', capacity, ...facts } as const;
            return counters === undefined
              ? []
              : [{ sessionId: session.id, id: `${proposalId}:${session.id}`, counters, command }];
          });
          return Promise.resolve(proposals);
        },
      );
      return { status: 201, body: { id: proposalId, reason, decideWithinHours, by, sessions } };
    },
  });
}
