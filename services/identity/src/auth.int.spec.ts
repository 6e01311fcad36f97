// Signing in, staying signed in and being thrown out, on real servers.
import { expect } from 'chai';
import { eventually } from '@tongpiao/testing';
import { ADMIN_PASSWORD, identityUnderTest, type IdentityUnderTest, type Session } from './identity.fixture.ts';

const STAFF_PASSWORD = 'eleven blue lanterns';
const sessions = '/api/v1/auth/sessions';

describe('identity: sign-in', () => {
  let identity: IdentityUnderTest;
  let admin: Session;
  let clockSkewMs = 0;

  before(async () => {
    identity = await identityUnderTest();
    await identity.start({ clock: () => new Date(Date.now() + clockSkewMs) });
    admin = await identity.admin();
  });
  afterEach(() => {
    clockSkewMs = 0;
  });
  after(async () => identity.stop());

  async function addStaff(username: string): Promise<string> {
    const body = { username, password: STAFF_PASSWORD, name: '王小明', roles: ['auditor'], tenantId: 'platform' };
    const reply = await identity.call('POST', '/api/v1/users', { token: admin.accessToken, body });
    expect(reply.status).to.equal(201);
    return (reply.body as { id: string }).id;
  }

  const refused = (token: string): boolean => {
    try {
      identity.witness.verifyToken(token);
      return false;
    } catch {
      return true;
    }
  };

  it('PLA-06 gives staff a token that every other service verifies by itself', async () => {
    const principal = await eventually(
      'the witness trusts',
      () => identity.witness.isFresh() && identity.witness.verifyToken(admin.accessToken),
    );
    expect(principal).to.include({ id: admin.user.id, tenantId: 'platform' });
    expect(principal.roles).to.deep.equal(['platform_admin']);
    expect(admin.expiresIn).to.equal(900);
  });

  it('PLA-05 answers an unknown name, a wrong password and a blocked account alike', async () => {
    const id = await addStaff('blocked.one');
    const read = await identity.call('GET', `/api/v1/users/${id}`, { token: admin.accessToken });
    const ifMatch = read.headers.get('etag') ?? '';
    const changed = await identity.call('PATCH', `/api/v1/users/${id}`, {
      token: admin.accessToken,
      ifMatch,
      body: { status: 'blocked' },
    });
    expect(changed.status).to.equal(200);
    const replies = [
      await identity.call('POST', sessions, { body: { username: 'nobody.at.all', password: STAFF_PASSWORD } }),
      await identity.call('POST', sessions, { body: { username: 'admin', password: 'not the password' } }),
      await identity.call('POST', sessions, { body: { username: 'blocked.one', password: STAFF_PASSWORD } }),
    ];
    expect(replies.map(({ status, code }) => [status, code])).to.deep.equal(
      Array(3).fill([401, 'identity.sign-in-refused']),
    );
  });

  it('PLA-05 locks an account out for a growing time, the right password included, and lets it in again', async () => {
    await addStaff('locked.one');
    const right = { username: 'locked.one', password: STAFF_PASSWORD };
    const attempt = (password: string) =>
      identity.call('POST', sessions, { body: { username: 'locked.one', password } });
    for (let failure = 1; failure <= 5; failure += 1)
      expect((await attempt('wrong wrong wrong')).code).to.equal('identity.sign-in-refused');
    const locked = await attempt(STAFF_PASSWORD);
    expect([locked.status, locked.code]).to.deep.equal([429, 'identity.too-many-attempts']);
    expect(Number(locked.headers.get('retry-after'))).to.be.within(25, 30);
    clockSkewMs = 31_000;
    expect((await attempt('wrong wrong wrong')).code).to.equal('identity.sign-in-refused');
    expect(Number((await attempt(STAFF_PASSWORD)).headers.get('retry-after'))).to.be.within(55, 60);
    clockSkewMs = 31_000 + 61_000;
    expect((await identity.signIn(right)).user.roles).to.deep.equal(['auditor']);
    expect((await attempt('wrong wrong wrong')).code).to.equal('identity.sign-in-refused');
  });

  it('PLA-05 locks a name out that nobody has, so that lock-outs tell nothing either', async () => {
    const attempt = () =>
      identity.call('POST', sessions, { body: { username: 'ghost.rider', password: 'wrong wrong wrong' } });
    for (let failure = 1; failure <= 5; failure += 1) await attempt();
    expect((await attempt()).code).to.equal('identity.too-many-attempts');
  });

  it('PLA-05 counts guesses that come at once, one by one', async () => {
    await addStaff('raced.one');
    const guess = () =>
      identity.call('POST', sessions, { body: { username: 'raced.one', password: 'wrong wrong wrong' } });
    const codes = (await Promise.all(Array.from({ length: 20 }, guess))).map(({ code }) => code);
    expect(codes.filter((code) => code === 'identity.sign-in-refused')).to.have.length(5);
    expect(codes.filter((code) => code === 'identity.too-many-attempts')).to.have.length(15);
  });

  it('PLA-05 lets one person sign in on many screens at once', async () => {
    await addStaff('busy.one');
    const body = { username: 'busy.one', password: STAFF_PASSWORD };
    const opened = await Promise.all(Array.from({ length: 12 }, () => identity.signIn(body)));
    expect(new Set(opened.map(({ refreshToken }) => refreshToken)).size).to.equal(12);
  });

  it('PLA-06 rotates refresh tokens, and a reused one ends the session at every verifier within 5 s', async () => {
    await addStaff('rotating.one');
    const first = await identity.signIn({ username: 'rotating.one', password: STAFF_PASSWORD });
    const refresh = (refreshToken: string) => identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken } });
    const second = (await refresh(first.refreshToken)).body as Session;
    const third = (await refresh(second.refreshToken)).body as Session;
    expect(refused(third.accessToken)).to.equal(false);
    const begun = Date.now();
    const reused = await refresh(first.refreshToken);
    expect([reused.status, reused.code]).to.deep.equal([401, 'identity.session-over']);
    expect((await refresh(third.refreshToken)).code).to.equal('identity.session-over');
    await eventually('the witness refuses', () => refused(third.accessToken) && refused(first.accessToken), {
      withinMs: 5_000,
    });
    expect(Date.now() - begun).to.be.below(5_000);
    expect((await identity.call('GET', '/api/v1/users/current', { token: third.accessToken })).status).to.equal(401);
    expect(refused(admin.accessToken)).to.equal(false);
  });

  it('PLA-06 lets only one of many refreshes with one token through, and takes the rest for a theft', async () => {
    await addStaff('thief.one');
    const { refreshToken } = await identity.signIn({ username: 'thief.one', password: STAFF_PASSWORD });
    const refresh = () => identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken } });
    const statuses = (await Promise.all(Array.from({ length: 8 }, refresh))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).to.have.length(1);
    expect(statuses.filter((status) => status === 401)).to.have.length(7);
  });

  it('PLA-06 does not end a session for a refresh token that was made up', async () => {
    await addStaff('forged.one');
    const { refreshToken } = await identity.signIn({ username: 'forged.one', password: STAFF_PASSWORD });
    const forged = `${refreshToken.slice(0, -4)}AAAA`;
    expect((await identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: forged } })).code).to.equal(
      'identity.session-over',
    );
    expect((await identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken } })).status).to.equal(201);
  });

  it('PLA-06 signs out: the tokens of that session are refused everywhere, those of another are not', async () => {
    await addStaff('leaving.one');
    const body = { username: 'leaving.one', password: STAFF_PASSWORD };
    const [here, there] = [await identity.signIn(body), await identity.signIn(body)];
    expect((await identity.call('DELETE', `${sessions}/current`, { token: here.accessToken })).status).to.equal(204);
    await eventually('the witness refuses', () => refused(here.accessToken), { withinMs: 5_000 });
    expect(refused(there.accessToken)).to.equal(false);
    expect(
      (await identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: here.refreshToken } })).code,
    ).to.equal('identity.session-over');
  });

  it('PLA-06 takes a blocked person’s tokens away within 5 s, and the session with them', async () => {
    const id = await addStaff('fired.one');
    const session = await identity.signIn({ username: 'fired.one', password: STAFF_PASSWORD });
    const change = async (status: string) => {
      const ifMatch =
        (await identity.call('GET', `/api/v1/users/${id}`, { token: admin.accessToken })).headers.get('etag') ?? '';
      return identity.call('PATCH', `/api/v1/users/${id}`, { token: admin.accessToken, ifMatch, body: { status } });
    };
    expect((await change('blocked')).status).to.equal(200);
    await eventually('the witness refuses', () => refused(session.accessToken), { withinMs: 5_000 });
    expect((await change('active')).status).to.equal(200);
    const refreshed = await identity.call('POST', '/api/v1/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    });
    expect(refreshed.code).to.equal('identity.session-over');
  });

  it('PLA-06 tells other roles at the next refresh, and a token of the same second is good', async () => {
    const id = await addStaff('promoted.one');
    const session = await identity.signIn({ username: 'promoted.one', password: STAFF_PASSWORD });
    const ifMatch =
      (await identity.call('GET', `/api/v1/users/${id}`, { token: admin.accessToken })).headers.get('etag') ?? '';
    await identity.call('PATCH', `/api/v1/users/${id}`, {
      token: admin.accessToken,
      ifMatch,
      body: { roles: ['duty_officer'] },
    });
    const refreshed = (
      await identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: session.refreshToken } })
    ).body as Session;
    expect(refreshed.user.roles).to.deep.equal(['duty_officer']);
    await eventually('the witness refuses the old token', () => refused(session.accessToken), { withinMs: 5_000 });
    expect(refused(refreshed.accessToken)).to.equal(false);
  });

  it('PLA-05 changes one’s own password, and every session is over', async () => {
    await addStaff('careful.one');
    const session = await identity.signIn({ username: 'careful.one', password: STAFF_PASSWORD });
    const newPassword = 'seven grey herons';
    const change = (currentPassword: string) =>
      identity.call('POST', '/api/v1/users/current/password', {
        token: session.accessToken,
        body: { currentPassword, newPassword },
      });
    expect((await change('not my password')).code).to.equal('identity.sign-in-refused');
    expect((await change(STAFF_PASSWORD)).status).to.equal(204);
    expect(
      (await identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: session.refreshToken } })).code,
    ).to.equal('identity.session-over');
    expect(
      (await identity.call('POST', sessions, { body: { username: 'careful.one', password: STAFF_PASSWORD } })).status,
    ).to.equal(401);
    await identity.signIn({ username: 'careful.one', password: newPassword });
  });

  it('PLA-31 refuses unknown fields and half a form, in the caller’s language', async () => {
    const reply = await identity.call('POST', sessions, {
      body: { username: 'admin', password: ADMIN_PASSWORD, remember: true },
    });
    expect([reply.status, reply.code]).to.deep.equal([400, 'platform.invalid-request']);
    expect((await identity.call('POST', sessions, { body: { phone: '13800138000' } })).status).to.equal(400);
  });
});

describe('identity: codes', () => {
  let identity: IdentityUnderTest;
  let clockSkewMs = 0;

  before(async () => {
    identity = await identityUnderTest();
    await identity.start({ clock: () => new Date(Date.now() + clockSkewMs) });
  });
  afterEach(() => {
    clockSkewMs = 0;
  });
  after(async () => identity.stop());

  const ask = (body: unknown, idempotencyKey?: string) =>
    identity.call('POST', '/api/v1/auth/codes', { body, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });

  it('PLA-05 signs a traveller in with a code to the phone, and meets the same traveller again', async () => {
    expect((await ask({ phone: '138 0013 8001' })).status).to.equal(202);
    const { code } = await identity.codeFor('13800138001');
    const first = await identity.signIn({ phone: '+8613800138001', code });
    expect(first.user).to.include({ tenantId: 'platform', phone: '138****8001', kind: 'traveller' });
    expect(first.user.roles).to.deep.equal(['traveller']);
    const again = await identity.call('POST', sessions, { body: { phone: '13800138001', code } });
    expect(again.code).to.equal('identity.sign-in-refused');
    clockSkewMs = 61_000;
    const before = identity.codes.length;
    await ask({ phone: '13800138001' });
    const next = await identity.codeFor('13800138001', before);
    expect((await identity.signIn({ phone: '13800138001', code: next.code })).user.id).to.equal(first.user.id);
  });

  it('PLA-05 signs a traveller in with a code to a mailbox', async () => {
    await ask({ email: 'Li.Lei@Example.com' });
    const { code, envelope } = await identity.codeFor('li.lei@example.com');
    expect(envelope.data).to.include({ channel: 'email', minutesValid: 5, language: 'zh-CN' });
    expect((await identity.signIn({ email: 'li.lei@example.com', code })).user).to.include({
      email: 'l***@example.com',
    });
  });

  it('PLA-10 sends and stores neither code nor phone in the clear', async () => {
    await ask({ phone: '13800138002' });
    const { code, envelope } = await identity.codeFor('13800138002');
    expect(JSON.stringify(envelope)).not.to.include('13800138002').and.not.include(`"${code}"`);
    await identity.signIn({ phone: '13800138002', code });
    const stored = JSON.stringify([
      await identity.stored('challenges'),
      await identity.stored('users'),
      await identity.stored('sessions'),
    ]);
    expect(stored).not.to.include('13800138002').and.not.include(`"${code}"`);
  });

  it('NOT-06 sends one code a minute, and says when the next may be asked for', async () => {
    expect((await ask({ phone: '13800138003' })).status).to.equal(202);
    const refused = await ask({ phone: '13800138003' });
    expect([refused.status, refused.code]).to.deep.equal([429, 'identity.too-many-codes']);
    expect(Number(refused.headers.get('retry-after'))).to.be.within(55, 60);
  });

  it('NOT-06 counts requests that come at once as what they are', async () => {
    const replies = await Promise.all(Array.from({ length: 10 }, () => ask({ phone: '13800138004' })));
    expect(replies.filter(({ status }) => status === 202)).to.have.length(1);
    expect(replies.filter(({ status }) => status === 429)).to.have.length(9);
  });

  it('PLA-32 sends one code for a request that is repeated', async () => {
    const before = identity.codes.length;
    const idempotencyKey = 'repeat-0123456789-abcdefgh';
    expect((await ask({ phone: '13800138005' }, idempotencyKey)).status).to.equal(202);
    expect((await ask({ phone: '13800138005' }, idempotencyKey)).status).to.equal(202);
    await identity.codeFor('13800138005', before);
    expect(identity.codes.slice(before).filter(({ to }) => to === '13800138005')).to.have.length(1);
  });

  it('PLA-05 gives a code five tries, at once or one after another, and then it is worthless', async () => {
    await ask({ phone: '13800138006' });
    const { code } = await identity.codeFor('13800138006');
    const wrong = code === '000000' ? '000001' : '000000';
    const guess = () => identity.call('POST', sessions, { body: { phone: '13800138006', code: wrong } });
    await Promise.all(Array.from({ length: 5 }, guess));
    expect((await identity.call('POST', sessions, { body: { phone: '13800138006', code } })).code).to.equal(
      'identity.sign-in-refused',
    );
  });

  it('PLA-05 lets a code expire after five minutes', async () => {
    await ask({ phone: '13800138007' });
    const { code } = await identity.codeFor('13800138007');
    clockSkewMs = 5 * 60_000 + 1;
    expect((await identity.call('POST', sessions, { body: { phone: '13800138007', code } })).code).to.equal(
      'identity.sign-in-refused',
    );
  });

  it('PLA-05 lets one of two sign-ins with one code in', async () => {
    await ask({ phone: '13800138008' });
    const { code } = await identity.codeFor('13800138008');
    const signIn = () => identity.call('POST', sessions, { body: { phone: '13800138008', code } });
    const statuses = (await Promise.all([signIn(), signIn(), signIn()])).map(({ status }) => status).sort();
    expect(statuses).to.deep.equal([201, 401, 401]);
  });
});

describe('identity: forgetting sign-ins', () => {
  const DAY_MS = 24 * 60 * 60_000;
  let identity: IdentityUnderTest;
  let clockSkewMs = 0;

  before(async () => {
    identity = await identityUnderTest();
    await identity.start({ clock: () => new Date(Date.now() + clockSkewMs), tidyEveryMs: 50 });
  });
  after(async () => identity.stop());

  it('PLA-12 deletes sessions and codes when their time is over, and what was used or ended stays so', async () => {
    const admin = await identity.admin();
    const phone = '13800138020';
    const ask = () => identity.call('POST', '/api/v1/auth/codes', { body: { phone } });
    await ask();
    const { code, envelope } = await identity.codeFor(phone);
    const { refreshToken } = await identity.signIn({ phone, code });
    const ended = await identity.signIn({ username: 'admin', password: ADMIN_PASSWORD });
    await identity.call('DELETE', `${sessions}/current`, { token: ended.accessToken });
    const refresh = (token: string) => identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: token } });
    const count = async (collection: string) => (await identity.stored(collection)).length;

    clockSkewMs = 3 * DAY_MS;
    await eventually('the code is forgotten', async () => (await count('challenges')) === 0);
    expect((await identity.call('POST', sessions, { body: { phone, code } })).code).to.equal(
      'identity.sign-in-refused',
    );
    expect(await count('sessions')).to.equal(3);
    // The next code goes out under an id that no receiver has seen, though the record begins anew.
    const before = identity.codes.length;
    expect((await ask()).status).to.equal(202);
    expect((await identity.codeFor(phone, before)).envelope.id).not.to.equal(envelope.id);

    clockSkewMs = 184 * DAY_MS;
    await eventually('the sessions are forgotten', async () => (await count('sessions')) === 0);
    for (const token of [refreshToken, ended.refreshToken, admin.refreshToken])
      expect((await refresh(token)).code).to.equal('identity.session-over');
  });
});
