// SAL-30 The keys that sign tickets, on a real database: made once, published before they sign, kept while their tickets live.
import { Scope, Vault, openDatabase, type Database } from '@tongpiao/persistence';
import { forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { createPublicKey, sign, verify } from 'node:crypto';
import { pino } from 'pino';
import { openTicketKeys, type TicketKeys } from './ticket-keys.store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('SAL-30 ticket keys', function () {
  this.timeout(30_000);
  const servers = testServers();
  const logger = pino({ level: 'silent' });
  const origin = { by: 'service:spec', channel: 'timer', cause: 'spec', correlationId: 'spec' } as const;
  const everywhere = Scope.acrossTenants('keys belong to the platform', origin, logger);
  const begun = new Date('2026-12-01T00:00:00Z');
  const later = (ms: number): Date => new Date(begun.getTime() + ms);
  let database: Database;
  let vault: Vault;

  beforeEach(async () => {
    database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('keys'), logger });
    vault = await Vault.open(database.connection, Buffer.alloc(32, 7).toString('base64'));
  });
  afterEach(async () => {
    await database.connection.dropDatabase();
    await database.close();
  });
  after(async () => forget(servers, { databases: ['keys'], queues: [] }));

  const open = (at: Date): Promise<TicketKeys> => openTicketKeys(database, vault, everywhere, at);
  const kidsOf = (keys: TicketKeys): readonly string[] => keys.published().map(({ kid }) => kid);

  it('the first start makes one, which signs at once; what it signs is verified with what is published', async () => {
    const keys = await open(begun);
    const { kid, privateKey } = keys.signing(begun);
    expect(kidsOf(keys)).to.deep.equal([kid]);
    const text = Buffer.from('a ticket');
    const [published] = keys.published();
    expect(verify(null, text, createPublicKey(published?.publicKeyPem ?? ''), sign(null, text, privateKey))).to.equal(
      true,
    );
    expect(keys.publicKey('NOBODYS')).to.equal(undefined);
  });

  it('the next start finds it; its private half is nowhere to be read', async () => {
    const first = (await open(begun)).signing(begun);
    const again = (await open(later(HOUR_MS))).signing(later(HOUR_MS));
    expect(again.kid).to.equal(first.kid);
    expect(again.privateKey.equals(first.privateKey)).to.equal(true);
    const stored = JSON.stringify(await database.connection.collection('ticket_keys').find().toArray());
    expect(stored).to.contain('PUBLIC KEY').and.not.to.contain('PRIVATE KEY');
  });

  it('after ninety days there is a new one: published for a day before it signs, and the old one stays', async () => {
    const keys = await open(begun);
    const old = keys.signing(begun).kid;
    await keys.refresh(later(90 * DAY_MS));
    expect(kidsOf(keys)).to.deep.equal([old]);
    const turned = later(90 * DAY_MS + HOUR_MS);
    await keys.refresh(turned);
    const [fresh = '', ...rest] = kidsOf(keys);
    expect(rest).to.deep.equal([old]);
    expect(keys.signing(turned).kid).to.equal(old);
    expect(keys.signing(new Date(turned.getTime() + DAY_MS - 1)).kid).to.equal(old);
    expect(keys.signing(new Date(turned.getTime() + DAY_MS)).kid).to.equal(fresh);
    for (const kid of [old, fresh]) expect(keys.publicKey(kid), kid).not.to.equal(undefined);
  });

  it('two instances that turn at the same moment make one key, and both know it', async () => {
    const both = [await open(begun), await open(begun)];
    expect(new Set(both.map((keys) => keys.signing(begun).kid)).size).to.equal(1);
    const turned = later(91 * DAY_MS);
    await Promise.all(both.map((keys) => keys.refresh(turned)));
    for (const keys of both) await keys.refresh(turned);
    const [one, other] = both.map(kidsOf);
    expect(one).to.have.length(2).and.to.deep.equal(other);
  });

  it('two instances on their first start make one key', async () => {
    const both = await Promise.all([open(begun), open(begun)]);
    for (const keys of both) await keys.refresh(begun);
    expect(new Set(both.flatMap(kidsOf)).size).to.equal(1);
    expect(new Set(both.map((keys) => keys.signing(begun).kid)).size).to.equal(1);
  });
});
