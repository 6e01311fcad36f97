// Leases on a real database: one holder at a time, and no write for a lease that was taken just now.
import { eventually, forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { openDatabase, openLeases, type Database } from './index.ts';

const FOR_MS = 600;

describe('leases', () => {
  const servers = testServers();
  let database: Database;

  before(async () => {
    const logger = pino({ level: 'silent' });
    database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('leases'), logger });
  });
  after(async () => {
    await database.close();
    await forget(servers, { databases: ['leases'] });
  });

  const until = async (name: string): Promise<number> => {
    const stored = await database.connection.collection<{ _id: string; until: Date }>('leases').findOne({ _id: name });
    return stored?.until.getTime() ?? 0;
  };

  it('PLA-41 one instance holds it; whoever waits gets it once it is over, and the one before hears of it', async () => {
    const [here, there] = [await openLeases(database.connection), await openLeases(database.connection)];
    expect(await here.take('sweep', 'one', FOR_MS)).to.equal(true);
    expect(await there.take('sweep', 'two', FOR_MS)).to.equal(false);
    await eventually('the lease is over', () => there.take('sweep', 'two', FOR_MS), { everyMs: 20 });
    expect(await here.take('sweep', 'one', FOR_MS)).to.equal(false);
  });

  it('PLA-41 is written anew once half of it is over, and not before', async () => {
    const leases = await openLeases(database.connection);
    await leases.take('half', 'one', FOR_MS);
    const first = await until('half');
    expect(await leases.take('half', 'one', FOR_MS)).to.equal(true);
    expect(await until('half')).to.equal(first);
    await eventually(
      'renewed',
      async () => (await leases.take('half', 'one', FOR_MS)) && (await until('half')) > first,
      {
        everyMs: 20,
      },
    );
    expect(Date.now(), 'before it was over').to.be.lessThan(first);
  });

  it('PLA-41 goes to the next one at once when it is given back', async () => {
    const [here, there] = [await openLeases(database.connection), await openLeases(database.connection)];
    await here.take('back', 'one', 60_000);
    await here.release('back', 'one');
    expect(await there.take('back', 'two', 60_000)).to.equal(true);
    expect(await here.take('back', 'one', 60_000), 'what it had is forgotten').to.equal(false);
  });
});
