// One service behind the gateway: its instances, which of them are worth asking, how much may be under way, and the breaker that
// answers for it while it is down (PLA-35). An instance that refuses connections, or says that it is not ready, is passed over.
import CircuitBreaker from 'opossum';
import type { Logger } from 'pino';
import { Pool, request } from 'undici';
import type { Backend } from '../routing/route-table.ts';
import { blamesUpstream, failureOf } from './failures.ts';

export type InstanceState = 'ready' | 'unready' | 'away';

export type UpstreamOptions = {
  readonly name: Backend;
  readonly origins: readonly string[];
  readonly maxInFlight: number;
  readonly breakerResetMs: number;
  readonly logger: Logger;
  readonly onBreaker: (state: 'open' | 'half-open' | 'closed') => void;
  readonly probeEveryMs?: number;
};

/** What the breaker fires. */
export type Attempt = { begin(): Promise<void> };

/** Connecting takes a millisecond in one network; what takes longer is not there. */
const CONNECT_TIMEOUT_MS = 2_000;
/** Event streams beat each 15 s; an answer that pauses for longer than this is dead. */
const BODY_TIMEOUT_MS = 45_000;
/** Below the 65 s after which services close idle connections, so that it is we who close first. */
const KEEP_ALIVE_MS = 30_000;
const PROBE_EVERY_MS = 1_000;
const PROBE_TIMEOUT_MS = 1_500;
const SILENCES_MAX = 2;
/** Half of the answers of ten seconds, and not fewer than this: one lost packet at night is no outage. */
const BREAKER_VOLUME = 20;
const BREAKER_PERCENT = 50;
const BREAKER_WINDOW_MS = 10_000;

export class Instance {
  readonly origin: string;
  readonly pool: Pool;
  /** Taken for ready until the first probe, which comes at once. */
  state: InstanceState = 'ready';
  probing = false;
  /** Probes in a row that nobody answered. */
  silences = 0;

  constructor(origin: string, connections: number, headersTimeoutMs: number) {
    this.origin = origin;
    this.pool = new Pool(origin, {
      connections,
      // One request per connection: a slow answer must not hold up others behind it.
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: BODY_TIMEOUT_MS,
      connect: { timeout: CONNECT_TIMEOUT_MS, noDelay: true, keepAlive: true },
    });
  }
}

export class Upstream {
  readonly name: Backend;
  readonly instances: readonly Instance[];
  readonly breaker: CircuitBreaker<[Attempt], void>;
  readonly maxInFlight: number;
  inFlight = 0;
  /** Since the start, some instance was ready at least once. */
  wasReady = false;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #candidates: readonly Instance[];
  #next = 0;
  #stopped = false;

  constructor(options: UpstreamOptions & { readonly headersTimeoutMs: number }) {
    this.name = options.name;
    this.maxInFlight = options.maxInFlight;
    this.#logger = options.logger;
    this.instances = options.origins.map(
      (origin) => new Instance(origin, options.maxInFlight, options.headersTimeoutMs),
    );
    this.#candidates = this.instances;
    this.breaker = new CircuitBreaker((attempt: Attempt) => attempt.begin(), {
      name: options.name,
      // Attempts have limits of their own, per request.
      timeout: false,
      errorThresholdPercentage: BREAKER_PERCENT,
      volumeThreshold: BREAKER_VOLUME,
      rollingCountTimeout: BREAKER_WINDOW_MS,
      resetTimeout: options.breakerResetMs,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error: unknown) => !blamesUpstream(error),
    });
    options.onBreaker('closed');
    this.breaker.on('open', () => {
      this.#logger.error({ upstream: this.name }, 'breaker open: the upstream is not asked for a moment');
      options.onBreaker('open');
    });
    this.breaker.on('halfOpen', () => options.onBreaker('half-open'));
    this.breaker.on('close', () => {
      this.#logger.info({ upstream: this.name }, 'breaker closed');
      options.onBreaker('closed');
    });
    this.#timer = setInterval(() => {
      for (const instance of this.instances) this.probe(instance);
    }, options.probeEveryMs ?? PROBE_EVERY_MS);
    for (const instance of this.instances) this.probe(instance);
  }

  /** The next instance in turn; another one than `not`, even one that was away a moment ago, where there is another one. */
  pick(not?: Instance): Instance | undefined {
    return this.#turn(this.#candidates, not) ?? this.#turn(this.instances, not);
  }

  #turn(instances: readonly Instance[], not: Instance | undefined): Instance | undefined {
    for (let tries = 0; tries < 2; tries += 1) {
      this.#next = (this.#next + 1) % instances.length;
      const instance = instances[this.#next];
      if (instance !== undefined && instance !== not) return instance;
    }
    return undefined;
  }

  get state(): InstanceState {
    if (this.instances.some(({ state }) => state === 'ready')) return 'ready';
    return this.instances.some(({ state }) => state === 'unready') ? 'unready' : 'away';
  }

  mark(instance: Instance, state: InstanceState): void {
    if (instance.state === state) return;
    instance.state = state;
    // Better an instance that calls itself unready than none; better to try in vain than not to notice that one is back.
    const by = (wanted: InstanceState) => this.instances.filter((each) => each.state === wanted);
    this.#candidates = [by('ready'), by('unready'), this.instances].find((list) => list.length > 0) ?? this.instances;
    this.#logger.info({ upstream: this.name, origin: instance.origin, state }, 'upstream instance');
  }

  /** Asks the instance how it is; called each second, and at once when something was odd. */
  probe(instance: Instance): void {
    if (instance.probing || this.#stopped) return;
    instance.probing = true;
    // On a connection of its own, because a listener that closes still answers on those that are open.
    request(`${instance.origin}/health/ready`, {
      headersTimeout: PROBE_TIMEOUT_MS,
      bodyTimeout: PROBE_TIMEOUT_MS,
      reset: true,
    })
      .then(async ({ statusCode, body }): Promise<InstanceState> => {
        await body.dump();
        instance.silences = 0;
        return statusCode === 200 ? 'ready' : 'unready';
      })
      .catch((error: unknown): InstanceState => {
        if (failureOf(error) === 'unreached') return 'away';
        // Busy is not gone: it takes two in a row.
        instance.silences += 1;
        return instance.silences < SILENCES_MAX ? instance.state : 'unready';
      })
      .then((state) => {
        instance.probing = false;
        if (this.#stopped) return;
        if (state === 'ready') this.wasReady = true;
        this.mark(instance, state);
      })
      .catch((error: unknown) => this.#logger.error({ err: error }, 'a probe failed in an unexpected way'));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.breaker.shutdown();
    await Promise.all(this.instances.map(({ pool }) => pool.destroy()));
  }
}
