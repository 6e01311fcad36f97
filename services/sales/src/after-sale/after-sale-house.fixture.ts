// The sales house with a product whose rules are steep enough to tell steps apart, and the ways of a customer after the sale. Its clock
// can be set ahead, so that time to pay, steps and deadlines pass at once.
import { idCheckCharacter } from '@tongpiao/kernel';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import type { SalesTestOptions } from '../run.ts';
import {
  GATES,
  inDays,
  openSalesHouse,
  type Ask,
  type Offer,
  type Placed,
  type Reply,
  type SalesHouse,
  type SeenOrder,
} from '../sales-house.fixture.ts';

const money = z.object({ amount: z.int(), currency: z.literal('CNY') }).transform(({ amount }) => amount);
const refundShape = z.looseObject({
  id: z.string(),
  status: z.string(),
  reason: z.string(),
  fee: money,
  amount: money,
  ticketNumber: z.string(),
});
const exchangeShape = z.looseObject({
  id: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  ticketNumber: z.string(),
  newTicketNumber: z.string().optional(),
  fee: money,
  due: money,
  returned: money,
  expiresAt: z.string(),
});
export type SeenExchange = z.output<typeof exchangeShape>;
export const refundOf = (reply: Reply): z.output<typeof refundShape> => refundShape.parse(reply.body);
export const exchangeOf = (reply: Reply): SeenExchange => exchangeShape.parse(reply.body);
export const quoteOf = (reply: Reply): { quoteId: string; fee: number; amount: number } =>
  z.looseObject({ quoteId: z.string(), fee: money, amount: money }).parse(reply.body);
const orderShape = z.looseObject({ exchanges: z.array(exchangeShape) });

const ALWAYS = '2020-01-01T00:00:00Z';
const DAY = 24 * 60;
const step = (minutesBefore: number, feePercent: number): unknown => ({ minutesBefore, feePercent, feeMinimum: 0 });
const rounding = { unit: 'fen', direction: 'half-up' };
/** Long before nothing, then a tenth, on the last day half; from the start on nothing comes back. */
const REFUNDS = [{ effectiveFrom: ALWAYS, steps: [step(30 * DAY, 0), step(DAY, 10), step(0, 50)], rounding }];
/** Free until the last day, then 5 %; three times, to any type and to another product that a spec names. */
const EXCHANGES = {
  effectiveFrom: ALWAYS,
  steps: [step(DAY, 0), step(0, 5)],
  rounding,
  timesMax: 3,
  otherTicketTypes: true,
};

/** Documents of people who were born on one day. */
export function documentOf(sequence: number, birthDay = '19800101'): string {
  const number = `110105${birthDay}${String(sequence).padStart(3, '0')}`;
  return number + idCheckCharacter(number);
}

type Ticket = { readonly number: string; readonly qr: string };
export type Bought = Placed & { readonly tickets: readonly Ticket[]; readonly number: string };
export type AfterSaleHouse = Awaited<ReturnType<typeof openAfterSaleHouse>>;

export async function openAfterSaleHouse() {
  const house = await openSalesHouse();
  const time = { aheadMs: 0 };
  const clock = (): Date => new Date(Date.now() + time.aheadMs);
  const start: SalesHouse['start'] = (options) => house.start({ clock, ...options });
  await start();
  const rules = { refunds: REFUNDS, exchanges: [EXCHANGES], waiting: { lineMax: 50, payWithinMinutes: 15 } };
  const offer = await house.offer({}, 1, rules);

  const session = (days = 3, capacity = 100, of: Offer = offer): Promise<string> =>
    house.session(of.productId, capacity, { date: inDays(days) });

  const untilStart = (sessionId: string): number =>
    Date.parse(house.sessions.get(sessionId)?.data.startsAt ?? '') - Date.now();

  async function bought(sessionId: string, wish: Wish = {}): Promise<Bought> {
    const { quantity = 1, documents, type = documents === undefined ? 'adult' : 'named', of = offer } = wish;
    const travellers = documents?.map((idNumber) => ({ name: '张三丰', idType: 'id_card', idNumber }));
    const people = travellers === undefined ? { quantity } : { travellers };
    const order = await house.placed([{ sessionId, ticketTypeId: of.types[type] ?? '', ...people }]);
    return withTickets(order);
  }
  async function withTickets(order: Placed): Promise<Bought> {
    await house.pay(order);
    const { tickets } = await house.becomes(order, 'fulfilled');
    const [first] = tickets;
    if (first === undefined) throw new Error('an order without tickets');
    return { ...order, tickets, number: first.number };
  }

  const post = (path: string, ask: Ask & { json?: unknown }): Promise<Reply> =>
    house.call(path, { method: 'POST', wait: 10, ...ask });
  const quoted = (number: string, ask: Ask): Promise<Reply> => post(`/api/v1/tickets/${number}/refund-quote`, ask);
  const giveBack = (number: string, ask: Ask, quoteId?: string): Promise<Reply> =>
    post(`/api/v1/tickets/${number}/refunds`, { ...ask, ...(quoteId === undefined ? {} : { json: { quoteId } }) });
  const exchange = (number: string, sessionId: string, ask: Ask, ticketTypeId?: string): Promise<Reply> =>
    post(`/api/v1/tickets/${number}/exchanges`, { ...ask, json: { sessionId, ticketTypeId } });
  const exchangeQuote = (number: string, sessionId: string, ask: Ask, ticketTypeId?: string): Promise<Reply> =>
    post(`/api/v1/tickets/${number}/exchange-quote`, { ...ask, json: { sessionId, ticketTypeId } });
  const payExchange = (order: Placed, exchangeId: string, method = 'sandbox', ask: Ask = {}): Promise<Reply> =>
    post(`/api/v1/orders/${order.id}/exchanges/${exchangeId}/payments`, {
      token: order.token,
      ...ask,
      json: { method },
    });
  const endExchange = (order: Placed, exchangeId: string, ask: Ask = {}): Promise<Reply> =>
    post(`/api/v1/orders/${order.id}/exchanges/${exchangeId}/cancellation`, { token: order.token, ...ask });
  const exchangesOf = async (order: Placed): Promise<readonly SeenExchange[]> =>
    orderShape.parse((await house.call(`/api/v1/orders/${order.id}`, { token: order.token })).body).exchanges;

  const exchangeBecomes = (order: Placed, exchangeId: string, status: string): Promise<SeenExchange> =>
    eventually(
      `exchange ${status}`,
      async () => {
        const found = (await exchangesOf(order)).find(({ id }) => id === exchangeId);
        if (found?.status === status) return found;
        throw new Error(`${found?.status ?? 'none'} ${found?.reason ?? ''}`);
      },
      { withinMs: 30_000 },
    );

  async function scan(qr: string, gate = 0): Promise<string> {
    const apiKey = house.keys.gates[gate] ?? '';
    const reply = await house.call('/api/v1/check-ins', { apiKey, json: { gateId: GATES[gate], credential: { qr } } });
    const { outcome, reason } = z.looseObject({ outcome: z.string(), reason: z.string().optional() }).parse(reply.body);
    return reason ?? outcome;
  }

  /** The money of an order is exactly what its tickets and fees are worth, however long one waits. */
  async function keeps(order: Placed, amount: number): Promise<void> {
    await eventually(
      'the money',
      () => house.kept(order.id) === amount || Promise.reject(new Error(String(house.kept(order.id)))),
    );
    await settled('the money', () => house.kept(order.id), 200);
    expect(house.kept(order.id)).to.equal(amount);
  }
  /** Places of a session that are free, once nothing moves any more. */
  async function hasFree(sessionId: string, count: number): Promise<void> {
    const free = (): number => house.sessions.get(sessionId)?.free ?? Number.NaN;
    await eventually('the places', () => free() === count || Promise.reject(new Error(String(free()))), {
      withinMs: 15_000,
    });
    expect(await settled('the places', free, 200)).to.equal(count);
  }
  const statusesOf = ({ tickets }: Pick<SeenOrder, 'tickets'>): readonly string[] =>
    tickets.map(({ status }) => status);

  /** Only an instance with these faults is running while this runs. */
  async function alone(options: SalesTestOptions, run: () => Promise<void>): Promise<void> {
    const others = [...house.instances];
    await start(options);
    for (const other of others) {
      house.instances.splice(house.instances.indexOf(other), 1);
      await other.stop();
    }
    await run();
  }

  return {
    ...{
      house,
      offer,
      rules,
      time,
      start,
      session,
      untilStart,
      bought,
      withTickets,
      quoted,
      giveBack,
      exchange,
      exchangeQuote,
    },
    ...{ payExchange, endExchange, exchangesOf, exchangeBecomes, scan, keeps, hasFree, statusesOf, alone },
    async stop(): Promise<void> {
      await house.stop();
      expect(house.complaints, 'what inventory or finance could not do').to.deep.equal([]);
    },
  };
}

type Wish = {
  readonly quantity?: number;
  readonly documents?: readonly string[];
  readonly type?: string;
  readonly of?: Offer;
};
