// POST /api/v1/users/current/password: one's own, by whoever knows the old one. POST /api/v1/users/{id}/password: somebody else's,
// by an administrator. Either ends every session of the account.
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { noBody, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { signInRefused } from '../challenge/challenge.decider.ts';
import type { Lockout } from '../lockout/lockout.store.ts';
import { PASSWORD_MAX } from '../password/password.policy.ts';
import { editorOf, scopeForFinding, scopeIn } from '../reach.ts';
import type { Requests } from '../requests.ts';
import { assertNotOneself } from '../user/staff-roles.policy.ts';
import type { StaffRegistry } from '../user/staff-registry.ts';
import type { UserStore } from '../user/user.store.ts';

type Parts = { users: UserStore; staff: StaffRegistry; lockout: Lockout; requests: Requests; clock: () => Date };
const newPassword = z.string().max(PASSWORD_MAX);

export function changeOwnPassword({ users, staff, lockout, clock }: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/users/current/password',
    summary: 'Another password for oneself.',
    tags: ['users'],
    access: 'authenticated',
    // A repetition is refused, because the old password is old by then: nothing happens twice.
    idempotent: false,
    body: z.strictObject({ currentPassword: z.string().min(1).max(PASSWORD_MAX), newPassword }),
    problems: [
      'identity.sign-in-refused',
      'identity.password-too-short',
      'identity.password-too-common',
      'identity.no-password',
      'identity.sign-ins-busy',
    ],
    responses: { 204: noBody('Every session is over; sign in again.') },
    async handler(context) {
      const { id } = editorOf(context);
      const scope = context.scope();
      const state = (await users.load(scope, id))?.state;
      if (state === undefined || state.status === 'none')
        throw new DomainError('platform.not-found', 'No such account.');
      const account = state.kind === 'staff' ? state.username : id;
      const attempt = await lockout.begin(account, context.request.address, clock());
      if (!(await attempt.judged(() => staff.knowsPassword(state, context.body.currentPassword))))
        throw signInRefused();
      await attempt.succeeded();
      await staff.setPassword(scope, id, state, context.body.newPassword, {});
      return { status: 204 };
    },
  });
}

export function resetPassword({ users, staff, requests }: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/users/:id/password',
    summary: 'A new password for somebody who has lost theirs.',
    tags: ['users'],
    access: { permission: 'identity:users:update' },
    body: z.strictObject({ newPassword }),
    problems: [
      'identity.not-yourself',
      'identity.password-too-short',
      'identity.password-too-common',
      'identity.no-password',
      'identity.sign-ins-busy',
    ],
    responses: { 204: noBody('Every session of the account is over.') },
    async handler(context) {
      const { id } = context.params;
      const found = await users.load(scopeForFinding(context, 'set a password'), id);
      if (found === undefined || found.state.status === 'none')
        throw new DomainError('platform.not-found', 'No such account.');
      assertNotOneself(editorOf(context), id);
      const scope = scopeIn(context, found.tenantId as TenantId);
      const { request } = requests.of(context);
      await staff.setPassword(scope, id, found.state, context.body.newPassword, { request });
      return { status: 204 };
    },
  });
}
