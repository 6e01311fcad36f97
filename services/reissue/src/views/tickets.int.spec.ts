// The copy of a ticket on a real database: what is told late moves nothing back, and a ticket is found by what is known of it, however
// many others there are.
import { openDatabase, Scope, Vault, type Database, type RecordKey } from '@tongpiao/persistence';
import type { TenantId } from '@tongpiao/kernel';
import { forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { openTickets, type SoldTicket, type Tickets } from './tickets.store.ts';

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

  const open = (): ReturnType<typeof openTickets> =>
    openTickets({ database, holdsKeys: () => undefined, tenants: { require: () => ({ timeZone: 'Asia/Shanghai' }) } });
  const found = async (named: Parameters<Tickets['find']>[1]): Promise<readonly string[]> =>
    (await (await open()).find(scope, named)).map(({ _id }) => _id);

  it('REI-02 is found by its day among a hundred others of one telephone and document', async () => {
    const tickets = await open();
    const of = (rightId: string, change: Partial<SoldTicket>) => {
      const contact = { ...sold().contact, phone: { ...sold().contact.phone, index: 'phone-1' } };
      const traveller = { ...personOf('张三'), idNumber: { ...personOf('张三').idNumber, index: 'document-1' } };
      return { rightId, key: key.wrapped, sold: { ...sold(), number: rightId, contact, traveller, ...change } };
    };
    const others = { date: '2026-12-05', placedAt: '2026-11-20T02:00:00.000Z' };
    await tickets.record(
      scope,
      Array.from({ length: 100 }, (_, index) => of(`rgt_other${index}`, others)),
    );
    await tickets.record(scope, [of('rgt_late', { date: '2026-12-06', placedAt: '2026-11-21T15:59:00.000Z' })]);
    for (const by of [{ phoneIndex: 'phone-1' }, { documentIndex: 'document-1' }]) {
      expect(await found({ ...by, date: '2026-12-06' })).to.deep.equal(['rgt_late']);
      const day = { from: '2026-11-20T16:00:00.000Z', before: '2026-11-21T16:00:00.000Z' };
      expect(await found({ ...by, placed: day })).to.deep.equal(['rgt_late']);
      // The last bought first: of more than anybody reads, the oldest are left out.
      expect((await found(by))[0]).to.equal('rgt_late');
    }
    expect(await found({ phoneIndex: 'phone-2', date: '2026-12-06' })).to.deep.equal([]);
  });

  it('REI-02 an exchanged one is found by its new day at the site, and by the old one not any more', async () => {
    const tickets = await open();
    const contact = { ...sold().contact, phone: { ...sold().contact.phone, index: 'phone-3' } };
    await tickets.record(scope, [
      { rightId: 'rgt_moved', key: key.wrapped, sold: { ...sold(), number: 'N3', contact } },
    ]);
    const moved = { startsAt: '2026-12-09T16:30:00.000Z' };
    await tickets.happened(scope, 'rgt_moved', { sequence: 3, status: 'living', moved });
    expect(await found({ phoneIndex: 'phone-3', date: '2026-12-10' })).to.deep.equal(['rgt_moved']);
    for (const date of ['2026-12-01', '2026-12-09'])
      expect(await found({ phoneIndex: 'phone-3', date }), date).to.deep.equal([]);
  });

  it('REI-31 a correction that is told again does not undo a later one', async () => {
    const tickets = await open();
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
