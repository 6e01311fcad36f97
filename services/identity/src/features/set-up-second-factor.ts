// POST /api/v1/auth/totp: a secret for one's own authenticator. POST /api/v1/auth/totp/confirmation: the first code proves that it
// arrived; from then on signing in takes a code. The password is asked for again, so that a stolen token sets up nothing.
import { DomainError } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { noBody, route, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { signInRefused } from '../challenge/challenge.decider.ts';
import type { Lockout } from '../lockout/lockout.store.ts';
import { PASSWORD_MAX } from '../password/password.policy.ts';
import { editorOf } from '../reach.ts';
import type { Requests } from '../requests.ts';
import { codeSchema, recoveryCodeSchema, type SecondFactors } from '../second-factor/second-factors.ts';
import type { StaffRegistry } from '../user/staff-registry.ts';
import type { Staff, User } from '../user/user.ts';
import type { UserStore } from '../user/user.store.ts';

type Parts = {
  users: UserStore;
  staff: StaffRegistry;
  secondFactors: SecondFactors;
  lockout: Lockout;
  requests: Requests;
  clock: () => Date;
};
type Oneself = { readonly scope: Scope; readonly id: string; readonly user: User & Staff };

const currentPassword = z.string().min(1).max(PASSWORD_MAX);
const recoveryCodes = z.array(z.string()).describe('Shown once, each good for one sign-in without the authenticator.');

async function oneself(users: UserStore, context: RequestContext): Promise<Oneself> {
  const { id } = editorOf(context);
  const scope = context.scope();
  const user = (await users.load(scope, id))?.state;
  if (user === undefined || user.status === 'none') throw new DomainError('platform.not-found', 'No such account.');
  if (user.kind === 'traveller') throw new DomainError('identity.no-password', 'Travellers sign in by code.');
  return { scope, id, user };
}

export function offerSecondFactor({ users, staff, secondFactors, lockout, requests, clock }: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/auth/totp',
    summary: 'A secret for one’s authenticator; confirm it within ten minutes.',
    tags: ['auth'],
    access: 'authenticated',
    body: z.strictObject({ currentPassword }),
    problems: [
      'identity.sign-in-refused',
      'identity.too-many-attempts',
      'identity.sign-ins-busy',
      'identity.totp-active',
      'identity.no-password',
    ],
    responses: {
      201: z.object({
        secret: z.string().describe('Base 32, for typing.'),
        otpauthUri: z.string().describe('For a QR code.'),
      }),
    },
    async handler(context) {
      const account = await oneself(users, context);
      const attempt = await lockout.begin(account.user.username, context.request.address, clock());
      if (!(await attempt.judged(() => staff.knowsPassword(account.user, context.body.currentPassword))))
        throw signInRefused();
      await attempt.succeeded();
      const { request } = requests.of(context);
      const { secret, uri } = await secondFactors.offer(account, { request });
      return { status: 201, body: { secret, otpauthUri: uri } };
    },
  });
}

export function confirmSecondFactor({ users, secondFactors, requests }: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/auth/totp/confirmation',
    summary:
      'Proves that the authenticator works. Every session of the account ends; signing in takes a code from now on.',
    tags: ['auth'],
    access: 'authenticated',
    body: z.strictObject({ totp: codeSchema }),
    problems: ['identity.totp-wrong', 'identity.totp-not-offered', 'identity.totp-active', 'identity.no-password'],
    responses: { 201: z.object({ recoveryCodes }) },
    async handler(context) {
      const account = await oneself(users, context);
      const { request } = requests.of(context);
      return {
        status: 201,
        body: { recoveryCodes: await secondFactors.confirm(account, context.body.totp, { request }) },
      };
    },
  });
}

export function removeOwnSecondFactor({ users, staff, secondFactors, lockout, requests, clock }: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/auth/totp/removal',
    summary: 'Takes one’s second factor away, to set up another. Every session of the account ends.',
    tags: ['auth'],
    access: 'authenticated',
    body: z.strictObject({ currentPassword, totp: codeSchema.optional(), recoveryCode: recoveryCodeSchema.optional() }),
    problems: [
      'identity.sign-in-refused',
      'identity.totp-required',
      'identity.too-many-attempts',
      'identity.sign-ins-busy',
      'identity.no-password',
    ],
    responses: { 204: noBody('Sign in with the password alone, and set up the next one.') },
    async handler(context) {
      const account = await oneself(users, context);
      const { currentPassword: password, ...given } = context.body;
      const attempt = await lockout.begin(account.user.username, context.request.address, clock());
      if (!(await attempt.judged(() => staff.knowsPassword(account.user, password)))) throw signInRefused();
      await secondFactors.prove(account, given);
      await attempt.succeeded();
      const { request } = requests.of(context);
      await secondFactors.remove(account, { by: 'own' }, { request });
      return { status: 204 };
    },
  });
}
