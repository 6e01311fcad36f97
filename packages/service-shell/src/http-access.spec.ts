import { expect } from 'chai';
import { z } from 'zod';
import type { Access } from './access.ts';
import type { Principal } from './principal.ts';
import { route } from './routes.ts';
import { startTrialServer, trialTrust, type TrialServer, type TrialTrust } from './trial.ts';

let caller: Principal | undefined;
function guarded(path: `/${string}`, access: Access): ReturnType<typeof route> {
  return route({
    method: 'get',
    path,
    summary: 'Guarded.',
    tags: ['trial'],
    access,
    responses: { 200: z.strictObject({}) },
    handler: ({ principal }) => {
      caller = principal;
      return { status: 200, body: {} };
    },
  });
}

const routes = [
  guarded('/public', 'public'),
  guarded('/signed-in', 'authenticated'),
  guarded('/cash', { permission: 'sales:payments:cash' }),
  guarded('/gate', { apiKey: 'gate' }),
  guarded('/order', { anyOf: [{ bearer: 'guest-order-token' }, { permission: 'sales:orders:read' }] }),
];

describe('access', () => {
  let trust: TrialTrust;
  let server: TrialServer;
  let steadyMs = 0;
  before(async () => {
    trust = trialTrust({ steadyNow: () => steadyMs });
    server = await startTrialServer(routes, {
      trust: trust.store,
      bearers: [
        {
          prefix: 'tpo_',
          verify: async (token) =>
            token === 'tpo_good'
              ? {
                  kind: 'guest-order-token',
                  subject: 'ord_1',
                  tenantId: trust.store.verifyToken(trust.token()).tenantId,
                }
              : undefined,
        },
      ],
    });
  });
  after(async () => {
    trust.stop();
    await server.stop();
  });
  beforeEach(() => {
    caller = undefined;
    trust.beat();
  });

  type Expected = readonly [token: string | undefined, path: string, outcome: 200 | string];
  const clerk = (): string => trust.token({ roles: ['sales_clerk'] });
  const traveller = (): string => trust.token({ roles: ['traveller'], tid: 'platform' });
  const gate = (): string => trust.apiKey({ id: 'key_g', kind: 'gate', tenantId: 'ten_1', subject: 'gat_1' });
  const table: Readonly<Record<string, () => Expected>> = {
    'PLA-03 anybody may use what is public': () => [undefined, '/public', 200],
    'PLA-06 a bad token is not taken for a guest, even on a public route': () => [
      'eyJ.bad.token',
      '/public',
      'platform.unauthenticated',
    ],
    'PLA-06 a guest is asked to sign in': () => [undefined, '/signed-in', 'platform.unauthenticated'],
    'PLA-03 a traveller is signed in': () => [traveller(), '/signed-in', 200],
    'PLA-03 a clerk takes cash': () => [clerk(), '/cash', 200],
    'PLA-03 a traveller does not take cash': () => [traveller(), '/cash', 'platform.forbidden'],
    'PLA-03 a guest does not take cash': () => [undefined, '/cash', 'platform.unauthenticated'],
    'PLA-03 a gate is a gate': () => [gate(), '/gate', 200],
    'PLA-03 a clerk is no gate': () => [clerk(), '/gate', 'platform.forbidden'],
    'an order’s token opens the order': () => ['tpo_good', '/order', 200],
    'a clerk opens the order': () => [clerk(), '/order', 200],
    'a traveller does not open it by role': () => [traveller(), '/order', 'platform.forbidden'],
    'an unknown order token opens nothing': () => ['tpo_bad', '/order', 'platform.unauthenticated'],
    'an order’s token is not a sign-in': () => ['tpo_good', '/signed-in', 'platform.forbidden'],
    'PLA-06 an expired token': () => [
      trust.token({ issuedIn: -700, livesSeconds: 600 }),
      '/signed-in',
      'platform.token-expired',
    ],
    'PLA-06 a token for another audience': () => [
      trust.token({ claims: { aud: 'x' } }),
      '/signed-in',
      'platform.unauthenticated',
    ],
    'PLA-06 a token of an unknown kid': () => [trust.token({ kid: 'x' }), '/signed-in', 'platform.unauthenticated'],
    'PLA-06 a revoked API key': () => {
      const key = gate();
      trust.change({ apiKeys: trust.publication().apiKeys.map((known) => ({ ...known, status: 'revoked' as const })) });
      return [key, '/gate', 'platform.unauthenticated'];
    },
    'PLA-06 a revoked family': () => {
      const token = trust.token({ fam: 'fam_gone' });
      trust.change({ revokedFamilies: [{ id: 'fam_gone', until: '2099-01-01T00:00:00Z' }] });
      return [token, '/signed-in', 'platform.unauthenticated'];
    },
    'PLA-06 any token while trust is stale': () => {
      const token = clerk();
      steadyMs += 6_000;
      return [token, '/cash', 'platform.trust-stale'];
    },
    'PLA-06 an API key while trust is stale': () => {
      const key = gate();
      steadyMs += 6_000;
      return [key, '/gate', 'platform.trust-stale'];
    },
    'PLA-06 a guest is served while trust is stale': () => {
      steadyMs += 6_000;
      return [undefined, '/public', 200];
    },
  };
  const STATUS: Readonly<Record<string, number>> = {
    'platform.unauthenticated': 401,
    'platform.token-expired': 401,
    'platform.forbidden': 403,
    'platform.trust-stale': 503,
  };
  for (const [rule, prepare] of Object.entries(table)) {
    it(rule, async () => {
      const [token, path, outcome] = prepare();
      for (const language of ['zh-CN', 'en']) {
        const answer = await server.call(path, {
          headers: { 'accept-language': language },
          ...(token === undefined ? {} : { token }),
        });
        if (outcome === 200) expect(answer.status).to.equal(200);
        else {
          expect(answer.status).to.equal(STATUS[outcome]);
          expect(answer.body).to.include({ code: outcome });
          expect(answer.text).to.match(language === 'en' ? /^[ -~]+$/ : /[\u4e00-\u9fff]/);
          expect(caller).to.equal(undefined);
          if (answer.status === 401)
            expect(answer.headers.get('www-authenticate')).to.match(/^Bearer realm="tongpiao"/);
          if (answer.status === 503) expect(answer.headers.get('retry-after')).to.equal('1');
        }
      }
    });
  }

  it('PLA-31 a refusal names the rights that would do; of a route without rights it names none', async () => {
    const cash = await server.call('/cash', { token: gate() });
    expect(cash.body).to.deep.include({ code: 'platform.forbidden', permissions: ['sales:payments:cash'] });
    const order = await server.call('/order', { token: gate() });
    expect(order.body).to.deep.include({ permissions: ['sales:orders:read'] });
    const atGate = await server.call('/gate', { token: clerk() });
    expect(atGate.body).to.include({ code: 'platform.forbidden' }).and.not.to.have.property('permissions');
    expect((await server.call('/cash')).body).not.to.have.property('permissions');
  });

  it('an API key comes in X-Api-Key as well, but not beside a token', async () => {
    const key = gate();
    expect((await server.call('/gate', { headers: { 'x-api-key': key } })).status).to.equal(200);
    expect(caller).to.include({ type: 'apiKey', kind: 'gate', subject: 'gat_1' });
    expect((await server.call('/gate', { headers: { 'x-api-key': key }, token: key })).status).to.equal(401);
  });

  it('basic authentication and other schemes are refused', async () => {
    const answer = await server.call('/public', { headers: { authorization: 'Basic eDp5' } });
    expect(answer.status).to.equal(401);
  });

  it('a process without trust takes guests and its own bearers only', async () => {
    const alone = await startTrialServer(routes);
    expect((await alone.call('/public')).status).to.equal(200);
    expect((await alone.call('/public', { token: clerk() })).status).to.equal(401);
    await alone.stop();
  });
});
