// Two wishes for one ticket at the same moment, on real servers: one wins, and nobody pays or is paid for the other (SAL-50, SAL-53).
import { fen } from '@tongpiao/kernel';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { rightDecider } from '../right/right.decider.ts';
import { scanAt, soldRight } from '../right/right.fixture.ts';
import { codeOf, orderOf, type Offer, type Reply } from '../sales-house.fixture.ts';
import { documentOf, exchangeOf, type Bought } from './after-sale-house.fixture.ts';
import { openExchangeHouse, type ExchangeHouse } from './exchange-house.fixture.ts';

const ROUNDS = 6;
const isDone = ({ status }: Reply): boolean => status < 300;

describe('SAL-50 SAL-53 sales: two wishes for one ticket at once', function () {
  this.timeout(90_000);
  let shop: ExchangeHouse;
  /** To be given back and exchanged for a day after its start, so that it can be scanned on the same day. */
  let late: Offer;

  before(async () => {
    shop = await openExchangeHouse();
    const steps = [{ minutesBefore: -1_440, feePercent: 10, feeMinimum: 0 }];
    const refunds = [{ effectiveFrom: '2020-01-01T00:00:00Z', steps, rounding: { unit: 'fen', direction: 'up' } }];
    const exchanges = shop.rules.exchanges.map((rule) => ({ ...rule, steps, productIds: [shop.dear.productId] }));
    late = await shop.house.offer({}, 1, { refunds, exchanges });
  });
  after(async () => shop.stop());

  const livingOf = async (order: Bought): Promise<readonly string[]> =>
    Object.values(await shop.numbersOf(order)).filter((status) => status === 'issued' || status === 'used');

  it('a refund and scans: one of them wins; the money follows whoever has won', async () => {
    const session = await shop.house.session(late.productId, 100);
    const wins = { refund: 0, scan: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const order = await shop.bought(session, { of: late });
      const qr = order.tickets[0]?.qr ?? '';
      const [back, ...scans] = await Promise.all([
        shop.giveBack(order.number, { token: order.token }),
        ...[0, 1, 0].map((gate) => shop.scan(qr, gate)),
      ]);
      const admitted = scans.filter((said) => said === 'admitted').length;
      expect(admitted + (isDone(back) ? 1 : 0)).to.equal(1);
      wins[isDone(back) ? 'refund' : 'scan'] += 1;
      if (isDone(back)) expect(scans).to.satisfy((said: string[]) => said.every((one) => one === 'refunded'));
      else expect(codeOf(back)).to.equal('sales.ticket-used');
      await shop.keeps(order, isDone(back) ? 1_200 : 12_000);
    }
    expect(wins.refund + wins.scan).to.equal(ROUNDS);
  });
  it('without the version guard both would win: each is right about the ticket that it has read', () => {
    const right = soldRight();
    const refund = {
      refundId: 'rfd_1',
      fee: fen(0),
      returned: right.amount,
      reason: 'customer',
      at: scanAt().at,
    } as const;
    expect(rightDecider.decide(right, { type: 'RefundTicket', refund })).to.have.length(1);
    expect(rightDecider.decide(right, { type: 'CheckIn', scan: scanAt() })).to.have.length(1);
  });

  it('a refund and an exchange: one valid ticket, or the money', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const order = await shop.ticket(await shop.places(shop.from, 3));
      const session = await shop.places(shop.from, 7);
      const [back, changed] = await Promise.all([
        shop.giveBack(order.number, { token: order.token }),
        shop.exchange(order.number, session, { token: order.token }),
      ]);
      await eventually('the exchange ends', async () =>
        (await shop.exchangesOf(order)).every(({ status }) => status === 'done' || status === 'failed'),
      );
      const done = (await shop.exchangesOf(order)).some(({ status }) => status === 'done');
      expect([isDone(back), done].filter(Boolean), `${back.status} ${changed.status}`).to.have.length(1);
      expect(await livingOf(order)).to.have.length(done ? 1 : 0);
      await shop.keeps(order, done ? 12_000 : 1_200);
      await shop.hasFree(session, done ? 99 : 100);
    }
  });
  it('a refund while an exchange waits for its money: what is paid then comes back', async () => {
    const { order, session, exchange } = await shop.toPay();
    expect((await shop.giveBack(order.number, { token: order.token })).status).to.equal(201);
    await shop.payExchange(order, exchange.id);
    const failed = await shop.exchangeBecomes(order, exchange.id, 'failed');
    expect(failed.reason).to.equal('sales.ticket-not-living');
    await shop.keeps(order, 1_200);
    await shop.hasFree(session, 100);
  });
  it('a scan while an exchange waits for its money: the same', async () => {
    const order = await shop.bought(await shop.house.session(late.productId, 100), { of: late });
    const session = await shop.places(shop.dear);
    const exchange = await shop.begin(order, session, shop.dear);
    expect(exchange.status).to.equal('awaiting_payment');
    expect(await shop.scan(order.tickets[0]?.qr ?? '')).to.equal('admitted');
    await shop.payExchange(order, exchange.id);
    const failed = await shop.exchangeBecomes(order, exchange.id, 'failed');
    expect(failed.reason).to.equal('sales.ticket-used');
    expect(await livingOf(order)).to.deep.equal(['used']);
    await shop.keeps(order, 12_000);
    await shop.hasFree(session, 100);
  });

  describe('the same person’s two devices', () => {
    it('two refunds under different keys: one', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const order = await shop.ticket(await shop.places(shop.from, 3));
        const replies = await Promise.all(
          Array.from({ length: 4 }, () => shop.giveBack(order.number, { token: order.token })),
        );
        expect(replies.filter(isDone)).to.have.length(1);
        expect(new Set(replies.filter((reply) => !isDone(reply)).map(codeOf))).to.deep.equal(
          new Set(['sales.ticket-not-living']),
        );
        await shop.keeps(order, 1_200);
      }
    });
    it('two exchanges under different keys, to different sessions: one', async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const order = await shop.ticket();
        const sessions = [await shop.places(shop.from, 7), await shop.places(shop.dear, 7)];
        const replies = await Promise.all(
          sessions.map((session, index) =>
            shop.exchange(
              order.number,
              session,
              { token: order.token },
              shop.typeOf(index === 0 ? shop.from : shop.dear),
            ),
          ),
        );
        const won = replies.filter(isDone);
        expect(won).to.have.length(1);
        const [lost] = replies.filter((reply) => !isDone(reply));
        expect(lost === undefined ? '' : codeOf(lost)).to.be.oneOf([
          'sales.exchange-under-way',
          'sales.ticket-not-living',
          'sales.ticket-changed',
        ]);
        const [exchange] = won.map(exchangeOf);
        if (exchange?.status === 'awaiting_payment') await shop.payExchange(order, exchange.id);
        const ended = await shop.exchangeBecomes(order, exchange?.id ?? '', 'done');
        expect(await livingOf(order)).to.have.length(1);
        await shop.keeps(order, 12_000 + ended.due);
      }
    });
    it('SAL-25 one exchanges to a session, the other buys it with the same document: one ticket there', async () => {
      const outcomes = new Set<string>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const document = documentOf(100 + round);
        const session = await shop.places(shop.from, 7);
        const order = await shop.bought(await shop.places(shop.from, 5), { of: shop.from, documents: [document] });
        const travellers = [{ name: '张三丰', idType: 'id_card', idNumber: document }];
        const buy = (): Promise<Reply> =>
          shop.house.place([{ sessionId: session, ticketTypeId: shop.from.types['named'] ?? '', travellers }]);
        const [changed, ...orders] = await Promise.all([
          shop.exchange(order.number, session, { token: order.token }),
          buy(),
          buy(),
        ]);
        const bought = orders.filter((reply) => orderOf(reply).status === 'awaiting_payment').length;
        const exchanged = isDone(changed) && exchangeOf(changed).status !== 'failed' ? 1 : 0;
        expect(bought + exchanged, `${changed.text} ${orders.map(({ text }) => text).join(' ')}`).to.equal(1);
        outcomes.add(exchanged === 1 ? 'exchanged' : 'bought');
      }
      expect(outcomes.size).to.be.at.least(1);
    });
  });

  it('stock returned by a refund while the waiting list is being served: nobody gets a place twice, nobody is passed', async () => {
    const session = await shop.session(4, 4);
    const seller = await shop.bought(session, { quantity: 4 });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const wish = [{ sessionId: session, ticketTypeId: shop.offer.types['adult'] ?? '', quantity: 1 }];
    const line = [];
    for (let place = 0; place < 5; place += 1)
      line.push(await shop.house.placed(wish, { waitingList: { until, prepaid: false } }));
    const [first, ...others] = line;
    if (first === undefined) throw new Error('a line has a first');
    await Promise.all([
      ...seller.tickets.map(({ number }) => shop.giveBack(number, { token: seller.token })),
      shop.house.call(`/api/v1/orders/${first.id}/cancellation`, { token: first.token, method: 'POST', wait: 10 }),
      shop.house.place(wish),
    ]);
    await eventually('all are served', async () => {
      const seen = await Promise.all(others.map(shop.house.look));
      return (
        seen.every(({ status }) => status === 'awaiting_payment') ||
        Promise.reject(new Error(seen.map(({ status }) => status).join()))
      );
    });
    expect((await shop.house.look(first)).status).to.equal('cancelled');
    await settled('the places', () => shop.house.sessions.get(session)?.free);
    expect(shop.house.sessions.get(session)?.free).to.equal(0);
    expect(shop.house.lineOf(session)).to.deep.equal([]);
  });
});
