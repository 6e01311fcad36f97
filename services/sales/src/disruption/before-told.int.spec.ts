// SAL-52 on real servers, between the moment in which sales knows of a cancellation and the one in which a holder is told of it: what a
// customer does meanwhile is free already, and nobody pays for what does not take place.
import { sessionCancelled, workDisruption } from '@tongpiao/contracts';
import { connectBroker } from '@tongpiao/messaging';
import { newId } from '@tongpiao/persistence';
import { eventually } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { z } from 'zod';
import { exchangeOf, quoteOf, refundOf } from '../after-sale/after-sale-house.fixture.ts';
import { openExchangeHouse, type ExchangeHouse } from '../after-sale/exchange-house.fixture.ts';
import { codeOf, SITE, TENANT, type Reply } from '../sales-house.fixture.ts';

const progressShape = z.looseObject({
  status: z.string(),
  counts: z.looseObject({ told: z.number(), undecided: z.number() }),
});

describe('SAL-52 sales: a cancelled session whose holders are not told yet', function () {
  this.timeout(90_000);
  let shop: ExchangeHouse;
  let release: () => Promise<void>;

  before(async () => {
    shop = await openExchangeHouse();
  });
  // Somebody else holds the work of telling, so that it stands still until the spec lets go.
  beforeEach(async () => {
    for (const instance of shop.house.instances.splice(0)) await instance.stop();
    const { RABBITMQ_URL: url, BROKER_PREFIX: prefix } = shop.house.settings;
    const thief = await connectBroker({
      ...{ url, service: 'sales', instance: 'thief', prefix },
      logger: pino({ level: 'silent' }),
    });
    const slice = { slice: 'on-disruption-work', definitions: [workDisruption], singleActive: true };
    await thief.consume({ ...slice, handle: async () => undefined });
    release = async () => thief.close();
    await shop.start();
  });
  afterEach(async () => {
    shop.house.plays.inventory = 'on';
    await release();
  });
  after(async () => shop.stop());

  async function cancelled(sessionId: string): Promise<string> {
    const disruptionId = newId('dis', TENANT);
    const { productId = '', date = '', startsAt = '', endsAt = '' } = shop.house.sessions.get(sessionId)?.data ?? {};
    await shop.house.tell('inventory', sessionCancelled, {
      ...{ disruptionId, sessionId, productId, siteId: SITE, date, startsAt, endsAt },
      reason: '大风停园',
      decideBy: new Date(Date.now() + 6 * 3_600_000).toISOString(),
    });
    await eventually('sales knows', async () => (await ask(disruptionId)).status === 200);
    return disruptionId;
  }
  const ask = (id: string): Promise<Reply> =>
    shop.house.call(`/api/v1/session-cancellations/${id}`, { apiKey: shop.house.keys.manager });
  /** A look that would come by itself later. */
  async function work(disruptionId: string): Promise<void> {
    await release();
    await shop.house.send(workDisruption, { disruptionId });
  }
  const statusOf = async (id: string): Promise<string> => progressShape.parse((await ask(id)).body).status;

  it('a refund is free, also when the time to give tickets back is over, and whoever is left is told afterwards', async () => {
    const [soon, over] = [await shop.places(shop.from, 3), await shop.places(shop.from, 0)];
    const [order, rest, late] = [await shop.ticket(soon), await shop.ticket(soon), await shop.ticket(over)];
    const before = quoteOf(await shop.quoted(order.number, { token: order.token }));
    expect(before).to.include({ fee: 1_200 });
    const [id] = [await cancelled(soon), await cancelled(over)];
    expect((await ask(id)).body).to.have.nested.property('counts.told', 0);

    const stale = await shop.giveBack(order.number, { token: order.token }, before.quoteId);
    expect(codeOf(stale)).to.equal('sales.stale-refund-quote');
    const { quoteId, ...free } = quoteOf(await shop.quoted(order.number, { token: order.token }));
    expect(free).to.include({ fee: 0, amount: 12_000, reason: 'session-cancelled' });
    const back = await shop.giveBack(order.number, { token: order.token }, quoteId);
    expect(refundOf(back)).to.include({ fee: 0, amount: 12_000, reason: 'session-cancelled' });
    await shop.keeps(order, 0);
    expect(refundOf(await shop.giveBack(late.number, { token: late.token }))).to.include({ fee: 0, amount: 12_000 });

    await work(id);
    const { counts } = await eventually('the rest is told', async () => {
      const seen = progressShape.parse((await ask(id)).body);
      return seen.counts.told > 0 ? seen : undefined;
    });
    expect(counts).to.include({ told: 1, undecided: 1 });
    expect(shop.statusesOf(await shop.house.look(rest))).to.deep.equal(['issued']);
  });

  it('SAL-51 a refund beyond the rules that is approved for a part gives everything back, and says so', async () => {
    const gone = await shop.places(shop.from, 3);
    const order = await shop.ticket(gone);
    const asked = await shop.house.call(`/api/v1/tickets/${order.number}/refund-exceptions`, {
      ...{ apiKey: shop.house.keys.clerk, json: { reason: '游客突发疾病', amount: 3_000 } },
    });
    await cancelled(gone);
    const { id } = z.looseObject({ id: z.string() }).parse(asked.body);
    const decided = await shop.house.call(`/api/v1/refund-exceptions/${id}/decision`, {
      ...{ apiKey: shop.house.keys.manager, wait: 10, json: { approve: true, remark: '情况属实' } },
    });
    const instead = { reason: 'session-cancelled', amount: { amount: 12_000, currency: 'CNY' } };
    expect(decided.body).to.deep.include({ status: 'done', amount: { amount: 3_000, currency: 'CNY' }, instead });
    await shop.keeps(order, 0);
  });

  it('an exchange is free on the last day, and is not one of the customer’s own', async () => {
    const gone = await shop.places(shop.from, 1);
    const order = await shop.ticket(gone);
    await cancelled(gone);
    let { number } = order;
    for (const fee of [0, 0, 0, 0]) {
      const other = await shop.places(shop.from, 9);
      const reply = await shop.exchange(number, other, { token: order.token });
      expect(exchangeOf(reply), reply.text).to.include({ status: 'done', fee });
      number = exchangeOf(reply).newTicketNumber ?? '';
    }
    const fifth = await shop.exchange(number, await shop.places(shop.from, 9), { token: order.token });
    expect(codeOf(fifth)).to.equal('sales.exchange-limit');
  });

  it('an exchange that was agreed for a fee before gives it back when its ticket is replaced', async () => {
    const gone = await shop.places(shop.from, 1);
    const order = await shop.ticket(gone);
    const begun = await shop.begin(order, await shop.places(shop.from, 9), shop.from);
    expect(begun).to.include({ status: 'awaiting_payment', fee: 600, due: 600 });
    await cancelled(gone);
    await shop.payExchange(order, begun.id);
    await shop.exchangeBecomes(order, begun.id, 'done');
    await shop.keeps(order, 12_000);
  });

  it('SAL-23 places that were granted before and are heard of afterwards are not paid for, and the next look ends them', async () => {
    const gone = await shop.places(shop.dear, 4);
    const [holder, mine] = [await shop.ticket(), await shop.places(shop.from, 4)];
    shop.house.plays.inventory = 'silent';
    const ticketTypeId = shop.typeOf(shop.dear);
    const order = await shop.house.placed([{ sessionId: gone, ticketTypeId, quantity: 2 }]);
    const reply = await shop.exchange(holder.number, gone, { token: holder.token, wait: 0 }, ticketTypeId);
    const { id: exchangeId } = exchangeOf(reply);
    const id = await cancelled(gone);
    await shop.house.answerHolds();
    await shop.house.becomes(order, 'awaiting_payment');
    await shop.exchangeBecomes(holder, exchangeId, 'awaiting_payment');

    for (const paid of [await shop.house.pay(order), await shop.payExchange(holder, exchangeId)])
      expect([paid.status, codeOf(paid)]).to.deep.equal([409, 'sales.session-cancelled']);
    await work(id);
    await eventually('nobody holds a ticket', async () => (await statusOf(id)) === 'open');
    await shop.house.send(workDisruption, { disruptionId: id });
    const { reason } = z
      .looseObject({ reason: z.string() })
      .parse(await shop.house.becomes(order, 'cancelled', 30_000));
    expect(reason).to.equal('session-cancelled');
    expect(await shop.exchangeBecomes(holder, exchangeId, 'failed')).to.include({ reason: 'session-cancelled' });
    await shop.hasFree(gone, 100);
    // The old ticket is as good as it was.
    expect(exchangeOf(await shop.exchange(holder.number, mine, { token: holder.token }))).to.include({
      status: 'done',
    });
  });
});
