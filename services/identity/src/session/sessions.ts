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
import { SESSION_DAYS_MAX, type SessionEnd, type SignInMethod } from './session.ts';
import type { SessionStore } from './session.store.ts';

export const sessionAnswer = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.int().describe('Seconds that the access token lives.'),
  mustSetUpSecondFactor: z
    .boolean()
    .optional()
    .describe('The tenant asks for a second factor: until there is one, the token carries no roles.'),
  user: userView,
});
export type SessionAnswer = z.output<typeof sessionAnswer>;

export type Sessions = {
  /** @param since before the account was read: a change that was made meanwhile ends this session too */
  open(scope: Scope, userId: string, user: User, method: SignInMethod, since: Date): Promise<SessionAnswer>;
  /** @throws DomainError `identity.session-over` */
  refresh(scope: Scope, facts: RefreshFacts): Promise<SessionAnswer>;
  end(scope: Scope, familyId: string, reason: SessionEnd): Promise<void>;
  /** What sessions of this person are like; undefined when the tenant is closed to them. */
  termsFor(scope: Scope, user: User): Promise<Terms | undefined>;
};

type Terms = {
  readonly lengthMs: number;
  /** The tenant asks for a second factor that the person does not have yet. */
  readonly lacksFactor: boolean;
};

const HOUR_MS = 60 * 60_000;
/** Travellers keep their phone to themselves. */
const TRAVELLER_SESSION_MS = SESSION_DAYS_MAX * 24 * HOUR_MS;

export function createSessions(parts: {
  sessions: SessionStore;
  users: UserStore;
  tenants: TenantStore;
  tokens: RefreshTokens;
  signer: Signer;
  clock: () => Date;
}): Sessions {
  const { sessions, users, tenants, tokens, signer, clock } = parts;

  function answer(
    scope: Scope,
    person: { readonly userId: string; readonly user: User; readonly terms: Terms },
    family: Pick<RefreshFacts, 'familyId' | 'generation'>,
  ): SessionAnswer {
    const { tenantId } = scope;
    const { userId, user, terms } = person;
    const { familyId, generation } = family;
    // Without roles the token opens what everybody may do with their own account, and that is where a factor is set up.
    const roles = terms.lacksFactor ? [] : [...user.roles];
    return {
      accessToken: signer.sign({ sub: userId, tid: tenantId, fam: familyId, roles, revokedAt: user.tokensRevokedAt }),
      refreshToken: tokens.issue({ familyId, tenantId, generation }),
      expiresIn: ACCESS_TOKEN_MAX_SECONDS,
      ...(terms.lacksFactor ? { mustSetUpSecondFactor: true } : {}),
      user: viewOfUser(userId, tenantId, user),
    };
  }

  async function termsFor(scope: Scope, user: User): Promise<Terms | undefined> {
    if (user.kind === 'traveller') return { lengthMs: TRAVELLER_SESSION_MS, lacksFactor: false };
    if (scope.tenantId === PLATFORM_TENANT) {
      return { lengthMs: DEFAULT_POLICIES.staffSessionHours * HOUR_MS, lacksFactor: false };
    }
    const tenant = (await tenants.load(scope, scope.tenantId))?.state;
    if (tenant?.status !== 'active') return undefined;
    const { staffSessionHours, totpRoles = [] } = tenant.policies;
    const asked = user.roles.some((role) => totpRoles.includes(role));
    return {
      lengthMs: staffSessionHours * HOUR_MS,
      lacksFactor: asked && user.secondFactor?.status !== 'active',
    };
  }

  async function end(scope: Scope, familyId: string, reason: SessionEnd): Promise<void> {
    await sessions.handle(scope, familyId, { type: 'EndSession', reason, at: clock().toISOString() });
  }

  return {
    termsFor,
    end,
    async open(scope, userId, user, method, since) {
      const terms = await termsFor(scope, user);
      if (terms === undefined) throw sessionOver();
      // What ended earlier sessions was known when the account was read, so it does not end this one.
      const ended = user.sessionsEndedAt === undefined ? 0 : Date.parse(user.sessionsEndedAt) + 1;
      const at = new Date(Math.max(since.getTime(), ended)).toISOString();
      const familyId = newId('fam', scope.tenantId);
      const expiresAt = new Date(clock().getTime() + terms.lengthMs).toISOString();
      const command = { type: 'OpenSession', userId, method, at, expiresAt } as const;
      await sessions.handle(scope, familyId, command, { expectNew: true });
      return answer(scope, { userId, user, terms }, { familyId, generation: 1 });
    },
    async refresh(scope, { familyId, generation }) {
      const session = (await sessions.load(scope, familyId))?.state;
      if (session?.status !== 'open') throw sessionOver();
      const user = (await users.load(scope, session.userId))?.state;
      const endedAt = user === undefined || user.status === 'none' ? undefined : user.sessionsEndedAt;
      const terms = user?.status === 'active' ? await termsFor(scope, user) : undefined;
      const isClosed = user?.status !== 'active' || terms === undefined;
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
      const { userId } = session;
      return answer(scope, { userId, user, terms }, { familyId, generation: refreshed.state.generation });
    },
  };
}
