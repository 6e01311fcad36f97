// The copy of a ticket on a real database: what is told late moves nothing back.
import { openDatabase, Scope, Vault, type Database, type RecordKey } from '@tongpiao/persistence';
import type { TenantId } from '@tongpiao/kernel';
import { forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { openTickets, type SoldTicket } from './tickets.store.ts';

const TENANT = 'ten_aaaaaaaaaa7k' as TenantId;
const scope = Scope.ofTenant(TENANT, { by: 'tester', channel: 'web', cause: 'test', correlationId: 'c1' });

describe('copies of tickets', () => {
  const servers = testServers();
  let database: Database;
  let key: RecordKey;
  before(async () => {
    const logger = pino({ level: 'silent' });
    database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('copies'), logger });
    key = await (await Vault.open(database.connection, servers.key())).newRecordKey(scope);
  });
  after(async () => {
    await database.close();
    await forget(servers, { databases: ['copies'] });
  });

  const personOf = (name: string) => ({
    ...{ name: { sealed: key.seal(name), masked: '*' }, idType: 'passport' as const },
    idNumber: { sealed: key.seal('E1'), masked: '*' },
  });
  const sold = (): SoldTicket => ({
    ...{ orderId: 'ord_1', number: 'N1', siteId: 'sit_1', productId: 'prd_1', ticketTypeId: 'tty_1', channel: 'web' },
    ...{ product: { zh: '门票', en: 'Admission' }, ticketType: { zh: '成人票', en: 'Adult' }, language: 'zh-CN' },
    ...{ date: '2026-12-01', startsAt: '2026-12-01', validUntil: '2026-12-02', placedAt: '2026-11-30' },
    ...{ amount: 100 as SoldTicket['amount'], realName: true, traveller: personOf('张三') },
    contact: { name: { sealed: key.seal('张三'), masked: '*' }, phone: { sealed: key.seal('138'), masked: '*' } },
  });

  it('REI-31 a correction that is told again does not undo a later one', async () => {
    const tickets = await openTickets({ database, holdsKeys: () => undefined });
    await tickets.record(scope, [{ rightId: 'rgt_1', key: key.wrapped, sold: sold() }]);
    const correct = (name: string, sequence: number): Promise<void> =>
      tickets.correct(scope, 'rgt_1', { key: key.wrapped, traveller: personOf(name), sequence });
    const nameNow = async (): Promise<string> => {
      const found = await tickets.byRight(scope, 'rgt_1');
      return key.open(found?.corrected?.traveller.name.sealed ?? '');
    };
    await correct('李四', 7);
    await correct('王五', 9);
    expect(await nameNow()).to.equal('王五');
    await correct('李四', 7);
    expect(await nameNow(), 'told late').to.equal('王五');
    await correct('赵六', 11);
    expect(await nameNow()).to.equal('赵六');
  });
});
