// `npm run bench`: what the whole platform does on this machine, beside two yardsticks measured in the same run. Ratios travel between
// machines, bare numbers do not. Everything is durable and at default settings; what is changed is printed.
//
//   npm run bench                 the full run, some twelve minutes, half of them for 10,000 holders of a cancelled session
//   npm run bench -- --only=…     reads, purchases, refunds, flash, holds, cancellation, scans, manifest or reissues alone
//   npm run bench -- --smoke      one short round of everything, for CI: it fails when something is wrong, never when it is slow
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPlatform, type Platform } from '@tongpiao/local-stack';
import { eventually } from '@tongpiao/testing';
import { createClient, type Client } from '../support/client.ts';
import { makeWorld, today, type Offer, type World } from '../support/world.ts';
import { assertAllServed, linesOf, measureCancellation } from './cancellation.ts';
import { flashSale } from './flash-sale.ts';
import { measureHoldDecisions } from './hold-decisions.ts';
import { watchUsage } from './process-usage.ts';
import { measurePurchases, type PurchaseResult } from './purchases.ts';
import { copyRights, fetchManifest } from './manifest.ts';
import { measureReads, type ReadResult } from './reads.ts';
import { buyTickets, measureRefundedScans, measureScans, measureYardstick } from './scans.ts';
import { measureRefunds } from './refunds.ts';
import { measureReissues } from './reissues.ts';
import { describeSpread, median, milliseconds } from './statistics.ts';

const smoke = process.argv.includes('--smoke');
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
const ROUNDS = smoke ? 1 : 3;
const READ_SECONDS = smoke ? 1 : 4;
const PURCHASE_SECONDS = smoke ? 3 : 10;
const READ_CONNECTIONS = 32;
const BUYERS = smoke ? [16] : (process.env['BENCH_BUYERS'] ?? '1,16,64').split(',').map(Number);
const FLASH = smoke ? { buyers: 600, places: 100 } : { buyers: 5_000, places: 500 };
const REFUNDS = smoke ? 60 : 1_000;
/** BENCH_HOLDERS: a smaller crowd, to try something out. */
const HOLDERS = smoke ? 150 : Number(process.env['BENCH_HOLDERS'] ?? '10000');
const HOLD_REQUESTS = smoke ? 1_000 : 6_000;

/** A telephone number is asked for, an e-mail address is not, and few leave one. */
const MAIL_EVERY = 5;

const SCANS = smoke ? { perSecond: 50, seconds: 2, refunds: 5 } : { perSecond: 200, seconds: 15, refunds: 50 };
const REISSUES = smoke
  ? { count: 10, perSecond: 5, buyersPerSecond: 5 }
  : { count: 200, perSecond: 5, buyersPerSecond: 20 };
const MANIFEST_TICKETS = smoke ? 5_000 : 100_000;

const say = (line = ''): void => void process.stdout.write(`${line}\n`);
const wants = (name: string): boolean => only === undefined || only === name;

async function startBaseline(kind: 'http' | 'express'): Promise<{ origin: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'baseline-server.ts'), kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return { origin: `http://127.0.0.1:${port.toString().trim()}`, child };
}

async function medianReads(
  origin: string,
  address: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<ReadResult> {
  await measureReads(origin, address, { connections: READ_CONNECTIONS, seconds: 1, headers });
  const rounds: ReadResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    rounds.push(await measureReads(origin, address, { connections: READ_CONNECTIONS, seconds: READ_SECONDS, headers }));
  const middle = median(rounds.map(({ perSecond }) => perSecond));
  const result = rounds.find(({ perSecond }) => perSecond === middle);
  if (result === undefined) throw new Error('no round was measured');
  return result;
}

async function benchReads(platform: Platform, offer: Offer): Promise<void> {
  say('\nReads, 32 keep-alive connections');
  const bare = await startBaseline('http');
  const expressApp = await startBaseline('express');
  try {
    const http = await medianReads(bare.origin, '/hello');
    const baseline = await medianReads(expressApp.origin, '/hello');
    const address = `/api/v1/products/${offer.productId}/availability?from=${today()}`;
    const direct = await medianReads(serviceUrl(platform, 'sales-1'), address);
    const through = await medianReads(platform.baseUrl, address);
    // `no-cache` keeps the gateway from sharing one answer among many: each request goes to the service and back.
    const each = await medianReads(platform.baseUrl, address, { 'cache-control': 'no-cache' });
    const line = (name: string, result: ReadResult): void =>
      say(
        `  ${name.padEnd(34)} ${Math.round(result.perSecond).toString().padStart(7)}/s   ${describeSpread(result.spread)}${result.failures > 0 ? `   ${result.failures} FAILED` : ''}`,
      );
    line('bare node:http, hello', http);
    line('bare Express, hello', baseline);
    line('availability at the service', direct);
    line('availability through the gateway', through);
    line('the same, each asked of the service', each);
    say(`  through the gateway / bare Express: ${percent(through.perSecond / baseline.perSecond)}   (mark: 50 %)`);
    say(
      `  gateway overhead per request that goes to the service: ${milliseconds(each.spread.p50 - direct.spread.p50)} at p50`,
    );
    if (through.failures > 0) throw new Error('reads failed');
  } finally {
    bare.child.kill('SIGTERM');
    expressApp.child.kill('SIGTERM');
  }
}

async function benchPurchases(platform: Platform, client: Client, world: World): Promise<void> {
  const days = 7;
  const offer = await world.addProduct({ name: 'bench', capacity: 200_000, days });
  const ticketTypeId = offer.ticketTypes['adult'] ?? '';
  const basket = { sessionIds: offer.sessionIds.slice(1), ticketTypeId };
  say('\nComplete purchases: order → hold → paid through the sandbox’s call-back → tickets issued');
  say(
    `  everybody gets an SMS, one in ${MAIL_EVERY} a mail with the tickets as PDF as well; last line: everybody gets both`,
  );
  await measurePurchases(client, basket, { buyers: 8, seconds: smoke ? 1 : 4 });
  const most = Math.max(...BUYERS);
  for (const [buyers, mailEvery] of [...BUYERS.map((count) => [count, MAIL_EVERY] as const), [most, 1] as const]) {
    const usage = watchUsage(pidsOf(platform));
    const rounds: PurchaseResult[] = [];
    for (let round = 0; round < ROUNDS; round += 1)
      rounds.push(await measurePurchases(client, { ...basket, mailEvery }, { buyers, seconds: PURCHASE_SECONDS }));
    const middle = median(rounds.map(({ perSecond }) => perSecond));
    const result = rounds.find(({ perSecond }) => perSecond === middle) ?? rounds[0];
    if (result === undefined) throw new Error('no round was measured');
    say(
      `  ${String(buyers).padStart(3)} buyers  ${result.perSecond.toFixed(1).padStart(7)}/s   ${describeSpread(result.spread)}   rounds: ${rounds.map(({ perSecond }) => perSecond.toFixed(0)).join(', ')}`,
    );
    for (const { failures } of rounds) for (const [what, count] of failures) say(`      FAILED ${count} × ${what}`);
    const total = rounds.reduce((sum, { purchases }) => sum + purchases, 0);
    const used = usage();
    say(
      `      CPU per purchase: ${used.map(({ name, cpuSeconds }) => `${name} ${((cpuSeconds * 1_000) / total).toFixed(2)}`).join(', ')} ms`,
    );
    say(`      memory: ${used.map(({ name, megabytes }) => `${name} ${Math.round(megabytes)}`).join(', ')} MB`);
    if (rounds.some(({ failures }) => failures.size > 0)) throw new Error('purchases failed');
  }
}

async function benchRefunds(platform: Platform, client: Client, world: World): Promise<void> {
  const offer = await world.addProduct({ name: 'refunds', capacity: 100_000, days: 7, afterSale: true });
  const basket = { sessionIds: offer.sessionIds.slice(1), ticketTypeId: offer.ticketTypes['adult'] ?? '' };
  say(`\nRefunds: ${REFUNDS} tickets bought, then given back for a fee, 64 people at a time`);
  const usage = watchUsage(pidsOf(platform));
  const result = await measureRefunds(client, basket, { buyers: 64, count: REFUNDS });
  say(
    `  purchases ${result.purchasesPerSecond.toFixed(1)}/s, refunds ${result.refundsPerSecond.toFixed(1)}/s   ${describeSpread(result.spread)}`,
  );
  say(`  refunds / purchases: ${percent(result.refundsPerSecond / result.purchasesPerSecond)}   (mark: 100 %)`);
  say(
    `      CPU per ticket, both ways: ${usage()
      .map(({ name, cpuSeconds }) => `${name} ${((cpuSeconds * 1_000) / REFUNDS).toFixed(2)}`)
      .join(', ')} ms`,
  );
  for (const [what, count] of result.failures) say(`      FAILED ${count} × ${what}`);
  if (result.failures.size > 0) throw new Error('refunds failed');
}

async function benchFlashSale(platform: Platform, world: World): Promise<void> {
  const offer = await world.addProduct({ name: 'flash', capacity: FLASH.places });
  const sessionId = offer.sessionIds[0] ?? '';
  say(`\nFlash sale: ${FLASH.places} places, ${FLASH.buyers} buyers at once`);
  const result = await flashSale(platform.baseUrl, {
    buyers: FLASH.buyers,
    sessionId,
    ticketTypeId: offer.ticketTypes['adult'] ?? '',
  });
  say(
    `  granted ${result.granted}, sold out ${result.soldOut}; the last buyer knew after ${milliseconds(result.lastAnswerMs)} (${describeSpread(result.spread)})`,
  );
  for (const [what, count] of result.others) say(`      ${count} × ${what}`);
  if (result.granted !== FLASH.places) throw new Error(`${result.granted} granted of ${FLASH.places} places`);
}

async function benchHolds(platform: Platform, world: World): Promise<void> {
  const offer = await world.addProduct({ name: 'holds', capacity: 500 });
  const result = await measureHoldDecisions(platform.servers.rabbitmqUrl, {
    tenantId: world.tenantId,
    sessionId: offer.sessionIds[0] ?? '',
    requests: HOLD_REQUESTS,
  });
  say(
    `\nHold decisions on one session: ${Math.round(result.perSecond)}/s, ${result.granted} of 500 places granted to ${HOLD_REQUESTS} requests   (mark: 2,000/s)`,
  );
  if (result.granted !== 500) throw new Error('not exactly 500 places were granted');
}

async function benchCancellation(platform: Platform, client: Client, world: World): Promise<void> {
  const perSecond = 10;
  say(`\nA session with ${HOLDERS} ticket holders is cancelled; ${perSecond} purchases/s go on elsewhere`);
  const result = await measureCancellation(client, world, {
    holders: HOLDERS,
    seedAtOnce: 32,
    buyersPerSecond: perSecond,
    beforeSeconds: smoke ? 3 : 20,
    mailEvery: MAIL_EVERY,
    watch: () => watchUsage(pidsOf(platform)),
  });
  for (const line of linesOf(result)) say(`  ${line}`);
  assertAllServed(result);
}

async function benchReissues(platform: Platform, client: Client, world: World): Promise<void> {
  const named = await world.addProduct({ name: 'reissues', capacity: 10_000 });
  const other = await world.addProduct({ name: 'beside-reissues', capacity: 100_000, days: 3 });
  say(
    `\nReissues: ${REISSUES.count} approved, ${REISSUES.perSecond} a second, while ${REISSUES.buyersPerSecond} purchases/s go on`,
  );
  const { toSms, toDeath, buyers } = await measureReissues(client, world, {
    lost: { sessionIds: named.sessionIds, ticketTypeId: named.ticketTypes['named'] ?? '' },
    elsewhere: { sessionIds: other.sessionIds, ticketTypeId: other.ticketTypes['adult'] ?? '', mailEvery: MAIL_EVERY },
    count: REISSUES.count,
    buyersPerSecond: REISSUES.buyersPerSecond,
    approvalsPerSecond: REISSUES.perSecond,
    sandboxUrl: platform.sandboxUrl,
  });
  say(`  approval → SMS with the new number     ${describeSpread(toSms)}   (mark: p95 < 2 s)`);
  say(`  approval → the old ticket is refused   ${describeSpread(toDeath)}   (mark: 5 s)`);
  say(`  purchases meanwhile                    ${describeSpread(buyers.spread)}   ${buyers.perSecond.toFixed(1)}/s`);
  for (const [what, count] of buyers.failures) say(`      FAILED ${count} × ${what}`);
  if (buyers.failures.size > 0) throw new Error('purchases failed');
}

const tallied = (words: ReadonlyMap<string, number>): string =>
  [...words].map(([word, count]) => `${count} ${word}`).join(', ');

async function benchScans(platform: Platform, client: Client, world: World): Promise<void> {
  const offer = await world.addProduct({ name: 'scans', capacity: 50_000, ticketsPerOrder: 500, afterSale: true });
  const gates = [world, await world.addGate('Gate 2'), await world.addGate('Gate 3'), await world.addGate('Gate 4')];
  const perRound = SCANS.perSecond * SCANS.seconds;
  const warm = SCANS.perSecond * 2;
  say(`\nScans at ${SCANS.perSecond} a second for ${SCANS.seconds} s, ${gates.length} gates, through the gateway`);
  const tickets = await buyTickets(client, offer, warm + 2 * perRound + SCANS.refunds);
  const of = (from: number, count: number): typeof tickets => tickets.slice(from, from + count);
  await eventually('the gates are known', async () => {
    const last = gates[gates.length - 1];
    return (
      (await client.call(`/api/v1/gates/${last?.gateId ?? ''}/manifest`, { apiKey: last?.gateKey ?? '' })).status ===
      200
    );
  });
  const bare = await startBaseline('express');
  try {
    const yardstick = await measureYardstick(bare.origin, perRound, SCANS.perSecond);
    say(`  bare Express, hello, at that rate      ${describeSpread(yardstick.spread)}`);
    await measureScans(platform.baseUrl, gates, of(0, warm), SCANS.perSecond);
    const round = async (title: string, from: number): Promise<void> => {
      const usage = watchUsage(pidsOf(platform));
      const result = await measureScans(platform.baseUrl, gates, of(from, perRound), SCANS.perSecond);
      say(
        `  ${title.padEnd(38)} ${describeSpread(result.spread)}   (mark: p95 < 50 ms)   ${result.perSecond.toFixed(0)}/s: ${tallied(result.words)}; at most ${milliseconds(result.behindMs)} late`,
      );
      const used = usage().map(({ name, cpuSeconds }) => `${name} ${((cpuSeconds * 1_000) / perRound).toFixed(2)}`);
      say(`      CPU per scan: ${used.join(', ')} ms`);
      if (result.words.get('admitted') !== perRound) throw new Error('not every ticket was let in');
    };
    await round('a site without limits', warm);
    await world.carry({ insideMax: 1_000_000, dayMax: 1_000_000 });
    await round('a site with limits', warm + perRound);
  } finally {
    bare.child.kill('SIGTERM');
  }
  const refunds = await measureRefundedScans(client, world, of(warm + 2 * perRound, SCANS.refunds));
  say(`  from a refund to a refused scan        ${describeSpread(refunds.spread)}   ${tallied(refunds.words)}`);
  if (refunds.words.get('refunded') !== SCANS.refunds) throw new Error('a ticket that was given back let somebody in');
}

async function benchManifest(platform: Platform, client: Client, world: World): Promise<void> {
  const offer = await world.addProduct({ name: 'manifest', capacity: 500, ticketsPerOrder: 500 });
  const [ticket] = await buyTickets(client, offer, 1);
  say(`\nManifest of ${MANIFEST_TICKETS} tickets, one gate, through the gateway`);
  await copyRights(platform.servers.mongodbUri, ticket?.number ?? '', MANIFEST_TICKETS);
  const memory = (): number =>
    Math.round(watchUsage(pidsOf(platform))().find(({ name }) => name === 'sales-1')?.megabytes ?? Number.NaN);
  const before = memory();
  const whole = await fetchManifest(platform.baseUrl, world);
  const peak = memory();
  say(
    `  the whole list: ${whole.tickets} tickets in ${whole.pages} pages, ${whole.seconds.toFixed(1)} s; a page ${describeSpread(whole.spread)}`,
  );
  say(
    `  ${(whole.bytes / 1_048_576).toFixed(1)} MB, compressed ${(whole.packedBytes / 1_048_576).toFixed(1)} MB (${(whole.packedBytes / whole.tickets).toFixed(1)} bytes a ticket); memory of sales ${before} → ${peak} MB`,
  );
  const news = await fetchManifest(platform.baseUrl, world, whole.cursor);
  say(`  nothing new: ${news.pages} page, ${milliseconds(news.seconds * 1_000)}, ${news.packedBytes} bytes`);
  if (whole.tickets < MANIFEST_TICKETS) throw new Error('the manifest has gaps');
}

function pidsOf(platform: Platform): { name: string; pid: number }[] {
  const services = [...platform.processes.values()].map((process) => ({ name: process.name, pid: process.pid() }));
  const { mongodb, rabbitmq, redis } = platform.servers;
  const servers = [mongodb, rabbitmq, redis].map((server) => ({ name: server.name, pid: server.pid() }));
  return [...services, ...servers, { name: 'buyers', pid: process.pid }].flatMap(({ name, pid }) =>
    pid === undefined ? [] : [{ name, pid }],
  );
}

function serviceUrl(platform: Platform, name: string): string {
  const found = platform.processes.get(name);
  if (found === undefined) throw new Error(`${name} is not running`);
  return found.url;
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(0)} %`;

async function main(): Promise<void> {
  const stateDirectory = mkdtempSync(path.join(tmpdir(), 'tp-bench-'));
  say(
    'Starting a platform of its own (durable writes, publisher confirms, quorum queues; changed: LIMITS=off, LOG_LEVEL=warn)',
  );
  const platform = await startPlatform({
    stateDirectory,
    report: () => undefined,
    preferredPort: 18_080,
    addresses: {},
    environment: {
      LIMITS: 'off',
      LOG_LEVEL: 'warn',
      ...(process.env['BENCH_NODE_OPTIONS'] === undefined ? {} : { NODE_OPTIONS: process.env['BENCH_NODE_OPTIONS'] }),
    },
  });
  const client = createClient(platform.baseUrl, 128);
  try {
    const world = await makeWorld(client, platform.adminPassword);
    const offer = await world.addProduct({
      name: 'reads',
      capacity: 500,
      slots: [
        { from: '09:00', to: '11:00' },
        { from: '11:00', to: '13:00' },
        { from: '13:00', to: '24:00' },
      ],
      days: 30,
    });
    await eventually(
      'the first figures',
      async () => (await client.call(`/api/v1/products/${offer.productId}/availability`)).status === 200,
    );
    if (wants('reads')) await benchReads(platform, offer);
    if (wants('purchases')) await benchPurchases(platform, client, world);
    if (wants('refunds')) await benchRefunds(platform, client, world);
    if (wants('flash')) await benchFlashSale(platform, world);
    if (wants('holds')) await benchHolds(platform, world);
    if (wants('scans')) await benchScans(platform, client, world);
    if (wants('manifest')) await benchManifest(platform, client, world);
    if (wants('reissues')) await benchReissues(platform, client, world);
    if (wants('cancellation')) await benchCancellation(platform, client, world);
    say('\nbench finished');
  } finally {
    await client.close();
    await platform.stop();
    rmSync(stateDirectory, { recursive: true, force: true });
  }
}

await main();
