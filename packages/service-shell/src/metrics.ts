// Figures for Prometheus: rate, errors, duration per route and per message type; how old the outbox is, how deep the queues
// are, which breakers are open (PLA-50). One registry per service, because tests run several services in one process.
import type { MessagingMetrics } from '@tongpiao/messaging';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type BreakerState = 'closed' | 'half-open' | 'open';

export type Metrics = {
  readonly registry: Registry;
  /** @param route the pattern, never the path, so that the number of series is bounded */
  observeRequest(method: string, route: string, status: number, seconds: number): void;
  /** What messaging counts, given to `connectBroker`. */
  readonly messaging: MessagingMetrics;
  /** @param read age of the oldest message that is said but not published, in milliseconds; asked at each scrape */
  watchOutboxAge(read: () => Promise<number> | number): void;
  /** @param read messages waiting per queue; asked at each scrape */
  watchQueues(
    read: () => Promise<readonly { queue: string; ready: number }[]> | readonly { queue: string; ready: number }[],
  ): void;
  setBreaker(upstream: string, state: BreakerState): void;
  /** A business counter, e.g. `orders_fulfilled_total`. */
  counter<Label extends string>(name: string, help: string, labels?: readonly Label[]): Counter<Label>;
  gauge<Label extends string>(name: string, help: string, labels?: readonly Label[]): Gauge<Label>;
  /** A business duration. @param buckets in seconds */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  render(): Promise<{ contentType: string; text: string }>;
};

/** Seconds. 5 ms is a cached read; 30 s is the longest `Prefer: wait`. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const BREAKER_VALUE: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };
/** A scrape waits this long for a figure from outside and then goes without it. */
const READ_WITHIN_MS = 2_000;

async function within<Value>(read: Promise<Value> | Value): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    resolve(undefined);
  }, READ_WITHIN_MS);
  try {
    return await Promise.race([read, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

function statusClass(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}

function messagingMetrics(registry: Registry): MessagingMetrics {
  const registers = [registry];
  const handled = new Histogram({
    name: 'message_duration_seconds',
    help: 'Duration of message handling by queue, type and outcome.',
    labelNames: ['queue', 'type', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  const published = new Histogram({
    name: 'message_publish_duration_seconds',
    help: 'Time until the broker has confirmed a message, by type and outcome.',
    labelNames: ['type', 'outcome'],
    buckets: BUCKETS,
    registers,
  });
  const retried = new Counter({
    name: 'messages_retried_total',
    help: 'Messages put back to be tried again later.',
    labelNames: ['queue', 'type', 'rung'],
    registers,
  });
  const parked = new Counter({
    name: 'messages_parked_total',
    help: 'Messages given up and kept for operations.',
    labelNames: ['queue', 'type', 'reason'],
    registers,
  });
  const unrouted = new Counter({
    name: 'messages_unrouted_total',
    help: 'Events that nobody hears.',
    labelNames: ['type'],
    registers,
  });
  return {
    handled: (queue, type, outcome, seconds) => handled.observe({ queue, type, outcome }, seconds),
    published: (type, outcome, seconds) => published.observe({ type, outcome }, seconds),
    retried: (queue, type, rung) => retried.inc({ queue, type, rung }),
    parked: (queue, type, reason) => parked.inc({ queue, type, reason }),
    unrouted: (type) => unrouted.inc({ type }),
  };
}

export function createMetrics(options: { service: string; processMetrics?: boolean }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  const registers = [registry];
  if (options.processMetrics !== false) collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of HTTP requests by method, route and class of status.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers,
  });
  const breakers = new Gauge({
    name: 'breaker_state',
    help: 'State of the circuit breaker per upstream: 0 closed, 1 half open, 2 open.',
    labelNames: ['upstream'],
    registers,
  });
  return {
    registry,
    observeRequest(method, route, status, seconds) {
      requests.observe({ method, route, status: statusClass(status) }, seconds);
    },
    messaging: messagingMetrics(registry),
    watchOutboxAge(read) {
      new Gauge({
        name: 'outbox_oldest_seconds',
        help: 'Age of the oldest message that is said but not published.',
        registers,
        async collect() {
          const ageMs = await within(read());
          if (ageMs === undefined) this.set(Number.NaN);
          else this.set(ageMs / 1_000);
        },
      });
    },
    watchQueues(read) {
      new Gauge({
        name: 'queue_depth',
        help: 'Messages waiting per queue.',
        labelNames: ['queue'],
        registers,
        async collect() {
          this.reset();
          for (const { queue, ready } of (await within(read())) ?? []) this.set({ queue }, ready);
        },
      });
    },
    setBreaker(upstream, state) {
      breakers.set({ upstream }, BREAKER_VALUE[state]);
    },
    counter: <Label extends string>(name: string, help: string, labels: readonly Label[] = []) =>
      new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: <Label extends string>(name: string, help: string, labels: readonly Label[] = []) =>
      new Gauge({ name, help, labelNames: [...labels], registers }),
    histogram: (name: string, help: string, buckets: readonly number[]) =>
      new Histogram({ name, help, buckets: [...buckets], registers }),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}
