// Whom everybody trusts, and who tells them: keys, revocations, tenants, several instances, duplicates and crashes, on real servers.
import { createPublicKey, randomUUID } from 'node:crypto';
import { refreshTrust, republishTenants, republishTrust, type Envelope } from '@tongpiao/contracts';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import jwt from 'jsonwebtoken';
import { ADMIN_PASSWORD, identityUnderTest, key, type IdentityUnderTest, type Session } from './identity.fixture.ts';

const name = (zh: string) => ({ zh, en: `${zh} (en)` });
const tenantBody = {
  kind: 'scenic',
  name: name('云台山'),
  contact: { hotline: '0391-7709300' },
  demo: true,
  smsSignature: '云台山',
};
const STAFF_PASSWORD = 'eleven blue lanterns';

function command(type: string, data: unknown, id: string = randomUUID()): { kind: 'command'; envelope: Envelope } {
  const envelope: Envelope = {
    specversion: '1.0',
    id,
    type,
    source: 'witness',
    subject: 'trust',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    tenantid: 'platform',
    correlationid: id,
    causationid: id,
    sequence: 0,
    data,
  };
  return { kind: 'command', envelope };
}

describe('identity: two instances at the first start', () => {
  let identity: IdentityUnderTest;

  before(async () => {
    identity = await identityUnderTest();
    await Promise.all([
      identity.start({ settings: { SERVICE_INSTANCE: 'i1' } }),
      identity.start({ settings: { SERVICE_INSTANCE: 'i2' } }),
    ]);
  });
  after(async () => identity.stop());

  it('PLA-06 end with one signing key and one administrator', async () => {
    const [document] = await identity.stored('signing_keys');
    expect((document?.['state'] as { keys: unknown[] }).keys).to.have.length(1);
    expect(await identity.stored('users')).to.have.length(1);
    const keys = await Promise.all(
      identity.instances.map((instance) => identity.call('GET', '/.well-known/jwks.json', { instance })),
    );
    expect(keys[0]?.body).to.deep.equal(keys[1]?.body);
  });

  it('PLA-06 verify each other’s tokens, and know of each other’s revocations within 5 s', async () => {
    const [one, two] = identity.instances;
    if (one === undefined || two === undefined) throw new Error('two instances');
    const body = { username: 'admin', password: ADMIN_PASSWORD };
    const session = (await identity.call('POST', '/api/v1/auth/sessions', { body, instance: one })).body as Session;
    const asked = () => identity.call('GET', '/api/v1/users/current', { token: session.accessToken, instance: two });
    await eventually('the other instance knows the key', async () => (await asked()).status === 200);
    expect(
      (await identity.call('DELETE', '/api/v1/auth/sessions/current', { token: session.accessToken, instance: one }))
        .status,
    ).to.equal(204);
    await eventually('the other instance refuses', async () => (await asked()).status === 401, { withinMs: 5_000 });
  });

  it('PLA-06 both beat, and the revision only grows', async () => {
    const before = await eventually('a revision', () => identity.witness.revision);
    const admin = await identity.admin();
    await identity.call('DELETE', '/api/v1/auth/sessions/current', { token: admin.accessToken });
    await eventually('a higher revision', () => (identity.witness.revision ?? 0) > before);
  });
});

describe('identity: trust', () => {
  let identity: IdentityUnderTest;
  let admin: Session;
  let tenantId = '';
  let gateId = '';

  before(async () => {
    identity = await identityUnderTest();
    await identity.start({ rotation: { useForMs: 60_000, publishAheadMs: 1_500, keepAfterMs: 1_200_000 } });
    admin = await identity.admin();
    const post = async (path: string, body: unknown): Promise<string> => {
      const reply = await identity.call('POST', path, { token: admin.accessToken, body });
      expect(reply.status, JSON.stringify(reply.body)).to.equal(201);
      return (reply.body as { id: string }).id;
    };
    tenantId = await post('/api/v1/tenants', tenantBody);
    const siteId = await post(`/api/v1/tenants/${tenantId}/sites`, { name: name('主景区') });
    gateId = await post(`/api/v1/sites/${siteId}/gates`, { name: name('一号闸机') });
    await eventually('the witness is fresh', () => identity.witness.isFresh());
  });
  after(async () => identity.stop());

  const issue = (idempotencyKey = key()) =>
    identity.call('POST', '/api/v1/api-keys', {
      token: admin.accessToken,
      idempotencyKey,
      body: { kind: 'gate', subject: gateId, tenantId, label: 'gate 1' },
    });
  const revoke = (id: string, idempotencyKey = key()) =>
    identity.call('POST', `/api/v1/api-keys/${id}/revocation`, {
      token: admin.accessToken,
      idempotencyKey,
      body: { reason: 'lost on the way' },
    });
  const opens = (apiKey: string): boolean => {
    try {
      return identity.witness.verifyApiKey(apiKey).subject === gateId;
    } catch {
      return false;
    }
  };

  it('PLA-05 issues API keys that open within a moment, two at a time, rotated and revoked within 5 s', async () => {
    const first = (await issue()).body as { id: string; apiKey: string };
    await eventually('the first key opens', () => opens(first.apiKey));
    const second = (await issue()).body as { id: string; apiKey: string };
    await eventually('both keys open', () => opens(first.apiKey) && opens(second.apiKey));
    const third = await issue();
    expect([third.status, third.code]).to.deep.equal([409, 'identity.two-keys-already']);
    expect((await revoke(first.id)).status).to.equal(204);
    await eventually('the first key is refused', () => !opens(first.apiKey), { withinMs: 5_000 });
    expect(opens(second.apiKey)).to.equal(true);
    expect((await revoke(first.id)).status).to.equal(204);
    expect((await revoke(second.id)).status).to.equal(204);
    await eventually('the second key is refused', () => !opens(second.apiKey), { withinMs: 5_000 });
  });

  it('PLA-05 stores and lists no secret; PLA-32 answers a repeated request with the same key', async () => {
    const idempotencyKey = key();
    const [one, two] = [await issue(idempotencyKey), await issue(idempotencyKey)];
    expect(one.body).to.deep.equal(two.body);
    const { id, apiKey } = one.body as { id: string; apiKey: string };
    const secret = apiKey.slice(apiKey.lastIndexOf('_') + 1);
    expect(secret).to.match(/^[0-9a-z]{52}$/);
    expect(JSON.stringify(await identity.stored('key_rings')))
      .to.include(id)
      .and.not.include(secret);
    const listed = await identity.call('GET', `/api/v1/api-keys?tenantId=${tenantId}`, { token: admin.accessToken });
    expect(JSON.stringify(listed.body)).to.include(id).and.not.include(secret);
    const other = await identity.call('POST', '/api/v1/api-keys', {
      token: admin.accessToken,
      idempotencyKey,
      body: { kind: 'gate', subject: gateId, tenantId, label: 'another label' },
    });
    expect(other.code).to.equal('platform.idempotency-key-reused');
    await revoke(id);
  });

  it('PLA-05 issues no key for a gate that the tenant does not have', async () => {
    const body = { kind: 'gate', subject: 'gat_elsewhere', tenantId, label: 'x' };
    const reply = await identity.call('POST', '/api/v1/api-keys', { token: admin.accessToken, body });
    expect([reply.status, reply.code]).to.deep.equal([422, 'identity.unknown-gate']);
  });

  it('PLA-01 a suspended tenant’s keys open nothing and its people do not sign in, until it is active again', async () => {
    const { id, apiKey } = (await issue()).body as { id: string; apiKey: string };
    const staff = { username: 'suspended.one', password: STAFF_PASSWORD };
    await identity.call('POST', '/api/v1/users', {
      token: admin.accessToken,
      body: { ...staff, name: '王小明', roles: ['sales_clerk'], tenantId },
    });
    const session = await identity.signIn(staff);
    await eventually('the key opens', () => opens(apiKey));
    const change = async (status: string) => {
      const path = `/api/v1/tenants/${tenantId}`;
      const ifMatch = (await identity.call('GET', path, { token: admin.accessToken })).headers.get('etag') ?? '';
      expect(
        (await identity.call('PATCH', path, { token: admin.accessToken, ifMatch, body: { status } })).status,
      ).to.equal(200);
    };
    await change('suspended');
    await eventually('the key is refused', () => !opens(apiKey), { withinMs: 5_000 });
    expect((await identity.call('POST', '/api/v1/auth/sessions', { body: staff })).code).to.equal(
      'identity.sign-in-refused',
    );
    const refreshed = await identity.call('POST', '/api/v1/auth/refresh', {
      body: { refreshToken: session.refreshToken },
    });
    expect(refreshed.code).to.equal('identity.session-over');
    await change('active');
    await eventually('the key opens again', () => opens(apiKey));
    await identity.signIn(staff);
    await revoke(id);
  });

  it('PLA-06 publishes the next key before it signs, and lets nobody out when it does', async () => {
    const kidOf = (token: string): string => jwt.decode(token, { complete: true })?.header.kid ?? '';
    const jwks = async (): Promise<readonly { kid: string; kty: string; crv: string; x: string; y: string }[]> =>
      (
        (await identity.call('GET', '/.well-known/jwks.json')).body as {
          keys: { kid: string; kty: string; crv: string; x: string; y: string }[];
        }
      ).keys;
    const before = await identity.admin();
    const rotated = await identity.call('POST', '/api/v1/auth/signing-keys', {
      token: admin.accessToken,
      body: { compromised: false },
    });
    expect(rotated.status).to.equal(201);
    const published = await jwks();
    expect(published).to.have.length(2);
    expect(kidOf((await identity.admin()).accessToken)).to.equal(kidOf(before.accessToken));
    const after = await eventually('the next key signs', async () => {
      const session = await identity.admin();
      return kidOf(session.accessToken) !== kidOf(before.accessToken) && session;
    });
    expect(published.map(({ kid }) => kid)).to.include(kidOf(after.accessToken));
    expect(identity.witness.verifyToken(before.accessToken).id).to.equal(before.user.id);
    expect(identity.witness.verifyToken(after.accessToken).id).to.equal(before.user.id);
    const jwk = published.find(({ kid }) => kid === kidOf(after.accessToken));
    if (jwk === undefined) throw new Error('the key is not published');
    const { kty, crv, x, y } = jwk;
    const publicKey = createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
    expect(
      jwt.verify(after.accessToken, publicKey, { algorithms: ['ES256'], issuer: 'tongpiao', audience: 'tongpiao-api' }),
    ).to.include({
      sub: admin.user.id,
    });
  });

  it('PLA-06 after a leak the old keys are worthless at once, and people refresh', async () => {
    const body = { username: 'admin', password: ADMIN_PASSWORD };
    const session = (await identity.call('POST', '/api/v1/auth/sessions', { body })).body as Session;
    const rotated = await identity.call('POST', '/api/v1/auth/signing-keys', {
      token: session.accessToken,
      body: { compromised: true },
    });
    expect(rotated.status).to.equal(201);
    await eventually('the witness refuses the old key', () => {
      try {
        identity.witness.verifyToken(session.accessToken);
        return false;
      } catch {
        return true;
      }
    });
    const refreshed = (
      await identity.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: session.refreshToken } })
    ).body as Session;
    await eventually(
      'the witness knows the new key',
      () => identity.witness.verifyToken(refreshed.accessToken).id === admin.user.id,
    );
    admin = await identity.admin();
  });

  it('PLA-10 stores no private key and no password in the clear', async () => {
    const stored = JSON.stringify([
      await identity.stored('signing_keys'),
      await identity.stored('users'),
      await identity.stored('usernames'),
    ]);
    expect(stored).not.to.include('PRIVATE KEY').and.not.include('argon2').and.not.include(ADMIN_PASSWORD);
  });

  it('PLA-41 a change that is told twice, or a hundred times at once, is one truth', async () => {
    const family = { id: 'fam_00witness', until: new Date(Date.now() + 60_000).toISOString() };
    const messages = Array.from({ length: 100 }, () =>
      command(refreshTrust.type, { revokedFamily: family }, 'fam_00witness:2:0'),
    );
    await Promise.all(messages.map((message) => identity.broker.publisher.publish(message)));
    const found = await settled(
      'revocations',
      async () => (await identity.stored('revocations')).filter(({ id }) => id === family.id).length,
    );
    expect(found).to.equal(1);
  });

  it('PLA-06 answers whoever asks for trust or for the tenants, and ends the tenants with their number', async () => {
    const { queue } = await identity.broker.broadcast({
      name: 'other',
      definitions: [],
      handle: async () => Promise.resolve(),
    });
    await identity.broker.publisher.publish(command(republishTrust.type, { replyQueue: 'there.is.no.such.queue' }));
    await identity.broker.publisher.publish(command(republishTenants.type, { replyQueue: 'there.is.no.such.queue' }));
    identity.told.tenants.splice(0);
    identity.told.count = undefined;
    const tenantsQueue = queue.replace('.other.', '.tenants.');
    await identity.broker.publisher.publish(command(republishTenants.type, { replyQueue: tenantsQueue }));
    expect(await eventually('the end', () => identity.told.count)).to.equal(1);
    expect(identity.told.tenants.map((tenant) => tenant.sites[0]?.gates[0]?.id)).to.deep.equal([gateId]);
  });

  it('PLA-06 is not trusted any longer than five seconds after it has gone silent', async () => {
    const { accessToken } = await identity.admin();
    const [instance] = identity.instances;
    await instance?.stop();
    await eventually('the witness refuses to judge', () => !identity.witness.isFresh(), { withinMs: 8_000 });
    expect(() => identity.witness.verifyToken(accessToken)).to.throw('Nothing was heard');
    identity.instances.splice(0);
  });
});

describe('identity: a revocation that its instance did not live to tell', () => {
  let identity: IdentityUnderTest;
  let dies = false;

  before(async () => {
    identity = await identityUnderTest();
    await identity.start({
      faults: {
        at(point, { collection }) {
          if (dies && point === 'afterCommit' && collection === 'sessions') throw new Error('the process dies here');
        },
      },
    });
  });
  after(async () => identity.stop());

  it('PLA-41 is told by the sweeper', async () => {
    const admin = await identity.admin();
    await eventually(
      'the witness trusts',
      () => identity.witness.isFresh() && identity.witness.verifyToken(admin.accessToken),
    );
    dies = true;
    expect(
      (await identity.call('DELETE', '/api/v1/auth/sessions/current', { token: admin.accessToken })).status,
    ).to.equal(500);
    dies = false;
    await eventually('the witness refuses', () => {
      try {
        identity.witness.verifyToken(admin.accessToken);
        return false;
      } catch {
        return true;
      }
    });
  });
});
