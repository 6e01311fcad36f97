// POST /api/v1/auth/sessions: password or code in, tokens out. Whatever is wrong, the answer and its time are the same: nobody
// learns here which accounts exist. Not stored for repetition (PLA-32), because the answer is a secret and what would be stored
// is that secret: a repeated password opens another session beside the first, a repeated code has been used up and is refused.
import { PLATFORM_TENANT } from '@tongpiao/kernel';
import { route, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { signInRefused } from '../challenge/challenge.decider.ts';
import type { Challenges } from '../challenge/challenges.ts';
import type { Lockout } from '../lockout/lockout.store.ts';
import type { Turns } from '../lockout/turns.ts';
import { PASSWORD_MAX } from '../password/password.policy.ts';
import {
  codeRequired,
  codeSchema,
  lacksCode,
  recoveryCodeSchema,
  type GivenCode,
  type SecondFactors,
} from '../second-factor/second-factors.ts';
import { sessionAnswer, type SessionAnswer, type Sessions } from '../session/sessions.ts';
import { emailSchema, phoneSchema } from '../user/contact.schema.ts';
import type { People, Receiver } from '../user/people.ts';
import type { StaffRegistry } from '../user/staff-registry.ts';
import { usernameSchema } from '../user/usernames.store.ts';

const byPassword = z.strictObject({
  username: z.string().min(1).max(100),
  password: z.string().min(1).max(PASSWORD_MAX),
  totp: codeSchema.optional().describe('Six digits, where the account has a second factor.'),
  recoveryCode: recoveryCodeSchema.optional().describe('Instead of them, when the authenticator is lost.'),
});
const byPhone = z.strictObject({ phone: phoneSchema, code: codeSchema });
const byEmail = z.strictObject({ email: emailSchema, code: codeSchema });

type Parts = {
  people: People;
  staff: StaffRegistry;
  secondFactors: SecondFactors;
  challenges: Challenges;
  sessions: Sessions;
  lockout: Lockout;
  turns: Turns;
  clock: () => Date;
};

async function withPassword(
  parts: Parts,
  context: RequestContext,
  body: z.output<typeof byPassword>,
): Promise<SessionAnswer> {
  const { people, staff, secondFactors, sessions, lockout, clock } = parts;
  const parsed = usernameSchema.safeParse(body.username);
  // What can be no username is counted and timed like one that nobody has.
  const username = parsed.success ? parsed.data : body.username;
  const since = clock();
  const attempt = await lockout.begin(username, context.request.address, since);
  const person = await people.byUsername(username, (tenantId) => context.scope(tenantId));
  const fits = await attempt.judged(() => staff.knowsPassword(person?.user, body.password));
  if (!fits || person?.user.status !== 'active') throw signInRefused();
  if ((await sessions.termsFor(person.scope, person.user)) === undefined) throw signInRefused();
  const given: GivenCode = body;
  if (lacksCode(person.user, given)) {
    // Not a failure, and no success either: whoever knows the password could else forgive their own guesses at codes.
    await attempt.withdrawn();
    throw codeRequired();
  }
  const proved = await secondFactors.prove(person, given);
  await attempt.succeeded();
  return sessions.open(person.scope, person.id, proved.user, proved.method, since);
}

async function withCode(
  parts: Parts,
  context: RequestContext,
  receiver: Receiver,
  given: string,
): Promise<SessionAnswer> {
  const { people, challenges, sessions, lockout, clock } = parts;
  const since = clock();
  const attempt = await lockout.begin(undefined, context.request.address, since);
  const scope = context.scope(PLATFORM_TENANT);
  await challenges.accept(scope, receiver, given);
  const person = await people.traveller(scope, receiver, since);
  if (person.user.status !== 'active') throw signInRefused();
  await attempt.succeeded();
  return sessions.open(scope, person.id, person.user, receiver.channel === 'sms' ? 'sms-code' : 'email-code', since);
}

export function signIn(parts: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/auth/sessions',
    summary: 'Signs in: staff by password and second factor, travellers by a code that was sent to them.',
    tags: ['auth'],
    access: 'public',
    idempotent: false,
    body: z.union([byPassword, byPhone, byEmail]),
    problems: [
      'identity.sign-in-refused',
      'identity.totp-required',
      'identity.too-many-attempts',
      'identity.sign-ins-busy',
    ],
    responses: { 201: sessionAnswer },
    async handler(context) {
      const { body } = context;
      if ('username' in body) {
        const name = body.username.normalize('NFKC').trim().toLowerCase();
        return { status: 201, body: await parts.turns.take(name, () => withPassword(parts, context, body)) };
      }
      const receiver: Receiver =
        'phone' in body ? { channel: 'sms', phone: body.phone } : { channel: 'email', email: body.email };
      return { status: 201, body: await withCode(parts, context, receiver, body.code) };
    },
  });
}
