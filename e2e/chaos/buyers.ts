// Buyers who do what people do, each repeating a request with the same Idempotency-Key until there is an answer: most pay, some pay and
// walk in, some cancel, some never pay, some pay through a provider at the last moment.
import { newKey, type Answer, type Client } from '../support/client.ts';
import type { Offer, World } from '../support/world.ts';
import { changeMind } from './change-of-mind.ts';
import { codeOf, type Insist } from './insist.ts';
import type { OfflineGates } from './gates.ts';
import type { Random } from './random.ts';
import type { Reissues } from './reissues.ts';

type Told = {
  readonly orderId: string;
  readonly status: string;
  readonly wish: Wish;
  readonly quantity: number;
};
type Wish =
  | 'pay'
  | 'pay-and-enter'
  | 'enter-offline'
  | 'cancel'
  | 'forget'
  | 'pay-late'
  | 'change-mind'
  | 'reissue'
  | 'wait'
  | 'wait-prepaid';

const WISHES: readonly Wish[] = [
  'pay',
  'pay',
  'pay',
  'pay',
  'pay-and-enter',
  'pay-and-enter',
  'enter-offline',
  'enter-offline',
  'cancel',
  'forget',
  'pay-late',
  'change-mind',
  'change-mind',
  'change-mind',
  'reissue',
  'reissue',
  'wait',
  'wait-prepaid',
];
/** The order ended or was paid while the buyer was asking: an answer, not a fault. */
const ENDED = new Set(['sales.order-ended', 'sales.order-already-paid']);
/** Its manager took the session away. */
const CLOSED = new Set(['sales.session-closed']);

type OrderBody = {
  id: string;
  status: string;
  accessToken: string;
  expiresAt: string;
  tickets: { number: string; qr: string }[];
  payments: { id: string; status: string }[];
};

export type Buyers = {
  readonly told: Told[];
  stop(): Promise<void>;
};

export function startBuyers(
  client: Client,
  world: World,
  offers: readonly Offer[],
  options: {
    count: number;
    random: Random;
    sandboxUrl: string;
    vanishing: ReadonlySet<string>;
    insist: Insist;
    wrong: string[];
    offline: OfflineGates;
    reissues: Reissues;
  },
): Buyers {
  const told: Told[] = [];
  const { insist, wrong } = options;
  let stopping = false;
  let number = 0;

  const parts = { client, world, insist, random: options.random, wrong };

  async function one(): Promise<void> {
    number += 1;
    const mine = number;
    const wish = options.random.pick(WISHES);
    const offer = options.random.pick(offers);
    const sessionId = options.random.pick(offer.sessionIds);
    const quantity = options.random.between(1, 3);
    const documents = Array.from({ length: quantity }, (_, index) => ({
      idType: 'passport',
      idNumber: `E${String(mine * 10 + index).padStart(8, '0')}`,
    }));
    const key = newKey();
    const waits = offer.waits && (wish === 'wait' || wish === 'wait-prepaid');
    const until = new Date(Date.now() + options.random.between(15, 45) * 1_000).toISOString();
    const placed = await insist<OrderBody>(
      'order',
      () =>
        client.call('/api/v1/orders', {
          wait: 10,
          idempotencyKey: key,
          timeoutMs: 20_000,
          json: {
            contact: {
              name: '王五',
              phone: `139${String(mine * 10 + 5).padStart(8, '0')}`,
              email: `b${mine}@example.cn`,
            },
            lines: [
              wish === 'reissue'
                ? {
                    sessionId,
                    ticketTypeId: offer.ticketTypes['named'],
                    travellers: documents.map((document) => ({ name: '王五', ...document })),
                  }
                : { sessionId, ticketTypeId: offer.ticketTypes['adult'], quantity },
            ],
            ...(waits ? { waitingList: { until, prepaid: wish === 'wait-prepaid' } } : {}),
          },
        }),
      ({ status, body }) =>
        status === 201 ||
        (status === 202 && (body.status === 'awaiting_payment' || body.status === 'placed')) ||
        CLOSED.has(codeOf(body)),
    );
    if (placed === undefined || CLOSED.has(codeOf(placed.body))) return;
    const { id, accessToken: token } = placed.body;
    const remember = (status: string): void => void told.push({ orderId: id, status, wish, quantity });
    if (placed.body.status === 'placed') {
      remember('placed');
      if (wish === 'wait-prepaid') await payAhead(id, token);
      if (options.random.between(1, 4) === 1) await leaveTheLine(id, token);
      return;
    }
    if (placed.body.status !== 'awaiting_payment' || wish === 'forget') {
      remember(placed.body.status);
      return;
    }
    if (wish === 'cancel') {
      const answer = await insist<OrderBody>(
        'cancellation',
        () => client.call(`/api/v1/orders/${id}/cancellation`, { token, json: {}, wait: 5 }),
        ({ status, body }) => status === 200 || status === 202 || ENDED.has(codeOf(body)),
      );
      remember(answer?.body.status ?? 'unknown');
      return;
    }
    if (wish === 'pay-late') {
      await payAtTheLastMoment(id, token);
      remember('late');
      return;
    }
    const payKey = newKey();
    const paid = await insist<{ orderStatus: string }>(
      'payment',
      () =>
        client.call(`/api/v1/orders/${id}/payments`, {
          token,
          wait: 10,
          idempotencyKey: payKey,
          timeoutMs: 20_000,
          json: { method: 'sandbox' },
        }),
      ({ status, body }) => status === 201 || ENDED.has(codeOf(body)),
    );
    if (paid?.body.orderStatus !== 'fulfilled') {
      remember(paid?.body.orderStatus ?? 'unknown');
      return;
    }
    remember('fulfilled');
    const order = await insist<OrderBody>(
      'reading',
      () => client.call(`/api/v1/orders/${id}`, { token }),
      ({ status }) => status === 200,
    );
    if (order === undefined) return;
    if (order.body.tickets.length !== quantity)
      wrong.push(`${id}: ${order.body.tickets.length} tickets for ${quantity} places although it is fulfilled`);
    if (wish === 'pay-and-enter' && offer.today.has(sessionId) && !options.vanishing.has(offer.productId))
      await enter(order.body);
    if (wish === 'enter-offline' && offer.today.has(sessionId) && !options.vanishing.has(offer.productId))
      for (const ticket of order.body.tickets) await options.offline.show(ticket);
    const numbers = order.body.tickets.map((ticket) => ticket.number);
    if (wish === 'change-mind' && offer.changeable) await changeMind(parts, offer, { id, token, sessionId, numbers });
    const [document] = documents;
    if (wish === 'reissue' && document !== undefined)
      await options.reissues.apply({ id, token, sessionId, numbers, document });
  }

  /** In line, before there are places: the money is kept, and goes back if nothing comes of it. */
  async function payAhead(id: string, token: string): Promise<void> {
    const payKey = newKey();
    await insist(
      'payment in line',
      () =>
        client.call(`/api/v1/orders/${id}/payments`, {
          token,
          wait: 10,
          idempotencyKey: payKey,
          json: { method: 'sandbox' },
        }),
      ({ status, body }) => status === 201 || status === 202 || ENDED.has(codeOf(body)),
    );
  }

  async function leaveTheLine(id: string, token: string): Promise<void> {
    await insist(
      'leaving the line',
      () => client.call(`/api/v1/orders/${id}/cancellation`, { token, json: {} }),
      ({ status, body }) => status === 200 || status === 202 || ENDED.has(codeOf(body)),
    );
  }

  /** Pays at the provider about when the order expires: either it is paid, or the money comes back. */
  async function payAtTheLastMoment(id: string, token: string): Promise<void> {
    const payKey = newKey();
    const opened = await insist<{ id: string; status: string }>(
      'payment',
      () =>
        client.call(`/api/v1/orders/${id}/payments`, {
          token,
          wait: 10,
          idempotencyKey: payKey,
          json: { method: 'wechat' },
        }),
      ({ status, body }) => status === 201 || ENDED.has(codeOf(body)),
    );
    if (opened?.body.status !== 'opened') return;
    const order = await insist<OrderBody>(
      'reading',
      () => client.call(`/api/v1/orders/${id}`, { token }),
      ({ status }) => status === 200,
    );
    if (order === undefined) return;
    const delayMs = Math.max(0, Date.parse(order.body.expiresAt) - Date.now() + options.random.between(-1_500, 2_500));
    await new Promise((resolve) => setTimeout(resolve, Math.min(delayMs, 30_000)));
    await fetch(`${options.sandboxUrl}/control/payments/${opened.body.id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'pay' }),
    }).catch(() => undefined);
  }

  async function enter(order: OrderBody): Promise<void> {
    const [ticket] = order.tickets;
    if (ticket === undefined) return;
    const key = newKey();
    const scan = (idempotencyKey: string): Promise<Answer<{ outcome: string; reason?: string }>> =>
      client.call('/api/v1/check-ins', {
        apiKey: world.gateKey,
        idempotencyKey,
        json: { gateId: world.gateId, credential: { qr: ticket.qr } },
      });
    const first = await insist(
      'check-in',
      () => scan(key),
      ({ status }) => status === 200,
    );
    if (first !== undefined && first.body.outcome !== 'admitted')
      wrong.push(`${ticket.number}: refused at its first scan (${first.body.reason ?? ''})`);
    const second = await insist(
      'second check-in',
      () => scan(newKey()),
      ({ status }) => status === 200,
    );
    if (first !== undefined && second !== undefined && second.body.reason !== 'already-used')
      wrong.push(`${ticket.number}: second scan says ${second.body.outcome} ${second.body.reason ?? ''}`);
  }

  const running = Array.from({ length: options.count }, async () => {
    while (!stopping) await one();
  });
  return {
    told,
    async stop() {
      stopping = true;
      await Promise.all(running);
    },
  };
}
