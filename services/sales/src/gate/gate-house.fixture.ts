// Sales on real servers, with rights put into its database by hand: tickets of any status, session and day, without buying each.
import { localDateOf, ticketNumberOf, type TenantId } from '@tongpiao/kernel';
import { AggregateStore, createBusSeal, keyFromBase64, newId, openDatabase, Scope, Vault } from '@tongpiao/persistence';
import { expect } from 'chai';
import { pino } from 'pino';
import { openSiteCounters, slotOf, type SiteCounters } from '../occupancy/counters.store.ts';
import { occupancyId } from '../occupancy/occupancy.store.ts';
import { rightFacts } from '../right/right.fixture.ts';
import { rightSpec } from '../right/right.store.ts';
import type { RightCommand, RightFacts, RightState, SoldRight } from '../right/right.ts';
import { openSalesHouse, SITE, TENANT, type Reply, type SalesHouse } from '../sales-house.fixture.ts';
import type { Rights } from '../stores.ts';

export type GateHouse = {
  readonly house: SalesHouse;
  readonly rights: Rights;
  readonly scope: Scope;
  /** Stores rights of today at the first site unless told otherwise. @returns their ids and numbers */
  seed(wishes: readonly Partial<RightFacts>[]): Promise<readonly Seeded[]>;
  change(id: string, command: RightCommand): Promise<RightState>;
  /** Writes into a stored right what would take long to come about. */
  put(id: string, fields: Partial<SoldRight>): Promise<void>;
  readonly counters: SiteCounters;
  /** Changes today's counters of the first site as nobody should, and this slot of them with it. */
  miscount(by: Readonly<Record<string, number>>, slots: 'entries' | 'exits', now?: Date): Promise<void>;
  stop(): Promise<void>;
};
export type Seeded = { readonly id: string; readonly number: string };

let made = 0;
function newNumber(tenantId: TenantId): string {
  made += 1;
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(0, made * 2_654_435_761);
  new DataView(bytes.buffer).setUint32(4, made);
  return ticketNumberOf(tenantId, bytes);
}

const HOUR_MS = 3_600_000;

export async function openGateHouse(options: Parameters<SalesHouse['start']>[0] = {}): Promise<GateHouse> {
  const house = await openSalesHouse();
  await house.start(options);
  const { MONGODB_URI: uri, DATABASE_NAME: name, MASTER_KEY, BUS_KEY } = house.settings;
  const logger = pino({ level: 'silent' });
  const database = await openDatabase({ uri, name, logger });
  const rights: Rights = await AggregateStore.open(rightSpec, {
    connection: database.connection,
    // What is said here is published by the sweeper of the instance that runs.
    relay: {
      watch: () => undefined,
      offer: () => undefined,
      start: () => undefined,
      oldestMs: () => Promise.resolve(0),
      stop: () => Promise.resolve(),
    },
    vault: await Vault.open(database.connection, MASTER_KEY),
    bus: createBusSeal(keyFromBase64(BUS_KEY, 'BUS_KEY')),
  });
  const scope = Scope.ofTenant(TENANT, {
    by: 'service:spec',
    channel: 'message',
    cause: 'seed',
    correlationId: 'seed',
  });
  const counters = await openSiteCounters(database);
  return {
    counters,
    house,
    rights,
    scope,
    async seed(wishes) {
      const now = Date.now();
      const items = wishes.map((wish) => {
        const facts = rightFacts({
          number: newNumber(TENANT),
          siteId: SITE,
          date: new Date(now + 8 * HOUR_MS).toISOString().slice(0, 10),
          validFrom: new Date(now - HOUR_MS).toISOString(),
          validUntil: new Date(now + HOUR_MS).toISOString(),
          endsAt: new Date(now + HOUR_MS).toISOString(),
          ...wish,
        });
        return { id: newId<'Right'>('rgt', TENANT), number: facts.number, facts };
      });
      await rights.createMany(
        scope,
        items.map(({ id, facts }) => ({ id, command: { type: 'IssueTicket' as const, facts } })),
      );
      return items.map(({ id, number }) => ({ id, number }));
    },
    async miscount(by, slots, now = new Date()) {
      const date = localDateOf(now, 'Asia/Shanghai');
      const people = by['entered'] ?? by['exited'] ?? 0;
      await database.connection
        .collection<{ _id: string }>('site_counters')
        .updateOne({ _id: occupancyId(SITE, date) }, { $inc: { ...by, [`${slots}.${slotOf(now)}`]: people } });
    },
    async put(id, fields) {
      const $set = Object.fromEntries(Object.entries(fields).map(([name, value]) => [`state.${name}`, value]));
      await database.connection.collection<{ _id: string }>('rights').updateOne({ _id: id }, { $set });
    },
    change: async (id, command) => (await rights.handle(scope, id, command)).state,
    async stop() {
      await database.close();
      await house.stop();
    },
  };
}

/** What a stranger is told of every path of a gate. */
export function expectNotThere(reply: Reply): void {
  expect([reply.status, (reply.body as { code: string }).code]).to.deep.equal([404, 'platform.not-found']);
}
