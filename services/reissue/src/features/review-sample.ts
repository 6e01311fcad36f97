// POST /api/v1/reissue-applications/{id}/sample-review: a second look at what the policy has decided alone (REI-43). What is contested is
// marked as an error of the policy that decided. The look is stored first: a request that dies in between is repeated and marks then.
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { DomainError } from '@tongpiao/kernel';
import { z } from 'zod';
import { seenApplication } from '../access/may-see-application.ts';
import { applicationView, viewApplication } from '../application/application-view.ts';
import { staffErrorIdOf, type StaffErrors } from '../staff-error/staff-error.store.ts';
import type { Applications } from '../stores.ts';
import { involvedIn } from './mark-error.ts';

type Parts = { readonly applications: Applications; readonly staffErrors: StaffErrors };

export function reviewSample(foundation: Foundation, { applications, staffErrors }: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/reissue-applications/:id/sample-review',
    summary: 'Confirms or contests what the policy has decided without staff and drew for a second look.',
    tags: ['reissue'],
    access: { permission: 'reissue:errors:mark' },
    body: z.strictObject({ verdict: z.enum(['confirm', 'contest']), words: z.string().trim().min(2).max(500) }),
    problems: ['reissue.not-sampled', 'reissue.sample-reviewed', 'reissue.own-case'],
    responses: { 200: applicationView },
    async handler(context) {
      const { scope, id, open } = await seenApplication(context, applications, foundation.clock(), context.params.id);
      const { principal } = context;
      if (principal.type !== 'user') throw new DomainError('platform.forbidden', 'Only staff do this.');
      const { id: by } = principal;
      const { verdict, words } = context.body;
      const at = foundation.clock().toISOString();
      const { state } = await applications.handle(scope, id, { type: 'ReviewSample', verdict, by, words, at });
      if (state.status === 'none') throw new Error('an application vanished');
      const whose = 'approval' in state ? state.approval?.by : undefined;
      const errorId = staffErrorIdOf(id);
      if (verdict === 'contest' && whose !== undefined && (await staffErrors.load(scope, errorId)) === undefined) {
        const about = { applicationId: id, orderId: state.ticket.orderId };
        const facts = { ...about, whose, kind: 'policy-too-lenient', words, markedBy: by, markedAt: at } as const;
        await staffErrors.handle(scope, errorId, { type: 'MarkError', facts, involved: involvedIn(state) });
      }
      return { status: 200, body: viewApplication(id, scope.tenantId, state, true, open) };
    },
  });
}
