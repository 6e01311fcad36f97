// POST /api/v1/site-days/{siteId}/{date}/reduction-proposals/{proposalId}/approval: a second person agrees to the reduction of a day
// (INV-20). Its sessions are reduced by as many as are over at this moment, and none below what was proposed for it.
import { DomainError, formatId, localDateOf } from '@tongpiao/kernel';
import { derivedBytes, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { approvable } from '../session/approval.policy.ts';
import { reducedOf, reducedSessions } from '../session/day-disruptions.ts';
import { DECIDE_WITHIN_HOURS, decideByOf } from '../session/decide-by.policy.ts';
import { personOf } from '../session/person-of.ts';
import { loweredDay } from '../session/reduction.policy.ts';
import { disruptionOf } from '../session/session.decider.ts';
import { decideOnDay, type CountersParts } from '../session/session-steps.ts';
import { siteDayId } from '../site-day/site-day.store.ts';

export function approveDayReduction(
  { tenants, vault }: Pick<Foundation, 'tenants' | 'vault'>,
  parts: CountersParts,
): Route {
  const key = vault.serviceKey('disruption-ids');
  return route({
    method: 'post',
    path: '/api/v1/site-days/:siteId/:date/reduction-proposals/:proposalId/approval',
    summary: 'Approves the proposed reduction of a day; the proposer may not.',
    tags: ['sessions'],
    access: { permission: 'inventory:capacity:update' },
    problems: [
      'inventory.unknown-proposal',
      'inventory.own-proposal',
      'inventory.day-past',
      'inventory.day-not-over',
      'inventory.no-session-ahead',
    ],
    responses: { 201: z.object({ siteId: z.string(), date: z.string(), sessions: reducedSessions }) },
    async handler(context) {
      const scope = context.scope();
      const { siteId, date, proposalId } = context.params;
      const approvedBy = personOf(context.principal);
      // One proposal, one disruption in each session, whoever asks again.
      const idOf = (sessionId: string): string =>
        formatId('dis', scope.tenantId, derivedBytes(key, sessionId, 'approved reduction of its day', proposalId));
      const sessions = await decideOnDay(
        parts,
        scope,
        siteDayId(siteId, date),
        (states) => reducedOf(states, (state) => disruptionOf(state, idOf(state.id))),
        (siteDay, states) => {
          // A plain change of one session is no plan for those who hold tickets.
          const standing = states.filter(
            ({ proposal }) => proposal?.id === proposalId && proposal.decideWithinHours !== undefined,
          );
          if (standing.length === 0)
            throw new DomainError('inventory.unknown-proposal', 'This proposal does not stand (any more).');
          const proposals = new Map(standing.map((state) => [state.id, approvable(state, proposalId, approvedBy)]));
          const capacities = new Map([...proposals].map(([id, { capacity }]) => [id, capacity]));
          const now = parts.clock();
          const today = localDateOf(now, tenants.require(scope.tenantId).timeZone);
          const lower = loweredDay(siteDay, states, { now, today, date }, capacities);
          const reductions = lower.flatMap(({ session, capacity, counters, places }) => {
            const proposal = proposals.get(session.id);
            if (proposal === undefined) return [];
            const { reason, by, decideWithinHours = DECIDE_WITHIN_HOURS } = proposal;
            const disruptionId = idOf(session.id);
            const decideBy = decideByOf(now, decideWithinHours, session.startsAt);
            const plan = { disruptionId, capacity, places, reason, decideWithinHours, decideBy };
            const approval = { proposalId, by, approvedBy };
            const command = { type: 'ReduceSession', ...plan, fingerprint: proposalId, approval } as const;
            return [{ sessionId: session.id, id: disruptionId, counters, command }];
          });
          return Promise.resolve(reductions);
        },
      );
      return { status: 201, body: { siteId, date, sessions } };
    },
  });
}
