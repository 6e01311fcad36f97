// Opens, refreshes and ends sessions, and answers with the pair of tokens. An access token says what was true of the person a
// moment ago; a refresh asks again, so a blocked account or a suspended tenant ends at the next refresh at the latest.
import { ACCESS_TOKEN_MAX_SECONDS } from '@tongpiao/contracts';
import { PLATFORM_TENANT } from '@tongpiao/kernel';
import { newId, type Scope } from '@tongpiao/persistence';
import { z } from 'zod';
import type { Signer } from '../signing/signer.ts';
import type { TenantStore } from '../tenant/tenant.store.ts';
import { DEFAULT_POLICIES } from '../tenant/tenant.store.ts';
import type { User } from '../user/user.ts';
import type { UserStore } from '../user/user.store.ts';
import { userView, viewOfUser } from '../user/user-view.ts';
import type { RefreshFacts, RefreshTokens } from './refresh-token.ts';
import { sessionOver } from './session.decider.ts';
import type { SessionEnd, SignInMethod } from './session.ts';
import type { SessionStore } from './session.store.ts';

export const sessionAnswer = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.int().describe('Seconds that the access token lives.'),
  user: userView,
});
export type SessionAnswer = z.output<typeof sessionAnswer>;

export type Sessions = {
  /** @param since before the account was read: a change that was made meanwhile ends this session too */
  open(scope: Scope, userId: string, user: User, method: SignInMethod, since: Date): Promise<SessionAnswer>;
  /** @throws DomainError `identity.session-over` */
  refresh(scope: Scope, facts: RefreshFacts): Promise<SessionAnswer>;
  end(scope: Scope, familyId: string, reason: SessionEnd): Promise<void>;
  /** How long this person's sessions last; undefined when the tenant is closed to them. */
  lengthMs(scope: Scope, user: User): Promise<number | undefined>;
};

const HOUR_MS = 60 * 60_000;
/** Travellers keep their phone to themselves. */
const TRAVELLER_SESSION_MS = 30 * 24 * HOUR_MS;

export function createSessions(parts: {
  sessions: SessionStore;
  users: UserStore;
  tenants: TenantStore;
  tokens: RefreshTokens;
  signer: Signer;
  clock: () => Date;
}): Sessions {
  const { sessions, users, tenants, tokens, signer, clock } = parts;

  function answer(scope: Scope, userId: string, user: User, familyId: string, generation: number): SessionAnswer {
    const { tenantId } = scope;
    const { roles, tokensRevokedAt: revokedAt } = user;
    return {
      accessToken: signer.sign({ sub: userId, tid: tenantId, fam: familyId, roles: [...roles], revokedAt }),
      refreshToken: tokens.issue({ familyId, tenantId, generation }),
      expiresIn: ACCESS_TOKEN_MAX_SECONDS,
      user: viewOfUser(userId, tenantId, user),
    };
  }

  async function lengthMs(scope: Scope, user: User): Promise<number | undefined> {
    if (user.kind === 'traveller') return TRAVELLER_SESSION_MS;
    if (scope.tenantId === PLATFORM_TENANT) return DEFAULT_POLICIES.staffSessionHours * HOUR_MS;
    const tenant = (await tenants.load(scope, scope.tenantId))?.state;
    return tenant?.status === 'active' ? tenant.policies.staffSessionHours * HOUR_MS : undefined;
  }

  async function end(scope: Scope, familyId: string, reason: SessionEnd): Promise<void> {
    await sessions.handle(scope, familyId, { type: 'EndSession', reason, at: clock().toISOString() });
  }

  return {
    lengthMs,
    end,
    async open(scope, userId, user, method, since) {
      const length = await lengthMs(scope, user);
      if (length === undefined) throw sessionOver();
      // What ended earlier sessions was known when the account was read, so it does not end this one.
      const ended = user.sessionsEndedAt === undefined ? 0 : Date.parse(user.sessionsEndedAt) + 1;
      const at = new Date(Math.max(since.getTime(), ended)).toISOString();
      const familyId = newId('fam', scope.tenantId);
      const expiresAt = new Date(clock().getTime() + length).toISOString();
      const command = { type: 'OpenSession', userId, method, at, expiresAt } as const;
      await sessions.handle(scope, familyId, command, { expectNew: true });
      return answer(scope, userId, user, familyId, 1);
    },
    async refresh(scope, { familyId, generation }) {
      const session = (await sessions.load(scope, familyId))?.state;
      if (session?.status !== 'open') throw sessionOver();
      const user = (await users.load(scope, session.userId))?.state;
      const endedAt = user === undefined || user.status === 'none' ? undefined : user.sessionsEndedAt;
      const isClosed = user?.status !== 'active' || (await lengthMs(scope, user)) === undefined;
      if (isClosed || (endedAt !== undefined && session.openedAt <= endedAt)) {
        await end(scope, familyId, 'account-closed');
        throw sessionOver();
      }
      const refreshed = await sessions.handle(scope, familyId, {
        type: 'RefreshSession',
        generation,
        at: clock().toISOString(),
      });
      if (refreshed.state.status !== 'open') throw sessionOver();
      return answer(scope, session.userId, user, familyId, refreshed.state.generation);
    },
  };
}
