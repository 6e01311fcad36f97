// Carries call-backs to the merchant: bounded in flight, over kept-alive connections, again with growing pauses until
// the merchant says that it has understood.
import { Agent } from 'undici';
import type { Logger } from 'pino';
import type { Settings } from '../settings.ts';

export type Callback = {
  readonly url: string;
  /** Called for every attempt: time, nonce and signature are new each time, as with the real providers. */
  readonly render: () => { readonly headers: Readonly<Record<string, string>>; readonly body: string };
  readonly accepted: (status: number, body: string) => boolean;
  /** Acknowledged, given up or switched off: not to be tried again after a restart. */
  readonly finished: () => void;
};

export type Callbacks = {
  send(callback: Callback, delayMs: number): void;
  stop(): Promise<void>;
};

// One merchant on the same machine; more parallel requests would only queue there.
const maximumInFlight = 32;
// With pauses from half a second to a minute: about ten minutes of trying.
const maximumAttempts = 17;
const maximumPauseMs = 60_000;
const attemptTimeoutMs = 5_000;
// A merchant's acknowledgement is a word; a page of HTML need not be read.
const maximumAnswerBytes = 4_096;

type Attempt = { readonly callback: Callback; readonly number: number };

export const createCallbacks = (options: { readonly settings: () => Settings; readonly logger: Logger }): Callbacks => {
  const { settings, logger } = options;
  const agent = new Agent({
    connections: maximumInFlight,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: attemptTimeoutMs,
    bodyTimeout: attemptTimeoutMs,
    connect: { timeout: attemptTimeoutMs },
    maxResponseSize: maximumAnswerBytes,
  });
  const timers = new Set<NodeJS.Timeout>();
  let queue: Attempt[] = [];
  let head = 0;
  let inFlight = 0;
  let stopped = false;

  const after = (delayMs: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
  };

  const deliver = async ({ callback }: Attempt): Promise<boolean> => {
    if (settings().down) return false;
    const { headers, body } = callback.render();
    try {
      const url = new URL(callback.url);
      const answer = await agent.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers,
        body,
      });
      return callback.accepted(answer.statusCode, await answer.body.text());
    } catch (error) {
      logger.debug({ err: error, url: callback.url }, 'call-back not delivered');
      return false;
    }
  };

  const retry = (attempt: Attempt): void => {
    if (attempt.number >= maximumAttempts) {
      logger.warn({ url: attempt.callback.url }, 'call-back given up');
      attempt.callback.finished();
      return;
    }
    const pauseMs = Math.min(settings().callbackRetryMs * 2 ** (attempt.number - 1), maximumPauseMs);
    after(pauseMs, () => enqueue({ callback: attempt.callback, number: attempt.number + 1 }));
  };

  const pump = (): void => {
    while (!stopped && inFlight < maximumInFlight && head < queue.length) {
      const attempt = queue[head];
      head += 1;
      if (attempt === undefined) continue;
      inFlight += 1;
      void deliver(attempt).then((accepted) => {
        inFlight -= 1;
        if (stopped) return;
        if (accepted) attempt.callback.finished();
        else retry(attempt);
        pump();
      });
    }
    if (head > 1_000 && head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
  };

  const enqueue = (attempt: Attempt): void => {
    queue.push(attempt);
    pump();
  };

  return {
    send(callback, delayMs) {
      const begin = (): void => {
        const mode = settings().callbacks;
        if (mode === 'off' || callback.url === '') {
          callback.finished();
          return;
        }
        enqueue({ callback, number: 1 });
        if (mode === 'twice') enqueue({ callback, number: 1 });
      };
      if (delayMs === 0) begin();
      else after(delayMs, begin);
    },
    async stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await agent.destroy();
    },
  };
};
