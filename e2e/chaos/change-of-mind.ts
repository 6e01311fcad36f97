// Buyers who change their mind after they have paid: they give tickets back or exchange them, sometimes both at once or with a scan in
// between, as two phones of one family would.
import { newKey, type Answer, type Client } from '../support/client.ts';
import type { Offer, World } from '../support/world.ts';
import { codeOf, type Insist } from './insist.ts';
import type { Random } from './random.ts';

export type Bought = {
  readonly id: string;
  readonly token: string;
  readonly sessionId: string;
  readonly numbers: readonly string[];
};

type Parts = {
  readonly client: Client;
  readonly world: World;
  readonly insist: Insist;
  readonly random: Random;
  readonly wrong: string[];
};

/** Somebody else of the family was faster: an answer, not a fault. */
const TAKEN = new Set([
  'sales.ticket-used',
  'sales.ticket-not-living',
  'sales.ticket-changed',
  'sales.exchange-under-way',
  'sales.exchange-limit',
  'sales.exchange-settled',
  'sales.exchange-ended',
  'sales.order-already-paid',
  'sales.session-closed',
  'sales.session-past',
]);
const answeredOrTaken = <Body>({ status, body }: Answer<Body>): boolean =>
  status === 200 || status === 201 || status === 202 || TAKEN.has(codeOf(body));

type ExchangeBody = { id: string; status: string; due: { amount: number } };

async function giveBack({ client, insist }: Parts, bought: Bought, number: string): Promise<void> {
  const key = newKey();
  await insist(
    'refund',
    () =>
      client.call(`/api/v1/tickets/${number}/refunds`, {
        token: bought.token,
        idempotencyKey: key,
        json: {},
      }),
    answeredOrTaken,
  );
}

/** To another session or another type; pays what is due, cancels, or forgets about it. */
async function exchange(parts: Parts, offer: Offer, bought: Bought, number: string): Promise<void> {
  const { client, insist, random } = parts;
  const key = newKey();
  const json = {
    sessionId: random.pick(offer.sessionIds),
    ticketTypeId: offer.ticketTypes[random.pick(['adult', 'student'])],
  };
  const begun = await insist<ExchangeBody>(
    'exchange',
    () =>
      client.call(`/api/v1/tickets/${number}/exchanges`, {
        token: bought.token,
        idempotencyKey: key,
        wait: 10,
        timeoutMs: 20_000,
        json,
      }),
    (answer) => answeredOrTaken(answer) || codeOf(answer.body) === 'sales.exchange-to-the-same',
  );
  const held = begun?.body.status === 'holding' ? await heldIn(parts, bought, begun.body.id) : begun?.body.status;
  if (begun === undefined || held !== 'awaiting_payment') return;
  const path = `/api/v1/orders/${bought.id}/exchanges/${begun.body.id}`;
  const mood = random.between(1, 10);
  if (mood <= 2) {
    await insist(
      'exchange cancellation',
      () => client.call(`${path}/cancellation`, { token: bought.token, json: {} }),
      answeredOrTaken,
    );
    return;
  }
  const payKey = newKey();
  await insist(
    'exchange payment',
    () =>
      client.call(`${path}/payments`, {
        token: bought.token,
        idempotencyKey: payKey,
        wait: 10,
        timeoutMs: 20_000,
        json: { method: 'sandbox' },
      }),
    answeredOrTaken,
  );
}

/** Inventory was away when the place was asked for: the buyer looks until it has answered. */
async function heldIn(
  { client, insist }: Parts,
  { id, token }: Bought,
  exchangeId: string,
): Promise<string | undefined> {
  const answered = await insist<{ exchanges: readonly ExchangeBody[] }>(
    'answer to an exchange',
    async () => {
      const order = await client.call<{ exchanges: readonly ExchangeBody[] }>(`/api/v1/orders/${id}`, { token });
      if (
        order.status === 200 &&
        order.body.exchanges.some(({ id: one, status }) => one === exchangeId && status === 'holding')
      )
        throw new Error('no answer from inventory yet');
      return order;
    },
    ({ status }) => status === 200,
  );
  return answered?.body.exchanges.find((one) => one.id === exchangeId)?.status;
}

/** What two phones do at the same moment; whatever comes of it, the family has one ticket or its money. */
export async function changeMind(parts: Parts, offer: Offer, bought: Bought): Promise<void> {
  const [number] = bought.numbers;
  if (number === undefined) return;
  const scan = async (): Promise<void> => {
    await parts.insist(
      'check-in',
      () =>
        parts.client.call('/api/v1/check-ins', {
          apiKey: parts.world.gateKey,
          json: { gateId: parts.world.gateId, credential: { ticketNumber: number } },
        }),
      ({ status }) => status === 200,
    );
  };
  const back = (): Promise<void> => giveBack(parts, bought, number);
  const other = (): Promise<void> => exchange(parts, offer, bought, number);
  const ways: readonly (readonly (() => Promise<void>)[])[] = [
    [back],
    [back],
    [other],
    [other],
    [back, back],
    [back, other],
    [other, other],
    [back, scan],
    [other, scan],
  ];
  await Promise.all(parts.random.pick(ways).map((way) => way()));
  // The last ticket of the order, now and then after an exchange of the first.
  const last = bought.numbers[bought.numbers.length - 1];
  if (last !== undefined && last !== number && parts.random.between(1, 3) === 1) await giveBack(parts, bought, last);
}
