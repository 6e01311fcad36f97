// A database that cannot be reached is no bug of whoever asked it: the request is answered 503, the message climbs all of its rungs. The
// driver tells it by many names; here they become one.
import { TransientError } from '@tongpiao/kernel';
import { mongo } from 'mongoose';

const AWAY: ReadonlySet<string> = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
  'MongoWaitQueueTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
]);
/** The driver lets a socket's own error through when it comes while a large command is being sent. */
const BROKEN: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET', 'ECONNREFUSED']);
/** A bulk write that failed carries the reason below itself. */
const CAUSES_MAX = 3;
/** Far above what the slowest command takes, its time in a queue of thousands included. The driver's own `timeoutMS` has no effect any more. */
const ANSWER_WITHIN_MS = 30_000;

/** For the driver to give up by itself before. */
const GRACE_MS = 1_000;

const late = (withinMs: number): Error => new mongo.MongoNetworkTimeoutError(`no answer within ${withinMs} ms`);

/**
 * Nobody waits for ever: whoever does would hold a place in a group, or a record's turn, that nobody else gets any more.
 * @throws MongoNetworkTimeoutError; what was asked for may still happen
 */
export async function inTime<Answer>(answer: Promise<Answer>, withinMs = ANSWER_WITHIN_MS): Promise<Answer> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(late(withinMs));
  }, withinMs);
  try {
    return await Promise.race([answer, over]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * For commands that may be larger than what a socket takes at once. The driver waits for such a socket to drain, which it never does when
 * it is closed meanwhile, and keeps the connection out of its pool; it lets go of it when the signal says so.
 * @throws as `inTime` does
 */
export async function abandonedInTime<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  withinMs = ANSWER_WITHIN_MS,
): Promise<Answer> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => {
    giveUp.abort(late(withinMs));
  }, withinMs);
  try {
    return await inTime(ask(giveUp.signal), withinMs + GRACE_MS);
  } finally {
    clearTimeout(timer);
  }
}

function isAway(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > CAUSES_MAX) return false;
  if (AWAY.has(error.name) || ('code' in error && BROKEN.has(error.code))) return true;
  return isAway(error.cause, depth + 1);
}

/** @throws TransientError `persistence.database-away` instead of what the driver throws when nobody answers, or nothing at all */
export async function reached<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await inTime(answer);
  } catch (error) {
    if (isAway(error))
      throw new TransientError('persistence.database-away', 'the database cannot be reached', { cause: error });
    throw error;
  }
}
