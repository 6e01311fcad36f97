// Starting and stopping. A stop drains in one order for every service, so that nothing is lost and, with a second instance, no
// request fails (PLA-51): readiness off, waits ended, HTTP, consumers, relay, connections, logs.
import type { Logger } from 'pino';
import { ConfigurationError } from './config.ts';
import type { Health } from './health.ts';
import type { HttpServer } from './http-server.ts';
import { flushLogger } from './logger.ts';

/** What `run(config)` of a service gives back. */
export type Running = {
  readonly httpPort: number;
  readonly logger: Logger;
  stop(): Promise<void>;
};

/** Anything that has to be stopped; messaging's consumers finish what they have in hand before they resolve. */
export type Stoppable = { stop(): Promise<void> | void };

export type StopParts = {
  readonly logger: Logger;
  readonly health?: Health;
  readonly http?: HttpServer;
  readonly waiters?: Stoppable;
  /** Its consumers are cancelled and finish what they have in hand; its connections close after the last relay pass. */
  readonly broker?: { cancelConsumers(): Promise<void>; close(): Promise<void> };
  /** Whatever else works on its own: sweepers, timers. Stopped with the consumers. */
  readonly workers?: readonly Stoppable[];
  /** The last pass over the outbox. */
  readonly relays?: readonly Stoppable[];
  readonly database?: { close(): Promise<void> };
  /** Whatever else has to be closed, before broker and database. */
  readonly closing?: readonly (() => Promise<void> | void)[];
  /** How long whoever sends requests gets to see that this instance is not ready any more, before it stops accepting. Default 0. */
  readonly drainDelayMs?: number;
};

/**
 * Longer than a gateway needs to notice: it asks each second and waits 1.5 s for the answer. Closing before that cuts connections
 * on which a request may be on its way, and one that must not be repeated is then answered with 502.
 */
const DRAIN_DELAY_MS = 3_000;

/** @param usualMs where nothing is said; specs stop often, and nobody takes over from them */
export function drainDelayOf(
  config: { readonly NODE_ENV: string; readonly DRAIN_DELAY_MS?: number | undefined },
  usualMs = DRAIN_DELAY_MS,
): number {
  return config.DRAIN_DELAY_MS ?? (config.NODE_ENV === 'test' ? 0 : usualMs);
}

/** Whatever is in flight gets this long. */
export const FINISH_WITHIN_MS = 10_000;
/** Closing a connection takes milliseconds, or it hangs. */
const CLOSE_WITHIN_MS = 3_000;

async function step(logger: Logger, name: string, withinMs: number, work: () => Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => {
    late.resolve('late');
  }, withinMs);
  try {
    const outcome = await Promise.race([work(), late.promise]);
    if (outcome === 'late')
      logger.warn({ step: name, withinMs }, 'a step of the stop took too long and was left behind');
  } catch (error) {
    logger.error({ err: error, step: name }, 'a step of the stop failed');
  } finally {
    clearTimeout(timer);
  }
}

/** The stop of a service, in the one right order. Calling it again gives the same stop. */
export function orderlyStop(parts: StopParts): () => Promise<void> {
  const { logger, health, http, waiters, broker, workers = [], relays = [], database, closing = [] } = parts;
  const { drainDelayMs = 0 } = parts;
  const all = (stoppables: readonly Stoppable[]) => async (): Promise<void> => {
    await Promise.all(stoppables.map(async (stoppable) => stoppable.stop()));
  };
  async function stop(): Promise<void> {
    logger.info('stopping');
    health?.drain();
    http?.drain();
    if (drainDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, drainDelayMs));
    // Requests that wait for a result are answered with what there is.
    await step(logger, 'waiters', CLOSE_WITHIN_MS, all(waiters === undefined ? [] : [waiters]));
    await step(logger, 'http', FINISH_WITHIN_MS + 1_000, async () => http?.stop(FINISH_WITHIN_MS));
    await step(logger, 'consumers', FINISH_WITHIN_MS + 1_000, async () => {
      await Promise.all([broker?.cancelConsumers(), all(workers)()]);
    });
    await step(logger, 'relays', FINISH_WITHIN_MS, all(relays));
    for (const [index, close] of closing.entries()) {
      await step(logger, `closing ${index + 1} of ${closing.length}`, CLOSE_WITHIN_MS, async () => close());
    }
    await step(logger, 'broker', CLOSE_WITHIN_MS, async () => broker?.close());
    await step(logger, 'database', CLOSE_WITHIN_MS, async () => database?.close());
    logger.info('stopped');
    await step(logger, 'logs', CLOSE_WITHIN_MS, () => flushLogger(logger));
  }
  let stopped: Promise<void> | undefined;
  return () => (stopped ??= stop());
}

/** The parts of `process` that a run touches; specs bring their own. */
export type ProcessPort = {
  on(event: string, listener: (reason: unknown) => void): unknown;
  exit(code: number): void;
  readonly stderr: { write(text: string): unknown };
};

/**
 * The body of every `main.ts`: starts, waits for SIGTERM or SIGINT, stops in order, exits. A second signal exits at once. A
 * rejection that nobody handles is a bug: it is logged, everything stops in order, and the exit code is 1.
 */
export async function runUntilSignal(start: () => Promise<Running>, port: ProcessPort = process): Promise<void> {
  let running: Running | undefined;
  let signals = 0;
  const asked = Promise.withResolvers<number>();
  const onSignal = (): void => {
    signals += 1;
    if (signals > 1) port.exit(1);
    else asked.resolve(0);
  };
  const onBug = (reason: unknown): void => {
    if (running === undefined) port.stderr.write(`${describe(reason)}\n`);
    else running.logger.fatal({ err: reason }, 'nobody handled this error');
    asked.resolve(1);
  };
  port.on('SIGTERM', onSignal);
  port.on('SIGINT', onSignal);
  port.on('unhandledRejection', onBug);
  port.on('uncaughtException', onBug);
  try {
    running = await start();
  } catch (error) {
    port.stderr.write(`${describe(error)}\n`);
    port.exit(1);
    return;
  }
  const code = await asked.promise;
  await running.stop();
  port.exit(code);
}

function describe(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
