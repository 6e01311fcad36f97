// What every service opens in the same order and stops in the reverse one: database and keys, broker and relay, trust and tenants,
// HTTP. A service's `run.ts` reads like a table of contents because this file holds what all of them share.
import type { Envelope } from '@tongpiao/contracts';
import type { TenantId } from '@tongpiao/kernel';
import { connectBroker, type Broker } from '@tongpiao/messaging';
import {
  AggregateStore,
  createBusSeal,
  createRelay,
  keyFromBase64,
  openDatabase,
  openLeases,
  rewrappable,
  Scope,
  Vault,
  type AggregateSpec,
  type BusSeal,
  type Database,
  type DomainEvent,
  type Faults,
  type Leases,
  type Origin,
  type RecordBase,
  type Records,
  type Relay,
  type Rewrappable,
} from '@tongpiao/persistence';
import type { Logger } from 'pino';
import type { BearerRecogniser } from './authentication.ts';
import { openAuditTrail, type AuditTrail } from './audit-trail.ts';
import { createHealth, type Health } from './health.ts';
import { startHttpServer } from './http-server.ts';
import { drainDelayOf, orderlyStop, type Running } from './lifecycle.ts';
import { journalRoutes, type Audited } from './journals.ts';
import { openKeyRotation } from './key-rotation.routes.ts';
import { createLogger, type LoggerOptions } from './logger.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openTracing, type TracingOptions } from './open-tracing.ts';
import { openParkedMessages } from './parked-messages.ts';
import type { ProblemCatalogue } from './problem-catalogue.ts';
import { createProblems } from './problems.ts';
import type { Route } from './routes.ts';
import { openTenantDirectory, type TenantDirectory } from './tenant-directory.ts';
import { TrustStore } from './trust.ts';
import type { Waiters } from './waiters.ts';

export type FoundationConfig = {
  readonly NODE_ENV: 'production' | 'development' | 'test';
  readonly SERVICE_INSTANCE: string;
  readonly LOG_LEVEL: LoggerOptions['level'];
  readonly HTTP_HOST: string;
  readonly HTTP_PORT: number;
  readonly HTTP_TRUSTED_HOPS: number;
  readonly DRAIN_DELAY_MS?: number | undefined;
  readonly MONGODB_URI: string;
  readonly DATABASE_NAME: string;
  readonly RABBITMQ_URL: string;
  readonly BROKER_PREFIX: string;
  readonly MASTER_KEY: string;
  readonly BUS_KEY: string;
} & TracingOptions['config'];

export type FoundationOptions = {
  readonly service: string;
  readonly config: FoundationConfig;
  /** Where a test lets the process die. */
  readonly faults?: Faults;
  readonly messagingFaults?: Parameters<typeof connectBroker>[0]['faults'];
  readonly clock?: () => Date;
  /** Identity is who the directory asks, so identity itself has none. Default true. */
  readonly tenantDirectory?: boolean;
  /** Identity feeds its own trust. Default: listens to identity. */
  readonly trust?: TrustStore;
  readonly logger?: Logger;
};

export type Foundation = {
  readonly service: string;
  readonly logger: Logger;
  readonly clock: () => Date;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly database: Database;
  readonly vault: Vault;
  readonly bus: BusSeal;
  readonly leases: Leases;
  readonly relay: Relay;
  readonly broker: Broker;
  readonly trust: TrustStore;
  readonly tenants: TenantDirectory;
  readonly trail: AuditTrail;
  aggregate<State, Command, Event extends DomainEvent>(
    spec: AggregateSpec<State, Command, Event>,
  ): Promise<AggregateStore<State, Command, Event>>;
  /** Records beside the aggregates that have data keys: a rotation puts these under the new key too. @param paths where their keys are */
  readonly holdsKeys: <Doc extends RecordBase>(records: Records<Doc>, paths: readonly string[]) => void;
  /** The scope of a received message: its tenant, with the message as cause. */
  scopeOf(envelope: Envelope): Scope;
  /** For background work that looks at every tenant's records; the reason is logged. */
  acrossTenants(reason: string): Scope;
  /** Periodic work: one run at a time, failures logged, ended by a stop. With `lease`, one instance at a time does it. */
  every(name: string, everyMs: number, task: () => Promise<void>, options?: { lease?: boolean }): void;
  /** Called on stop, after the consumers were cancelled and before the relay’s last pass. */
  onStop(close: () => Promise<void> | void): void;
  serve(options: {
    routes: readonly Route[];
    problems: ProblemCatalogue;
    bearers?: readonly BearerRecogniser[];
    /** Ended first at a stop, so that requests which wait are answered with what there is. */
    waiters?: Waiters;
  }): Promise<Running>;
};

/** A periodic task holds its lease for three rounds, so that a slow round does not lose it. */
const LEASE_ROUNDS = 3;

export async function openFoundation(options: FoundationOptions): Promise<Foundation> {
  const { service, config } = options;
  const clock = options.clock ?? ((): Date => new Date());
  const logger =
    options.logger ?? createLogger({ service, instance: config.SERVICE_INSTANCE, level: config.LOG_LEVEL });
  const metrics = createMetrics({ service, processMetrics: config.NODE_ENV !== 'test' });
  const tracing = await openTracing({ service, instance: config.SERVICE_INSTANCE, config, logger });
  const health = createHealth();
  const database = await openDatabase({ uri: config.MONGODB_URI, name: config.DATABASE_NAME, logger });
  const vault = await Vault.open(database.connection, config.MASTER_KEY);
  const bus = createBusSeal(keyFromBase64(config.BUS_KEY, 'BUS_KEY'));
  const leases = await openLeases(database.connection);
  const broker = await connectBroker({
    url: config.RABBITMQ_URL,
    service,
    instance: config.SERVICE_INSTANCE,
    prefix: config.BROKER_PREFIX,
    logger,
    metrics: metrics.messaging,
    spans: tracing.messages,
    faults: options.messagingFaults,
  });
  const relay = createRelay({
    publish: (message) => broker.publisher.publish(message),
    leases,
    owner: config.SERVICE_INSTANCE,
    logger,
    clock,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  });
  const trust = options.trust ?? (await listeningTrust(service, broker, logger));
  const tenants =
    options.tenantDirectory === false ? undefined : await openTenantDirectory(broker, { service, logger });
  const { trail, routes: trailRoutes, guard } = await openAuditTrail({ service, database, vault, clock, metrics });
  const closers: (() => Promise<void> | void)[] = [];
  const audited: Audited[] = [];
  const keyed: Rewrappable[] = [];

  health.add('database', () => database.ping(800));
  health.add('broker', () => broker.health().ok);
  health.add('trust', () => trust.isFresh());
  if (tenants !== undefined) health.add('tenants', () => tenants.ready());
  metrics.watchOutboxAge(() => relay.oldestMs());
  metrics.watchQueues(() => broker.queueDepths());

  const systemOrigin = (reason: string): Origin => ({
    by: `service:${service}`,
    channel: 'timer',
    cause: reason,
    correlationId: reason,
  });
  const happened = metrics.counter('business_events_total', 'What has happened, by kind of record.', [
    'record',
    'event',
  ]);
  const foundation: Foundation = {
    service,
    logger,
    clock,
    metrics,
    health,
    database,
    vault,
    bus,
    leases,
    relay,
    broker,
    trust,
    get tenants() {
      if (tenants === undefined) throw new Error(`${service} has no tenant directory`);
      return tenants;
    },
    trail,
    async aggregate(spec) {
      const store = await AggregateStore.open(spec, {
        connection: database.connection,
        relay,
        vault,
        bus,
        clock,
        ...(options.faults === undefined ? {} : { faults: options.faults }),
      });
      audited.push(store);
      keyed.push(store);
      store.onCommit((_id, _state, _scope, events) => {
        for (const { type } of events) happened.inc({ record: spec.collection, event: type });
      });
      return store;
    },
    holdsKeys: (records, paths) => void keyed.push(rewrappable(records, vault, paths)),
    scopeOf: (envelope) =>
      Scope.ofTenant(envelope.tenantid as TenantId, {
        by: `service:${envelope.source}`,
        channel: 'message',
        cause: envelope.id,
        correlationId: envelope.correlationid,
        ...(envelope.traceparent === undefined ? {} : { traceparent: envelope.traceparent }),
        ...(envelope.background === undefined ? {} : { background: envelope.background }),
      }),
    acrossTenants: (reason) => Scope.acrossTenants(reason, systemOrigin(reason), logger),
    every(name, everyMs, task, taskOptions = {}) {
      let running: Promise<void> = Promise.resolve();
      let over = false;
      const round = async (): Promise<void> => {
        if (taskOptions.lease === true && !(await leases.take(name, config.SERVICE_INSTANCE, everyMs * LEASE_ROUNDS)))
          return;
        await task();
      };
      const schedule = (): NodeJS.Timeout =>
        setTimeout(() => {
          running = round()
            .catch((error: unknown) =>
              logger.warn({ err: error, task: name }, 'periodic task failed; the next round follows'),
            )
            .finally(() => {
              if (!over) timer = schedule();
            });
        }, everyMs);
      let timer = schedule();
      closers.push(async () => {
        over = true;
        clearTimeout(timer);
        await running;
        if (taskOptions.lease === true) await leases.release(name, config.SERVICE_INSTANCE);
      });
    },
    onStop: (close) => void closers.push(close),
    async serve({ routes, problems, bearers, waiters }) {
      const parked = await openParkedMessages({
        ...{ database, broker, service, logger, clock, metrics },
        every: (...given) => {
          foundation.every(...given);
        },
      });
      const rotation = await openKeyRotation({
        ...{ database, vault, service, clock, stores: keyed },
        every: (...given) => {
          foundation.every(...given);
        },
        acrossTenants: (reason) => foundation.acrossTenants(reason),
      });
      relay.start();
      const http = await startHttpServer({
        service,
        host: config.HTTP_HOST,
        port: config.HTTP_PORT,
        routes: [
          ...routes.map(guard),
          ...parked.routes,
          ...rotation.routes,
          ...journalRoutes(service, audited),
          ...trailRoutes,
        ],
        problems: createProblems(problems, parked.problems, rotation.problems),
        health,
        metrics,
        logger,
        trust,
        tracing,
        trustedHops: config.HTTP_TRUSTED_HOPS,
        ...(bearers === undefined ? {} : { bearers }),
      });
      logger.info({ port: http.port }, 'serving');
      const stop = orderlyStop({
        logger,
        health,
        http,
        ...(waiters === undefined ? {} : { waiters }),
        broker,
        workers: [...closers].reverse().map((close) => ({ stop: close })),
        relays: [relay],
        database,
        closing: [() => tenants?.stop(), () => tracing.stop()],
        drainDelayMs: drainDelayOf(config),
      });
      return { httpPort: http.port, logger, stop };
    },
  };
  return foundation;
}

async function listeningTrust(service: string, broker: Broker, logger: Logger): Promise<TrustStore> {
  const trust = new TrustStore({ service, logger });
  await trust.listen(broker);
  return trust;
}
