// REI-05 on a real database: who has a ticket while somebody else asks for it.
import { openDatabase, Scope, type Database } from '@tongpiao/persistence';
import { DomainError, type TenantId } from '@tongpiao/kernel';
import { forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { cases } from './application.fixture.ts';
import { openOpenCases } from './open-case.store.ts';

const scope = Scope.ofTenant('ten_aaaaaaaaaa7k' as TenantId, {
  ...{ by: 'tester', channel: 'web', cause: 'test', correlationId: 'c1' },
});
const NOW = Date.parse('2026-11-30T02:00:00.000Z');
const inSeconds = (seconds: number): Date => new Date(NOW + seconds * 1_000);

describe('the claim on a ticket', () => {
  const servers = testServers();
  let database: Database;
  before(async () => {
    const logger = pino({ level: 'silent' });
    database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('claims'), logger });
  });
  after(async () => {
    await database.close();
    await forget(servers, { databases: ['claims'] });
  });

  it('REI-05 a case that is opening keeps its ticket for as long as its write may take, and not for ever', async () => {
    const snapshot = { tenantId: scope.tenantId, version: 1, seq: 1, state: cases.submitted, key: undefined };
    const openCases = await openOpenCases(database, { load: async (_scope, id) => ({ id, ...snapshot }) });
    const another = (seconds: number): Promise<string> =>
      openCases.opening(scope, 'rgt_1', 'rei_2', inSeconds(seconds), () => Promise.resolve('rei_2'));
    const refused = await openCases.opening(scope, 'rgt_1', 'rei_1', inSeconds(0), async () => {
      // A database that changes its primary lets a write wait for half a minute.
      return another(35).catch((error: unknown) => (error instanceof DomainError ? error.code : error));
    });
    expect(refused).to.equal('reissue.already-open');
    expect(await another(36), 'its write is over').to.equal('rei_2');
    await openCases.opening(scope, 'rgt_1', 'rei_3', inSeconds(100), async () => {
      expect(await another(170), 'its process has died').to.equal('rei_2');
    });
  });
});
