// POST /api/v1/auth/refresh: the next pair of tokens. A token that was used before ends the session for everybody who holds a
// token of it. That holds for a retry after a lost answer too: the person signs in again, and a thief gains nothing by it.
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import type { RefreshTokens } from '../session/refresh-token.ts';
import { sessionOver } from '../session/session.decider.ts';
import { sessionAnswer, type Sessions } from '../session/sessions.ts';

export function refreshSession(sessions: Sessions, tokens: RefreshTokens): Route {
  return route({
    method: 'post',
    path: '/api/v1/auth/refresh',
    summary: 'Exchanges a refresh token for the next pair of tokens; each can be used once.',
    tags: ['auth'],
    access: 'public',
    idempotent: false,
    body: z.strictObject({ refreshToken: z.string().min(1).max(400) }),
    problems: ['identity.session-over'],
    responses: { 201: sessionAnswer },
    async handler(context) {
      const facts = tokens.read(context.body.refreshToken);
      if (facts === undefined) throw sessionOver();
      return { status: 201, body: await sessions.refresh(context.scope(facts.tenantId), facts) };
    },
  });
}
