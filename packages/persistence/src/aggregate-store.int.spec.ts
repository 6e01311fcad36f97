// The promises of the aggregate document on a real database: one atomic write, version guard, duplicates, crashes between commit
// and publish, overflow of the journal, tenancy, keys.
import type { Envelope } from '@tongpiao/contracts';
import { DomainError, type Decider, type TenantId } from '@tongpiao/kernel';
import { eventually, forget, settled, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { Schema } from 'mongoose';
import { pino } from 'pino';
import { z } from 'zod';
import {
  AggregateStore,
  createBusSeal,
  createRelay,
  openDatabase,
  openLeases,
  openRecords,
  rewrappable,
  remind,
  say,
  forRecipient,
  Scope,
  Vault,
  wrappedKeySchema,
  type AggregateSpec,
  type Database,
  type Faults,
  type RecordKey,
  type Relay,
} from './index.ts';

type State = { status: 'none' } | { status: 'open'; count: number; secret?: string | undefined };
type Command =
  | { type: 'Add'; by: number; secret?: string }
  | { type: 'Remind'; due: string }
  | { type: 'Forget' }
  | { type: 'Noop' };
type Event =
  { type: 'Added'; by: number; secret?: string | undefined } | { type: 'Reminded'; due: string } | { type: 'Forgot' };

const decider: Decider<State, Command, Event> = {
  initial: { status: 'none' },
  decide(_state, command) {
    switch (command.type) {
      case 'Add':
        return [{ type: 'Added', by: command.by, secret: command.secret }];
      case 'Remind':
        return [{ type: 'Reminded', due: command.due }];
      case 'Forget':
        return [{ type: 'Forgot' }];
      case 'Noop':
        return [];
    }
  },
  evolve(state, event) {
    const count = state.status === 'none' ? 0 : state.count;
    return event.type === 'Added'
      ? { status: 'open', count: count + event.by, secret: event.secret }
      : { status: 'open', count };
  },
};

const added = {
  kind: 'event' as const,
  type: 'test.counter.added.v1',
  summary: 'test',
  data: z.object({ count: z.number(), secret: z.string().optional() }),
  example: { count: 1 },
};

const spec: AggregateSpec<State, Command, Event> = {
  service: 'test',
  collection: 'counters',
  decider,
  state: z.discriminatedUnion('status', [
    z.object({ status: z.literal('none') }),
    z.object({ status: z.literal('open'), count: z.number(), secret: z.string().optional() }),
  ]),
  messages(event, { state }) {
    const count = state.status === 'open' ? state.count : 0;
    switch (event.type) {
      case 'Added':
        return [
          say(added, {
            count,
            ...(event.secret === undefined ? {} : { secret: forRecipient('reader', { sealed: event.secret }) }),
          }),
        ];
      case 'Reminded':
        return [remind('later', event.due, added, { count })];
      case 'Forgot':
        return [{ cancelTimer: 'later' }];
    }
  },
};

const TENANT = 'ten_aaaaaaaaaa7k' as TenantId;
const OTHER = 'ten_bbbbbbbbbb9z' as TenantId;
const origin = { by: 'tester', channel: 'web', cause: 'test', correlationId: 'c1' };
const scope = Scope.ofTenant(TENANT, origin);
const logger = pino({ level: 'silent' });

async function present<Value>(value: Promise<Value | undefined>): Promise<Value> {
  const found = await value;
  if (found === undefined) throw new Error('not there');
  return found;
}

describe('aggregate store', () => {
  const servers = testServers();
  const busKey = Buffer.alloc(32, 7);
  const masterKey = servers.key();
  let database: Database;
  let published: Envelope[] = [];
  let brokerDown = false;
  const relays: Relay[] = [];

  async function open(faults?: Faults, clock?: () => Date): Promise<AggregateStore<State, Command, Event>> {
    const relay = createRelay({
      publish: async ({ envelope }) => {
        if (brokerDown) throw new Error('broker is away');
        published.push(envelope);
      },
      leases: await openLeases(database.connection),
      owner: `owner-${relays.length}`,
      logger,
      overdueMs: 100,
      sweepEveryMs: 30,
      ...(faults === undefined ? {} : { faults }),
      ...(clock === undefined ? {} : { clock }),
    });
    relays.push(relay);
    const vault = await Vault.open(database.connection, masterKey);
    const store = await AggregateStore.open(spec, {
      connection: database.connection,
      relay,
      vault,
      bus: createBusSeal(busKey),
      ...(faults === undefined ? {} : { faults }),
    });
    relay.start();
    return store;
  }

  const outboxLeft = async (): Promise<number> => {
    const documents = await database.connection.collection('counters').find({}).toArray();
    return documents.reduce((sum, document) => sum + (document['outbox'] as unknown[]).length, 0);
  };

  before(async () => {
    database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('persistence'), logger });
  });
  beforeEach(() => {
    published = [];
    brokerDown = false;
  });
  afterEach(async () => {
    for (const relay of relays.splice(0)) await relay.stop();
  });
  after(async () => {
    await database.close();
    await forget(servers, { databases: ['persistence'] });
  });

  it('PLA-41 writes state, journal and message at once, and publishes what was written', async () => {
    const store = await open();
    await store.handle(scope, 'a1', { type: 'Add', by: 2 }, { expectNew: true });
    const { version } = await store.handle(scope, 'a1', { type: 'Add', by: 3 });
    expect(version).to.equal(2);
    expect((await store.load(scope, 'a1'))?.state).to.deep.include({ status: 'open', count: 5 });
    await eventually('both messages', () => published.length === 2);
    expect(published.map(({ id }) => id)).to.deep.equal(['a1:1:0', 'a1:2:0']);
    expect(published[0]).to.deep.include({ tenantid: TENANT, correlationid: 'c1', causationid: 'test', sequence: 1 });
    await eventually('an empty outbox', async () => (await outboxLeft()) === 0);
  });

  it('PLA-41 handles a message once, however often it is delivered', async () => {
    const store = await open();
    for (let delivery = 0; delivery < 3; delivery += 1)
      await store.handle(scope, 'a2', { type: 'Add', by: 1 }, { messageId: 'm1' });
    expect((await store.load(scope, 'a2'))?.state).to.deep.include({ count: 1 });
  });

  it('PLA-41 loses no update when many write to one record at once', async () => {
    const store = await open();
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) =>
        store.handle(scope, 'a3', { type: 'Add', by: 1 }, { messageId: `m${index}` }),
      ),
    );
    expect((await store.load(scope, 'a3'))?.state).to.deep.include({ count: 40 });
    expect(await store.verify(scope, 'a3')).to.deep.equal({ intact: true, entries: 40 });
  });

  describe('forgetting', () => {
    let laterMs = 0;

    async function forgettable(): Promise<AggregateStore<State, Command, Event>> {
      const relay = createRelay({
        publish: async ({ envelope }) => {
          if (brokerDown) throw new Error('broker is away');
          published.push(envelope);
        },
        leases: await openLeases(database.connection),
        owner: `forgetting-${relays.length}`,
        logger,
        overdueMs: 100,
        sweepEveryMs: 30,
      });
      relays.push(relay);
      const parts = { connection: database.connection, relay, vault: await Vault.open(database.connection, masterKey) };
      const store = await AggregateStore.open(
        { ...spec, collection: 'forgettables', forgettable: true },
        { ...parts, bus: createBusSeal(busKey), clock: () => new Date(Date.now() + laterMs) },
      );
      relay.start();
      return store;
    }
    const raw = (name: string) => database.connection.collection(name);
    const silent = (id: string) => async (): Promise<boolean> => {
      const [document] = await raw('forgettables')
        .find({ _id: id as never })
        .toArray();
      return (document?.['outbox'] as unknown[]).length === 0;
    };

    it('PLA-12 deletes what is over with its whole journal, and leaves the rest and other tenants’ alone', async () => {
      const store = await forgettable();
      const elsewhere = Scope.ofTenant(OTHER, origin);
      for (let entry = 0; entry < 230; entry += 1) await store.handle(scope, 'f1', { type: 'Add', by: 1 });
      await store.handle(elsewhere, 'f2', { type: 'Add', by: 230 });
      await store.handle(scope, 'f3', { type: 'Add', by: 1 });
      for (const id of ['f1', 'f2', 'f3']) await eventually(`${id} has said all`, silent(id));
      expect(await raw('forgettables_journal').countDocuments({ of: 'f1' })).to.be.above(0);
      expect(await store.forget(scope, { 'state.count': 230 })).to.equal(1);
      expect(await store.load(scope, 'f1')).to.equal(undefined);
      expect(await raw('forgettables_journal').countDocuments({ of: 'f1' })).to.equal(0);
      expect((await store.load(elsewhere, 'f2'))?.version).to.be.above(0);
      expect((await store.load(scope, 'f3'))?.version).to.be.above(0);
    });

    it('PLA-41 keeps what has not been said yet, and what has a timer', async () => {
      const store = await forgettable();
      brokerDown = true;
      await store.handle(scope, 'f4', { type: 'Add', by: 7 });
      expect(await store.forget(scope, { _id: 'f4' })).to.equal(0);
      brokerDown = false;
      await eventually('it is said', silent('f4'));
      await store.handle(scope, 'f4', { type: 'Remind', due: '2999-01-01T00:00:00.000Z' });
      expect(await store.forget(scope, { _id: 'f4' })).to.equal(0);
      await store.handle(scope, 'f4', { type: 'Forget' });
      await eventually('it is deleted', async () => (await store.forget(scope, { _id: 'f4' })) === 1);
    });

    it('PLA-41 says nothing twice under one id when a record comes again, whoever remembers the old one', async () => {
      const [store, other] = [await forgettable(), await forgettable()];
      await other.handle(scope, 'f5', { type: 'Add', by: 5 });
      await eventually('it is said', silent('f5'));
      expect(await store.forget(scope, { _id: 'f5' })).to.equal(1);
      laterMs = 86_400_000;
      await other.handle(scope, 'f5', { type: 'Add', by: 1 });
      expect((await store.load(scope, 'f5'))?.state).to.include({ count: 1 });
      await eventually('the second message', () => published.filter(({ subject }) => subject === 'f5').length === 2);
      expect(new Set(published.filter(({ subject }) => subject === 'f5').map(({ id }) => id)).size).to.equal(2);
    });

    it('refuses where records are an audit trail', async () => {
      const store = await open();
      const refused = await store.forget(scope, {}).then(
        () => '',
        (error: unknown) => String(error),
      );
      expect(refused).to.contain('counters are kept');
    });
  });

  it('PLA-41 publishes after a crash between commit and publish', async () => {
    const dying: Faults = {
      at(point) {
        if (point === 'afterCommit') throw new Error('killed');
      },
    };
    const store = await open(dying);
    await store.handle(scope, 'a4', { type: 'Add', by: 1 }).then(
      () => expect.fail('should have died'),
      () => undefined,
    );
    await eventually('the sweeper', () => published.some(({ id }) => id === 'a4:1:0'));
  });

  it('PLA-41 says the same message again after a crash between publish and pull', async () => {
    let deaths = 0;
    const store = await open({
      at(point) {
        if (point === 'afterPublish' && deaths++ === 0) throw new Error('killed');
      },
    });
    await store.handle(scope, 'a5', { type: 'Add', by: 1 });
    await eventually('the second saying', () => published.filter(({ id }) => id === 'a5:1:0').length === 2);
    await eventually('an empty outbox', async () => (await outboxLeft()) === 0);
  });

  it('PLA-41 keeps messages while the broker is away and publishes them when it is back', async () => {
    const store = await open();
    brokerDown = true;
    await store.handle(scope, 'a6', { type: 'Add', by: 1 });
    expect(await relays[0]?.oldestMs()).to.be.at.least(0);
    brokerDown = false;
    await eventually('the message', () => published.some(({ id }) => id === 'a6:1:0'));
  });

  it('fires a timer when it is due, once, and never after it was cancelled', async () => {
    const store = await open();
    await store.handle(scope, 't1', { type: 'Remind', due: new Date(Date.now() + 150).toISOString() });
    await store.handle(scope, 't2', { type: 'Remind', due: new Date(Date.now() + 150).toISOString() });
    await store.handle(scope, 't2', { type: 'Forget' });
    await eventually('the timer', () => published.some(({ id }) => id.startsWith('t1:')));
    await settled('no more timers', () => published.length, 300);
    expect(published.filter(({ id }) => id.startsWith('t1:'))).to.have.length(1);
    expect(published.some(({ id }) => id.startsWith('t2:'))).to.equal(false);
  });

  it('PLA-20 moves old entries out of a long journal without breaking its chain', async () => {
    const store = await open();
    for (let index = 0; index < 450; index += 1) await store.handle(scope, 'j1', { type: 'Add', by: 1 });
    const document = await database.connection
      .collection<{ _id: string; journal: unknown[] }>('counters')
      .findOne({ _id: 'j1' });
    expect(document?.journal.length).to.be.at.most(200);
    expect(await store.journal(scope, 'j1')).to.have.length(450);
    expect(await store.verify(scope, 'j1')).to.deep.equal({ intact: true, entries: 450 });
  });

  it('PLA-20 names the entry that was changed, and the one that is missing', async () => {
    const store = await open();
    for (let index = 0; index < 5; index += 1) await store.handle(scope, 'j2', { type: 'Add', by: 1 });
    const raw = database.connection.collection<{ _id: string }>('counters');
    await raw.updateOne({ _id: 'j2' }, { $set: { 'journal.2.data.by': 1_000 } });
    expect(await store.verify(scope, 'j2')).to.deep.equal({ intact: false, seq: 3, reason: 'changed' });
    await raw.updateOne({ _id: 'j2' }, { $set: { 'journal.2.data.by': 1 } });
    await raw.updateOne({ _id: 'j2' }, { $pop: { journal: 1 } });
    expect(await store.verify(scope, 'j2')).to.deep.equal({ intact: false, seq: 5, reason: 'missing' });
  });

  it('PLA-02 shows no record to another tenant, and takes no made-up scope', async () => {
    const store = await open();
    await store.handle(scope, 'p1', { type: 'Add', by: 1 });
    expect(await store.load(Scope.ofTenant(OTHER, origin), 'p1')).to.equal(undefined);
    const forged = { tenantId: TENANT, origin, acrossTenants: true } as unknown as Scope;
    await store.load(forged, 'p1').then(
      () => expect.fail('a forged scope was taken'),
      (error: unknown) => expect((error as Error).message).to.match(/no tenant in context/),
    );
    await store.find(scope, { tenantId: OTHER }).then(
      () => expect.fail('another tenant was read'),
      (error: unknown) => expect((error as Error).message).to.match(/another tenant/),
    );
    expect(await store.find(Scope.acrossTenants('test', origin, logger), { _id: 'p1' })).to.have.length(1);
  });

  it('PLA-32 answers a repeated request the same, and refuses its key for another one', async () => {
    const store = await open();
    const request = { key: 'k', fingerprint: 'f' };
    const first = await store.handle(scope, 'r1', { type: 'Add', by: 1 }, { request, expectNew: true });
    const again = await store.handle(scope, 'r1', { type: 'Add', by: 1 }, { request, expectNew: true });
    expect([first.repeated, again.repeated, again.version]).to.deep.equal([false, true, 1]);
    const later = { key: 'k2', fingerprint: 'f' };
    await store.handle(scope, 'r1', { type: 'Add', by: 1 }, { request: later });
    expect((await store.handle(scope, 'r1', { type: 'Add', by: 1 }, { request: later })).repeated).to.equal(true);
    for (const key of ['k', 'k2']) {
      const refusal = await store
        .handle(scope, 'r1', { type: 'Add', by: 9 }, { request: { key, fingerprint: 'other' } })
        .catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(DomainError);
      expect((refusal as DomainError).code).to.equal('platform.idempotency-key-reused');
    }
  });

  it('PLA-10 seals personal values for one recipient and message; keys rotate and are erased', async () => {
    const store = await open();
    const vault = await Vault.open(database.connection, masterKey);
    const recordKey = await vault.newRecordKey(scope);
    const secret = recordKey.seal('13800005678');
    await store.handle(scope, 's1', { type: 'Add', by: 1, secret }, { recordKey });
    const message = await eventually('the message', () => published.find(({ id }) => id === 's1:1:0'));
    const sealed = (message.data as { secret: string }).secret;
    const bus = createBusSeal(busKey);
    expect(bus.openAs('reader', TENANT, 's1:1:0', sealed)).to.equal('13800005678');
    expect(() => bus.openAs('reader', TENANT, 's1:2:0', sealed)).to.throw();
    expect(() => bus.openAs('thief', TENANT, 's1:1:0', sealed)).to.throw();
    expect(JSON.stringify(await database.connection.collection('counters').find({}).toArray())).not.to.contain(
      '13800005678',
    );

    const before = await store.load(scope, 's1');
    await vault.rotateTenantKey(scope);
    const rotated = await open();
    const everywhere = Scope.acrossTenants('rotation', origin, logger);
    await rotated.rewrapPage(everywhere, TENANT, undefined, 1_000);
    const after = await present(rotated.load(scope, 's1'));
    expect(after.key?.kid).not.to.equal(before?.key?.kid);
    expect((await rotated.recordKey(scope, after)).open(secret)).to.equal('13800005678');
    await eventually('it has said all', async () => (await rotated.erase(scope, 's1')) === 'erased');
    const erased = await present(rotated.load(scope, 's1'));
    expect(await rotated.recordKey(scope, erased).catch((error: unknown) => (error as DomainError).code)).to.equal(
      'platform.erased',
    );
    expect(await rotated.verify(scope, 's1')).to.deep.equal({ intact: true, entries: 2 });
  });

  it('PLA-10 two instances: one rotates, the other takes the new key, and what it sealed under the old one is put under the new one', async () => {
    const TAKEN_MS = 40;
    const [here, there] = [
      await Vault.open(database.connection, masterKey),
      await Vault.open(database.connection, masterKey, TAKEN_MS),
    ];
    const own = Scope.ofTenant('ten_cccccccccc3k' as TenantId, origin);
    const store = await open();
    const oldKid = (await here.newRecordKey(own)).wrapped.kid;
    const write = async (id: string, vault: Vault): Promise<string> => {
      const recordKey = await vault.newRecordKey(own);
      const secret = recordKey.seal('13800005678');
      await store.handle(own, id, { type: 'Add', by: 1, secret }, { recordKey, expectNew: true });
      return secret;
    };
    const secrets = new Map<string, string>();
    for (let index = 0; index < 5; index += 1) secrets.set(`rotated${index}`, await write(`rotated${index}`, there));
    const newKid = await here.rotateTenantKey(own);
    expect(newKid).not.to.equal(oldKid);
    await eventually('the other instance takes it', async () => (await there.newRecordKey(own)).wrapped.kid === newKid);
    secrets.set('rotated5', await write('rotated5', there));
    await eventually('it has said all', async () => (await store.erase(own, 'rotated4')) === 'erased');

    const everywhere = Scope.acrossTenants('rotation', origin, logger);
    const pages: number[] = [];
    let after: string | undefined;
    let rewrapped = 0;
    do {
      const page = await store.rewrapPage(everywhere, own.tenantId, after, 2);
      pages.push(page.looked);
      rewrapped += page.rewrapped;
      after = page.next;
    } while (after !== undefined);
    expect(rewrapped).to.equal(4);
    expect(pages.slice(0, -1).every((looked) => looked === 2)).to.equal(true);
    for (const id of ['rotated0', 'rotated1', 'rotated2', 'rotated3', 'rotated5']) {
      const snapshot = await present(store.load(own, id));
      expect(snapshot.key?.kid).to.equal(newKid);
      expect((await store.recordKey(own, snapshot)).open(secrets.get(id) ?? '')).to.equal('13800005678');
      expect((await store.verify(own, id)).intact).to.equal(true);
    }
    expect((await present(store.load(own, 'rotated4'))).key).to.equal(undefined);
    expect(await here.rotateTenantKey(Scope.ofTenant('ten_dddddddddd3k' as TenantId, origin))).to.equal(undefined);
  });

  describe('PLA-12 erasing', () => {
    const by = Scope.ofTenant(TENANT, { ...origin, address: '10.9.8.7' });
    const raw = (name: string) => database.connection.collection<{ _id: string }>(name);
    async function secret(store: AggregateStore<State, Command, Event>, id: string): Promise<string> {
      const recordKey = await (await Vault.open(database.connection, masterKey)).newRecordKey(by);
      const sealed = recordKey.seal('13800005678');
      await store.handle(by, id, { type: 'Add', by: 1, secret: sealed }, { recordKey });
      return sealed;
    }
    const written = async (id: string): Promise<string> =>
      JSON.stringify([
        await raw('counters').findOne({ _id: id }),
        await raw('counters_journal').find({ of: id }).toArray(),
      ]);

    it('takes who it was about out of the state, the journal and what has moved out of it; the chain stays whole, and says when', async () => {
      const store = await open();
      const sealed = await secret(store, 'e1');
      for (let count = 0; count < 250; count += 1) await store.handle(by, 'e1', { type: 'Add', by: 1 });
      await settled('it has said all', async () => JSON.parse(await written('e1')) as unknown);
      expect(await raw('counters_journal').countDocuments({ of: 'e1' })).to.be.above(0);
      expect(await written('e1'))
        .to.include(sealed)
        .and.to.include('10.9.8.7')
        .and.to.include('wrapped');
      expect(await store.erase(scope, 'e1')).to.equal('erased');
      for (const lead of [sealed, '10.9.8.7', 'wrapped', 'salt']) expect(await written('e1')).not.to.include(lead);
      expect(await store.verify(scope, 'e1')).to.deep.equal({ intact: true, entries: 252 });
      expect((await store.journal(scope, 'e1')).at(-1)).to.include({ type: 'PersonalDataErased', by: 'tester' });
      expect((await present(store.load(scope, 'e1'))).state).to.deep.include({ count: 251 });
      const before = await written('e1');
      expect(await store.erase(scope, 'e1')).to.equal('bare');
      expect(await written('e1')).to.equal(before);
    });

    it('PLA-41 another instance that remembers the record writes nothing of it back; what is said later needs no key', async () => {
      const [one, other] = [await open(), await open()];
      const sealed = await secret(other, 'e2');
      await settled('it has said all', async () => JSON.parse(await written('e2')) as unknown);
      expect(await one.erase(scope, 'e2')).to.equal('erased');
      await other.handle(scope, 'e2', { type: 'Add', by: 5 });
      expect(await written('e2'))
        .not.to.include(sealed)
        .and.not.to.include('wrapped');
      expect((await present(one.load(scope, 'e2'))).state).to.deep.include({ count: 6 });
      expect(await one.verify(scope, 'e2')).to.deep.equal({ intact: true, entries: 3 });
    });

    it('what has not been said yet goes first', async () => {
      const store = await open();
      brokerDown = true;
      const sealed = await secret(store, 'e3');
      expect(await store.erase(scope, 'e3')).to.equal('not-yet');
      expect(await written('e3'))
        .to.include(sealed)
        .and.to.include('wrapped');
      brokerDown = false;
      await eventually('it is erased', async () => (await store.erase(scope, 'e3')) === 'erased');
      expect(await written('e3')).not.to.include(sealed);
    });

    it('a crash after the entries that have moved out leaves a record that is found and erased again', async () => {
      const store = await open();
      const sealed = await secret(store, 'e4');
      for (let count = 0; count < 250; count += 1) await store.handle(by, 'e4', { type: 'Add', by: 1 });
      await settled('it has said all', async () => JSON.parse(await written('e4')) as unknown);
      // As a crash between the two writes leaves it.
      const whole = await raw('counters').findOne({ _id: 'e4' });
      await store.erase(scope, 'e4');
      await raw('counters').replaceOne({ _id: 'e4' }, whole as never);
      expect((await store.verify(scope, 'e4')).intact).to.equal(true);
      expect(await written('e4')).to.include('wrapped');
      const again = await open();
      expect(await again.erase(scope, 'e4')).to.equal('erased');
      expect(await written('e4'))
        .not.to.include('wrapped')
        .and.not.to.include(sealed);
      expect((await again.verify(scope, 'e4')).intact).to.equal(true);
    });
  });

  it('PLA-10 records beside the aggregates go under the new key too: with the old one destroyed everything still opens', async () => {
    const own = Scope.ofTenant('ten_eeeeeeeeee3k' as TenantId, origin);
    const everywhere = Scope.acrossTenants('rotation', origin, logger);
    const here = await Vault.open(database.connection, masterKey);
    const stored = z.looseObject({ _id: z.string(), tenantId: z.string() });
    const schema = new Schema({ _id: String, tenantId: String, key: Object, inner: Object }, { versionKey: false });
    const records = await openRecords(database.connection, 'copies', schema, (found) => stored.parse(found));
    const keyed = rewrappable(records, here, ['key', 'inner.key']);
    const secrets = new Map<string, readonly string[]>();
    const newKeys = async (): Promise<readonly [RecordKey, RecordKey]> => [
      await here.newRecordKey(own),
      await here.newRecordKey(own),
    ];
    for (let index = 0; index < 5; index += 1) {
      const _id = `c${index}`;
      const [key, inner] = await newKeys();
      secrets.set(_id, [key.seal('张三'), inner.seal('李四')]);
      // One has never had an inner key, another has lost its own.
      const keys = {
        ...(index === 3 ? {} : { key: key.wrapped }),
        ...(index === 4 ? {} : { inner: { key: inner.wrapped } }),
      };
      await records.insert(own, { _id, tenantId: own.tenantId, ...keys });
    }
    const oldKid = (await here.newRecordKey(own)).wrapped.kid;
    await here.rotateTenantKey(own);
    const page = await keyed.rewrapPage(everywhere, own.tenantId, undefined, 3);
    expect(page).to.deep.equal({ looked: 3, rewrapped: 3, next: 'c2' });
    // Two instances, or a crash before the place was written down: the same page again changes nothing.
    expect((await keyed.rewrapPage(everywhere, own.tenantId, undefined, 3)).rewrapped).to.equal(0);
    expect(await keyed.rewrapPage(everywhere, own.tenantId, 'c2', 3)).to.deep.equal({
      ...{ looked: 2, rewrapped: 2, next: undefined },
    });
    await database.connection.collection<{ _id: string }>('vault_keys').deleteOne({ _id: oldKid });
    const later = await Vault.open(database.connection, masterKey);
    const keysSchema = z.looseObject({ key: wrappedKeySchema.optional() });
    for (const document of await records.find(own, {})) {
      const { key, inner } = keysSchema.extend({ inner: keysSchema.optional() }).parse(document);
      const [outer = '', within = ''] = secrets.get(document._id) ?? [];
      if (key !== undefined) expect((await later.recordKey(own, key)).open(outer)).to.equal('张三');
      if (inner?.key !== undefined) expect((await later.recordKey(own, inner.key)).open(within)).to.equal('李四');
    }
  });
});
