// PLA-12 on real servers: two instances erase the same records at the same moment, because the lease was lost between them. Each record is
// erased once, its chain is whole, and nothing of anybody is left.
import { envelopeOf, tenantChanged, tenantsRepublished } from '@tongpiao/contracts';
import { PLATFORM_TENANT, type Decider, type TenantId } from '@tongpiao/kernel';
import { Scope, type AggregateSpec, type AggregateStore } from '@tongpiao/persistence';
import { eventually, forget, settled, stillWritten, testServers, whatLeadsToSomebody } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { eraseWhatIsOver } from './erase-what-is-over.ts';
import { openFoundation, type Foundation } from './foundation.ts';
import type { Running } from './lifecycle.ts';
import { silentLogger, trialTrust, type TrialTrust } from './trial.ts';

const RECORDS = 60;
const YEARS = 3;
const PATIENT = { withinMs: 60_000, everyMs: 50 };
const known = tenantChanged.data.parse(tenantChanged.example);
const origin = { by: 'usr_clerk', channel: 'counter', address: '10.9.8.7', cause: 'c', correlationId: 'c' };
const scope = Scope.ofTenant(known.tenantId as TenantId, origin);

type Stay = { readonly status: 'none' } | { readonly status: 'stayed'; readonly holder: string; readonly paid: number };
type Command = { readonly type: 'Pay'; readonly holder: string; readonly amount: number };
type Event = { readonly type: 'Paid'; readonly holder: string; readonly amount: number };
type Stays = AggregateStore<Stay, Command, Event>;

const decider: Decider<Stay, Command, Event> = {
  initial: { status: 'none' },
  decide: (_state, { holder, amount }) => [{ type: 'Paid', holder, amount }],
  evolve: (state, { holder, amount }) => ({
    ...{ status: 'stayed', holder },
    paid: (state.status === 'none' ? 0 : state.paid) + amount,
  }),
};
const staysSpec: AggregateSpec<Stay, Command, Event> = {
  service: 'hostel',
  collection: 'stays',
  decider,
  state: z.discriminatedUnion('status', [
    z.object({ status: z.literal('none') }),
    z.object({ status: z.literal('stayed'), holder: z.string(), paid: z.number() }),
  ]),
  personal: ['holder'],
  messages: () => [],
};

describe('erasing what is over, by two instances', function () {
  this.timeout(120_000);
  const servers = testServers();
  const keys = { MASTER_KEY: servers.key(), BUS_KEY: servers.key() };
  const database = { uri: servers.mongodbUri, name: servers.database('hostel') };
  const running: Running[] = [];
  let trust: TrialTrust;
  let ahead = 0;

  before(() => {
    trust = trialTrust();
  });
  after(async () => {
    for (const instance of running) await instance.stop();
    trust.stop();
    await forget(servers, { databases: ['hostel'], queues: [] });
  });

  function open(instance: string): Promise<Foundation> {
    return openFoundation({
      service: 'hostel',
      trust: trust.store,
      logger: silentLogger,
      clock: () => new Date(Date.now() + ahead),
      config: {
        NODE_ENV: 'test',
        SERVICE_INSTANCE: instance,
        LOG_LEVEL: 'silent',
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: 0,
        HTTP_TRUSTED_HOPS: 0,
        MONGODB_URI: database.uri,
        DATABASE_NAME: database.name,
        RABBITMQ_URL: servers.rabbitmqUrl,
        BROKER_PREFIX: servers.prefix,
        ...keys,
      },
    });
  }
  /** Whom the trail names as erased. */
  async function trailOf({ database: { connection } }: Foundation): Promise<readonly string[]> {
    const entries = await connection.collection('audit_trail').find({ what: 'erased' }).toArray();
    return z
      .array(z.object({ subject: z.string() }))
      .parse(entries)
      .map(({ subject }) => subject);
  }
  async function tellTenants({ broker, tenants }: Foundation): Promise<void> {
    const facts = (id: string, sequence: number): Parameters<typeof envelopeOf>[1] => ({
      ...{ id, source: 'identity', subject: known.tenantId, time: new Date(), tenantId: PLATFORM_TENANT, sequence },
    });
    await broker.publisher.publishMany([
      { kind: 'event', envelope: envelopeOf(tenantChanged.type, facts('t:1:0', 1), known) },
      { kind: 'event', envelope: envelopeOf(tenantsRepublished.type, facts('t:2:0', 2), { count: 1 }) },
    ]);
    await eventually('the tenant is known', () => tenants.ready());
  }

  it('PLA-12 each record is erased once and said so once, its chain is whole, and nothing leads to anybody', async () => {
    const foundations = [await open('hostel-1'), await open('hostel-2')];
    const both = Promise.withResolvers<undefined>();
    const arrived = new Set<number>();
    const tried = new Map<string, Set<number>>();
    const stores: Stays[] = [];
    for (const [index, foundation] of foundations.entries()) {
      const stays = await foundation.aggregate(staysSpec);
      stores.push(stays);
      await tellTenants(foundation);
      eraseWhatIsOver(
        foundation,
        [
          {
            ...{ kind: 'stays', eachInTrail: true, yearsOf: () => YEARS },
            async over(where, before, limit) {
              const old = { key: { $exists: true }, changedAt: { $lt: before } };
              const found = await stays.find(where, old, { sort: { changedAt: 1 }, limit });
              if (found.length > 0 && where.tenantId === known.tenantId) {
                // Neither goes on before the other has read the same records.
                arrived.add(index);
                if (arrived.size === foundations.length) both.resolve(undefined);
                await both.promise;
              }
              return found.map(({ id }) => id);
            },
            async erase(where, id) {
              tried.set(id, (tried.get(id) ?? new Set()).add(index));
              return (await stays.erase(where, id)) === 'erased' ? {} : undefined;
            },
          },
        ],
        // The lease is over before a round is.
        1,
      );
      running.push(await foundation.serve({ routes: [], problems: {} }));
    }
    const [first, second] = stores;
    const [one] = foundations;
    if (first === undefined || second === undefined || one === undefined) throw new Error('two were opened');
    const ids = Array.from({ length: RECORDS }, (_, index) => `sta_${index}`);
    for (const [index, id] of ids.entries()) {
      const recordKey = await one.vault.newRecordKey(scope);
      const pay = { type: 'Pay', holder: `index-of-zhang-${index}`, amount: 100 } as const;
      await first.handle(scope, id, pay, { recordKey });
      await second.handle(scope, id, { ...pay, amount: 20 });
    }
    const before = await whatLeadsToSomebody(database);
    const kinds = [...before.values()].map((where) => where.replace(/\.\d+/g, '')).join('\n');
    expect(kinds).to.include('stays.key.wrapped').and.to.include('stays.journal.address');

    ahead = (YEARS + 0.1) * 365.25 * 24 * 3_600_000;
    await eventually(
      'nothing leads to anybody',
      async () => {
        const left = await stillWritten(database, before);
        return left.length === 0 || Promise.reject(new Error(left.slice(0, 5).join('\n')));
      },
      PATIENT,
    );
    expect([...tried.values()].filter(({ size }) => size === 2).length, 'tried by both').to.be.above(RECORDS / 2);
    for (const id of ids) {
      expect((await first.load(scope, id))?.state).to.deep.include({ status: 'stayed', paid: 120 });
      expect((await first.journal(scope, id)).map(({ type }) => type)).to.deep.equal([
        'Paid',
        'Paid',
        'PersonalDataErased',
      ]);
      expect(await second.verify(scope, id)).to.deep.equal({ intact: true, entries: 3 });
    }
    const said = await settled('the trail', () => trailOf(one));
    expect(said).to.have.members(ids);
  });
});
