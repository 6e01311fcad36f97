// The house with three products for exchanges: tickets of 120 yuan, and two others, dearer and cheaper, that they may be exchanged to.
import { freshKey } from '@tongpiao/service-shell/trial';
import { expect } from 'chai';
import type { Offer, Placed } from '../sales-house.fixture.ts';
import { exchangeOf, openAfterSaleHouse, type Bought, type SeenExchange } from './after-sale-house.fixture.ts';

export type ExchangeHouse = Awaited<ReturnType<typeof openExchangeHouse>>;

export async function openExchangeHouse() {
  const shop = await openAfterSaleHouse();
  const { house, rules } = shop;
  const priced = (amount: number): Promise<Offer> => {
    const prices = ['adult', 'named'].map((ticketType) => ({ ticketType, amount }));
    return house.offer({}, 1, { ...rules, prices });
  };
  const dear = await priced(15_000);
  const cheap = await priced(9_000);
  const exchanges = rules.exchanges.map((rule) => ({ ...rule, productIds: [dear.productId, cheap.productId] }));
  const prices = ['adult', 'named'].map((ticketType) => ({ ticketType, amount: 12_000 }));
  const from = await house.offer({}, 1, { ...rules, exchanges, prices });

  const typeOf = (of: Offer): string => of.types['adult'] ?? '';
  const places = (of: Offer = from, days = 6, capacity = 100): Promise<string> => shop.session(days, capacity, of);
  const ticket = async (sessionId?: string, quantity = 1): Promise<Bought> =>
    shop.bought(sessionId ?? (await places(from, 5)), { of: from, quantity });
  async function begin(order: Bought, sessionId: string, of: Offer, key = freshKey()): Promise<SeenExchange> {
    const reply = await shop.exchange(order.number, sessionId, { token: order.token, key }, typeOf(of));
    expect(reply.status, reply.text).to.equal(201);
    return exchangeOf(reply);
  }
  return {
    ...{ ...shop, priced, dear, cheap, from, typeOf, places, ticket, begin },
    /** One exchange for 150 yuan that waits for its 30. */
    async toPay(): Promise<{ order: Bought; session: string; old: string; exchange: SeenExchange }> {
      const old = await places(from, 5);
      const order = await ticket(old);
      const session = await places(dear);
      return { order, session, old, exchange: await begin(order, session, dear) };
    },
    /** Ticket numbers with what became of them. */
    async numbersOf(order: Placed): Promise<Record<string, string>> {
      return Object.fromEntries((await house.look(order)).tickets.map(({ number, status }) => [number, status]));
    },
  };
}
