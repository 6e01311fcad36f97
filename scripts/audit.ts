// `npm run audit`: checks the hash chains of journals in the databases themselves, past the services, and names the entry that was touched.
//
//   npm run audit                        every service
//   npm run audit -- reissue             every record of one
//   npm run audit -- reissue rei_…       one record
//
// The database is that of `npm start`, or MONGODB_URI.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { auditDatabase } from '../packages/persistence/src/index.ts';

const root = path.dirname(import.meta.dirname);
const services = ['identity', 'sales', 'inventory', 'finance', 'notification', 'reissue'];

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function addressOf(): string {
  const { MONGODB_URI: given, STATE_DIRECTORY: state = '.local' } = process.env;
  if (given !== undefined && given !== '') return given;
  const file = path.resolve(root, state, 'addresses.json');
  try {
    const addresses = JSON.parse(readFileSync(file, 'utf8')) as { readonly mongodbUri: string };
    return addresses.mongodbUri;
  } catch {
    throw new Error('MONGODB_URI is not set, and no platform of `npm start` is running here');
  }
}

async function main(): Promise<number> {
  const [service, id, ...rest] = process.argv.slice(2);
  if (rest.length > 0 || (service !== undefined && !services.includes(service)))
    throw new Error(`usage: npm run audit -- [${services.join('|')} [id]]`);
  const uri = addressOf();
  let touched = 0;
  let found = 0;
  for (const database of service === undefined ? services : [service]) {
    for (const audited of await auditDatabase(uri, database, id)) {
      const where = `${database}.${audited.collection}`;
      found += audited.records;
      touched += audited.touched.length;
      const verdict = audited.touched.length === 0 ? 'whole' : `${audited.touched.length} touched`;
      say(
        `${where.padEnd(36)} ${String(audited.records).padStart(9)} records  ${String(audited.entries).padStart(10)} entries  ${verdict}`,
      );
      for (const one of audited.touched) say(`  ${one.id} (${one.tenantId}): entry ${one.seq} is ${one.reason}`);
    }
  }
  if (found === 0) say(id === undefined ? 'There are no journals.' : `There is no record ${id}.`);
  return touched > 0 || (id !== undefined && found === 0) ? 1 : 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
// Closes the channel to the bootstrap, which would keep this process waiting.
if (process.connected) process.disconnect();
