// A session with thousands of ticket holders is cancelled while others go on buying (SAL-52): how long until all are told and all have
// their money back, and what buyers elsewhere feel of it. The tickets are bought beforehand like any other, one order each, so that
// every payment, place and contact is a real one. The session has begun already, so the money goes back without time to decide.
import { eventually } from '@tongpiao/testing';
import type { Client } from '../support/client.ts';
import type { World } from '../support/world.ts';
import type { Usage } from './process-usage.ts';
import { buy, type Basket } from './purchases.ts';
import { spread, type Spread } from './statistics.ts';

type Progress = {
  readonly status: string;
  readonly counts: Readonly<Record<'tickets' | 'told' | 'orders' | 'refunded' | 'undecided' | 'untold', number>>;
};
type Buyers = { readonly spread: Spread; readonly perSecond: number; readonly failures: ReadonlyMap<string, number> };
/** What buyers elsewhere felt in a part of the run, and what all processes together cost in it. */
type Part = Buyers & { readonly seconds: number; readonly cpuSeconds: number; readonly usage: readonly Usage[] };

export type CancellationResult = {
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
function buyersAt(client: Client, basket: Basket, perSecond: number): () => Promise<Buyers> {
  const latencies: number[] = [];
  const failures = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const begun = performance.now();
  const one = async (): Promise<void> => {
    const from = performance.now();
    const failure = await buy(client, basket).then(
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
    return { spread: spread(latencies), perSecond: latencies.length / seconds, failures };
  };
}

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

export async function measureCancellation(
  client: Client,
  world: World,
  options: {
    holders: number;
    seedAtOnce: number;
    buyersPerSecond: number;
    beforeSeconds: number;
    watch: () => () => readonly Usage[];
  },
): Promise<CancellationResult> {
  const gone = await world.addProduct({ name: 'gone', capacity: options.holders + 10 });
  const elsewhere = await world.addProduct({ name: 'elsewhere', capacity: 200_000, days: 3 });
  const sessionId = [...gone.today][0] ?? '';
  const adult = (offer: typeof gone): string => offer.ticketTypes['adult'] ?? '';
  const seeding = performance.now();
  const holders = await seed(
    client,
    { sessionIds: [sessionId], ticketTypeId: adult(gone) },
    options.holders,
    options.seedAtOnce,
  );
  const seedSeconds = (performance.now() - seeding) / 1_000;

  const basket: Basket = { sessionIds: elsewhere.sessionIds.slice(1), ticketTypeId: adult(elsewhere) };
  // Whatever the seeding has left in queues is through before anything is measured.
  await buyersAt(client, basket, options.buyersPerSecond)();
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
