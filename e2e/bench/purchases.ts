// Complete purchases: order → places held → paid through the sandbox's own call-back → tickets issued. A purchase counts when the buyer
// has been told that the tickets are there.
import type { Client } from '../support/client.ts';
import { spread, type Spread } from './statistics.ts';

export type PurchaseResult = {
  readonly perSecond: number;
  readonly purchases: number;
  readonly failures: ReadonlyMap<string, number>;
  readonly spread: Spread;
};

export type Basket = {
  readonly sessionIds: readonly string[];
  readonly ticketTypeId: string;
  /** Every so many buyers one leaves an e-mail address, and gets the tickets as PDF as well as by SMS; 1 unless told: everybody. */
  readonly mailEvery?: number;
};

type Ordered = { id: string; status: string; accessToken: string };
type Paid = { orderStatus: string };

let buyerNumber = 0;

/** One purchase. @returns the order when it was complete, else what went wrong. */
export async function buy(
  client: Client,
  basket: Basket,
  onHeld: () => void = () => undefined,
): Promise<Ordered | string> {
  buyerNumber += 1;
  const phone = `13${String(800_000_000 + (buyerNumber % 100_000_000)).padStart(9, '0')}`;
  const sessionId = basket.sessionIds[buyerNumber % basket.sessionIds.length] ?? '';
  const order = await client.call<Ordered>('/api/v1/orders', {
    wait: 20,
    json: {
      contact: {
        name: '张三',
        phone,
        ...(buyerNumber % (basket.mailEvery ?? 1) === 0 ? { email: `buyer${buyerNumber}@example.cn` } : {}),
      },
      lines: [{ sessionId, ticketTypeId: basket.ticketTypeId, quantity: 1 }],
    },
  });
  if (order.status !== 201 || order.body.status !== 'awaiting_payment')
    return `order ${order.status} ${order.body.status}`;
  onHeld();
  const { id, accessToken } = order.body;
  const payment = await client.call<Paid>(`/api/v1/orders/${id}/payments`, {
    wait: 20,
    token: accessToken,
    json: { method: 'sandbox' },
  });
  return payment.body.orderStatus === 'fulfilled'
    ? order.body
    : `payment ${payment.status} ${payment.body.orderStatus}`;
}

export async function measurePurchases(
  client: Client,
  basket: Basket,
  options: { buyers: number; seconds: number },
): Promise<PurchaseResult> {
  const end = performance.now() + options.seconds * 1_000;
  const latencies: number[] = [];
  const failures = new Map<string, number>();
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const begun = performance.now();
      const bought = await buy(client, basket).catch((error: unknown) =>
        error instanceof Error ? error.message : String(error),
      );
      if (typeof bought !== 'string') latencies.push(performance.now() - begun);
      else failures.set(bought, (failures.get(bought) ?? 0) + 1);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: options.buyers }, one));
  const seconds = (performance.now() - begun) / 1_000;
  return { perSecond: latencies.length / seconds, purchases: latencies.length, failures, spread: spread(latencies) };
}
