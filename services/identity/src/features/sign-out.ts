// DELETE /api/v1/auth/sessions/current: ends the session; every service refuses its tokens within seconds.
import { DomainError } from '@tongpiao/kernel';
import { noBody, route, type Route } from '@tongpiao/service-shell';
import type { Sessions } from '../session/sessions.ts';

export function signOut(sessions: Sessions): Route {
  return route({
    method: 'delete',
    path: '/api/v1/auth/sessions/current',
    summary: 'Signs out.',
    tags: ['auth'],
    access: 'authenticated',
    responses: { 204: noBody('The session is over.') },
    async handler(context) {
      const { principal } = context;
      if (principal.type !== 'user') throw new DomainError('platform.forbidden', 'Only people sign out.');
      await sessions.end(context.scope(), principal.familyId, 'signed-out');
      return { status: 204 };
    },
  });
}
