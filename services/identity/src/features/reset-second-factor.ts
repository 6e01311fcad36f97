// POST /api/v1/users/{id}/totp-reset: for somebody who has lost authenticator and recovery codes. An administrator says why, never
// about their own account; the journal keeps who and why. Every session of the account ends.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { noBody, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { editorOf, scopeForFinding, scopeIn } from '../reach.ts';
import type { Requests } from '../requests.ts';
import type { SecondFactors } from '../second-factor/second-factors.ts';
import { assertNotOneself } from '../user/staff-roles.policy.ts';
import type { UserStore } from '../user/user.store.ts';

type Parts = { users: UserStore; secondFactors: SecondFactors; requests: Requests };

export function resetSecondFactor({ users, secondFactors, requests }: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/users/:id/totp-reset',
    summary: 'Takes away the second factor of somebody who has lost it.',
    tags: ['users'],
    access: { permission: 'identity:users:update' },
    body: z.strictObject({ reason: z.string().trim().min(4).max(500) }),
    problems: ['identity.not-yourself', 'identity.no-password'],
    responses: { 204: noBody('The account has no second factor.') },
    async handler(context) {
      const { id } = context.params;
      const found = await users.load(scopeForFinding(context, 'reset a second factor'), id);
      if (found === undefined || found.state.status === 'none')
        throw new DomainError('platform.not-found', 'No such account.');
      assertNotOneself(editorOf(context), id);
      const account = { scope: scopeIn(context, found.tenantId as TenantId), id, user: found.state };
      const { reason } = context.body;
      const { request } = requests.of(context);
      await secondFactors.remove(account, { by: 'administrator', reason }, { request });
      return { status: 204 };
    },
  });
}
