// One connection to one service's own database. Journaled writes are the default, because an acknowledged change must
// survive a killed database (PLA-41); no session or transaction is needed anywhere.
import mongoose, { type Connection } from 'mongoose';
import type { Logger } from 'pino';
import { inTime } from './database-away.ts';

export type Database = {
  readonly connection: Connection;
  /** Readiness: true when the server answered a ping in time. */
  ping(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
};

export async function openDatabase(options: { uri: string; name: string; logger: Logger }): Promise<Database> {
  const connection = mongoose.createConnection(options.uri, {
    dbName: options.name,
    // Indexes are created by `ensureIndexes`, once, before anything is served.
    autoIndex: false,
    autoCreate: false,
    ignoreUndefined: true,
    // Retryable writes need sessions; our own retries are version guards and idempotent ids.
    retryWrites: false,
    writeConcern: { w: 1, journal: true },
    // 20 sockets carry thousands of short operations a second; more only adds threads on the server.
    maxPoolSize: 20,
    serverSelectionTimeoutMS: 5_000,
    waitQueueTimeoutMS: 25_000,
    // Asks the server how it is instead of waiting to be told: a stream of answers that breaks off was seen not to begin again.
    serverMonitoringMode: 'poll',
    heartbeatFrequencyMS: 5_000,
    connectTimeoutMS: 5_000,
  });
  connection.on('error', (error: unknown) => options.logger.error({ err: error }, 'database connection'));
  await connection.asPromise();
  return {
    connection,
    async ping(timeoutMs) {
      const db = connection.db;
      if (db === undefined) return false;
      try {
        await inTime(db.command({ ping: 1 }), timeoutMs);
        return true;
      } catch {
        return false;
      }
    },
    close: () => connection.close(),
  };
}
