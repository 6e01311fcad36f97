// `npm run chaos`: buyers buy while services, broker and database are killed at random; then everything settles and is audited.
//
//   npm run chaos -- --seconds 600 --seed 7 --buyers 12
//
// The seed repeats the schedule of faults. Exit code 1 when anything is violated.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform } from '@tongpiao/local-stack';
import { createClient } from '../support/client.ts';
import { makeWorld } from '../support/world.ts';
import { audit, connect, show, unsettled, type ProviderPayment } from './audit.ts';
import { startBuyers } from './buyers.ts';
import { startOfflineGates } from './gates.ts';
import { inflict, scheduleOf } from './faults.ts';
import { createInsist } from './insist.ts';
import { startManager } from './manager.ts';
import { createRandom } from './random.ts';
import { startReissues } from './reissues.ts';
import { watchLines } from './watch-lines.ts';

function option(name: string, fallback: number): number {
  const index = process.argv.indexOf(`--${name}`);
  if (index < 0) return fallback;
  const value = Number(process.argv[index + 1]);
  if (!Number.isFinite(value)) throw new Error(`--${name} needs a number`);
  return value;
}

const seconds = option('seconds', 600);
const seed = option('seed', Math.floor(Math.random() * 1_000_000));
const buyerCount = option('buyers', 12);
/** Messages that climbed to the 30 s rung, query timers of payments, orders that nobody pays: all of it has an end before this. */
const SETTLE_WITHIN_MS = 240_000;
const begun = Date.now();

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const log = (line: string): void => say(`${((Date.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

async function json<Body>(url: string): Promise<Body> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return (await response.json()) as Body;
}

async function main(): Promise<number> {
  say(`chaos: ${seconds} s, seed ${seed}, ${buyerCount} buyers`);
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-chaos-'));
  let keep = false;
  const platform = await startPlatform({
    stateDirectory,
    report: (line) => (line.includes('again') ? log(line) : undefined),
    preferredPort: 18_180,
    addresses: {},
    instances: { sales: 2, finance: 2 },
    // The sweep comes often enough to be waited for.
    environment: { LIMITS: 'off', OCCUPANCY_SWEEP_SECONDS: '5' },
  });
  const client = createClient(platform.baseUrl, 64);
  try {
    const world = await makeWorld(client, platform.adminPassword);
    const roomy = await world.addProduct({
      name: 'roomy',
      capacity: 100_000,
      payWithinMinutes: 0.3,
      days: 2,
      afterSale: true,
    });
    const tight = await world.addProduct({
      name: 'tight',
      capacity: 40,
      payWithinMinutes: 0.3,
      afterSale: true,
      waitingPayWithinMinutes: 0.3,
      slots: [
        { from: '00:00', to: '12:00' },
        { from: '12:00', to: '24:00' },
      ],
    });
    // They begin a minute apart, all of them at night, so that each can be taken away during the trial.
    const doomed = await world.addProduct({
      name: 'doomed',
      capacity: 60,
      payWithinMinutes: 0.3,
      afterSale: true,
      waitingPayWithinMinutes: 0.3,
      slots: Array.from({ length: 12 }, (_, minute) => ({
        from: `00:${String(minute).padStart(2, '0')}`,
        to: '24:00',
      })),
    });
    const shrinking = await world.addProduct({
      name: 'shrinking',
      capacity: 30,
      payWithinMinutes: 0.3,
      afterSale: true,
      // One manager alone takes its places away.
      approvalAbovePercent: 100,
      waitingPayWithinMinutes: 0.3,
    });
    log('open for sale');
    const random = createRandom(seed);
    const faults = scheduleOf(random, seconds);
    const gaveUp = new Map<string, number>();
    const wrongs: string[] = [];
    const insist = createInsist(gaveUp, wrongs);
    const offline = await startOfflineGates(
      platform.baseUrl,
      [await world.addGate('Gate 2'), await world.addGate('Gate 3')],
      { random: createRandom(seed + 2), wrong: wrongs, gaveUp },
    );
    const reissues = await startReissues(client, world, { insist, random: createRandom(seed + 3), wrong: wrongs });
    const buyers = startBuyers(client, world, [roomy, tight, roomy, doomed, shrinking], {
      count: buyerCount,
      random: createRandom(seed + 1),
      sandboxUrl: platform.sandboxUrl,
      vanishing: new Set([doomed.productId, shrinking.productId]),
      ...{ insist, wrong: wrongs, offline, reissues },
    });
    const manager = startManager(client, world, insist, {
      toCancel: doomed,
      toReduce: shrinking,
    });
    const watching = await connect(platform.servers.mongodbUri);
    const lines = watchLines(watching);
    const start = Date.now();
    for (const fault of faults) {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, fault.atMs - (Date.now() - start))));
      if (Date.now() - start > seconds * 1_000) break;
      log(`kill -9 ${await inflict(platform, fault, random)} (${buyers.told.length} orders so far)`);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds * 1_000 - (Date.now() - start))));
    log('no more faults; the last buyers finish');
    await Promise.all([buyers.stop(), manager.stop()]);
    await offline.stop();
    log(`settling: ${buyers.told.length} orders were answered`);

    const connection = await connect(platform.servers.mongodbUri);
    const end = Date.now() + SETTLE_WITHIN_MS;
    let quietSince: number | undefined;
    let last = '';
    while (Date.now() < end) {
      const open = await unsettled(connection).catch((error: unknown) => [
        `the database does not answer: ${error instanceof Error ? error.message : String(error)}`,
      ]);
      const now = open.join('; ');
      if (now !== last) log(now === '' ? 'settled' : now);
      last = now;
      quietSince = open.length === 0 ? (quietSince ?? Date.now()) : undefined;
      // Quiet for a while: messages on their way between two services have no record that is waiting.
      if (quietSince !== undefined && Date.now() - quietSince > 8_000) break;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    const sandbox = {
      sms: await json<{ text: string }[]>(`${platform.sandboxUrl}/sms?limit=10000`),
      mail: await json<{ subject: string; text: string }[]>(`${platform.sandboxUrl}/mail?limit=10000`),
      payments: await json<ProviderPayment[]>(`${platform.sandboxUrl}/payments?limit=100000`),
    };
    const watched = await lines.stop();
    const findings = await audit(connection, sandbox, offline.decided);
    await Promise.all([watching.close(), connection.close()]);
    const wrong = [...findings.violations, ...watched.violations, ...wrongs.map((line) => `a buyer was told: ${line}`)];
    say(
      `\nseed ${seed}, faults: ${[...Map.groupBy(faults, ({ target }) => target)].map(([target, list]) => `${target} ${list.length}`).join(', ')}`,
    );
    for (const [what, count] of gaveUp) say(`  buyers who gave up: ${count} × ${what}`);
    say(`  longest time that free places stood beside somebody in line: ${(watched.longestMs / 1_000).toFixed(1)} s`);
    say(`  sessions cancelled or reduced: ${manager.disrupted.count}`);
    show({ ...findings, violations: wrong }, say);
    keep = wrong.length > 0;
    if (keep) say(`\nlogs are kept in ${path.join(stateDirectory, 'logs')}`);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await client.close();
    await platform.stop();
    if (!keep) rmSync(stateDirectory, { recursive: true, force: true });
  }
}

process.exitCode = await main();
