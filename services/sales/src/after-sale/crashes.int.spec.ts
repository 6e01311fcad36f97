// A process that dies between any two steps after the sale (PLA-41, SAL-53): behind every write of an order and of its tickets, before and
// after its messages have left. The customer asks again under the same key; the ticket, the money and the places come out right.
import { freezeTicket, replaceTicket, thawTicket } from '@tongpiao/contracts';
import { decodeTicketPayload } from '@tongpiao/kernel';
import { newId } from '@tongpiao/persistence';
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { TENANT, type Offer, type Reply } from '../sales-house.fixture.ts';
import { exchangeOf, type Bought } from './after-sale-house.fixture.ts';
import { openExchangeHouse, type ExchangeHouse } from './exchange-house.fixture.ts';

/** More writes than any of these ways has. */
const WRITES = 8;

const rightOf = ({ tickets }: Bought): string => decodeTicketPayload(tickets[0]?.qr.split('.')[2] ?? '')?.rightId ?? '';

describe('PLA-41 SAL-53 sales: dying after the sale', function () {
  this.timeout(180_000);
  let shop: ExchangeHouse;
  /** Writes that are still to come before this record's process dies. */
  const countdown = new Map<string, number>();
  let deaths = 0;

  for (const point of ['afterCommit', 'afterPublish'] as const)
    describe(point, () => {
      before(async () => {
        shop = await openExchangeHouse();
        await shop.alone(
          {
            faults: {
              at(at, { id }) {
                const left = countdown.get(id);
                if (at !== point || left === undefined) return;
                if (left > 1) countdown.set(id, left - 1);
                else {
                  countdown.delete(id);
                  deaths += 1;
                  throw new Error(`killed ${point} of ${id}`);
                }
              },
            },
          },
          async () => undefined,
        );
      });
      beforeEach(() => {
        deaths = 0;
        countdown.clear();
      });
      after(async () => shop.stop());

      /** The customer insists, under one key. */
      async function insist(ask: () => Promise<Reply>): Promise<Reply> {
        return eventually('an answer', async () => {
          const reply = await ask();
          if (reply.status >= 500) throw new Error(reply.text);
          return reply;
        });
      }
      /** As many orders as there are writes; each dies behind another one, and one behind a write of its ticket. */
      async function doomed(session: string): Promise<readonly Bought[]> {
        const orders: Bought[] = [];
        for (let write = 1; write <= WRITES + 1; write += 1) orders.push(await shop.ticket(session));
        return orders;
      }
      function doom(order: Bought, write: number): void {
        if (write <= WRITES) countdown.set(order.id, write);
        else countdown.set(rightOf(order), 1);
      }
      async function exchangeAll(of: Offer): Promise<readonly Bought[]> {
        const orders = await doomed(await shop.places(shop.from, 5));
        const session = await shop.places(of);
        await Promise.all(
          orders.map(async (order, index) => {
            doom(order, index + 1);
            const ask = { token: order.token, key: freshKey() };
            const begun = exchangeOf(await insist(() => shop.exchange(order.number, session, ask, shop.typeOf(of))));
            const pay = { key: freshKey() };
            if (begun.due > 0) {
              await shop.exchangeBecomes(order, begun.id, 'awaiting_payment').catch(() => undefined);
              await insist(() => shop.payExchange(order, begun.id, 'sandbox', pay));
            }
            await shop.exchangeBecomes(order, begun.id, 'done');
          }),
        );
        await shop.hasFree(session, 100 - orders.length);
        return orders;
      }
      async function isRight(order: Bought, kept: number): Promise<void> {
        const statuses = Object.values(await shop.numbersOf(order)).sort();
        expect(statuses).to.deep.equal(['exchanged', 'issued']);
        await shop.keeps(order, kept);
        await eventually('the news', () =>
          shop.house.heard(order.id).some(({ type }) => type === 'sales.order.exchange-completed.v1'),
        );
      }

      it('of an exchange for a dearer place', async () => {
        for (const order of await exchangeAll(shop.dear)) await isRight(order, 15_000);
        expect(deaths).to.be.at.least(5);
      });
      it('of an exchange for a cheaper place', async () => {
        for (const order of await exchangeAll(shop.cheap)) await isRight(order, 9_000);
        expect(deaths).to.be.at.least(4);
      });
      it('of a refund', async () => {
        const session = await shop.places(shop.from, 3);
        const orders = await doomed(session);
        await Promise.all(
          orders.map(async (order, index) => {
            doom(order, index + 1);
            const ask = { token: order.token, key: freshKey() };
            await insist(() => shop.giveBack(order.number, ask));
            const [refund] = (await shop.house.becomes(order, 'refunded', 30_000)).refunds;
            expect(refund?.amount.amount).to.equal(10_800);
            await shop.keeps(order, 1_200);
          }),
        );
        await shop.hasFree(session, 100);
        expect(deaths).to.be.at.least(3);
      });
    });
});

describe('SAL-53 sales: two who carry out one exchange, and one of them is slow', function () {
  this.timeout(60_000);
  let shop: ExchangeHouse;
  let isStuck = false;
  const pause = Promise.withResolvers<undefined>();

  before(async () => {
    shop = await openExchangeHouse();
  });
  after(async () => {
    pause.resolve(undefined);
    await shop.stop();
  });

  it('what one has found in the way fails it for both, although the way is free when the other comes', async () => {
    const { order, session, exchange } = await shop.toPay();
    const about = { rightId: rightOf(order), applicationId: newId('rei', TENANT) };
    const ticketIs = (status: string): Promise<unknown> =>
      eventually(`the ticket is ${status}`, async () => (await shop.numbersOf(order))[order.number] === status);
    await shop.house.send(freezeTicket, about);
    await ticketIs('frozen');
    const faults = {
      async at(point: string, { id }: { id?: string }): Promise<void> {
        if (isStuck || point !== 'afterCommit' || id !== about.rightId) return;
        isStuck = true;
        await pause.promise;
      },
    };
    await shop.alone({ faults }, async () => undefined);
    await shop.payExchange(order, exchange.id);
    await eventually('one has found it frozen', () => isStuck);
    // What of these comes to the slow one waits there.
    await shop.start();
    for (let time = 0; time < 4; time += 1) await shop.house.send(thawTicket, about);
    await ticketIs('issued');
    for (let time = 0; time < 4; time += 1)
      await shop.house.send(replaceTicket, { orderId: order.id, exchangeId: exchange.id });
    const failed = await shop.exchangeBecomes(order, exchange.id, 'failed');
    expect(failed.reason).to.equal('sales.ticket-not-living');
    pause.resolve(undefined);
    await shop.keeps(order, 12_000);
    await shop.hasFree(session, 100);
    expect(await shop.numbersOf(order)).to.deep.equal({ [order.number]: 'issued' });
    expect((await shop.exchangesOf(order)).map(({ status }) => status)).to.deep.equal(['failed']);
  });
});
