// A flash sale: many buyers ask for one session at the same moment. Exactly its places are granted, and everybody is told in seconds.
import { createClient, type Client } from '../support/client.ts';
import { spread, type Spread } from './statistics.ts';

export type FlashResult = {
  readonly granted: number;
  readonly soldOut: number;
  readonly others: ReadonlyMap<string, number>;
  readonly lastAnswerMs: number;
  readonly spread: Spread;
};

export async function flashSale(
  baseUrl: string,
  options: { buyers: number; sessionId: string; ticketTypeId: string },
): Promise<FlashResult> {
  // As many sockets as a crowd would open, within what one process can hold.
  const client: Client = createClient(baseUrl, Math.min(options.buyers, 1_000));
  const latencies: number[] = [];
  const others = new Map<string, number>();
  let granted = 0;
  let soldOut = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: options.buyers }, async (_, index) => {
      const phone = `15${String(index).padStart(9, '0')}`;
      try {
        const { status, body } = await client.call<{ status: string; reason?: string }>('/api/v1/orders', {
          wait: 30,
          json: {
            contact: { name: '李四', phone },
            lines: [{ sessionId: options.sessionId, ticketTypeId: options.ticketTypeId, quantity: 1 }],
          },
        });
        latencies.push(performance.now() - begun);
        if (status === 201 && body.status === 'awaiting_payment') granted += 1;
        else if (body.status === 'rejected' && body.reason === 'sold-out') soldOut += 1;
        else others.set(`${status} ${body.status}`, (others.get(`${status} ${body.status}`) ?? 0) + 1);
      } catch (error) {
        const what = error instanceof Error ? error.message : String(error);
        others.set(what, (others.get(what) ?? 0) + 1);
      }
    }),
  );
  const lastAnswerMs = performance.now() - begun;
  await client.close();
  return { granted, soldOut, others, lastAnswerMs, spread: spread(latencies) };
}
