// Writes `.env.example` of each service from the schema that reads its settings, so that the two cannot disagree; with `--check` it writes
// nothing and says which is out of date. Part of `npm run generate` and of `npm run check`.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { envExample } from '../packages/service-shell/src/index.ts';
import { configSchema as finance } from '../services/finance/src/config.ts';
import { configSchema as gateway } from '../services/gateway/src/config.ts';
import { configSchema as identity } from '../services/identity/src/config.ts';
import { configSchema as inventory } from '../services/inventory/src/config.ts';
import { configSchema as notification } from '../services/notification/src/config.ts';
import { configSchema as reissue } from '../services/reissue/src/config.ts';
import { configSchema as sales } from '../services/sales/src/config.ts';

const root = path.dirname(import.meta.dirname);
const checkOnly = process.argv.includes('--check');

const texts: Readonly<Record<string, () => string>> = {
  finance: () => envExample(finance),
  gateway: () => envExample(gateway),
  identity: () => envExample(identity),
  inventory: () => envExample(inventory),
  notification: () => envExample(notification),
  reissue: () => envExample(reissue),
  sales: () => envExample(sales),
};

const stale: string[] = [];
for (const service of (await readdir(path.join(root, 'services'))).sort()) {
  const name = `services/${service}/.env.example`;
  const text = texts[service]?.();
  if (text === undefined) throw new Error(`${service}: scripts/env-examples.ts does not know its settings`);
  const before = await readFile(path.join(root, name), 'utf8').catch(() => '');
  if (before === text) continue;
  stale.push(name);
  if (!checkOnly) await writeFile(path.join(root, name), text);
}
const outcome = checkOnly ? 'out of date; run `npm run generate`' : 'written';
for (const name of stale) console.log(`${name}: ${outcome}`);
if (checkOnly && stale.length > 0) process.exitCode = 1;
