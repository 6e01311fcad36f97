// A lane carries claimed messages to a provider: so many at once, a short line behind them, and nothing more accepted than that, so
// that memory is bounded and a claim never waits long. Codes have lanes of their own and never stand behind receipts (NOT-08).
//
// Whoever claims asks for places first. While the provider takes nothing (away, throttling) a lane gives one place at a time, a growing
// pause apart: messages wait as `queued` on disk, and one of them at a time finds out whether the provider is back. Then the lane widens
// by one with every round that went well, so that a provider's rate is found with few refusals and every refusal costs one try.
import type { Logger } from 'pino';
import { SubmitOutcomeUnknown, SubmitRefused } from '../adapters/providers.ts';
import type { LaneName, MessageCommand, Submission } from '../message/message.ts';
import type { Held } from '../message/message.store.ts';
import type { MessageContent } from '../message/content.ts';
import { createPace } from './pace.ts';

export type Job = { readonly held: Held; readonly attemptId: string; readonly content: MessageContent };

/** Where a test may let the process die: the message is claimed, or the provider has it. */
export type SendingFaults = { at(point: 'afterClaim' | 'afterSubmit', messageId: string): void | Promise<void> };

export type LaneOptions = {
  readonly name: LaneName;
  /** Submissions under way at once. */
  readonly concurrency: number;
  /** Claimed messages that wait, per submission under way: a batch of events should find room, and nobody should wait long. */
  readonly line: number;
  /** @throws SubmitRefused, SubmitOutcomeUnknown */
  readonly submit: (job: Job) => Promise<Submission>;
  readonly healthy: () => boolean;
  readonly done: (held: Held, command: MessageCommand) => void;
  /** Results that are not on disk yet. */
  readonly unwritten: () => number;
  readonly clock: () => Date;
  readonly logger: Logger;
  readonly faults?: SendingFaults | undefined;
  /** Submissions begun per second at most. Default: as many as the provider takes. */
  readonly perSecond?: number | undefined;
  /** Whether something more important waits; then this lane gives one place at a time. */
  readonly yields?: (() => boolean) | undefined;
  /** A claim older than this is given back instead of submitted: the sweep must never overtake a submission. */
  readonly beginWithinMs: number;
};

export type Lane = {
  readonly name: LaneName;
  /** @returns how many of the wanted places the caller has now: each has to be used by `start` or given back. */
  reserve(wanted: number): number;
  /** The same for whoever does not know how many there are to send: fewer than asked for says nothing about work on disk. */
  reserveUpTo(most: number): number;
  giveBack(places: number): void;
  start(jobs: readonly Job[]): void;
  /** Places were refused since this was last asked: there is work on disk. */
  overflowed(): boolean;
  /** More is to be sent than is under way. */
  crowded(): boolean;
  /** Nothing new; what has begun is finished, what waits goes back to `queued`. */
  stop(): Promise<void>;
};

/** Results wait a few ms; more than this means that the database does not keep up, and then nothing more is sent. */
const UNWRITTEN_MAX = 2_000;
const PAUSE_MS = 500;
const PAUSE_MAX_MS = 10_000;
const STOP_WITHIN_MS = 8_000;

export function createLane(options: LaneOptions): Lane {
  const { concurrency, line, done, clock, logger, faults } = options;
  const waiting: Job[] = [];
  let reserved = 0;
  let running = 0;
  let stopped = false;
  let overflow = false;
  /** Submissions in a row that did not reach the provider. */
  let failures = 0;
  let pausedUntil = 0;
  /** Submissions under way that the provider seems to bear. */
  let width = concurrency;
  let well = 0;
  let idle: (() => void) | undefined;
  const pace = options.perSecond === undefined ? undefined : createPace(options.perSecond, clock);

  function room(): number {
    if (stopped || options.unwritten() > UNWRITTEN_MAX) return 0;
    const taken = reserved + waiting.length + running;
    if (failures > 0 || !options.healthy()) return clock().getTime() >= pausedUntil && taken === 0 ? 1 : 0;
    const places = options.yields?.() === true ? 1 : width * (1 + line);
    return Math.max(0, Math.min(places - taken, pace?.left() ?? Infinity));
  }

  function next(): void {
    while (running < width) {
      const job = waiting.shift();
      if (job === undefined) break;
      running += 1;
      void carry(job).finally(() => {
        running -= 1;
        next();
      });
    }
    if (running === 0 && reserved === 0 && waiting.length === 0) idle?.();
  }

  function sendBack(job: Job): void {
    done(job.held, { type: 'ReturnMessage', attemptId: job.attemptId, at: clock().toISOString() });
  }

  async function carry(job: Job): Promise<void> {
    const { held, attemptId } = job;
    const begun = held.state.status === 'sending' ? Date.parse(held.state.attempt.at) : 0;
    if (stopped || clock().getTime() - begun > options.beginWithinMs) {
      sendBack(job);
      return;
    }
    try {
      await faults?.at('afterClaim', held.id);
    } catch {
      return;
    }
    const command = await submitted(job);
    try {
      await faults?.at('afterSubmit', held.id);
    } catch {
      return;
    }
    done(held, { ...command, attemptId });
  }

  type Result = Extract<MessageCommand, { type: 'AcceptMessage' | 'RefuseMessage' | 'PostponeMessage' | 'LoseAnswer' }>;

  async function submitted(job: Job): Promise<Result> {
    const { attemptId } = job;
    try {
      const submission = await options.submit(job);
      succeeded();
      return { type: 'AcceptMessage', attemptId, submission };
    } catch (error) {
      const at = clock().toISOString();
      if (error instanceof SubmitOutcomeUnknown) return { type: 'LoseAnswer', attemptId, reason: error.code, at };
      if (error instanceof SubmitRefused) {
        if (error.permanent) {
          succeeded();
          return { type: 'RefuseMessage', attemptId, reason: error.code, at };
        }
        failed(error.code);
        return { type: 'PostponeMessage', attemptId, reason: error.code, at };
      }
      // Not one of the provider's words: a bug, and nobody knows whether anything was sent.
      logger.error({ err: error, messageId: job.held.id, lane: options.name }, 'a submission broke');
      return { type: 'LoseAnswer', attemptId, reason: 'error', at };
    }
  }

  function succeeded(): void {
    // An answer from before the pause says nothing about now.
    if (failures > 0 && clock().getTime() < pausedUntil) return;
    failures = 0;
    well += 1;
    if (well < width) return;
    well = 0;
    width = Math.min(concurrency, width + 1);
  }

  function failed(code: string): void {
    width = 1;
    well = 0;
    // Those that were under way together fail together: they are one failure.
    if (clock().getTime() >= pausedUntil) failures += 1;
    const pauseMs = Math.min(PAUSE_MS * 2 ** Math.min(failures - 1, 10), PAUSE_MAX_MS);
    pausedUntil = clock().getTime() + pauseMs;
    overflow = true;
    if (failures === 1) logger.warn({ lane: options.name, code }, 'provider takes nothing now; messages wait');
    // What waits has not begun: it goes back without having used up a try.
    for (const job of waiting.splice(0)) sendBack(job);
  }

  function reserveUpTo(most: number): number {
    const places = Math.min(most, room());
    reserved += places;
    pace?.take(places);
    return places;
  }

  return {
    name: options.name,
    reserve(wanted) {
      const places = reserveUpTo(wanted);
      if (places < wanted) overflow = true;
      return places;
    },
    reserveUpTo,
    giveBack(places) {
      reserved -= places;
      pace?.giveBack(places);
      next();
    },
    start(jobs) {
      reserved -= jobs.length;
      if (stopped) for (const job of jobs) sendBack(job);
      else waiting.push(...jobs);
      next();
    },
    overflowed() {
      const was = overflow;
      overflow = false;
      return was;
    },
    crowded: () => overflow || waiting.length > 0,
    async stop() {
      stopped = true;
      for (const job of waiting.splice(0)) sendBack(job);
      if (running === 0 && reserved === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, STOP_WITHIN_MS);
        idle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
  };
}
