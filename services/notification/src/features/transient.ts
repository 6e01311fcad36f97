// A database that is away is no bug: what failed because of it is tried again for as long as such things last.
import { TransientError } from '@tongpiao/kernel';

/** The driver's names for a server that cannot be reached or is changing. */
const AWAY = /^Mongo(Network|ServerSelection|ServerClosed|NotConnected|Pool|Topology|Runtime|Operation)/;

export function transient(error: unknown): unknown {
  if (!(error instanceof Error) || !AWAY.test(error.name)) return error;
  return new TransientError('notification.database-away', 'The database cannot be reached.', { cause: error });
}
