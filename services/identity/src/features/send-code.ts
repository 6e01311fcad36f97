// POST /api/v1/auth/codes: a six-digit code to a phone or mailbox. The answer is the same whether anybody is known there.
import { PLATFORM_TENANT } from '@tongpiao/kernel';
import { noBody, route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { Challenges } from '../challenge/challenges.ts';
import type { Requests } from '../requests.ts';
import { emailSchema, phoneSchema } from '../user/contact.schema.ts';

export function sendSignInCode(challenges: Challenges, requests: Requests): Route {
  return route({
    method: 'post',
    path: '/api/v1/auth/codes',
    summary: 'Sends a code to sign in with: good for five minutes and five tries.',
    tags: ['auth'],
    access: 'public',
    body: z.union([z.strictObject({ phone: phoneSchema }), z.strictObject({ email: emailSchema })]),
    problems: ['identity.too-many-codes'],
    responses: { 202: noBody('The code is on its way.') },
    async handler(context) {
      const { body } = context;
      const receiver =
        'phone' in body
          ? ({ channel: 'sms', phone: body.phone } as const)
          : ({ channel: 'email', email: body.email } as const);
      await challenges.send(context.scope(PLATFORM_TENANT), receiver, context.language, requests.of(context).request);
      return { status: 202 };
    },
  });
}
