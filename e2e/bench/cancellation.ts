// A session with thousands of ticket holders is cancelled while others go on buying (SAL-52): how long until all are told and all have
// their money back, and what buyers elsewhere feel of it. The tickets are bought beforehand like any other, one order each, so that
// every payment, place and contact is a real one. The session has begun already, so the money goes back without time to decide.
import { eventually } from '@tongpiao/testing';
import type { Client } from '../support/client.ts';
import type { World } from '../support/world.ts';
import type { Usage } from './process-usage.ts';
import { buy, type Basket } from './purchases.ts';
import { describeSpread, milliseconds, spread, type Spread } from './statistics.ts';

type Progress = {
  readonly status: string;
  readonly counts: Readonly<Record<'tickets' | 'told' | 'orders' | 'refunded' | 'undecided' | 'untold', number>>;
};
export type Buyers = {
  readonly spread: Spread;
  /** Until the places were held; the rest is paying and the ticket. */
  readonly held: Spread;
  readonly perSecond: number;
  readonly failures: ReadonlyMap<string, number>;
};
/** What buyers elsewhere felt in a part of the run, and what all processes together cost in it. */
type Part = Buyers & { readonly seconds: number; readonly cpuSeconds: number; readonly usage: readonly Usage[] };

type CancellationResult = {
  readonly holders: number;
  readonly seedSeconds: number;
  /** Until finance has heard from the provider for a sample of them. */
  readonly moneySeconds: number;
  readonly before: Part;
  readonly telling: Part;
  readonly returning: Part;
  readonly counts: Progress['counts'];
};

/** Buys at a steady rate, whether or not earlier purchases are through: a slow platform does not get fewer buyers. */
export function buyersAt(client: Client, basket: Basket, perSecond: number): () => Promise<Buyers> {
  const latencies: number[] = [];
  const held: number[] = [];
  const failures = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const begun = performance.now();
  const one = async (): Promise<void> => {
    const from = performance.now();
    const failure = await buy(client, basket, () => held.push(performance.now() - from)).then(
      (bought) => (typeof bought === 'string' ? bought : undefined),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (failure === undefined) latencies.push(performance.now() - from);
    else failures.set(failure, (failures.get(failure) ?? 0) + 1);
  };
  const timer = setInterval(() => {
    const purchase = one().finally(() => underWay.delete(purchase));
    underWay.add(purchase);
  }, 1_000 / perSecond);
  return async () => {
    clearInterval(timer);
    await Promise.all(underWay);
    const seconds = (performance.now() - begun) / 1_000;
    return { spread: spread(latencies), held: spread(held), perSecond: latencies.length / seconds, failures };
  };
}

/** All processes of a platform that has nothing to do need about a third of this. */
const QUIET_CORES = 0.6;

type Holder = { readonly id: string; readonly accessToken: string };

async function seed(client: Client, basket: Basket, count: number, atOnce: number): Promise<readonly Holder[]> {
  const holders: Holder[] = [];
  let asked = 0;
  const one = async (): Promise<void> => {
    while (asked < count) {
      asked += 1;
      const bought = await buy(client, basket);
      if (typeof bought === 'string') throw new Error(`a ticket could not be bought: ${bought}`);
      holders.push(bought);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return holders;
}

/** Messages about what was bought are sent for a while: they are through before anything is measured. */
async function quiet(watch: () => () => readonly Usage[]): Promise<void> {
  const windowMs = 2_000;
  for (let looked = 0; looked < 100; looked += 1) {
    const used = watch();
    await new Promise((resolve) => setTimeout(resolve, windowMs));
    const cores = used().reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / (windowMs / 1_000);
    if (cores < QUIET_CORES) return;
  }
  throw new Error('the platform does not come to rest');
}

export async function measureCancellation(
  client: Client,
  world: World,
  options: {
    holders: number;
    seedAtOnce: number;
    buyersPerSecond: number;
    beforeSeconds: number;
    /** Of holders and buyers, one in so many leaves an e-mail address as well. */
    mailEvery: number;
    watch: () => () => readonly Usage[];
  },
): Promise<CancellationResult> {
  const { mailEvery } = options;
  const gone = await world.addProduct({ name: 'gone', capacity: options.holders + 10 });
  const elsewhere = await world.addProduct({ name: 'elsewhere', capacity: 200_000, days: 3 });
  const sessionId = [...gone.today][0] ?? '';
  const adult = (offer: typeof gone): string => offer.ticketTypes['adult'] ?? '';
  const seeding = performance.now();
  const holders = await seed(
    client,
    { sessionIds: [sessionId], ticketTypeId: adult(gone), mailEvery },
    options.holders,
    options.seedAtOnce,
  );
  const seedSeconds = (performance.now() - seeding) / 1_000;

  const basket: Basket = { sessionIds: elsewhere.sessionIds.slice(1), ticketTypeId: adult(elsewhere), mailEvery };
  await quiet(options.watch);
  const part = (): (() => Promise<Part>) => {
    const begun = performance.now();
    const used = options.watch();
    const buyers = buyersAt(client, basket, options.buyersPerSecond);
    return async () => {
      const usage = used();
      const seconds = (performance.now() - begun) / 1_000;
      const cpuSeconds = usage.reduce((sum, process) => sum + process.cpuSeconds, 0);
      return { ...(await buyers()), seconds, cpuSeconds, usage };
    };
  };
  const calm = part();
  await new Promise((resolve) => setTimeout(resolve, options.beforeSeconds * 1_000));
  const before = await calm();

  let busy = part();
  const token = world.managerToken;
  const begun = performance.now();
  const { disruptionId } = await client.expect<{ disruptionId: string }>(
    201,
    `/api/v1/sessions/${sessionId}/cancellation`,
    {
      token,
      json: { reason: '大风停园', decideWithinHours: 1 },
    },
  );
  const progress = async (): Promise<Progress | undefined> => {
    const answer = await client.call<Progress>(`/api/v1/session-cancellations/${disruptionId}`, { token });
    return answer.status === 200 ? answer.body : undefined;
  };
  const since = (): number => (performance.now() - begun) / 1_000;
  const within = { withinMs: 1_200_000, everyMs: 500 };
  await eventually(
    'all are told',
    async () => {
      const now = await progress();
      return now !== undefined && now.status !== 'telling';
    },
    within,
  );
  const ended = busy();
  busy = part();
  const telling = await ended;
  const done = await eventually(
    'all have given back',
    async () => {
      const now = await progress();
      return now?.status === 'done' ? now : undefined;
    },
    within,
  );
  const returning = await busy();
  // The last ones that were bought, and some between.
  const sample = holders.filter((_, index) => index % Math.ceil(holders.length / 50) === 0);
  for (const { id, accessToken } of sample)
    await eventually(
      'the money is back',
      async () => {
        const { refunds } = await client.expect<{ refunds: { status: string }[] }>(200, `/api/v1/orders/${id}`, {
          token: accessToken,
        });
        return refunds.length === 1 && refunds.every(({ status }) => status === 'done');
      },
      within,
    );
  return {
    holders: holders.length,
    seedSeconds,
    moneySeconds: since(),
    before,
    telling,
    returning,
    counts: done.counts,
  };
}

const percent = (ratio: number): string => `${(ratio * 100).toFixed(0)} %`;

/** What a reader of the bench is told. */
export function linesOf(result: CancellationResult): readonly string[] {
  const { holders, seedSeconds, before, telling, returning, moneySeconds } = result;
  const lines = [
    `bought in ${seedSeconds.toFixed(0)} s (${(holders / seedSeconds).toFixed(0)}/s); cancelled through the API`,
  ];
  for (const [name, part] of Object.entries({ before, telling, returning })) {
    const { seconds, cpuSeconds } = part;
    // What the same time would have cost without it.
    const net = cpuSeconds - (before.cpuSeconds / before.seconds) * seconds;
    const work = `, ${(holders / seconds).toFixed(0)} tickets/s, ${((net * 1_000) / holders).toFixed(1)} ms of CPU each`;
    lines.push(
      `${name.padEnd(9)} ${seconds.toFixed(1).padStart(6)} s${part === before ? '' : work}`,
      `          purchases elsewhere: ${part.perSecond.toFixed(1)}/s   ${describeSpread(part.spread)}; places held p50 ${milliseconds(part.held.p50)}, p95 ${milliseconds(part.held.p95)}`,
      `          CPU: ${part.usage.map((one) => `${one.name} ${one.cpuSeconds.toFixed(1)}`).join(', ')} s`,
      ...[...part.failures].map(([what, count]) => `          FAILED ${count} × ${what}`),
    );
    if (part !== before)
      lines.push(`          p95 / before: ${percent(part.spread.p95 / before.spread.p95)}   (mark: 200 %)`);
  }
  const seconds = telling.seconds + returning.seconds;
  return [
    ...lines,
    `all told and given back after ${seconds.toFixed(0)} s   (mark: 300 s for 10,000)`,
    `money confirmed for a sample after ${moneySeconds.toFixed(0)} s`,
  ];
}

/** @throws Error when somebody was left out, or could not buy */
export function assertAllServed({ holders, counts, before, telling, returning }: CancellationResult): void {
  if (counts.orders !== holders || counts.refunded !== holders || counts.untold > 0)
    throw new Error(`not everybody was told and paid: ${JSON.stringify(counts)}`);
  if ([before, telling, returning].some(({ failures }) => failures.size > 0)) throw new Error('purchases failed');
}
