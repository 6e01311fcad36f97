// The second factor on real servers: set up, asked for, worth one sign-in per code on however many instances, lost and reset.
import { expect } from 'chai';
import { eventually } from '@tongpiao/testing';
import { TOTP, Secret } from 'otpauth';
import { identityUnderTest, key, type IdentityUnderTest, type Session } from './identity.fixture.ts';

const PASSWORD = 'eleven blue lanterns';
const sessions = '/api/v1/auth/sessions';
const STEP_MS = 30_000;

describe('identity: second factor', () => {
  let identity: IdentityUnderTest;
  let admin: Session;
  /** Behind at first, so that keys made at the start are good in every test. */
  let clockSkewMs = -2 * STEP_MS;
  const now = (): number => Date.now() + clockSkewMs;

  before(async () => {
    identity = await identityUnderTest();
    await identity.start({ clock: () => new Date(now()) });
    await identity.start({ clock: () => new Date(now()) });
    admin = await identity.admin();
  });
  // Each test begins where a step begins, so that none of them sees a code grow old under its hands.
  beforeEach(() => {
    clockSkewMs = -(Date.now() % STEP_MS);
  });
  after(async () => identity.stop());

  type Member = { readonly id: string; readonly username: string; readonly session: Session };
  async function member(username: string, roles = ['auditor'], tenantId = 'platform'): Promise<Member> {
    const body = { username, password: PASSWORD, name: '王小明', roles, tenantId };
    const reply = await identity.call('POST', '/api/v1/users', { token: admin.accessToken, body });
    expect(reply.status).to.equal(201);
    const session = await identity.signIn({ username, password: PASSWORD });
    return { id: (reply.body as { id: string }).id, username, session };
  }

  const codeOf = (secret: string, steps = 0): string =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now() + steps * STEP_MS });
  const offer = (token: string, currentPassword = PASSWORD) =>
    identity.call('POST', '/api/v1/auth/totp', { token, body: { currentPassword } });
  const confirm = (token: string, totp: string) =>
    identity.call('POST', '/api/v1/auth/totp/confirmation', { token, body: { totp } });
  const attempt = (username: string, given: Readonly<Record<string, string>> = {}, instance = 0) => {
    const running = identity.instances[instance];
    return identity.call('POST', sessions, {
      body: { username, password: PASSWORD, ...given },
      ...(running === undefined ? {} : { instance: running }),
    });
  };

  /** Sets up a factor with the code of the step before, so that the one of now is still good. */
  async function enrolled(username: string): Promise<Member & { secret: string; recoveryCodes: readonly string[] }> {
    const someone = await member(username);
    const { secret } = (await offer(someone.session.accessToken)).body as { secret: string };
    const confirmed = await confirm(someone.session.accessToken, codeOf(secret, -1));
    expect(confirmed.status).to.equal(201);
    return { ...someone, secret, recoveryCodes: (confirmed.body as { recoveryCodes: string[] }).recoveryCodes };
  }

  it('PLA-05 is set up with the password and the first code, and asked for from then on', async () => {
    const { session, username, id } = await member('factor.one');
    expect((await offer(session.accessToken, 'not my password')).code).to.equal('identity.sign-in-refused');
    const idempotencyKey = key();
    const asked = { token: session.accessToken, body: { currentPassword: PASSWORD }, idempotencyKey };
    const offered = await identity.call('POST', '/api/v1/auth/totp', asked);
    expect(offered.status).to.equal(201);
    const { secret, otpauthUri } = offered.body as { secret: string; otpauthUri: string };
    expect(otpauthUri).to.contain(`secret=${secret}`).and.contain('factor.one');
    expect((await identity.call('POST', '/api/v1/auth/totp', asked)).body).to.deep.equal(offered.body);
    // Nothing is asked for until it is known to work.
    expect((await attempt(username)).status).to.equal(201);
    expect((await confirm(session.accessToken, codeOf(secret, 5))).code).to.equal('identity.totp-wrong');
    const confirmed = await confirm(session.accessToken, codeOf(secret, -1));
    expect((confirmed.body as { recoveryCodes: string[] }).recoveryCodes).to.have.length(10);

    const without = await attempt(username);
    expect([without.status, without.code]).to.deep.equal([401, 'identity.totp-required']);
    const opened = await attempt(username, { totp: codeOf(secret) });
    expect(opened.status).to.equal(201);
    expect((opened.body as Session).user).to.include({ id, secondFactor: true });
    const refreshed = await identity.call('POST', '/api/v1/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    });
    expect(refreshed.code, 'sessions from before are over').to.equal('identity.session-over');
  });

  it('PLA-05 a code opens one session: again, or sent to two instances at once, it is refused', async () => {
    const { username, secret } = await enrolled('factor.two');
    const totp = codeOf(secret);
    const replies = await Promise.all([0, 1, 0, 1].map((instance) => attempt(username, { totp }, instance)));
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([201, 401, 401, 401]);
    expect((await attempt(username, { totp }, 1)).code).to.equal('identity.sign-in-refused');
    expect((await attempt(username, { totp: codeOf(secret, -1) })).code).to.equal('identity.sign-in-refused');
    expect((await attempt(username, { totp: codeOf(secret, 1) }, 1)).status).to.equal(201);
  });

  it('PLA-05 wrong codes lock the account, and knowing the password forgives none of them', async () => {
    const { username, secret } = await enrolled('factor.three');
    const wrong = codeOf(secret) === '000000' ? '000001' : '000000';
    for (let failure = 1; failure <= 5; failure += 1) {
      expect((await attempt(username)).code).to.equal('identity.totp-required');
      expect((await attempt(username, { totp: wrong })).code).to.equal('identity.sign-in-refused');
    }
    expect((await attempt(username, { totp: codeOf(secret) })).code).to.equal('identity.too-many-attempts');
    expect((await attempt(username)).code).to.equal('identity.too-many-attempts');
    clockSkewMs += 31_000;
    expect((await attempt(username, { totp: codeOf(secret) })).status).to.equal(201);
  });

  it('PLA-05 a recovery code opens one session without the authenticator', async () => {
    const { username, recoveryCodes } = await enrolled('factor.four');
    const [first = '', second = ''] = recoveryCodes;
    const replies = await Promise.all([0, 1].map((n) => attempt(username, { recoveryCode: first.toUpperCase() }, n)));
    expect(replies.map(({ status }) => status).sort()).to.deep.equal([201, 401]);
    expect((await attempt(username, { recoveryCode: second })).status).to.equal(201);
  });

  it('PLA-05 its owner takes it away with password and code, and sets up another', async () => {
    const { username, secret } = await enrolled('factor.five');
    const session = (await attempt(username, { totp: codeOf(secret) })).body as Session;
    const remove = (body: Readonly<Record<string, string>>) =>
      identity.call('POST', '/api/v1/auth/totp/removal', { token: session.accessToken, body });
    expect((await offer(session.accessToken)).code).to.equal('identity.totp-active');
    expect((await remove({ currentPassword: PASSWORD })).code).to.equal('identity.totp-required');
    expect((await remove({ currentPassword: PASSWORD, totp: codeOf(secret, 1) })).status).to.equal(204);
    const next = (await attempt(username)).body as Session;
    expect((await offer(next.accessToken)).status).to.equal(201);
  });

  it('PLA-05 an administrator resets it for a reason, which the journal keeps, and never for oneself', async () => {
    const { id, username, secret } = await enrolled('factor.six');
    const session = (await attempt(username, { totp: codeOf(secret) })).body as Session;
    const reset = (user: string, body: unknown) =>
      identity.call('POST', `/api/v1/users/${user}/totp-reset`, { token: admin.accessToken, body });
    expect((await reset(id, {})).status).to.equal(400);
    expect((await reset(admin.user.id, { reason: '手机丢失' })).code).to.equal('identity.not-yourself');
    expect((await reset(id, { reason: '手机丢失' })).status).to.equal(204);
    const refreshed = await identity.call('POST', '/api/v1/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    });
    expect(refreshed.code).to.equal('identity.session-over');
    expect((await attempt(username)).status).to.equal(201);
    const stored = (await identity.stored('users')).find((user) => user['_id'] === (id as unknown));
    expect(JSON.stringify(stored?.['journal'])).to.contain('手机丢失').and.contain(admin.user.id);
  });

  it('PLA-10 stores neither secrets nor recovery codes in the clear', async () => {
    const { secret, recoveryCodes } = await enrolled('factor.seven');
    const stored = JSON.stringify(await identity.stored('users'));
    expect(stored).not.to.include(secret);
    for (const code of recoveryCodes) expect(stored).not.to.include(code).and.not.include(code.replace('-', ''));
  });

  it('PLA-05 a tenant asks chosen roles for it: until it is there, a session opens nothing but setting it up', async () => {
    const founded = await identity.call('POST', '/api/v1/tenants', {
      token: admin.accessToken,
      body: {
        kind: 'scenic',
        name: { zh: '云台山', en: 'Yuntai' },
        contact: { hotline: '0391-7709300' },
        smsSignature: '云台山',
        policies: { staffSessionHours: 24, totpRoles: ['finance_manager'] },
      },
    });
    expect(founded.status).to.equal(201);
    const tenantId = (founded.body as { id: string }).id;
    const clerk = await member('clerk.one', ['sales_clerk'], tenantId);
    expect(clerk.session).not.to.have.property('mustSetUpSecondFactor');

    await member('finance.one', ['finance_manager', 'tenant_admin'], tenantId);
    const reply = await attempt('finance.one');
    expect(reply.body).to.include({ mustSetUpSecondFactor: true });
    const session = reply.body as Session;
    const list = (token: string) => identity.call('GET', '/api/v1/users', { token });
    expect((await list(session.accessToken)).code).to.equal('platform.forbidden');
    const { secret } = (await offer(session.accessToken)).body as { secret: string };
    expect((await confirm(session.accessToken, codeOf(secret, -1))).status).to.equal(201);
    const opened = (await attempt('finance.one', { totp: codeOf(secret) })).body as Session;
    await eventually('the new token is good', async () => (await list(opened.accessToken)).status === 200);
  });
});
