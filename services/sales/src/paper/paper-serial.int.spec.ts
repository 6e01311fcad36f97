// Serials on a real database: a sheet is for one ticket, whoever asks at the same moment, and a request that died keeps none for ever.
import { randomUUID } from 'node:crypto';
import type { TenantId } from '@tongpiao/kernel';
import { openDatabase, Scope, type Database, type Origin } from '@tongpiao/persistence';
import { forget, testServers, type TestServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { openPaperSerials, type PaperSerials, type PaperWish } from './paper-serial.store.ts';

const logger = pino({ level: 'silent' });
const origin: Origin = { by: 'service:test', channel: 'test', cause: 'test', correlationId: 'test' };
const scope = Scope.ofTenant('ten_7f3k9q2m5x8c4v6b1n0a' as TenantId, origin);
const foreign = Scope.ofTenant('ten_7f3k9q2m5x8c4v6b1n0b' as TenantId, origin);
const NOON = new Date('2026-12-01T04:00:00Z');
const later = (ms: number): Date => new Date(NOON.getTime() + ms);

describe('SAL-32 serials of paper', () => {
  let servers: TestServers;
  let databases: Database[];
  let one: PaperSerials;
  let other: PaperSerials;
  /** Tickets that were printed after all. */
  const printed = new Set<string>();
  let count = 0;

  before(async () => {
    servers = testServers();
    const open = (): Promise<Database> =>
      openDatabase({ uri: servers.mongodbUri, name: servers.database('serials'), logger });
    databases = await Promise.all([open(), open()]);
    const fate = async (_scope: Scope, { number }: PaperWish): Promise<boolean> => printed.has(number);
    const [first, second] = databases;
    if (first === undefined || second === undefined) throw new Error('no database');
    one = await openPaperSerials(first, fate);
    other = await openPaperSerials(second, fate);
  });
  after(async () => {
    for (const database of databases) await database.close();
    await forget(servers, { databases: ['serials'] });
  });

  function wish(serial: string): PaperWish {
    count += 1;
    return { serial, rightId: `rgt_${count}`, number: `N${count}` };
  }
  const freshSerial = (): string => randomUUID().slice(0, 18).toUpperCase();

  it('two instances, twenty tickets, one sheet: one ticket has it', async () => {
    const serial = freshSerial();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : other).take(scope, wish(serial), NOON)),
    );
    expect(answers.filter((taken) => taken !== undefined).length).to.equal(1);
  });

  it('with an id of its own for each taking the race would show', async () => {
    const records = databases[0]?.connection.db?.collection<{ _id: string; serial: string }>('unguarded');
    if (records === undefined) throw new Error('no collection');
    const serial = freshSerial();
    const looks = await Promise.all(
      Array.from({ length: 20 }, async () => {
        if ((await records.findOne({ serial })) !== null) return false;
        await records.insertOne({ _id: randomUUID(), serial });
        return true;
      }),
    );
    expect(looks.filter(Boolean).length).to.be.greaterThan(1);
  });

  it('PLA-02 two tenants may have the same numbers on their paper', async () => {
    const serial = freshSerial();
    expect(await one.take(scope, wish(serial), NOON)).to.not.equal(undefined);
    expect(await one.take(foreign, wish(serial), NOON)).to.not.equal(undefined);
  });

  it('a retry for the same ticket gets it again, and the first one’s refusal does not take it away', async () => {
    const mine = wish(freshSerial());
    const first = await one.take(scope, mine, NOON);
    expect(await other.take(scope, mine, NOON)).to.not.equal(undefined);
    await first?.giveBack();
    expect(await one.take(scope, wish(mine.serial), later(1))).to.equal(undefined);
  });

  it('what was given back is free', async () => {
    const serial = freshSerial();
    await (await one.take(scope, wish(serial), NOON))?.giveBack();
    expect(await other.take(scope, wish(serial), NOON)).to.not.equal(undefined);
  });

  it('a request that died keeps a sheet for a minute; a print keeps it for ever', async () => {
    const [dead, done] = [wish(freshSerial()), wish(freshSerial())];
    await one.take(scope, dead, NOON);
    await one.take(scope, done, NOON);
    printed.add(done.number);
    expect(await one.take(scope, wish(dead.serial), later(60_000))).to.equal(undefined);
    expect(await one.take(scope, wish(dead.serial), later(60_001))).to.not.equal(undefined);
    expect(await one.take(scope, wish(done.serial), later(3_600_000))).to.equal(undefined);
  });
});
