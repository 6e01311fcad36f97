// POST /api/v1/sessions/{id}/capacity-proposals/{proposalId}/approval: a second person agrees (INV-20), and the capacity is changed. The
// rule of every plain change stays: never below what is held or sold. A proposed reduction has a plan for those who hold tickets, and is
// carried out like one that one person may decide.
import { DomainError, formatId } from '@tongpiao/kernel';
import type { Vault } from '@tongpiao/persistence';
import { derivedBytes, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { approvable } from '../session/approval.policy.ts';
import { decideByOf } from '../session/decide-by.policy.ts';
import { lowered } from '../session/reduction.policy.ts';
import { decideOnCounters, type CountersParts } from '../session/session-steps.ts';
import { changedTo, takenBackBy } from '../site-day/capacity.policy.ts';
import { personOf } from '../session/person-of.ts';

export function approveCapacity(parts: CountersParts, vault: Pick<Vault, 'serviceKey'>): Route {
  const key = vault.serviceKey('disruption-ids');
  return route({
    method: 'post',
    path: '/api/v1/sessions/:id/capacity-proposals/:proposalId/approval',
    summary: 'Approves a proposed capacity of a session; the proposer may not.',
    tags: ['sessions'],
    access: { permission: 'inventory:capacity:update' },
    problems: [
      'inventory.unknown-session',
      'inventory.session-over',
      'inventory.session-cancelled',
      'inventory.unknown-proposal',
      'inventory.own-proposal',
      'inventory.capacity-below-sold',
      'inventory.capacity-not-lower',
    ],
    responses: { 201: z.object({ id: z.string(), capacity: z.int(), approvedBy: z.string() }) },
    async handler(context) {
      const { id: sessionId, proposalId } = context.params;
      const scope = context.scope();
      const approvedBy = personOf(context.principal);
      const { capacity, by } = await decideOnCounters(
        parts,
        scope,
        { sessionId, id: `${proposalId}:approval` },
        ({ approved }) => (approved?.proposalId === proposalId ? approved : undefined),
        (state, counters) => {
          const { id: _id, decideWithinHours, ...proposal } = approvable(state, proposalId, approvedBy);
          if (decideWithinHours !== undefined) {
            const { capacity: to, reason, by: proposer } = proposal;
            const { counters: left, places } = lowered(counters, to);
            // One proposal, one disruption, whoever asks again.
            const bytes = derivedBytes(key, sessionId, 'approved reduction', proposalId);
            const disruptionId = formatId('dis', scope.tenantId, bytes);
            const decideBy = decideByOf(parts.clock(), decideWithinHours, state.startsAt);
            const plan = { disruptionId, capacity: to, places, reason, decideWithinHours, decideBy };
            const approval = { proposalId, by: proposer, approvedBy };
            return { counters: left, command: { type: 'ReduceSession', ...plan, fingerprint: proposalId, approval } };
          }
          const changed = changedTo(counters, proposal.capacity);
          if (changed === 'cancelled')
            throw new DomainError('inventory.session-cancelled', 'The session was cancelled for good.');
          if (changed === 'too-low')
            throw new DomainError('inventory.capacity-below-sold', 'More places are held or sold than that.', {
              capacity: proposal.capacity,
            });
          const places = takenBackBy(counters, changed);
          const restored = places === 0 ? {} : { restored: { restoreId: proposalId, places } };
          const command = { type: 'ApproveCapacity', proposalId, ...proposal, approvedBy, ...restored } as const;
          return { counters: changed, command };
        },
      );
      return { status: 201, body: { id: sessionId, capacity, approvedBy: by } };
    },
  });
}
