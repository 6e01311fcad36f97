// Opens what the gateway stands on, joins it, and says in which order it ends.
import { connectBroker } from '@tongpiao/messaging';
import {
  createLogger,
  createMetrics,
  createProblems,
  drainDelayOf,
  FINISH_WITHIN_MS,
  flushLogger,
  openTracing,
  TrustStore,
  type Metrics,
  type Running,
} from '@tongpiao/service-shell';
import type { Logger } from 'pino';
import { policiesOf, upstreamsOf, type Config } from './config.ts';
import { createCors } from './cors.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { GATEWAY_PROBLEMS } from './gateway-problems.ts';
import { createClaims } from './limits/claims.ts';
import { createLimiter } from './limits/limiter.ts';
import { openSharedCounters, type SharedCounters } from './limits/shared-counters.ts';
import { openApiCollector } from './pages/openapi-collector.ts';
import { createPages } from './pages/pages.ts';
import { createSharedAnswers } from './proxy/shared-answers.ts';
import { Upstream } from './proxy/upstream.ts';
import { readinessOf } from './readiness.ts';
import { backends, createRouter, type Backend } from './routing/route-table.ts';
import { startServer } from './server.ts';
import { createLoadSensor } from './shedding.ts';

export type RunOptions = {
  readonly logger?: Logger;
  /** Specs: what a median of the loop's delay is said to be. */
  readonly loopDelayMs?: () => number;
};

const SERVICE = 'gateway';
/** Balancers in front ask every few seconds. */
const DRAIN_DELAY_MS = 5_000;

export async function run(config: Config, options: RunOptions = {}): Promise<Running> {
  const logger =
    options.logger ?? createLogger({ service: SERVICE, instance: config.SERVICE_INSTANCE, level: config.LOG_LEVEL });
  const metrics = createMetrics({ service: SERVICE, processMetrics: config.NODE_ENV !== 'test' });
  const tracing = await openTracing({ service: SERVICE, instance: config.SERVICE_INSTANCE, config, logger });
  const problems = createProblems(GATEWAY_PROBLEMS);
  const broker = await connectBroker({
    url: config.RABBITMQ_URL,
    service: SERVICE,
    instance: config.SERVICE_INSTANCE,
    prefix: config.BROKER_PREFIX,
    logger,
    metrics: metrics.messaging,
  });
  const trust = new TrustStore({ service: SERVICE, logger });
  await trust.listen(broker);

  const counters = openSharedCounters({ redisUrl: config.REDIS_URL, prefix: config.BROKER_PREFIX, logger });
  const limiter = createLimiter(counters);
  const policies = policiesOf(config);
  if (config.LIMITS === 'off') logger.warn('limits are off');

  const load = createLoadSensor({
    maxDelayMs: config.LOOP_DELAY_MAX_MS,
    onChange: (overloaded, delayMs) => {
      logger.warn({ overloaded, delayMs: Math.round(delayMs) }, overloaded ? 'shedding load' : 'taking all work again');
    },
    ...(options.loopDelayMs === undefined ? {} : { median: options.loopDelayMs }),
  });

  const origins = upstreamsOf(config);
  const open = (name: Backend): Upstream =>
    new Upstream({
      name,
      origins: origins[name],
      maxInFlight: config.MAX_IN_FLIGHT_PER_UPSTREAM,
      breakerResetMs: config.BREAKER_RESET_MS,
      headersTimeoutMs: config.UPSTREAM_TIMEOUT_MS,
      logger,
      onBreaker: (state) => {
        metrics.setBreaker(name, state);
      },
    });
  const upstreams: Readonly<Record<Backend, Upstream>> = {
    identity: open('identity'),
    sales: open('sales'),
    inventory: open('inventory'),
    finance: open('finance'),
    notification: open('notification'),
    reissue: open('reissue'),
  };
  const all = backends.map((name) => upstreams[name]);
  const router = createRouter();
  const openApi = openApiCollector({ upstreams: all, router, publicBaseUrl: config.PUBLIC_BASE_URL, logger });

  let trusted = false;
  const readiness = () => {
    const fresh = trust.isFresh();
    trusted ||= fresh;
    return readinessOf({
      draining: gateway.isDraining(),
      broker: broker.health().ok,
      trust: { fresh, wasFresh: trusted },
      redis: counters.isConnected(),
      upstreams: all.map(({ name, state, wasReady }) => ({ name, ready: state === 'ready', wasReady })),
    });
  };

  const collect = figures(metrics, counters, all);
  const gateway: Gateway = createGateway({
    router,
    upstreams,
    trust,
    limits: config.LIMITS === 'off' ? undefined : { limiter, claimsOf: createClaims(policies), policies },
    shared: createSharedAnswers(),
    load,
    cors: createCors(config.CORS_ORIGINS),
    problems,
    metrics,
    tracing,
    logger,
    trustedHops: config.HTTP_TRUSTED_HOPS,
    proto: config.PUBLIC_BASE_URL.startsWith('https:') ? 'https' : 'http',
    maxInFlight: config.MAX_IN_FLIGHT,
    maxStreams: config.MAX_STREAMS,
    upstreamTimeoutMs: config.UPSTREAM_TIMEOUT_MS,
    breakerResetMs: config.BREAKER_RESET_MS,
    pages: createPages({
      readiness,
      figures: () => {
        collect(gateway);
        return metrics.render();
      },
      problems,
      logger,
      openApi,
      trustedHops: config.HTTP_TRUSTED_HOPS,
      isDraining: () => gateway.isDraining(),
    }),
  });
  const server = await startServer({
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
    listener: gateway.listener,
    logger,
  });
  logger.info({ port: server.port }, 'serving');

  async function stop(): Promise<void> {
    logger.info('stopping');
    gateway.drain();
    const drainDelayMs = drainDelayOf(config, DRAIN_DELAY_MS);
    if (drainDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, drainDelayMs));
    gateway.closeStreams();
    await server.stop(FINISH_WITHIN_MS);
    load.stop();
    const upstreamStops = all.map((upstream) => upstream.stop());
    await Promise.all([openApi.stop(), ...upstreamStops, limiter.stop(), broker.close(), tracing.stop()]);
    logger.info('stopped');
    await flushLogger(logger);
  }
  let stopped: Promise<void> | undefined;
  return { httpPort: server.port, logger, stop: () => (stopped ??= stop()) };
}

/** Figures that are read when somebody asks for them. */
function figures(
  metrics: Metrics,
  counters: SharedCounters,
  upstreams: readonly Upstream[],
): (gateway: Gateway) => void {
  const flight = metrics.gauge('gateway_in_flight', 'Requests under way, by upstream.', ['upstream']);
  const ready = metrics.gauge('gateway_instances_ready', 'Instances of an upstream that are ready.', ['upstream']);
  const streams = metrics.gauge('gateway_event_streams', 'Event streams that are open.');
  const shared = metrics.gauge(
    'gateway_limits_shared',
    '1 while gateways share their limits, 0 while each counts alone.',
  );
  return (gateway) => {
    streams.set(gateway.streams());
    shared.set(counters.isConnected() ? 1 : 0);
    for (const { name, inFlight, instances } of upstreams) {
      flight.set({ upstream: name }, inFlight);
      ready.set({ upstream: name }, instances.filter(({ state }) => state === 'ready').length);
    }
  };
}
