// Lists as staff enter and steer them, for integration specs.
import { eventually } from '@tongpiao/testing';
import { z } from 'zod';
import type { Ask, ReissueHouse, Reply, Sold } from '../reissue-house.fixture.ts';

const counts = z.record(z.string(), z.number());
const batchShape = z.looseObject({
  id: z.string(),
  status: z.string(),
  approver: z.string().optional(),
  counts,
  refusals: counts,
});
type Seen = z.output<typeof batchShape>;
const linesShape = z.object({
  items: z.array(
    z.looseObject({
      line: z.number(),
      number: z.string(),
      outcome: z.string(),
      reason: z.string().optional(),
      reasonText: z.object({ zh: z.string(), en: z.string() }).optional(),
      applicationId: z.string().optional(),
      newNumber: z.string().optional(),
    }),
  ),
  next: z.number().optional(),
});
export type Line = z.output<typeof linesShape>['items'][number];

/** The machine may be ten times slower. */
export const PATIENT = { withinMs: 60_000, everyMs: 100 };
export const PATH = '/api/v1/reissue-batches';
export const why = { reason: 'system-fault', note: '出票系统迁移时二维码损坏' } as const;
export const batchOf = ({ body }: Reply): Seen => batchShape.parse(body);

/** What a spec does with lists in a house. */
export function listsIn(house: () => ReissueHouse) {
  const enter = (numbers: readonly string[], ask: Ask = {}, more: Record<string, unknown> = {}): Promise<Reply> =>
    house().call(PATH, {
      apiKey: house().keys.operator,
      wait: 20,
      json: { ...why, ...more, lines: numbers.map((number) => ({ number })) },
      ...ask,
    });
  const upload = (bytes: Buffer, ask: Ask = {}): Promise<Reply> =>
    house().call(`${PATH}/uploads?${new URLSearchParams(why).toString()}`, {
      apiKey: house().keys.operator,
      wait: 20,
      bytes,
      ...ask,
    });
  const step = (
    id: string,
    name: string,
    json: Record<string, unknown> = { reason: '核对无误' },
    apiKey = house().keys.reviewer,
  ): Promise<Reply> => house().call(`${PATH}/${id}/${name}`, { apiKey, json });
  const approve = (id: string, apiKey = house().keys.reviewer): Promise<Reply> =>
    step(id, 'decision', { approve: true, reason: '确系系统故障' }, apiKey);
  const look = async (id: string): Promise<Seen> =>
    batchOf(await house().call(`${PATH}/${id}`, { apiKey: house().keys.reviewer }));
  const becomes = (id: string, status: string, withinMs = 60_000): Promise<Seen> =>
    eventually(
      `list ${status}`,
      async () => {
        const seen = await look(id);
        return seen.status === status ? seen : Promise.reject(new Error(JSON.stringify(seen)));
      },
      { withinMs, everyMs: 100 },
    );
  async function linesOf(id: string, query = ''): Promise<readonly Line[]> {
    const found: Line[] = [];
    for (let after: number | undefined = 0; after !== undefined;) {
      const reply: Reply = await house().call(`${PATH}/${id}/lines?after=${after}${query}`, {
        apiKey: house().keys.operator,
      });
      const page = linesShape.parse(reply.body);
      found.push(...page.items);
      after = page.next;
    }
    return found;
  }
  /** Tickets whose copies have come. */
  async function tickets(
    count: number,
    ...rest: Parameters<ReissueHouse['soldTogether']> extends [number, ...infer More] ? More : never
  ): Promise<readonly Sold[]> {
    const sold = await house().soldTogether(count, ...rest);
    const first = sold[0];
    if (first !== undefined)
      await eventually(
        'the tickets are known',
        async () => {
          const reply = await enter([first.number]);
          const seen = batchOf(reply);
          await step(seen.id, 'cancellation');
          return seen.counts['ready'] === 1;
        },
        PATIENT,
      );
    return sold;
  }
  /** How often sales was asked to replace each of these, by different codes. */
  const codesOf = (sold: readonly Sold[]): readonly number[] =>
    sold.map(({ rightId }) => house().rights.get(rightId)?.codes.size ?? 0);
  return { enter, upload, step, approve, look, becomes, linesOf, tickets, codesOf };
}
export const numbersOf = (sold: readonly Sold[]): readonly string[] => sold.map(({ number }) => number);
