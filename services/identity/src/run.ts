// Identity, as a table of contents.
import { refreshTrust, republishTenants, republishTrust, TRUST_BEAT_EVERY_MS } from '@tongpiao/contracts';
import { PLATFORM_TENANT } from '@tongpiao/kernel';
import { Scope, type Origin } from '@tongpiao/persistence';
import {
  openFoundation,
  TrustStore,
  createLogger,
  type FoundationOptions,
  type Running,
} from '@tongpiao/service-shell';
import { createApiKeys } from './api-key/api-keys.ts';
import { keyRingSpec } from './api-key/key-ring.store.ts';
import { challengeSpec } from './challenge/challenge.store.ts';
import { createChallenges } from './challenge/challenges.ts';
import type { Config } from './config.ts';
import { addGate, renameGate } from './features/add-gate.ts';
import { addSite, changeSite } from './features/add-site.ts';
import { addUser } from './features/add-user.ts';
import { bootstrapAdmin } from './features/bootstrap-admin.ts';
import { changeTenant } from './features/change-tenant.ts';
import { changeUser } from './features/change-user.ts';
import { createTenant } from './features/create-tenant.ts';
import { forgetSignIns } from './features/forget-sign-ins.ts';
import { getJwks } from './features/get-jwks.ts';
import { getTenant } from './features/get-tenant.ts';
import { issueApiKey } from './features/issue-api-key.ts';
import { listApiKeys } from './features/list-api-keys.ts';
import { listTenants } from './features/list-tenants.ts';
import { getCurrentUser, getUser, listUsers } from './features/list-users.ts';
import { onTenantRepublish } from './features/on-tenant-republish.ts';
import { onTrustRefresh } from './features/on-trust-refresh.ts';
import { onTrustRepublish } from './features/on-trust-republish.ts';
import { refreshSession } from './features/refresh-session.ts';
import { resetSecondFactor } from './features/reset-second-factor.ts';
import { revealPersonalData } from './features/reveal-personal-data.ts';
import { revokeApiKey } from './features/revoke-api-key.ts';
import { rotateSigningKeys } from './features/rotate-signing-keys.ts';
import { sendSignInCode } from './features/send-code.ts';
import { changeOwnPassword, resetPassword } from './features/set-password.ts';
import { confirmSecondFactor, offerSecondFactor, removeOwnSecondFactor } from './features/set-up-second-factor.ts';
import { signIn } from './features/sign-in.ts';
import { signOut } from './features/sign-out.ts';
import { openLockout } from './lockout/lockout.store.ts';
import { createTurns } from './lockout/turns.ts';
import { createPasswords, type PasswordBounds } from './password/passwords.ts';
import { problems } from './problems.ts';
import { createRequests } from './requests.ts';
import { createSecondFactors } from './second-factor/second-factors.ts';
import { createTotp } from './second-factor/totp.ts';
import { createRefreshTokens } from './session/refresh-token.ts';
import { sessionSpec } from './session/session.store.ts';
import { createSessions } from './session/sessions.ts';
import { createSigner } from './signing/signer.ts';
import type { RotationPolicy } from './signing/signing-keys.ts';
import { signingKeysSpec } from './signing/signing-keys.store.ts';
import { tenantSpec } from './tenant/tenant.store.ts';
import { openTrustFacts } from './trust/trust-facts.store.ts';
import { createTrustPublisher } from './trust/trust-publisher.ts';
import { createPeople } from './user/people.ts';
import { createPersonalValues } from './user/personal-values.ts';
import { createStaffRegistry } from './user/staff-registry.ts';
import { openUsernames } from './user/usernames.store.ts';
import { userSpec } from './user/user.store.ts';

export type IdentityTestOptions = Pick<FoundationOptions, 'faults' | 'messagingFaults' | 'clock' | 'logger'> & {
  readonly rotation?: RotationPolicy;
  readonly tidyEveryMs?: number;
  readonly passwords?: PasswordBounds;
};

/** Keys change by the month; a minute late is in time. */
const TEND_KEYS_EVERY_MS = 60_000;
const TIDY_EVERY_MS = 10 * 60_000;
const ORIGIN: Origin = { by: 'service:identity', channel: 'timer', cause: 'identity', correlationId: 'identity' };

export async function run(config: Config, options: IdentityTestOptions = {}): Promise<Running> {
  const { rotation, tidyEveryMs = TIDY_EVERY_MS, passwords: bounds, ...rest } = options;
  const logger =
    rest.logger ?? createLogger({ service: 'identity', instance: config.SERVICE_INSTANCE, level: config.LOG_LEVEL });
  const trust = new TrustStore({ service: 'identity', logger });
  const foundation = await openFoundation({
    ...rest,
    service: 'identity',
    config,
    logger,
    trust,
    tenantDirectory: false,
  });
  const { broker, clock, database, trail, vault } = foundation;
  const everywhere = foundation.acrossTenants('identity knows everybody: trust, tenants, first administrator');
  const platform = Scope.ofTenant(PLATFORM_TENANT, ORIGIN);
  const limited = config.LIMITS === 'on';

  const tenants = await foundation.aggregate(tenantSpec);
  const users = await foundation.aggregate(userSpec);
  const sessionStore = await foundation.aggregate(sessionSpec);
  const challengeStore = await foundation.aggregate(challengeSpec);
  const keyRings = await foundation.aggregate(keyRingSpec);
  const signingKeys = await foundation.aggregate(signingKeysSpec);
  const facts = await openTrustFacts(database, ORIGIN);
  const lockout = await openLockout(database, vault.serviceKey('sign-in-guards'), {
    origin: ORIGIN,
    addresses: limited,
  });
  const usernames = await openUsernames(
    database,
    async ({ userId }) => (await users.load(everywhere, userId)) !== undefined,
    ORIGIN,
  );

  const passwords = await createPasswords(bounds);
  const values = createPersonalValues(vault);
  const requests = createRequests(vault);
  const apiKeys = createApiKeys(vault);
  const tokens = createRefreshTokens(vault.serviceKey('refresh-tokens'));
  const signer = createSigner({
    store: signingKeys,
    vault,
    clock,
    origin: ORIGIN,
    ...(rotation === undefined ? {} : { policy: rotation }),
  });
  const sessions = createSessions({ sessions: sessionStore, users, tenants, tokens, signer, clock });
  const people = createPeople({ users, usernames, values, vault });
  const staff = createStaffRegistry({ users, usernames, values, passwords, vault, clock });
  const secondFactors = createSecondFactors({ users, totp: createTotp(vault), clock });
  const challenges = createChallenges({ store: challengeStore, vault, values, clock, limited });
  const publisher = createTrustPublisher({
    instance: config.SERVICE_INSTANCE,
    broker,
    facts,
    signer,
    keyRings,
    tenants,
    everywhere,
    trust,
    clock,
    logger,
  });

  await broker.consume({
    slice: 'on-trust-refresh',
    definitions: [refreshTrust],
    handleBatch: onTrustRefresh(publisher),
  });
  await broker.consume({
    slice: 'on-trust-republish',
    definitions: [republishTrust],
    handle: onTrustRepublish(publisher),
  });
  await broker.consume({
    slice: 'on-tenant-republish',
    definitions: [republishTenants],
    handle: onTenantRepublish({ tenants, broker, everywhere, clock }),
  });

  await signer.tend();
  await bootstrapAdmin({
    password: config.BOOTSTRAP_ADMIN_PASSWORD,
    users,
    staff,
    vault,
    everywhere,
    platform,
    logger,
  });
  await publisher.publish([]);

  foundation.every('trust-beat', TRUST_BEAT_EVERY_MS, () => publisher.beat());
  foundation.every('tend-signing-keys', rotation === undefined ? TEND_KEYS_EVERY_MS : 200, () => signer.tend());
  const forget = forgetSignIns({
    sessions: sessionStore,
    challenges: challengeStore,
    everywhere,
    keptDays: config.SIGN_INS_KEPT_DAYS,
    logger,
  });
  foundation.every(
    'tidy',
    tidyEveryMs,
    async () => {
      await facts.tidy(clock());
      await lockout.tidy(clock());
      await forget(clock());
    },
    { lease: true },
  );

  const ownParts = { users, staff, secondFactors, lockout, requests, clock };
  return foundation.serve({
    problems,
    routes: [
      signIn({ people, staff, secondFactors, challenges, sessions, lockout, turns: createTurns(), clock }),
      sendSignInCode(challenges, requests),
      refreshSession(sessions, tokens),
      signOut(sessions),
      offerSecondFactor(ownParts),
      confirmSecondFactor(ownParts),
      removeOwnSecondFactor(ownParts),
      getJwks(signer),
      rotateSigningKeys(signer, requests),
      listTenants(tenants, everywhere),
      createTenant(tenants, requests),
      getTenant(tenants),
      changeTenant(tenants),
      addSite(tenants, requests),
      changeSite(tenants),
      addGate(tenants, requests),
      renameGate(tenants),
      addUser({ staff, tenants, requests }),
      listUsers(users),
      getCurrentUser(users),
      changeOwnPassword(ownParts),
      getUser(users),
      changeUser(users, clock),
      resetPassword(ownParts),
      resetSecondFactor(ownParts),
      revealPersonalData(trail, users, requests),
      issueApiKey({ keyRings, apiKeys, tenants, requests, clock }),
      listApiKeys(keyRings),
      revokeApiKey(keyRings, requests, clock),
    ],
  });
}
