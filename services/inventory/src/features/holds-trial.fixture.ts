// Instances of the hold decision on a real database and broker, a client that asks and listens, and counters to look at: what the
// integration specs of holds stand on.
import {
  confirmHold,
  extendHold,
  holdGranted,
  holdQueued,
  holdRejected,
  placeHold,
  releaseHold,
  returnPlaces,
  sessionReduced,
  sessionRestored,
  waitingLineChanged,
  type DataOf,
  type Envelope,
  type MessageDefinition,
} from '@tongpiao/contracts';
import type { TenantId } from '@tongpiao/kernel';
import { connectBroker, isMessage, type Broker } from '@tongpiao/messaging';
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
import { pino } from 'pino';
import { openHolds, type HoldStore } from '../hold/hold.store.ts';
import { createPendingClearing } from '../hold/pending-clearing.ts';
import { createSessionIndex } from '../session/session-index.ts';
import { sessionSpec } from '../session/session.store.ts';
import type { SessionCommand, SessionEvent, SessionState } from '../session/session.ts';
import type { SiteDay } from '../site-day/site-day.ts';
import { openSiteDays, siteDayId, type Guard, type SiteDayStore } from '../site-day/site-day.store.ts';
import type { DecideFaults } from '../hold/complete-decided.ts';
import { serveWaiting } from './serve-waiting.ts';
import { DECIDE_HOLDS, decideHolds } from './decide-holds.ts';

const TENANT = 'ten_aaaaaaaaaa7k' as TenantId;
export const origin = { by: 'tester', channel: 'web', cause: 'test', correlationId: 'c1' };
export const scope = Scope.ofTenant(TENANT, origin);
export const logger = pino({ level: 'silent' });
const SITE = 'site_7kaaaaaaaaaaaaaa';
export const DATE = '2026-12-01';

export type Instance = {
  broker: Broker;
  relay: Relay;
  siteDays: SiteDayStore;
  holds: HoldStore;
  sessions: Sessions;
  stop(): Promise<void>;
};
export type Command = { kind: 'command'; envelope: Envelope };
type InstanceOptions = { faults?: DecideFaults; guard?: Guard; singleActive?: boolean; slice?: string };
type Sessions = AggregateStore<SessionState, SessionCommand, SessionEvent>;

function command<Definition extends MessageDefinition>(
  definition: Definition,
  data: DataOf<Definition>,
  id: string,
): Command {
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
const EXPIRES_AT = '2026-12-01T10:00:00Z';
export const holdOf = (id: string): { holdId: string; orderId: string } => ({
  holdId: `hld_${id}`,
  orderId: `ord_${id}`,
});
export const place = (id: string, lines: readonly { sessionId: string; quantity: number }[]): Command =>
  command(placeHold, { ...holdOf(id), lines: [...lines], channel: 'web', expiresAt: EXPIRES_AT }, `place-${id}`);
export const placeOrWait = (
  id: string,
  lines: readonly { sessionId: string; quantity: number }[],
  lineMax = 100,
  until = EXPIRES_AT,
): Command =>
  command(
    placeHold,
    { ...holdOf(id), lines: [...lines], channel: 'web', expiresAt: EXPIRES_AT, waiting: { until, lineMax } },
    `wait-${id}`,
  );
export const extend = (id: string, expiresAt: string): Command =>
  command(extendHold, { ...holdOf(id), expiresAt }, `extend-${id}-${expiresAt}`);
export const confirm = (id: string): Command => command(confirmHold, holdOf(id), `confirm-${id}`);
export const release = (id: string, reason: 'expired' | 'refunded' = 'expired'): Command =>
  command(releaseHold, { ...holdOf(id), reason }, `release-${id}-${reason}`);
export const giveBack = (id: string, sessionId: string, quantity: number, returnId: string): Command =>
  command(returnPlaces, { ...holdOf(id), returnId, sessionId, quantity }, `return-${id}-${returnId}`);

/** For a change of capacity where no reduction is. */
export const nothingTakenBack = (): never => {
  throw new Error('nothing is taken back');
};

/** Dies at this point for the first few times, so that the message waits on a retry rung. */
export function dyingAt(point: Parameters<DecideFaults['at']>[0], times: number): DecideFaults & { deaths: number } {
  const faults = {
    deaths: 0,
    at(at: Parameters<DecideFaults['at']>[0]) {
      if (at !== point || faults.deaths >= times) return;
      faults.deaths += 1;
      throw new Error(`killed ${point}`);
    },
  };
  return faults;
}

export class HoldsTrial {
  readonly servers = testServers();
  /** What was told of lines, in order of telling. */
  readonly lines: { sequence: number; sessionId: string; orderIds: readonly string[] }[] = [];
  readonly reduced: DataOf<typeof sessionReduced>[] = [];
  readonly restored: DataOf<typeof sessionRestored>[] = [];
  readonly #answers = new Map<string, string[]>();
  readonly #instances: Instance[] = [];
  readonly #slices = new Set<string>();
  #database: Database | undefined;
  #client: Broker | undefined;
  #count = 0;

  get database(): Database {
    if (this.#database === undefined) throw new Error('not open');
    return this.#database;
  }

  get client(): Broker {
    if (this.#client === undefined) throw new Error('not open');
    return this.#client;
  }

  async open(): Promise<void> {
    const { servers } = this;
    this.#database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('inventory'), logger });
    this.#client = await this.#connect('client');
    await this.#client.consume({
      slice: 'answers',
      definitions: [holdGranted, holdRejected, holdQueued, waitingLineChanged, sessionReduced, sessionRestored],
      handle: async (message) => {
        if (isMessage(message, holdGranted)) this.#hear(message.envelope.data.holdId, 'granted');
        if (isMessage(message, holdQueued))
          this.#hear(message.envelope.data.holdId, `queued ${message.envelope.data.position}`);
        if (isMessage(message, waitingLineChanged)) {
          const { sequence, data } = message.envelope;
          this.lines.push({ sequence, ...data });
        }
        if (isMessage(message, sessionReduced)) this.reduced.push(message.envelope.data);
        if (isMessage(message, sessionRestored)) this.restored.push(message.envelope.data);
        if (isMessage(message, holdRejected)) this.#hear(message.envelope.data.holdId, message.envelope.data.reason);
      },
    });
  }

  /** Stops the instances; what was answered is forgotten. */
  async rest(): Promise<void> {
    for (const instance of this.#instances.splice(0)) await instance.stop();
    this.#answers.clear();
    this.lines.length = 0;
    this.reduced.length = 0;
    this.restored.length = 0;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.database.close();
    const queues = ['client.answers', ...[...this.#slices].map((slice) => `inventory.${slice}`)];
    await forget(this.servers, {
      databases: ['inventory'],
      queues: queues.flatMap((queue) => [queue, `${queue}.dead`]),
    });
  }

  async start(options: InstanceOptions = {}): Promise<Instance> {
    const { database } = this;
    this.#count += 1;
    const owner = `inventory-${this.#count}`;
    const broker = await this.#connect('inventory', owner);
    const relay = createRelay({
      publish: (message) => broker.publisher.publish(message),
      leases: await openLeases(database.connection),
      owner,
      logger,
      overdueMs: 200,
      sweepEveryMs: 50,
    });
    const siteDays = await openSiteDays(database, options.guard);
    const holds = await openHolds(database, relay);
    const sessions = await this.#sessions(relay);
    relay.start();
    const slice = options.slice ?? 'decide-holds';
    this.#slices.add(slice);
    const clearing = createPendingClearing(siteDays, logger);
    await broker.consume({
      slice,
      definitions: DECIDE_HOLDS,
      singleActive: options.singleActive ?? true,
      prefetch: 400,
      maxBatch: 200,
      handleBatch: decideHolds({
        siteDays,
        holds,
        sessions: createSessionIndex(sessions),
        publisher: broker.publisher,
        clearing,
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
      sessions,
      async stop() {
        await broker.cancelConsumers();
        await clearing.stop();
        await relay.stop();
        await broker.close();
      },
    };
    this.#instances.push(instance);
    return instance;
  }

  /** A session with its counters; the name makes it, and its site, one of a kind. `beside` puts it on the site of that one. */
  async session(
    instance: Instance,
    name: string,
    capacity: number,
    at: { date?: string; dayCapacity?: number; beside?: string } = {},
  ): Promise<string> {
    const { database, servers } = this;
    const id = `ses_7k${name}${servers.prefix.slice(1, 8)}`;
    const date = at.date ?? DATE;
    const siteId = `${SITE}${at.beside ?? name}`;
    await instance.siteDays.addSession(scope, { siteId, date }, id, capacity, {
      ...(at.dayCapacity === undefined ? {} : { cal: at.dayCapacity }),
    });
    const relay = createRelay({
      publish: async () => undefined,
      leases: await openLeases(database.connection),
      owner: 'seed',
      logger,
    });
    const sessions = await this.#sessions(relay);
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

  async send(commands: readonly Command[]): Promise<void> {
    await this.client.publisher.publishMany(commands);
  }

  dayOf(name: string, date = DATE): string {
    return siteDayId(`${SITE}${name}`, date);
  }

  async counters(instance: Instance, name: string, date = DATE): Promise<SiteDay> {
    const id = this.dayOf(name, date);
    const siteDay = (await instance.siteDays.load(scope, [id])).get(id);
    if (siteDay === undefined) throw new Error('no site-day');
    return siteDay;
  }

  /** Counters that have come to rest, with nothing pending. */
  async quiet(instance: Instance, name: string): Promise<SiteDay> {
    await settled('counters', async () => (await this.counters(instance, name)).revision, 400);
    return eventually('nothing pending', async () => {
      const siteDay = await this.counters(instance, name);
      return siteDay.pending.length === 0 ? siteDay : undefined;
    });
  }

  /** The periodic task of an instance, run by hand. */
  round(instance: Instance, faults?: DecideFaults): () => Promise<void> {
    let task: (() => Promise<void>) | undefined;
    const { siteDays, holds, broker } = instance;
    serveWaiting(
      {
        logger,
        acrossTenants: (reason) => Scope.acrossTenants(reason, origin, logger),
        every: (_name, _everyMs, given) => {
          task = given;
        },
      },
      {
        siteDays,
        holds,
        publisher: broker.publisher,
        moved: () => undefined,
        clock: () => new Date(),
        ...(faults === undefined ? {} : { faults }),
      },
    );
    return async () => task?.();
  }

  async stored(instance: Instance, id: string): Promise<string | undefined> {
    return (await instance.holds.load(scope, [`hld_${id}`])).get(`hld_${id}`)?.status;
  }

  /** Each different answer once, in order. */
  said(id: string): string[] {
    return [...new Set(this.#answers.get(`hld_${id}`))];
  }

  answered(ids: readonly string[]): Promise<boolean> {
    return eventually(`answers to ${ids.length} holds`, () => ids.every((id) => this.said(id).length > 0), {
      withinMs: 30_000,
    });
  }

  #hear(holdId: string, answer: string): void {
    this.#answers.set(holdId, [...(this.#answers.get(holdId) ?? []), answer]);
  }

  #connect(service: string, instance = `${service}-1`): Promise<Broker> {
    const { servers } = this;
    return connectBroker({ url: servers.rabbitmqUrl, service, instance, prefix: servers.prefix, logger });
  }

  async #sessions(relay: Relay): Promise<Sessions> {
    const { connection } = this.database;
    const vault = await Vault.open(connection, Buffer.alloc(32, 1).toString('base64'));
    const bus = createBusSeal(Buffer.alloc(32, 2));
    return AggregateStore.open(sessionSpec, { connection, relay, vault, bus });
  }
}
