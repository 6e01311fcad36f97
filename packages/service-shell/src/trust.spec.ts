import { createHmac, generateKeyPairSync } from 'node:crypto';
import { republishTrust, trustBeat, trustPublished, type Envelope } from '@tongpiao/contracts';
import { DomainError } from '@tongpiao/kernel';
import type { Broker } from '@tongpiao/messaging';
import { expect } from 'chai';
import { silentLogger, trialTrust } from './trial.ts';
import { TrustStore, type TrustBroker } from './trust.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return 'accepted';
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('tokens', () => {
  let nowMs: number;
  let trust: ReturnType<typeof trialTrust>;
  beforeEach(() => {
    nowMs = Date.parse('2026-12-01T10:00:00Z');
    trust = trialTrust({ now: () => nowMs, steadyNow: () => nowMs });
  });
  afterEach(() => {
    trust.stop();
  });
  const verify = (token: string): string => codeOf(() => trust.store.verifyToken(token));

  it('PLA-06 a good one says who it is, with the permissions of the roles', () => {
    const principal = trust.store.verifyToken(
      trust.token({ sub: 'usr_1', tid: 'ten_1', roles: ['sales_clerk'], fam: 'fam_1' }),
    );
    expect(principal).to.include({ type: 'user', id: 'usr_1', tenantId: 'ten_1', familyId: 'fam_1' });
    expect(principal.permissions.has('sales:payments:cash')).to.equal(true);
    expect(principal.permissions.has('identity:users:create')).to.equal(false);
  });

  it('PLA-06 an expired one is refused as expired, the second time as well', () => {
    const token = trust.token({ livesSeconds: 60 });
    expect(verify(token)).to.equal('accepted');
    nowMs += 66_000;
    trust.beat();
    expect(verify(token)).to.equal('platform.token-expired');
    expect(verify(trust.token({ issuedIn: -900, livesSeconds: 600 }))).to.equal('platform.token-expired');
  });

  const strangers = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const forged: Record<string, () => string> = {
    'signed by another key': () => trust.token({ key: strangers }),
    'of an unknown kid': () => trust.token({ kid: 'unheard-of' }),
    'with alg none': () => {
      const [, claims = ''] = trust.token().split('.');
      return `${part({ alg: 'none', typ: 'JWT', kid: trust.kid })}.${claims}.`;
    },
    'with HS256 keyed by the public key': () => {
      const [, claims = ''] = trust.token().split('.');
      const head = `${part({ alg: 'HS256', typ: 'JWT', kid: trust.kid })}.${claims}`;
      const publicKey = trust.publication().keys[0]?.publicKeyPem ?? '';
      return `${head}.${createHmac('sha256', publicKey).update(head).digest('base64url')}`;
    },
    'with one bit changed': () => {
      const [head = '', claims = '', signature = ''] = trust.token({ roles: ['traveller'] }).split('.');
      const raised = claims.replace(/.{4}$/, (end) => (end === 'AAAA' ? 'BBBB' : 'AAAA'));
      return `${head}.${raised}.${signature}`;
    },
    'for another audience': () => trust.token({ claims: { aud: 'elsewhere' } }),
    'of another issuer': () => trust.token({ claims: { iss: 'elsewhere' } }),
    'that is no access token': () => trust.token({ claims: { typ: 'refresh' } }),
    'without a tenant': () => trust.token({ claims: { tid: undefined } }),
    'that lives longer than 15 minutes': () => trust.token({ livesSeconds: 901 }),
    'from the future': () => trust.token({ issuedIn: 60 }),
    'that is no token': () => 'eyJ.not.a-token',
    'of enormous length': () => `${trust.token()}${'x'.repeat(10_000)}`,
  };
  for (const [what, make] of Object.entries(forged)) {
    it(`PLA-06 refuses one ${what}`, () => expect(verify(make())).to.equal('platform.unauthenticated'));
  }

  it('PLA-06 a revoked family is refused at once, though its token was seen before', () => {
    const token = trust.token({ fam: 'fam_7' });
    expect(verify(token)).to.equal('accepted');
    trust.change({ revokedFamilies: [{ id: 'fam_7', until: '2026-12-01T10:15:00Z' }] });
    expect(verify(token)).to.equal('platform.unauthenticated');
    expect(verify(trust.token({ fam: 'fam_8' }))).to.equal('accepted');
  });

  it('PLA-06 a signed-out user’s older tokens are refused, later ones are not', () => {
    const token = trust.token({ sub: 'usr_7' });
    expect(verify(token)).to.equal('accepted');
    trust.change({ revokedUsers: [{ id: 'usr_7', at: new Date(nowMs).toISOString() }] });
    expect(verify(token)).to.equal('platform.unauthenticated');
    nowMs += 1_000;
    expect(verify(trust.token({ sub: 'usr_7' }))).to.equal('accepted');
  });

  it('PLA-06 a key that was taken back, or is past its time, opens nothing any more', () => {
    const token = trust.token();
    expect(verify(token)).to.equal('accepted');
    const [key] = trust.publication().keys;
    if (key === undefined) throw new Error('no key');
    trust.change({ keys: [{ ...key, notAfter: new Date(nowMs - 1_000).toISOString() }] });
    expect(verify(token)).to.equal('platform.unauthenticated');
    trust.change({ keys: [] });
    expect(verify(token)).to.equal('platform.unauthenticated');
  });

  it('PLA-06 nobody is judged by a trust that is not loaded, or stale', () => {
    const token = trust.token();
    expect(codeOf(() => new TrustStore({ service: 's', logger: silentLogger }).verifyToken(token))).to.equal(
      'platform.trust-stale',
    );
    nowMs += 5_001;
    expect(verify(token)).to.equal('platform.trust-stale');
    trust.beat();
    expect(verify(token)).to.equal('accepted');
  });
});

describe('API keys', () => {
  let trust: ReturnType<typeof trialTrust>;
  beforeEach(() => (trust = trialTrust()));
  afterEach(() => {
    trust.stop();
  });
  const gate = { id: 'key_0abc', kind: 'gate', tenantId: 'ten_1', subject: 'gat_1' } as const;

  it('PLA-05 a good one is what it was issued for', () => {
    const principal = trust.store.verifyApiKey(trust.apiKey(gate));
    expect(principal).to.include({ type: 'apiKey', id: 'key_0abc', kind: 'gate', tenantId: 'ten_1', subject: 'gat_1' });
    expect(principal.permissions.has('sales:check-ins:create')).to.equal(true);
  });

  it('PLA-05 two of one subject are valid at a time, for rotation', () => {
    const [old, fresh] = [trust.apiKey(gate), trust.apiKey({ ...gate, id: 'key_0def' })];
    expect(trust.store.verifyApiKey(old).subject).to.equal(trust.store.verifyApiKey(fresh).subject);
  });

  it('PLA-06 a revoked, unknown, wrong or mangled one is refused', () => {
    const key = trust.apiKey(gate);
    const verify = (text: string): string => codeOf(() => trust.store.verifyApiKey(text));
    expect(verify(key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A'))).to.equal('platform.unauthenticated');
    expect(verify(key.replace('key_0abc', 'key_0xyz'))).to.equal('platform.unauthenticated');
    for (const text of ['tpk_', 'tpk_key_0abc', 'tpk_key_0abc_', 'tpk___', '', `tpk_${'x'.repeat(500)}`]) {
      expect(verify(text), text).to.equal('platform.unauthenticated');
    }
    trust.change({ apiKeys: trust.publication().apiKeys.map((known) => ({ ...known, status: 'revoked' as const })) });
    expect(verify(key)).to.equal('platform.unauthenticated');
  });
});

describe('listening to identity', () => {
  type Listener = Parameters<TrustBroker['broadcast']>[0];
  function fakeBroker(): {
    broker: TrustBroker;
    asked: Envelope[];
    say: (type: string, data: unknown) => Promise<void>;
    listener: () => Listener;
  } {
    const asked: Envelope[] = [];
    let heard: Listener | undefined;
    const listener = (): Listener => {
      if (heard === undefined) throw new Error('nobody listens');
      return heard;
    };
    return {
      asked,
      listener,
      broker: {
        broadcast: async (given) => {
          heard = given;
          return { queue: 'sales.s1.trust' };
        },
        publisher: { publish: async ({ envelope }) => void asked.push(envelope) },
      },
      say: (type, data) => listener().handle({ envelope: { type, data } as Envelope }),
    };
  }

  it('PLA-06 asks at start, is ready once answered, asks again when a beat names something newer', async () => {
    let nowMs = 0;
    const { broker, asked, say } = fakeBroker();
    const store = new TrustStore({ service: 'sales', logger: silentLogger, steadyNow: () => nowMs });
    await store.listen(broker);
    expect(asked.map(({ type, data }) => ({ type, data }))).to.deep.equal([
      { type: republishTrust.type, data: { replyQueue: 'sales.s1.trust' } },
    ]);
    expect(store.isFresh()).to.equal(false);
    const trust = trialTrust();
    trust.stop();
    await say(trustPublished.type, trust.publication());
    expect([store.isFresh(), store.revision]).to.deep.equal([true, 1]);
    nowMs += 2_000;
    await say(trustBeat.type, { revision: 1 });
    expect(asked).to.have.length(1);
    await say(trustBeat.type, { revision: 2 });
    await say(trustBeat.type, { revision: 2 });
    expect(asked).to.have.length(2);
  });

  it('asks again after a break of its connection', async () => {
    let nowMs = 0;
    const { broker, asked, listener } = fakeBroker();
    await new TrustStore({ service: 'sales', logger: silentLogger, steadyNow: () => nowMs }).listen(broker);
    nowMs += 2_000;
    listener().missed();
    expect(asked).to.have.length(2);
  });

  it('takes messaging’s broker as it is', () => {
    const asIs = (broker: Broker): TrustBroker => broker;
    expect(asIs).to.be.a('function');
  });
});
