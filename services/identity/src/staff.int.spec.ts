// Tenants and people as staff work with them: who reaches what, edits, repetitions, personal data, on real servers.
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { identityUnderTest, key, type CallOptions, type IdentityUnderTest, type Session } from './identity.fixture.ts';

const name = (zh: string) => ({ zh, en: `${zh} (en)` });
const PASSWORD = 'eleven blue lanterns';
const tenantBody = (zh: string) => ({
  kind: 'scenic',
  name: name(zh),
  contact: { hotline: '0391-7709300' },
  smsSignature: zh,
});

describe('identity: tenants and people', () => {
  let identity: IdentityUnderTest;
  let platform: Session;
  let house = '';
  let other = '';
  let houseAdmin: Session;
  let otherAdmin: Session;

  const post = async (path: string, body: unknown, options: CallOptions = {}) =>
    identity.call('POST', path, { token: platform.accessToken, ...options, body });
  const idOf = (reply: { status: number; body: unknown }): string => {
    expect(reply.status, JSON.stringify(reply.body)).to.equal(201);
    return (reply.body as { id: string }).id;
  };
  const staff = (username: string, tenantId: string, roles: readonly string[], token?: string) =>
    post(
      '/api/v1/users',
      { username, password: PASSWORD, name: '王小明', phone: '13800138000', roles, tenantId },
      token === undefined ? {} : { token },
    );

  before(async () => {
    identity = await identityUnderTest();
    await identity.start();
    platform = await identity.admin();
    [house, other] = [
      idOf(await post('/api/v1/tenants', tenantBody('云台山'))),
      idOf(await post('/api/v1/tenants', tenantBody('江城站'))),
    ];
    await staff('house.admin', house, ['tenant_admin']);
    await staff('other.admin', other, ['tenant_admin']);
    houseAdmin = await identity.signIn({ username: 'house.admin', password: PASSWORD });
    otherAdmin = await identity.signIn({ username: 'other.admin', password: PASSWORD });
  });
  after(async () => identity.stop());

  it('PLA-01 shows everybody the tenants, and nobody what is not for the public', async () => {
    const reply = await identity.call('GET', '/api/v1/tenants');
    const { items } = reply.body as { items: Record<string, unknown>[] };
    expect(items.map(({ id }) => id)).to.have.members([house, other]);
    expect(Object.keys(items[0] ?? {})).to.have.members([
      'id',
      'kind',
      'name',
      'timeZone',
      'currency',
      'contact',
      'demo',
      'sites',
    ]);
    const page = (await identity.call('GET', '/api/v1/tenants?limit=1')).body as {
      items: { id: string }[];
      next: string;
    };
    const rest = (await identity.call('GET', `/api/v1/tenants?limit=1&cursor=${page.next}`)).body as {
      items: { id: string }[];
      next?: string;
    };
    expect([page.items[0]?.id, rest.items[0]?.id]).to.have.members([house, other]);
    expect(rest.next).to.equal(undefined);
  });

  it('PLA-32 founds one tenant for a request that is repeated, also at once', async () => {
    const idempotencyKey = key();
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => post('/api/v1/tenants', tenantBody('重复景区'), { idempotencyKey })),
    );
    expect(new Set(replies.map(idOf)).size).to.equal(1);
    expect((await post('/api/v1/tenants', tenantBody('别的景区'), { idempotencyKey })).code).to.equal(
      'platform.idempotency-key-reused',
    );
    expect(
      (
        await identity.call('POST', '/api/v1/tenants', {
          token: platform.accessToken,
          body: tenantBody('x'),
          idempotencyKey: 'short',
        })
      ).status,
    ).to.equal(400);
  });

  it('PLA-01 tells others the whole state of a tenant at each change', async () => {
    const siteId = idOf(await post(`/api/v1/tenants/${house}/sites`, { name: name('主景区') }));
    idOf(await post(`/api/v1/sites/${siteId}/gates`, { name: name('一号闸机') }));
    await eventually('the tenant with its gate', () =>
      identity.told.tenants.some((tenant) => tenant.tenantId === house && tenant.sites[0]?.gates.length === 1),
    );
  });

  it('PLA-02 a tenant’s administrator reaches nothing of another tenant', async () => {
    const { id: userId } = (await staff('other.clerk', other, ['sales_clerk'])).body as { id: string };
    const token = houseAdmin.accessToken;
    const siteId = idOf(await post(`/api/v1/tenants/${other}/sites`, { name: name('总站') }));
    expect((await identity.call('GET', `/api/v1/tenants/${other}`, { token })).status).to.equal(404);
    expect((await identity.call('GET', `/api/v1/users/${userId}`, { token })).status).to.equal(404);
    expect((await identity.call('GET', `/api/v1/users?tenantId=${other}`, { token })).status).to.equal(403);
    expect((await post(`/api/v1/tenants/${other}/sites`, { name: name('x') }, { token })).status).to.equal(403);
    expect((await post(`/api/v1/sites/${siteId}/gates`, { name: name('x') }, { token })).status).to.equal(404);
    expect(
      (await post(`/api/v1/users/${userId}/reveal`, { fields: ['phone'], purpose: 'curiosity' }, { token })).status,
    ).to.equal(404);
    expect(
      (await post(`/api/v1/users/${userId}/password`, { newPassword: 'another long one' }, { token })).status,
    ).to.equal(404);
    expect((await staff('stray.one', other, ['sales_clerk'], token)).status).to.equal(403);
    expect(
      (await post('/api/v1/api-keys', { kind: 'ota', subject: 'ota_1', tenantId: other, label: 'x' }, { token }))
        .status,
    ).to.equal(403);
    expect((await post('/api/v1/tenants', tenantBody('x'), { token })).status).to.equal(403);
    const ifMatch = '"v1"';
    expect(
      (await identity.call('PATCH', `/api/v1/users/${userId}`, { token, ifMatch, body: { status: 'blocked' } })).status,
    ).to.equal(404);
    const suspend = await identity.call('PATCH', `/api/v1/tenants/${house}`, {
      token,
      ifMatch,
      body: { status: 'suspended' },
    });
    expect(suspend.status).to.equal(403);
  });

  it('PLA-03 adds staff, lists them page by page, masked, and shows who one is oneself', async () => {
    const token = otherAdmin.accessToken;
    for (const username of ['page.a', 'page.b', 'page.c'])
      idOf(await staff(username, other, ['gate_inspector'], token));
    const seen: string[] = [];
    let next: string | undefined = '';
    while (next !== undefined) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const { body } = await identity.call('GET', `/api/v1/users?limit=2${cursor}`, { token });
      const page = body as { items: { username: string; phone?: string; name: string }[]; next?: string };
      seen.push(...page.items.map(({ username }) => username));
      for (const item of page.items) expect(item.name).to.equal('王*');
      next = page.next;
    }
    expect(seen).to.include.members(['page.a', 'page.b', 'page.c', 'other.admin']);
    expect(new Set(seen).size).to.equal(seen.length);
    const me = await identity.call('GET', '/api/v1/users/current', { token });
    expect(me.body).to.include({ username: 'other.admin', phone: '138****8000', tenantId: other });
  });

  it('PLA-03 refuses a taken name, also to another tenant, a weak password, and a role that is not theirs to give', async () => {
    const token = houseAdmin.accessToken;
    expect((await staff('Other.Admin', house, ['sales_clerk'], token)).code).to.equal('identity.username-taken');
    expect((await staff('climber.one', house, ['platform_admin'], token)).code).to.equal('identity.role-not-yours');
    const weak = (password: string) =>
      post(
        '/api/v1/users',
        { username: 'weak.one', password, name: '甲', roles: ['sales_clerk'], tenantId: house },
        { token },
      );
    expect((await weak('short')).code).to.equal('identity.password-too-short');
    expect((await weak('password1234')).code).to.equal('identity.password-too-common');
    expect((await weak(PASSWORD)).status).to.equal(201);
  });

  it('PLA-32 adds one person for a request that is repeated; of two requests for one name, one wins', async () => {
    const idempotencyKey = key();
    const body = { username: 'twice.one', password: PASSWORD, name: '乙', roles: ['sales_clerk'], tenantId: house };
    const repeated = await Promise.all(
      Array.from({ length: 4 }, () => post('/api/v1/users', body, { idempotencyKey })),
    );
    expect(new Set(repeated.map(idOf)).size).to.equal(1);
    const raced = await Promise.all(
      Array.from({ length: 6 }, () => post('/api/v1/users', { ...body, username: 'raced.name' })),
    );
    expect(raced.map(({ status }) => status).sort()).to.deep.equal([201, 409, 409, 409, 409, 409]);
    const other = await post('/api/v1/users', { ...body, password: 'quite another one' }, { idempotencyKey });
    expect(other.code).to.equal('platform.idempotency-key-reused');
    expect(JSON.stringify(await identity.stored('users'))).not.to.include(PASSWORD);
  });

  it('PLA-34 edits with the edition that was read: once, twice the same, and never over another’s', async () => {
    const id = idOf(await staff('edited.one', house, ['sales_clerk']));
    const path = `/api/v1/users/${id}`;
    const token = houseAdmin.accessToken;
    const read = await identity.call('GET', path, { token });
    const ifMatch = read.headers.get('etag') ?? '';
    const edit = (roles: readonly string[]) => identity.call('PATCH', path, { token, ifMatch, body: { roles } });
    expect((await identity.call('PATCH', path, { token, body: { roles: ['manager'] } })).status).to.equal(428);
    expect((await edit(['manager'])).status).to.equal(200);
    expect((await edit(['manager'])).status).to.equal(200);
    expect((await edit(['reviewer'])).status).to.equal(412);
    const tenantPath = `/api/v1/tenants/${house}`;
    const tenantTag = (await identity.call('GET', tenantPath, { token })).headers.get('etag') ?? '';
    const renamed = await identity.call('PATCH', tenantPath, {
      token,
      ifMatch: tenantTag,
      body: { smsSignature: '云台' },
    });
    expect(renamed.body).to.include({ smsSignature: '云台' });
    expect(
      (await identity.call('PATCH', tenantPath, { token, ifMatch: tenantTag, body: { smsSignature: '另签' } })).status,
    ).to.equal(412);
  });

  it('PLA-04 nobody changes their own roles or resets their own password', async () => {
    const token = houseAdmin.accessToken;
    const body = { roles: ['tenant_admin', 'finance_manager'] };
    expect(
      (await identity.call('PATCH', `/api/v1/users/${houseAdmin.user.id}`, { token, ifMatch: '"v1"', body })).code,
    ).to.equal('identity.not-yourself');
    const reset = await post(
      `/api/v1/users/${houseAdmin.user.id}/password`,
      { newPassword: 'another long one' },
      { token },
    );
    expect(reset.code).to.equal('identity.not-yourself');
  });

  it('PLA-11 reveals plain values to whoever may and says why; PLA-21 the journal has it, with the purpose', async () => {
    const id = idOf(await staff('revealed.one', house, ['sales_clerk']));
    const reveal = { fields: ['phone', 'name', 'email'], purpose: 'shift change tonight' };
    const revealed = await post(`/api/v1/users/${id}/reveal`, reveal, { token: houseAdmin.accessToken });
    expect(revealed.body).to.deep.equal({ phone: '13800138000', name: '王小明' });
    expect((await post(`/api/v1/users/${id}/reveal`, reveal)).status).to.equal(403);
    expect(
      (await post(`/api/v1/users/${id}/reveal`, { fields: ['phone'] }, { token: houseAdmin.accessToken })).status,
    ).to.equal(400);
    const stored = (await identity.stored('users')).find((document) => document['_id'] === id);
    const entries = (
      stored?.['journal'] as { type: string; by: string; address: string; data: { purpose?: string } }[]
    ).filter(({ type }) => type === 'PersonalDataRevealed');
    expect(entries).to.have.length(1);
    expect(entries[0]).to.deep.include({
      by: houseAdmin.user.id,
      data: { fields: reveal.fields, purpose: reveal.purpose },
    });
    expect(JSON.stringify(stored)).not.to.include('13800138000').and.not.include('王小明');
  });

  it('PLA-05 an administrator gives a lost password anew, and the old sessions are over', async () => {
    const id = idOf(await staff('forgetful.one', house, ['sales_clerk']));
    const session = await identity.signIn({ username: 'forgetful.one', password: PASSWORD });
    const newPassword = 'seven grey herons';
    expect(
      (await post(`/api/v1/users/${id}/password`, { newPassword }, { token: houseAdmin.accessToken })).status,
    ).to.equal(204);
    const refreshed = await identity.call('POST', '/api/v1/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    });
    expect(refreshed.code).to.equal('identity.session-over');
    await identity.signIn({ username: 'forgetful.one', password: newPassword });
  });

  it('PLA-01 renames sites and gates', async () => {
    const token = houseAdmin.accessToken;
    const siteId = idOf(await post(`/api/v1/tenants/${house}/sites`, { name: name('后山') }, { token }));
    const gateId = idOf(await post(`/api/v1/sites/${siteId}/gates`, { name: name('后门') }, { token }));
    const tag = async () =>
      (await identity.call('GET', `/api/v1/tenants/${house}`, { token })).headers.get('etag') ?? '';
    const rename = async (path: string) =>
      identity.call('PATCH', path, { token, ifMatch: await tag(), body: { name: name('新名') } });
    expect((await rename(`/api/v1/sites/${siteId}`)).status).to.equal(200);
    expect((await rename(`/api/v1/sites/${siteId}/gates/${gateId}`)).status).to.equal(200);
    const tenant = (await identity.call('GET', `/api/v1/tenants/${house}`, { token })).body as {
      sites: { id: string; name: { zh: string }; gates: { name: { zh: string } }[] }[];
    };
    const site = tenant.sites.find(({ id }) => id === siteId);
    expect([site?.name.zh, site?.gates[0]?.name.zh]).to.deep.equal(['新名', '新名']);
  });

  it('SAL-43 a site says how many people it carries, and everybody is told', async () => {
    const token = houseAdmin.accessToken;
    const capacity = { dayMax: 20_000, insideMax: 5_000, lightPercents: [70, 85, 95] };
    const siteId = idOf(await post(`/api/v1/tenants/${house}/sites`, { name: name('南门'), capacity }, { token }));
    const told = (): unknown =>
      identity.told.tenants.findLast(({ tenantId }) => tenantId === house)?.sites.find(({ id }) => id === siteId)
        ?.capacity;
    await eventually('the limits', () => JSON.stringify(told()) === JSON.stringify(capacity));
    const change = async (wish: unknown) => {
      const seen = await identity.call('GET', `/api/v1/tenants/${house}`, { token });
      const ifMatch = seen.headers.get('etag') ?? '';
      return identity.call('PATCH', `/api/v1/sites/${siteId}`, { token, ifMatch, body: { capacity: wish } });
    };
    expect((await change({ lightPercents: [90, 80, 95] })).status).to.equal(400);
    expect((await change({ insideMax: 0 })).status).to.equal(400);
    expect((await change({ insideMax: 6_000 })).body).to.deep.include({ capacity: { insideMax: 6_000 } });
    await eventually('the new limit', () => JSON.stringify(told()) === JSON.stringify({ insideMax: 6_000 }));
  });
});
