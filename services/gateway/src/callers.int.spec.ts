import { eventually, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import {
  ask,
  FakeIdentity,
  fakeUpstream,
  post,
  startGateway,
  strangersKey,
  untilTrusted,
  wireTo,
  type FakeUpstream,
  type TestGateway,
} from './gateway.fixture.ts';

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('gateway: who asks, and how often', () => {
  const servers = testServers();
  let upstream: FakeUpstream;
  let identity: FakeIdentity;
  let gateway: TestGateway;

  before(async () => {
    upstream = await fakeUpstream();
    identity = await FakeIdentity.open(servers);
    gateway = await startGateway(
      upstream.url,
      {
        LIMIT_USER_WRITES: '5/60',
        LIMIT_CLIENT: '4/60',
        LIMIT_GUEST_WRITES: '6/60',
        LIMIT_SIGN_IN: '3/60',
        LIMIT_REFUSALS: '40/60',
      },
      { servers },
    );
    identity.beat();
    await untilTrusted(gateway, identity);
  });
  after(async () => {
    await gateway.running.stop();
    await identity.stop();
    await upstream.kill();
  });

  it('PLA-50 is ready when broker, trust and upstreams are there, and says so of each', async () => {
    const { status, json } = await ask(gateway.url, '/health/ready');
    expect(status).to.equal(200);
    expect(json['status']).to.equal('up');
    expect(json['parts']).to.deep.include({ name: 'sales', state: 'up' });
  });

  it('PLA-06 passes signed tokens, API keys and opaque tokens on as they are', async () => {
    const token = identity.token({ sub: 'usr_passes' });
    const { json } = await ask(gateway.url, '/api/v1/products', { headers: bearer(token) });
    expect(json['headers']).to.include(bearer(token));
    const opaque = await ask(gateway.url, '/api/v1/orders/ord_1', {
      headers: bearer('tpo_some.opaque_token-0123456789'),
    });
    expect(opaque.status).to.equal(200);
    const key = identity.addApiKey('key_1', 'a_secret_with_underscores');
    await identity.publish();
    await eventually('the key to be known', async () => {
      const answer = await ask(gateway.url, '/api/v1/gates/gat_1/manifest', { headers: { 'x-api-key': key } });
      return answer.status === 200 && answer.headers['ratelimit']?.toString().startsWith('"client"');
    });
  });

  for (const [language, expired, forged] of [
    ['zh-CN', '登录已过期', '需要登录'],
    ['en', 'The sign-in has expired', 'Sign-in is needed'],
  ] as const) {
    it(`PLA-31 refuses expired and forged tokens in ${language}`, async () => {
      const before = upstream.seen.length;
      const old = await ask(gateway.url, '/api/v1/users', {
        headers: { ...bearer(identity.token({ ageSeconds: 700 })), 'accept-language': language },
      });
      expect(old.status).to.equal(401);
      expect(old.json).to.include({ code: 'platform.token-expired', title: expired });
      expect(old.headers['www-authenticate']).to.include('Bearer');
      const none = bearer(`${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`);
      const headers = [
        bearer(identity.token({ key: strangersKey() })),
        none,
        { authorization: 'Basic YTpi' },
        { 'x-api-key': 'tpk_nobody_knows' },
        { ...bearer(identity.token()), 'x-api-key': 'tpk_two_kinds' },
      ];
      for (const each of headers) {
        const answer = await ask(gateway.url, '/api/v1/users', { headers: { ...each, 'accept-language': language } });
        expect(answer.status).to.equal(401);
        expect(answer.json).to.include({ code: 'platform.unauthenticated', title: forged });
        expect(answer.json['traceId']).to.match(/^[0-9a-f]{32}$/);
      }
      expect(upstream.seen.length).to.equal(before);
    });
  }

  it('PLA-06 refuses a token whose session was ended', async () => {
    const token = identity.token({ fam: 'fam_ended' });
    expect((await ask(gateway.url, '/api/v1/users', { headers: bearer(token) })).status).to.equal(200);
    await identity.publish({
      revokedFamilies: [{ id: 'fam_ended', until: new Date(Date.now() + 900_000).toISOString() }],
    });
    await eventually(
      'the refusal',
      async () => (await ask(gateway.url, '/api/v1/users', { headers: bearer(token) })).status === 401,
    );
  });

  it('PLA-35 limits each user alone and says how much is left', async () => {
    const mine = bearer(identity.token({ sub: 'usr_busy' }));
    const first = await post(gateway.url, '/api/v1/orders', {}, mine);
    expect(first.headers['ratelimit-policy']).to.equal('"user-writes";q=5;w=60, "address";q=6000;w=60');
    expect(first.headers['ratelimit']).to.match(/^"user-writes";r=4;t=\d+, "address";r=\d+;t=\d+$/);
    for (let count = 2; count <= 5; count += 1)
      expect((await post(gateway.url, '/api/v1/orders', {}, mine)).status).to.equal(200);
    const refused = await post(gateway.url, '/api/v1/orders', {}, { ...mine, 'accept-language': 'en' });
    expect(refused.status).to.equal(429);
    expect(refused.json).to.include({ code: 'platform.rate-limited', title: 'Too many requests' });
    expect(refused.headers['ratelimit']).to.match(/^"user-writes";r=0;t=\d+$/);
    expect(Number(refused.headers['retry-after'])).to.be.within(1, 120);
    expect((await ask(gateway.url, '/api/v1/orders', { headers: mine })).status, 'reads are counted apart').to.equal(
      200,
    );
    const other = bearer(identity.token({ sub: 'usr_other' }));
    expect((await post(gateway.url, '/api/v1/orders', {}, other)).status).to.equal(200);
  });

  it('PLA-35 limits each API key and each address', async () => {
    const key = identity.addApiKey('key_2', 'secret');
    await identity.publish();
    await eventually('the key to be used up', async () => {
      const answer = await ask(gateway.url, '/api/v1/check-ins', { headers: { 'x-api-key': key } });
      return answer.status === 429;
    });
    const statuses: number[] = [];
    for (let count = 0; count < 7; count += 1) statuses.push((await post(gateway.url, '/api/v1/quotes')).status);
    expect(statuses).to.deep.equal([200, 200, 200, 200, 200, 200, 429]);
  });

  it('PLA-35 counts attempts to sign in over all gateways together', async () => {
    const second = await startGateway(upstream.url, { LIMIT_SIGN_IN: '3/60' }, { servers });
    try {
      const urls = [gateway.url, second.url, gateway.url, second.url, gateway.url];
      const statuses: number[] = [];
      for (const url of urls) statuses.push((await post(url, '/api/v1/auth/sessions')).status);
      expect(statuses).to.deep.equal([200, 200, 200, 429, 429]);
    } finally {
      await second.running.stop();
    }
  });

  it('PLA-35 tells other gateways what was counted, a moment later', async () => {
    const second = await startGateway(upstream.url, { LIMIT_USER_WRITES: '5/60' }, { servers });
    identity.silence();
    identity.beat();
    try {
      await untilTrusted(second, identity);
      const mine = bearer(identity.token({ sub: 'usr_everywhere' }));
      for (let count = 0; count < 4; count += 1) await post(gateway.url, '/api/v1/orders', {}, mine);
      await post(second.url, '/api/v1/orders', {}, mine);
      await eventually(
        'the second gateway to know',
        async () => (await post(second.url, '/api/v1/orders', {}, mine)).status === 429,
      );
    } finally {
      await second.running.stop();
    }
  });

  it('PLA-35 stops looking at credentials of an address that sends worthless ones all the time', async () => {
    const lone = await startGateway(upstream.url, { LIMIT_REFUSALS: '3/60' }, { servers: testServers() });
    const own = await FakeIdentity.open(lone.servers);
    try {
      own.beat();
      await untilTrusted(lone, own);
      const statuses: number[] = [];
      for (let count = 0; count < 5; count += 1) {
        statuses.push((await ask(lone.url, '/api/v1/users', { headers: { 'x-api-key': 'tpk_guess_guess' } })).status);
      }
      expect(statuses).to.deep.equal([401, 401, 401, 429, 429]);
      expect((await ask(lone.url, '/api/v1/products')).status, 'guests at that address go on').to.equal(200);
    } finally {
      await lone.running.stop();
      await own.stop();
    }
  });

  it('PLA-35 goes on without Redis: limited by its own memory, ready, and sharing again when Redis is back', async () => {
    const lone = testServers();
    const wire = await wireTo(lone.redisUrl);
    const alone = await startGateway(
      upstream.url,
      { REDIS_URL: wire.url, LIMIT_GUEST_WRITES: '4/60', LIMIT_SIGN_IN: '2/60' },
      { servers: lone },
    );
    const part = async (): Promise<boolean> =>
      JSON.stringify((await ask(alone.url, '/health/ready')).json['parts']).includes('{"name":"redis","state":"up"}');
    try {
      await eventually('Redis', part);
      await wire.cut();
      await eventually('Redis to be away', async () => !(await part()));
      const writes: number[] = [];
      for (let count = 0; count < 5; count += 1) writes.push((await post(alone.url, '/api/v1/quotes')).status);
      expect(writes).to.deep.equal([200, 200, 200, 200, 429]);
      const attempts: number[] = [];
      for (let count = 0; count < 3; count += 1) attempts.push((await post(alone.url, '/api/v1/auth/sessions')).status);
      expect(attempts).to.deep.equal([200, 200, 429]);
      await wire.mend();
      await eventually('Redis to be back', part);
      expect((await post(alone.url, '/api/v1/quotes')).status).to.equal(429);
    } finally {
      await alone.running.stop();
      await wire.stop().catch(() => undefined);
    }
  });

  it('PLA-35 lifts limits for load tests', async () => {
    const free = await startGateway(upstream.url, { LIMITS: 'off', LIMIT_GUEST_WRITES: '1/60' }, { servers });
    try {
      for (let count = 0; count < 3; count += 1) {
        const answer = await post(free.url, '/api/v1/quotes');
        expect(answer.status).to.equal(200);
        expect(answer.headers).not.to.have.property('ratelimit');
      }
    } finally {
      await free.running.stop();
    }
  });

  it('PLA-06 refuses to judge when identity was silent for too long; guests pass', async () => {
    identity.silence();
    const token = identity.token({ sub: 'usr_waits' });
    const refused = await eventually(
      'trust to be stale',
      async () => {
        const answer = await ask(gateway.url, '/api/v1/users', { headers: bearer(token) });
        return answer.status === 503 && answer;
      },
      { withinMs: 12_000, everyMs: 250 },
    );
    expect(refused.json).to.include({ code: 'platform.trust-stale' });
    expect(refused.headers['retry-after']).to.equal('1');
    expect((await ask(gateway.url, '/api/v1/products')).status).to.equal(200);
    const ready = await ask(gateway.url, '/health/ready');
    expect(ready.status).to.equal(200);
    expect(ready.json['parts']).to.deep.include({ name: 'trust', state: 'degraded' });
    identity.beat();
    await eventually(
      'trust to be back',
      async () => (await ask(gateway.url, '/api/v1/users', { headers: bearer(token) })).status === 200,
    );
  });
});
