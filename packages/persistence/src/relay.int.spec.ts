// The sweeper on a real database: what nobody hears must not stand in the way of what is heard.
import type { Envelope } from '@tongpiao/contracts';
import { eventually, forget, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { Schema } from 'mongoose';
import { pino } from 'pino';
import { createRelay, openDatabase, openLeases, type Database, type Relay } from './index.ts';
import { collectionOf } from './records.ts';

const logger = pino({ level: 'silent' });
const STUCK = 1_100;

describe('relay', () => {
  const servers = testServers();
  let database: Database;
  let relay: Relay;
  const heard: string[] = [];

  before(async () => {
    database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('relay'), logger });
  });
  after(async () => {
    await relay.stop();
    await database.close();
    await forget(servers, { databases: ['relay'] });
  });

  it('PLA-41 more messages that nobody hears than a batch holds: the newer ones go out all the same', async () => {
    const schema = new Schema({ _id: String }, { strict: false, versionKey: false });
    const collection = await collectionOf(database.connection, 'letters', schema);
    const letter = (index: number, type: string): { _id: string } => ({
      _id: `l${String(index).padStart(5, '0')}`,
      ...{
        tenantId: 'ten_1',
        timers: [],
        outbox: [
          { id: `m${index}`, due: new Date(1_000 + index), kind: 'command', envelope: { id: `m${index}`, type } },
        ],
      },
    });
    await collection.insertMany([
      ...Array.from({ length: STUCK }, (_, index) => letter(index, 'nobody')),
      letter(STUCK, 'somebody'),
    ]);
    relay = createRelay({
      publish: async ({ envelope }: { envelope: Envelope }) => {
        if (envelope.type === 'nobody') throw new Error('unroutable');
        heard.push(envelope.id);
      },
      leases: await openLeases(database.connection),
      owner: 'relay-1',
      logger,
      overdueMs: 100,
      sweepEveryMs: 30,
    });
    relay.watch(collection);
    relay.start();
    await eventually('the newest letter', () => heard.length > 0, { withinMs: 30_000 });
    expect(new Set(heard)).to.deep.equal(new Set([`m${STUCK}`]));
    await eventually('only what is stuck is left', async () => {
      const left = await collection.countDocuments({ 'outbox.0': { $exists: true } });
      return left === STUCK;
    });
  });
});
