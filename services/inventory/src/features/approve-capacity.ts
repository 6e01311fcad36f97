// POST /api/v1/sessions/{id}/capacity-proposals/{proposalId}/approval: a second person agrees (INV-20), and the capacity is changed. The
// rule of every plain change stays: never below what is held or sold.
import { DomainError } from '@tongpiao/kernel';
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { approvable } from '../session/approval.policy.ts';
import { decideOnCounters, type CountersParts } from '../session/session-steps.ts';
import { changedTo } from '../site-day/capacity.policy.ts';
import { personOf } from '../session/person-of.ts';

export function approveCapacity(parts: CountersParts): Route {
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
    ],
    responses: { 201: z.object({ id: z.string(), capacity: z.int(), approvedBy: z.string() }) },
    async handler(context) {
      const { id: sessionId, proposalId } = context.params;
      const approvedBy = personOf(context.principal);
      const { capacity, by } = await decideOnCounters(
        parts,
        context.scope(),
        { sessionId, id: `${proposalId}:approval` },
        ({ approved }) => (approved?.proposalId === proposalId ? approved : undefined),
        (state, counters) => {
          const { id: _id, ...proposal } = approvable(state, proposalId, approvedBy);
          const changed = changedTo(counters, proposal.capacity);
          if (changed === 'cancelled')
            throw new DomainError('inventory.session-cancelled', 'The session was cancelled for good.');
          if (changed === 'too-low')
            throw new DomainError('inventory.capacity-below-sold', 'More places are held or sold than that.', {
              capacity: proposal.capacity,
            });
          return { counters: changed, command: { type: 'ApproveCapacity', proposalId, ...proposal, approvedBy } };
        },
      );
      return { status: 201, body: { id: sessionId, capacity, approvedBy: by } };
    },
  });
}
