// Refunds per second beside purchases per second, in one run: tickets are bought first, then given back. A refund counts when the
// provider has confirmed the money and the order says so.
import type { Client } from '../support/client.ts';
import { spread, type Spread } from './statistics.ts';
import type { Basket } from './purchases.ts';

export type RefundResult = {
  readonly purchasesPerSecond: number;
  readonly refundsPerSecond: number;
  readonly refunds: number;
  readonly failures: ReadonlyMap<string, number>;
  readonly spread: Spread;
};

type Bought = { readonly number: string; readonly token: string };
type OrderBody = { id: string; status: string; accessToken: string; tickets: { number: string }[] };

async function inParallel(workers: number, count: number, work: (index: number) => Promise<void>): Promise<number> {
  const begun = performance.now();
  let next = 0;
  const one = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: workers }, one));
  return (performance.now() - begun) / 1_000;
}

async function buy(client: Client, basket: Basket, index: number): Promise<Bought> {
  const order = await client.expect<OrderBody>(201, '/api/v1/orders', {
    wait: 20,
    json: {
      contact: {
        name: '李四',
        phone: `137${String(10_000_000 + index).padStart(8, '0')}`,
        email: `r${index}@example.cn`,
      },
      lines: [
        {
          sessionId: basket.sessionIds[index % basket.sessionIds.length] ?? '',
          ticketTypeId: basket.ticketTypeId,
          quantity: 1,
        },
      ],
    },
  });
  const token = order.accessToken;
  await client.expect(201, `/api/v1/orders/${order.id}/payments`, { wait: 20, token, json: { method: 'sandbox' } });
  const { tickets } = await client.expect<OrderBody>(200, `/api/v1/orders/${order.id}`, { token });
  return { number: tickets[0]?.number ?? '', token };
}

export async function measureRefunds(
  client: Client,
  basket: Basket,
  options: { buyers: number; count: number },
): Promise<RefundResult> {
  const bought: Bought[] = [];
  const buying = await inParallel(options.buyers, options.count, async (index) => {
    bought.push(await buy(client, basket, index));
  });
  const latencies: number[] = [];
  const failures = new Map<string, number>();
  const returning = await inParallel(options.buyers, bought.length, async (index) => {
    const { number = '', token = '' } = bought[index] ?? {};
    const begun = performance.now();
    const answer = await client.call<{ status?: string; code?: string }>(`/api/v1/tickets/${number}/refunds`, {
      wait: 30,
      token,
      json: {},
    });
    if (answer.status === 201) latencies.push(performance.now() - begun);
    else {
      const what = `${answer.status} ${answer.body.code ?? answer.body.status ?? ''}`;
      failures.set(what, (failures.get(what) ?? 0) + 1);
    }
  });
  return {
    purchasesPerSecond: bought.length / buying,
    refundsPerSecond: latencies.length / returning,
    refunds: latencies.length,
    failures,
    spread: spread(latencies),
  };
}
