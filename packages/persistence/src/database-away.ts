// A database that cannot be reached is no bug of whoever asked it: the request is answered 503, the message climbs all of its rungs. The
// driver tells it by many names; here they become one.
import { TransientError } from '@tongpiao/kernel';

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
/** A bulk write that failed carries the reason below itself. */
const CAUSES_MAX = 3;

function isAway(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > CAUSES_MAX) return false;
  return AWAY.has(error.name) || isAway(error.cause, depth + 1);
}

/** @throws TransientError `persistence.database-away` instead of what the driver throws when there is nobody to ask */
export async function reached<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (isAway(error))
      throw new TransientError('persistence.database-away', 'the database cannot be reached', { cause: error });
    throw error;
  }
}
