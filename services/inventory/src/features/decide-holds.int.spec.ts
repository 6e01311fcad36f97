// The hot path on a real database and broker: never oversold, never lost, through crashes between any two writes, duplicates, two
// instances at once, and with the guard off, where the race must show.
import {
  availabilityChanged,
  confirmHold,
  holdGranted,
  holdRejected,
  placeHold,
  releaseHold,
  type DataOf,
  type Envelope,
  type MessageDefinition,
} from '@tongpiao/contracts';
import type { TenantId } from '@tongpiao/kernel';
import { connectBroker, type Broker } from '@tongpiao/messaging';
import {
  AggregateStore,
  createBusSeal,
  createRelay,
  openDatabase,
  openLeases,
  Scope,
  Vault,
  type Database,
  type Relay,
} from '@tongpiao/persistence';
import { eventually, forget, settled, testServers } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { openHolds, type HoldStore } from '../hold/hold.store.ts';
import { createSessionIndex } from '../session/session-index.ts';
import { sessionSpec } from '../session/session.store.ts';
import { balanced } from '../site-day/site-day.decider.ts';
import type { SiteDay } from '../site-day/site-day.ts';
import { openSiteDays, siteDayId, type Guard, type SiteDayStore } from '../site-day/site-day.store.ts';
import { completePending } from './complete-pending.ts';
import { DECIDE_HOLDS, decideHolds, type DecideFaults } from './decide-holds.ts';

const TENANT = 'ten_aaaaaaaaaa7k' as TenantId;
const origin = { by: 'tester', channel: 'web', cause: 'test', correlationId: 'c1' };
const scope = Scope.ofTenant(TENANT, origin);
const logger = pino({ level: 'silent' });
const SITE = 'site_7kaaaaaaaaaaaaaa';
const DATE = '2026-12-01';

type Instance = { broker: Broker; relay: Relay; siteDays: SiteDayStore; holds: HoldStore; stop(): Promise<void> };

describe('decide-holds', function () {
  this.timeout(60_000);
  const servers = testServers();
  let database: Database;
  let client: Broker;
  const answers = new Map<string, Set<string>>();
  const instances: Instance[] = [];
  let count = 0;

  before(async () => {
    database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('inventory'), logger });
    client = await connectBroker({
      url: servers.rabbitmqUrl,
      service: 'client',
      instance: 'client-1',
      prefix: servers.prefix,
      logger,
    });
    await client.consume({
      slice: 'answers',
      definitions: [holdGranted, holdRejected, availabilityChanged],
      handle: async ({ envelope, definition }) => {
        const { holdId } = envelope.data as { holdId: string };
        const said = answers.get(holdId) ?? new Set();
        answers.set(
          holdId,
          said.add(
            definition.type === holdGranted.type ? 'granted' : (envelope.data as DataOf<typeof holdRejected>).reason,
          ),
        );
      },
    });
  });
  afterEach(async () => {
    for (const instance of instances.splice(0)) await instance.stop();
    answers.clear();
  });
  after(async () => {
    await client.close();
    await database.close();
    await forget(servers, {
      databases: ['inventory'],
      queues: [
        'client.answers',
        'client.answers.dead',
        'inventory.decide-holds',
        'inventory.decide-holds.dead',
        'inventory.race',
        'inventory.race.dead',
      ],
    });
  });

  async function start(
    options: { faults?: DecideFaults; guard?: Guard; singleActive?: boolean; slice?: string } = {},
  ): Promise<Instance> {
    count += 1;
    const broker = await connectBroker({
      url: servers.rabbitmqUrl,
      service: 'inventory',
      instance: `inventory-${count}`,
      prefix: servers.prefix,
      logger,
    });
    const relay = createRelay({
      publish: (message) => broker.publisher.publish(message),
      leases: await openLeases(database.connection),
      owner: `inventory-${count}`,
      logger,
      overdueMs: 200,
      sweepEveryMs: 50,
    });
    const vault = await Vault.open(database.connection, Buffer.alloc(32, 1).toString('base64'));
    const sessions = await AggregateStore.open(sessionSpec, {
      connection: database.connection,
      relay,
      vault,
      bus: createBusSeal(Buffer.alloc(32, 2)),
    });
    const siteDays = await openSiteDays(database, options.guard);
    const holds = await openHolds(database, relay);
    relay.start();
    await broker.consume({
      slice: options.slice ?? 'decide-holds',
      definitions: DECIDE_HOLDS,
      singleActive: options.singleActive ?? true,
      prefetch: 400,
      maxBatch: 200,
      handleBatch: decideHolds({
        siteDays,
        holds,
        sessions: createSessionIndex(sessions),
        publisher: broker.publisher,
        moved: () => undefined,
        clock: () => new Date(),
        ...(options.faults === undefined ? {} : { faults: options.faults }),
      }),
    });
    const instance: Instance = {
      broker,
      relay,
      siteDays,
      holds,
      async stop() {
        await broker.cancelConsumers();
        await relay.stop();
        await broker.close();
      },
    };
    instances.push(instance);
    return instance;
  }

  async function session(
    instance: Instance,
    name: string,
    capacity: number,
    at: { date?: string; dayCapacity?: number } = {},
  ): Promise<string> {
    const id = `ses_7k${name}${servers.prefix.slice(1, 8)}`;
    const date = at.date ?? DATE;
    const siteId = `${SITE}${name}`;
    await instance.siteDays.addSession(scope, { siteId, date }, id, capacity, at.dayCapacity);
    const relay = createRelay({
      publish: async () => undefined,
      leases: await openLeases(database.connection),
      owner: 'seed',
      logger,
    });
    const vault = await Vault.open(database.connection, Buffer.alloc(32, 1).toString('base64'));
    const sessions = await AggregateStore.open(sessionSpec, {
      connection: database.connection,
      relay,
      vault,
      bus: createBusSeal(Buffer.alloc(32, 2)),
    });
    await sessions.handle(scope, id, {
      type: 'OpenSession',
      calendarId: 'cal',
      productId: 'prd',
      siteId,
      date,
      startsAt: `${date}T09:00:00+08:00`,
      endsAt: `${date}T11:00:00+08:00`,
      capacity,
    });
    return id;
  }

  function command<Definition extends MessageDefinition>(
    definition: Definition,
    data: DataOf<Definition>,
    id: string,
  ): { kind: 'command'; envelope: Envelope } {
    return {
      kind: 'command',
      envelope: {
        specversion: '1.0',
        id,
        type: definition.type,
        source: 'sales',
        subject: id,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        tenantid: TENANT,
        correlationid: 'c',
        causationid: 'c',
        sequence: 1,
        data,
      },
    };
  }
  const holdOf = (id: string): { holdId: string; orderId: string } => ({ holdId: `hld_${id}`, orderId: `ord_${id}` });
  const place = (
    id: string,
    lines: readonly { sessionId: string; quantity: number }[],
  ): { kind: 'command'; envelope: Envelope } =>
    command(
      placeHold,
      { ...holdOf(id), lines: [...lines], channel: 'web', expiresAt: '2026-12-01T10:00:00Z' },
      `place-${id}`,
    );
  const confirm = (id: string): { kind: 'command'; envelope: Envelope } =>
    command(confirmHold, holdOf(id), `confirm-${id}`);
  const release = (id: string): { kind: 'command'; envelope: Envelope } =>
    command(releaseHold, { ...holdOf(id), reason: 'expired' }, `release-${id}`);

  async function counters(instance: Instance, name: string, date = DATE): Promise<SiteDay> {
    const id = siteDayId(`${SITE}${name}`, date);
    const siteDay = (await instance.siteDays.load(scope, [id])).get(id);
    if (siteDay === undefined) throw new Error('no site-day');
    return siteDay;
  }
  async function quiet(instance: Instance, name: string): Promise<SiteDay> {
    await settled('counters', async () => (await counters(instance, name)).revision, 400);
    return eventually('nothing pending', async () => {
      const siteDay = await counters(instance, name);
      return siteDay.pending.length === 0 ? siteDay : undefined;
    });
  }
  const said = (id: string): string[] => [...(answers.get(`hld_${id}`) ?? [])];
  const answered = (ids: readonly string[]): Promise<boolean> =>
    eventually(`answers to ${ids.length} holds`, () => ids.every((id) => said(id).length > 0), { withinMs: 30_000 });

  it('INV-11 INV-12 sells 500 places to 2,000 who ask at once: 500 granted, 1,500 told that it is sold out', async () => {
    const instance = await start();
    const sessionId = await session(instance, 'hot', 500);
    const ids = Array.from({ length: 2_000 }, (_, index) => `hot${index}`);
    await client.publisher.publishMany(ids.map((id) => place(id, [{ sessionId, quantity: 1 }])));
    await answered(ids);
    const granted = ids.filter((id) => said(id)[0] === 'granted');
    expect(granted).to.have.length(500);
    expect(ids.filter((id) => said(id)[0] === 'sold-out')).to.have.length(1_500);
    expect(
      ids.every((id) => said(id).length === 1),
      'one answer each',
    ).to.equal(true);
    const siteDay = await quiet(instance, 'hot');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 500, available: 0, held: 500, sold: 0 });
  });

  it('INV-10 takes all lines of a hold or none', async () => {
    const instance = await start();
    const a = await session(instance, 'all', 5);
    await client.publisher.publishMany([
      place('all1', [{ sessionId: a, quantity: 3 }]),
      place('all2', [{ sessionId: a, quantity: 3 }]),
      place('all3', [{ sessionId: a, quantity: 2 }]),
    ]);
    await answered(['all1', 'all2', 'all3']);
    expect([said('all1'), said('all2'), said('all3')]).to.deep.equal([['granted'], ['sold-out'], ['granted']]);
  });

  it('INV-05 bounds all sessions of a site by its day', async () => {
    const instance = await start();
    const a = await session(instance, 'day', 5, { dayCapacity: 6 });
    await client.publisher.publishMany([place('day1', [{ sessionId: a, quantity: 5 }])]);
    await answered(['day1']);
    const id = siteDayId(`${SITE}day`, DATE);
    const siteDay = (await instance.siteDays.load(scope, [id])).get(id);
    expect(siteDay?.day).to.deep.include({ capacity: 6, available: 1, held: 5 });
  });

  it('INV-10 takes several days of one hold together, and gives the first back when the second refuses', async () => {
    const instance = await start();
    const first = await session(instance, 'sev', 5);
    const second = await session(instance, 'sew', 1, { date: '2026-12-02' });
    await client.publisher.publishMany([
      place('sev1', [
        { sessionId: first, quantity: 2 },
        { sessionId: second, quantity: 2 },
      ]),
      place('sev2', [
        { sessionId: first, quantity: 2 },
        { sessionId: second, quantity: 1 },
      ]),
    ]);
    await answered(['sev1', 'sev2']);
    expect([said('sev1'), said('sev2')]).to.deep.equal([['sold-out'], ['granted']]);
    expect((await quiet(instance, 'sev')).sessions[first]).to.deep.include({ available: 3, held: 2 });
    await client.publisher.publishMany([confirm('sev2')]);
    await eventually(
      'both days sold',
      async () =>
        (await counters(instance, 'sev')).sessions[first]?.sold === 2 &&
        (await counters(instance, 'sew', '2026-12-02')).sessions[second]?.sold === 1,
    );
  });

  it('INV-10 confirms and releases once, whatever comes twice', async () => {
    const instance = await start();
    const sessionId = await session(instance, 'dup', 10);
    const twice = [place('dup1', [{ sessionId, quantity: 2 }]), place('dup2', [{ sessionId, quantity: 3 }])];
    await client.publisher.publishMany([...twice, ...twice]);
    await answered(['dup1', 'dup2']);
    await client.publisher.publishMany([
      confirm('dup1'),
      confirm('dup1'),
      release('dup2'),
      release('dup2'),
      confirm('dup1'),
    ]);
    await eventually('the sale', async () => (await counters(instance, 'dup')).sessions[sessionId]?.sold === 2);
    const siteDay = await quiet(instance, 'dup');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 10, available: 8, held: 0, sold: 2 });
  });

  it('INV-10 a release that comes before its place leaves nothing held', async () => {
    const instance = await start();
    const sessionId = await session(instance, 'ear', 3);
    await client.publisher.publishMany([release('ear1')]);
    await eventually(
      'the tombstone',
      async () => (await instance.holds.load(scope, ['hld_ear1'])).get('hld_ear1')?.status === 'released',
    );
    await client.publisher.publishMany([
      place('ear1', [{ sessionId, quantity: 1 }]),
      place('ear2', [{ sessionId, quantity: 1 }]),
    ]);
    await answered(['ear2']);
    expect((await quiet(instance, 'ear')).sessions[sessionId]).to.deep.include({ available: 2, held: 1 });
  });

  for (const point of ['afterCounters', 'afterHolds', 'afterPending'] as const) {
    it(`INV-11 PLA-41 loses and doubles nothing when it dies ${point}`, async () => {
      let deaths = 0;
      const instance = await start({
        faults: {
          at(at) {
            if (at === point && deaths < 3) {
              deaths += 1;
              throw new Error(`killed ${point}`);
            }
          },
        },
      });
      const name = `die${point.slice(5, 8).toLowerCase()}`;
      const sessionId = await session(instance, name, 30);
      const ids = Array.from({ length: 50 }, (_, index) => `${name}${index}`);
      await client.publisher.publishMany(ids.map((id) => place(id, [{ sessionId, quantity: 1 }])));
      await answered(ids);
      const granted = ids.filter((id) => said(id).includes('granted'));
      await client.publisher.publishMany([...granted.slice(0, 20).map(confirm), ...granted.slice(20).map(release)]);
      await eventually('20 sold', async () => (await counters(instance, name)).sessions[sessionId]?.sold === 20, {
        withinMs: 30_000,
      });
      const siteDay = await quiet(instance, name);
      expect(deaths).to.equal(3);
      expect(granted).to.have.length(30);
      expect(
        ids.every((id) => said(id).length === 1),
        'nobody was told two things',
      ).to.equal(true);
      expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 30, available: 10, held: 0, sold: 20 });
    });
  }

  /** Dies at this point for the first few times, so that the message waits on a retry rung. */
  const dyingAt = (point: Parameters<DecideFaults['at']>[0], times: number): DecideFaults & { deaths: number } => {
    const faults = {
      deaths: 0,
      at(at: Parameters<DecideFaults['at']>[0]) {
        if (at !== point || faults.deaths >= times) return;
        faults.deaths += 1;
        throw new Error(`killed ${point}`);
      },
    };
    return faults;
  };
  const stored = async (instance: Instance, id: string): Promise<string | undefined> =>
    (await instance.holds.load(scope, [`hld_${id}`])).get(`hld_${id}`)?.status;

  it('INV-11 a release that overtakes its place on the retry rung leaves nothing held', async () => {
    const faults = dyingAt('afterCounters', 1);
    const instance = await start({ faults });
    const sessionId = await session(instance, 'ovt', 5);
    await client.publisher.publishMany([place('ovt1', [{ sessionId, quantity: 2 }])]);
    await eventually(
      'the counters have moved',
      async () => (await counters(instance, 'ovt')).sessions[sessionId]?.held === 2,
    );
    await client.publisher.publishMany([release('ovt1')]);
    await eventually('the tombstone', async () => (await stored(instance, 'ovt1')) === 'released');
    await eventually('the places', async () => (await counters(instance, 'ovt')).sessions[sessionId]?.available === 5);
    expect((await quiet(instance, 'ovt')).sessions[sessionId]).to.deep.include({ available: 5, held: 0, sold: 0 });
    expect(said('ovt1'), 'nobody is granted what was let go').to.deep.equal([]);
  });

  it('INV-11 two releases while the place waits on its rung give the places back once', async () => {
    const faults = dyingAt('afterHolds', 1);
    const instance = await start({ faults });
    const sessionId = await session(instance, 'two2', 5);
    await client.publisher.publishMany([place('rel1', [{ sessionId, quantity: 2 }])]);
    await eventually('the document', async () => (await stored(instance, 'rel1')) === 'held');
    await client.publisher.publishMany([release('rel1')]);
    await eventually('released', async () => (await stored(instance, 'rel1')) === 'released');
    await client.publisher.publishMany([release('rel1')]);
    const siteDay = await quiet(instance, 'two2');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 5, available: 5, held: 0, sold: 0 });
  });

  it('INV-11 two confirms while the place waits on its rung sell the places once', async () => {
    const faults = dyingAt('afterHolds', 1);
    const instance = await start({ faults });
    const sessionId = await session(instance, 'con2', 5);
    await client.publisher.publishMany([place('cnf1', [{ sessionId, quantity: 2 }])]);
    await eventually('the document', async () => (await stored(instance, 'cnf1')) === 'held');
    await client.publisher.publishMany([confirm('cnf1')]);
    await eventually('confirmed', async () => (await stored(instance, 'cnf1')) === 'confirmed');
    await client.publisher.publishMany([confirm('cnf1')]);
    const siteDay = await quiet(instance, 'con2');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 5, available: 3, held: 0, sold: 2 });
  });

  for (const [point, times] of [
    ['afterCounters', 2],
    ['afterHolds', 1],
    ['afterPending', 1],
  ] as const) {
    it(`INV-10 PLA-41 a hold over three days is all or nothing when it dies ${point}`, async () => {
      const faults = dyingAt(point, times);
      const instance = await start({ faults });
      const name = `day${point.slice(5, 8).toLowerCase()}`;
      const dates = [DATE, '2026-12-02', '2026-12-03'];
      const ids: string[] = [];
      for (const [index, date] of dates.entries()) ids.push(await session(instance, `${name}${index}`, 3, { date }));
      const lines = ids.map((sessionId) => ({ sessionId, quantity: 2 }));
      await client.publisher.publishMany([place(`${name}a`, lines)]);
      await answered([`${name}a`]);
      await client.publisher.publishMany([place(`${name}b`, lines)]);
      await answered([`${name}b`]);
      expect([said(`${name}a`), said(`${name}b`)]).to.deep.equal([['granted'], ['sold-out']]);
      await client.publisher.publishMany([release(`${name}a`)]);
      await eventually('let go', async () => (await stored(instance, `${name}a`)) === 'released');
      for (const [index, date] of dates.entries()) {
        await eventually(`day ${index} is free and nothing is pending`, async () => {
          const siteDay = await counters(instance, `${name}${index}`, date);
          const figures = siteDay.sessions[ids[index] ?? ''];
          return siteDay.pending.length === 0 && figures?.available === 3 && figures.held === 0;
        });
      }
      expect(faults.deaths).to.equal(times);
    });
  }

  it('PLA-41 the sweep completes a decision that nobody completed, and gives back what was let go meanwhile', async () => {
    const instance = await start();
    const sessionId = await session(instance, 'swe', 5);
    const siteDay = await counters(instance, 'swe');
    const hold = (id: string): SiteDay['pending'][number]['hold'] => ({
      ...holdOf(id),
      channel: 'web',
      expiresAt: '2026-12-01T10:00:00Z',
      lines: [{ sessionId, siteDay: siteDay.id, quantity: 1 }],
    });
    const change = { available: -2, held: 2, sold: 0 };
    const pending = ['swe1', 'swe2'].map((id) => ({ id: `hld_${id}:place`, step: 'place' as const, hold: hold(id) }));
    const decided = await instance.siteDays.decide(
      scope,
      siteDay,
      { sessions: { [sessionId]: change }, day: change, pending },
      new Date(Date.now() - 120_000),
    );
    expect(decided).to.equal(true);
    await instance.holds.bury(scope, { ...hold('swe2'), lines: [] }, new Date());
    let sweep: (() => Promise<void>) | undefined;
    completePending(
      {
        clock: () => new Date(),
        logger,
        acrossTenants: (reason) => Scope.acrossTenants(reason, origin, logger),
        every: (_name, _everyMs, task) => {
          sweep = task;
        },
      },
      instance.siteDays,
      instance.holds,
    );
    await sweep?.();
    await sweep?.();
    await answered(['swe1']);
    const after = await counters(instance, 'swe');
    expect(after.pending).to.deep.equal([]);
    expect(after.sessions[sessionId]).to.deep.include({ available: 4, held: 1 });
  });

  it('INV-11 two instances that both decide sell no place twice', async () => {
    const one = await start({ singleActive: false, slice: 'race' });
    await start({ singleActive: false, slice: 'race' });
    const sessionId = await session(one, 'two', 100);
    const ids = Array.from({ length: 600 }, (_, index) => `two${index}`);
    for (let from = 0; from < ids.length; from += 60)
      await client.publisher.publishMany(
        ids.slice(from, from + 60).map((id) => place(id, [{ sessionId, quantity: 1 }])),
      );
    await answered(ids);
    expect(ids.filter((id) => said(id).includes('granted'))).to.have.length(100);
    const siteDay = await quiet(one, 'two');
    expect(siteDay.sessions[sessionId]).to.deep.include({ capacity: 100, available: 0, held: 100 });
    expect(Object.values(siteDay.sessions).every(balanced)).to.equal(true);
  });

  it('negative control: with the guard off the same race oversells', async () => {
    const one = await start({ singleActive: false, slice: 'race', guard: 'off' });
    await start({ singleActive: false, slice: 'race', guard: 'off' });
    let oversold = false;
    for (let round = 0; round < 10 && !oversold; round += 1) {
      const name = `off${round}`;
      const sessionId = await session(one, name, 60);
      const ids = Array.from({ length: 600 }, (_, index) => `${name}${index}`);
      for (let from = 0; from < ids.length; from += 20)
        void client.publisher.publishMany(
          ids.slice(from, from + 20).map((id) => place(id, [{ sessionId, quantity: 1 }])),
        );
      await answered(ids);
      oversold = ids.filter((id) => said(id).includes('granted')).length > 60;
    }
    expect(oversold, 'the race must show without the guard').to.equal(true);
  });
});
