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
/** Far above what the slowest command takes. */
const ANSWER_WITHIN_MS = 20_000;

/**
 * The driver has no time limit that works, and waits for ever for a connection that is closed while a command is being sent. Whoever
 * waits for that holds a place in a group, or a record's turn, that nobody would get any more.
 * @throws MongoNetworkTimeoutError; what was asked for may still happen
 */
export async function inTime<Answer>(answer: Promise<Answer>, withinMs = ANSWER_WITHIN_MS): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new mongo.MongoNetworkTimeoutError(`no answer within ${withinMs} ms`));
  }, withinMs);
  try {
    return await Promise.race([answer, late]);
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
