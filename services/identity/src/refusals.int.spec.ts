// Refusals that a caller can meet and no other spec provokes: each has its code and its words in both languages, and leaves nothing behind.
import { expect } from 'chai';
import {
  ADMIN_PASSWORD,
  identityUnderTest,
  type CallOptions,
  type IdentityUnderTest,
  type Session,
} from './identity.fixture.ts';

const PASSWORD = 'eleven blue lanterns';
const NOBODY = 'ten_0nobodyhasthisone00';
const SESSIONS = '/api/v1/auth/sessions';

describe('PLA-31 refusals of identity', function () {
  this.timeout(60_000);
  let identity: IdentityUnderTest;
  let admin: Session;
  let suspended = '';

  before(async () => {
    identity = await identityUnderTest();
    await identity.start();
    admin = await identity.admin();
    const token = admin.accessToken;
    const name = { zh: '云台山', en: 'Yuntai' };
    const contact = { hotline: '0391-7709300' };
    const body = { kind: 'scenic', name, contact, smsSignature: '云台山' };
    const { id } = (await identity.call('POST', '/api/v1/tenants', { token, body })).body as { id: string };
    suspended = id;
    const ifMatch = (await identity.call('GET', `/api/v1/tenants/${id}`, { token })).headers.get('etag') ?? '';
    const change = { token, ifMatch, body: { status: 'suspended' } };
    expect((await identity.call('PATCH', `/api/v1/tenants/${id}`, change)).status).to.equal(200);
  });
  after(() => identity.stop());

  const wordsOf = (body: unknown): string => {
    const { title, detail } = body as { title: string; detail: string };
    return `${title} ${detail}`;
  };
  async function expectRefused(path: string, options: CallOptions, status: number, code: string): Promise<void> {
    const reply = async (language: 'zh-CN' | 'en') => {
      const answer = await identity.call('POST', path, { token: admin.accessToken, ...options, language });
      expect([answer.status, answer.code], JSON.stringify(answer.body)).to.deep.equal([status, code]);
      return wordsOf(answer.body);
    };
    expect(await reply('zh-CN')).to.match(/[一-鿿]/);
    expect(await reply('en'))
      .to.match(/[a-z]{3}/)
      .and.not.match(/[一-鿿]/);
  }
  const staff = (username: string, tenantId: string) => ({
    ...{ username, password: PASSWORD, name: '王小明', phone: '13800138000', roles: ['sales_clerk'], tenantId },
  });

  for (const [which, tenantId] of [
    ['that nobody founded', () => NOBODY],
    ['that is suspended', () => suspended],
  ] as const) {
    it(`PLA-01 nobody joins a tenant ${which}, and no machine gets a key of it`, async () => {
      const [users, names, rings] = ['users', 'usernames', 'key_rings'] as const;
      const traces = async (): Promise<readonly number[]> =>
        Promise.all([users, names, rings].map(async (collection) => (await identity.stored(collection)).length));
      const before = await traces();
      const apiKey = { kind: 'ota', subject: 'ota_partner', tenantId: tenantId(), label: 'x' };
      for (const [path, body] of [
        ['/api/v1/users', staff('joins.nobody', tenantId())],
        ['/api/v1/api-keys', apiKey],
      ] as const)
        await expectRefused(path, { body }, 422, 'identity.unknown-tenant');
      expect(await traces()).to.deep.equal(before);
    });
  }

  it('PLA-05 too many at one account: those further back are told to come again, and have not failed', async () => {
    const body = { username: 'crowd.one', password: PASSWORD };
    await identity.call('POST', '/api/v1/users', {
      token: admin.accessToken,
      body: { ...staff(body.username, 'platform'), roles: ['auditor'] },
    });
    const replies = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        identity.call('POST', SESSIONS, { body, language: index % 2 === 0 ? 'zh-CN' : 'en' }),
      ),
    );
    const busy = replies.filter(({ status }) => status === 503);
    expect(busy.length).to.be.within(1, 30);
    for (const { code, headers } of busy)
      expect([code, headers.get('retry-after')]).to.deep.equal(['identity.sign-ins-busy', '2']);
    const words = new Set(busy.map(({ body: problem }) => wordsOf(problem)));
    expect(words.size).to.equal(2);
    expect(replies.filter(({ status }) => status === 201)).to.have.length(80 - busy.length);
    await identity.signIn(body);
  });

  it('PLA-05 too many passwords at once: whoever is turned away has not failed, and is not locked out for it', async () => {
    // Every place of it is taken, all the time.
    const full = await identity.start({ passwords: { atOnce: 0, waitingMax: 0 } });
    const body = { username: 'admin', password: ADMIN_PASSWORD };
    const ofOneself = { currentPassword: ADMIN_PASSWORD };
    for (let tries = 0; tries < 2; tries += 1)
      for (const [path, asked] of [
        [SESSIONS, body],
        ['/api/v1/users/current/password', { ...ofOneself, newPassword: PASSWORD }],
        ['/api/v1/auth/totp', ofOneself],
        ['/api/v1/users', { ...staff('added.later', 'platform'), roles: ['auditor'] }],
      ] as const)
        await expectRefused(path, { body: asked, instance: full }, 503, 'identity.sign-ins-busy');
    await identity.signIn(body);
  });
});
