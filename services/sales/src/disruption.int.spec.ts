// SAL-52 on real servers: a session is cancelled or gets fewer places, its holders are told once, choose, and the rest get their money
// back; with messages that come twice, orders that are paid afterwards, exchanges under way, and deaths at every point.
import {
  freezeTicket,
  paymentRefunded,
  sendOwedBack,
  sessionCancelled,
  sessionReduced,
  sessionRestored,
  thawTicket,
  workDisruption,
} from '@tongpiao/contracts';
import { decodeTicketPayload } from '@tongpiao/kernel';
import { newId } from '@tongpiao/persistence';
import { connectBroker } from '@tongpiao/messaging';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { pino } from 'pino';
import { z } from 'zod';
import {
  codeOf,
  GATES,
  inDays,
  openSalesHouse,
  SITE,
  TENANT,
  type Offer,
  type Placed,
  type Reply,
  type SalesHouse,
} from './sales-house.fixture.ts';

const counts = z.object({
  tickets: z.number(),
  told: z.number(),
  orders: z.number(),
  refunded: z.number(),
  exchanged: z.number(),
  used: z.number(),
  undecided: z.number(),
  kept: z.number(),
  untold: z.number(),
});
const progressShape = z.looseObject({
  id: z.string(),
  kind: z.string(),
  status: z.string(),
  supersededBy: z.string().optional(),
  finishedAt: z.string().optional(),
  counts,
});
type Progress = z.output<typeof progressShape>;
const toldShape = z.looseObject({
  disruptionId: z.string(),
  kind: z.string(),
  ticketNumbers: z.array(z.string()),
  decideBy: z.string(),
});
const backShape = z.looseObject({ ticketNumbers: z.array(z.string()), returned: z.number() });
const NOBODY = { tickets: 0, told: 0, orders: 0, refunded: 0, exchanged: 0, used: 0, undecided: 0, kept: 0, untold: 0 };
const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

describe('SAL-52 sales: disrupted sessions', function () {
  this.timeout(90_000);
  let house: SalesHouse;
  let offer: Offer;
  let aheadMs = 0;

  before(async () => {
    house = await openSalesHouse();
    await house.start({ clock: () => new Date(Date.now() + aheadMs) });
    offer = await house.offer({ ticketsPerOrder: 60 });
  });
  after(async () => house.stop());

  const session = (days = 3, capacity = 1_000): Promise<string> =>
    house.session(offer.productId, capacity, { date: inDays(days) });
  /** An order with its tickets, paid. */
  async function bought(sessionId: string, quantity = 1): Promise<Placed & { readonly numbers: readonly string[] }> {
    const order = await house.placed([{ sessionId, ticketTypeId: offer.types['adult'] ?? '', quantity }]);
    await house.pay(order);
    const { tickets } = await house.becomes(order, 'fulfilled');
    return { ...order, numbers: tickets.map(({ number }) => number) };
  }
  async function disrupt(
    sessionId: string,
    wish: { decideBy?: string; places?: number; sequence?: number; id?: string } = {},
  ): Promise<string> {
    const disruptionId = wish.id ?? newId('dis', TENANT);
    const date = house.sessions.get(sessionId)?.data.date ?? inDays(3);
    const { data } = house.sessions.get(sessionId) ?? {};
    const about = {
      disruptionId,
      sessionId,
      productId: offer.productId,
      siteId: SITE,
      date,
      startsAt: data?.startsAt ?? '',
      endsAt: data?.endsAt ?? '',
      reason: '大风停园',
      decideBy: wish.decideBy ?? inHours(6),
    };
    const options = { id: `${disruptionId}:told`, sequence: wish.sequence ?? 1 };
    if (wish.places === undefined) await house.tell('inventory', sessionCancelled, about, options);
    else await house.tell('inventory', sessionReduced, { ...about, places: wish.places }, options);
    return disruptionId;
  }
  /** Inventory takes reductions of a session back, the latest of them being this one. */
  async function restore(sessionId: string, disruptionId: string, places: number, sequence = 1): Promise<void> {
    const restoreId = newId('rst', TENANT);
    const about = { restoreId, disruptionId, sessionId, places };
    await house.tell('inventory', sessionRestored, about, { id: `${restoreId}:told`, sequence });
  }
  const ask = (id: string, apiKey = house.keys.manager): Promise<Reply> =>
    house.call(`/api/v1/session-cancellations/${id}`, { apiKey });
  const progress = async (id: string): Promise<Progress> => progressShape.parse((await ask(id)).body);
  const becomes = (id: string, status: string): Promise<Progress> =>
    eventually(
      `disruption ${status}`,
      async () => {
        const seen = await progress(id);
        return seen.status === status ? seen : Promise.reject(new Error(JSON.stringify(seen)));
      },
      { withinMs: 30_000 },
    );
  const toldTo = (order: Placed, disruptionId: string): z.output<typeof toldShape>[] =>
    house
      .heard(order.id)
      .filter(({ type }) => type === 'sales.order.session-disrupted.v1')
      .map(({ data }) => toldShape.parse(data))
      .filter((told) => told.disruptionId === disruptionId);
  /** What its holder hears of money that comes, each once, however often it is said. */
  const moneyTold = (order: Placed): z.output<typeof backShape>[] => [
    ...new Map(
      house
        .heard(order.id)
        .filter(({ type }) => type === 'sales.order.tickets-refunded.v1')
        .map(({ id, data }) => [id, backShape.parse(data)] as const),
    ).values(),
  ];
  const wasKept = (order: Placed): string[][] =>
    house
      .heard(order.id)
      .filter(({ type }) => type === 'sales.order.session-kept.v1')
      .map(({ data }) => z.looseObject({ ticketNumbers: z.array(z.string()) }).parse(data).ticketNumbers);
  const statusesOf = async (order: Placed): Promise<string[]> =>
    (await house.look(order)).tickets.map(({ status }) => status);
  const giveBack = (number: string, token: string): Promise<Reply> =>
    house.call(`/api/v1/tickets/${number}/refunds`, { token, method: 'POST', wait: 10 });
  const exchange = (number: string, token: string, sessionId: string, wait = 10): Promise<Reply> =>
    house.call(`/api/v1/tickets/${number}/exchanges`, { token, wait, json: { sessionId } });
  /** A look that would come by itself later. */
  const workNow = (disruptionId: string): Promise<void> => house.send(workDisruption, { disruptionId });

  it('INV-21 all holders are told once, each order in one; they choose free of charge; other sessions are left alone', async () => {
    const gone = await session();
    const other = await session(4);
    const [family, single, elsewhere] = [await bought(gone, 3), await bought(gone), await bought(other)];
    const id = await disrupt(gone);
    const open = await becomes(id, 'open');
    expect(open.counts).to.deep.equal({ ...NOBODY, tickets: 4, told: 4, orders: 2, undecided: 4 });
    await eventually('both are told', () => [family, single].every((order) => toldTo(order, id).length > 0));
    expect(toldTo(family, id)[0]?.ticketNumbers).to.have.members(family.numbers);
    expect(toldTo(elsewhere, id)).to.deep.equal([]);

    const back = await giveBack(family.numbers[0] ?? '', family.token);
    expect([back.status, back.body]).to.deep.include(201);
    expect(back.body).to.deep.include({ reason: 'session-cancelled', fee: { amount: 0, currency: 'CNY' } });
    const changed = await exchange(single.numbers[0] ?? '', single.token, other);
    expect(changed.body).to.deep.include({ status: 'done', fee: { amount: 0, currency: 'CNY' } });
    expect((await progress(id)).counts).to.deep.equal({
      ...{ tickets: 4, told: 4, orders: 2, kept: 0, untold: 0 },
      ...{ refunded: 1, exchanged: 1, used: 0, undecided: 2 },
    });
    await settled('nobody is told again', () => toldTo(family, id).length + toldTo(single, id).length);
    expect([toldTo(family, id).length, toldTo(single, id).length]).to.deep.equal([1, 1]);
    expect(await statusesOf(elsewhere)).to.deep.equal(['issued']);
  });

  it('at the deadline the rest get everything back, and the places; whoever came or chose before keeps what they have', async () => {
    const today = await house.session(offer.productId, 50, { date: inDays(0) });
    const other = await session(4);
    const [rest, exchanged, used] = await Promise.all([bought(today, 2), bought(today), bought(today)]);
    const qr = (await house.look(used)).tickets[0]?.qr;
    const entry = await house.call('/api/v1/check-ins', {
      apiKey: house.keys.gates[0] ?? '',
      json: { gateId: GATES[0], credential: { qr } },
    });
    expect(entry.body).to.include({ outcome: 'admitted' });
    const id = await disrupt(today, { decideBy: inHours(0.001) });
    await becomes(id, 'open');
    expect((await exchange(exchanged.numbers[0] ?? '', exchanged.token, other)).body).to.include({ status: 'done' });
    const done = await becomes(id, 'done');
    expect(done.counts).to.deep.equal({ ...NOBODY, tickets: 3, told: 3, orders: 2, refunded: 2, exchanged: 1 });
    expect(done.finishedAt).to.be.a('string');
    const seen = await house.becomes(rest, 'refunded');
    await eventually('the money', async () =>
      (await house.look(rest)).refunds.every(({ status }) => status === 'done'),
    );
    expect(seen.refunds.reduce((sum, { amount }) => sum + amount.amount, 0)).to.equal(24_000);
    expect(await statusesOf(used)).to.deep.equal(['used']);
    expect(await statusesOf(exchanged)).to.deep.equal(['exchanged', 'issued']);
    await eventually('the places are back', () => house.sessions.get(today)?.free === 50 - 1);
    await eventually('the holder hears of the money', () => moneyTold(rest).length === 1);
    expect(moneyTold(rest)[0]).to.include({ returned: 24_000 });
    expect(moneyTold(rest)[0]?.ticketNumbers).to.have.members(rest.numbers);
  });

  it('without time to decide, hundreds are told and get their money back, each once, although everything is said twice', async () => {
    const gone = await session();
    const orders = await Promise.all(Array.from({ length: 14 }, () => bought(gone, 18)));
    house.plays.twice = true;
    const id = await disrupt(gone, { decideBy: inHours(-1) });
    const works = Array.from({ length: 6 }, () => workNow(id));
    await Promise.all(works);
    const done = await becomes(id, 'done');
    house.plays.twice = false;
    expect(done.counts).to.deep.equal({ ...NOBODY, tickets: 252, told: 252, orders: 14, refunded: 252 });
    for (const order of orders) {
      const { refunds } = await house.becomes(order, 'refunded');
      expect(refunds.map(({ amount }) => amount.amount)).to.deep.equal([18 * 12_000]);
      expect(refunds[0]?.ticketNumbers).to.have.members(order.numbers);
      await eventually('the money is told', () => moneyTold(order).length > 0);
    }
    await settled('no more of it', () => orders.reduce((sum, order) => sum + moneyTold(order).length, 0));
    for (const order of orders) expect(moneyTold(order)).to.have.length(1);
    await eventually('all are told', () => orders.every((order) => toldTo(order, id).length > 0));
    await settled('nobody is told again', () => orders.reduce((sum, order) => sum + toldTo(order, id).length, 0));
    // Twice the same message, and no second one about tickets from another step.
    for (const order of orders) {
      const [told, ...more] = toldTo(order, id);
      expect(told?.ticketNumbers).to.have.members(order.numbers);
      for (const again of more) expect(again).to.deep.equal(told);
    }
  });

  it('FIN-02 an order of more tickets than a provider refunds one by one gets all its money, in one refund, and hears of it once', async () => {
    const gone = await session();
    const school = await bought(gone, 60);
    const id = await disrupt(gone, { decideBy: inHours(-1) });
    await becomes(id, 'done');
    await house.becomes(school, 'refunded', 30_000);
    await eventually('the money', () => house.kept(school.id) === 0, { withinMs: 20_000 });
    const { refunds } = await eventually('the money is confirmed', async () => {
      const seen = await house.look(school);
      return seen.refunds.every(({ status }) => status === 'done') ? seen : undefined;
    });
    expect(refunds.map(({ amount }) => amount.amount)).to.deep.equal([720_000]);
    await eventually('the holder hears of it', () => moneyTold(school).length > 0);
    await settled('what is said', () => moneyTold(school).length);
    expect(moneyTold(school).map(({ ticketNumbers, returned }) => [ticketNumbers.length, returned])).to.deep.equal([
      [60, 720_000],
    ]);
  });

  /** One of its three tickets was used, so that nobody can know whether it still comes back: the two others are collected. */
  async function collected(): Promise<Placed> {
    const today = await house.session(offer.productId, 50, { date: inDays(0) });
    const order = await bought(today, 3);
    const qr = (await house.look(order)).tickets[0]?.qr;
    const entry = { gateId: GATES[0], credential: { qr } };
    await house.call('/api/v1/check-ins', { apiKey: house.keys.gates[0] ?? '', json: entry });
    await becomes(await disrupt(today, { decideBy: inHours(-1) }), 'done');
    await eventually('both are collected', async () => (await house.look(order)).owed?.amount.amount === 24_000);
    return order;
  }
  async function sentTogether(order: Placed): Promise<void> {
    const sent = await eventually(
      'the money',
      async () => {
        const seen = await house.look(order);
        return seen.refunds.some(({ status }) => status === 'done') ? seen : undefined;
      },
      { withinMs: 30_000 },
    );
    expect(sent).to.not.have.property('owed');
    await eventually('the holder hears of it', () => moneyTold(order).length > 0, { withinMs: 20_000 });
    await settled('all that is said', () => moneyTold(order).length);
    expect(moneyTold(order).map(({ returned }) => returned)).to.deep.equal([24_000]);
    expect((await house.look(order)).refunds.map(({ amount }) => amount.amount)).to.deep.equal([24_000]);
    expect(house.kept(order.id)).to.equal(12_000);
  }

  it('where one of an order was used, the others go back together when their minute is over, and not before', async () => {
    const order = await collected();
    const ring = (): Promise<void> => house.send(sendOwedBack, { orderId: order.id });
    await ring();
    await settled('too early', async () => JSON.stringify(await house.look(order)));
    const waiting = await house.look(order);
    expect([waiting.status, waiting.refunds, moneyTold(order)]).to.deep.equal(['partially_refunded', [], []]);
    aheadMs = 61_000;
    try {
      await Promise.all([ring(), ring()]);
      await sentTogether(order);
    } finally {
      aheadMs = 0;
    }
  });

  it('REI-52 what went as a compensation over the payment keeps back only its own amount', async () => {
    const gone = await session();
    const order = await bought(gone, 2);
    const [paymentId = ''] = (await house.look(order)).payments.map(({ id }) => id);
    const compensation = {
      paymentId,
      orderId: order.id,
      refundId: 'rfd_0c',
      amount: 2_000,
      method: 'sandbox',
    } as const;
    const told = { ...compensation, reason: 'compensation', refundedAt: new Date().toISOString() };
    await house.tell('finance', paymentRefunded, told, { id: `${order.id}:compensation` });
    await settled('it is noted', async () => (await house.look(order)).status, 1_000);
    await becomes(await disrupt(gone, { decideBy: inHours(-1) }), 'done');
    await house.becomes(order, 'refunded', 30_000);
    expect((await house.look(order)).refunds.map(({ amount }) => amount.amount)).to.deep.equal([22_000, 2_000]);
  });

  it('SAL-23 what was not paid ends, with what is open at a provider; money that comes later goes back', async () => {
    const [gone, other] = [await session(), await session()];
    const unpaid = async (sessionId: string): Promise<Placed> =>
      house.placed([{ sessionId, ticketTypeId: offer.types['adult'] ?? '', quantity: 2 }]);
    const [idle, paying, elsewhere] = [await unpaid(gone), await unpaid(gone), await unpaid(other)];
    const opened = z.looseObject({ id: z.string() }).parse((await house.pay(paying, 'wechat')).body);
    const id = await disrupt(gone);
    for (const order of [idle, paying]) {
      const { reason } = z.looseObject({ reason: z.string() }).parse(await house.becomes(order, 'cancelled'));
      expect(reason).to.equal('session-cancelled');
    }
    expect(house.askedOf(paying.id)).to.include('finance.payment.close');
    expect((await house.pay(idle)).status).to.equal(409);
    await house.capture(opened.id);
    await eventually('the money', async () => (await house.look(paying)).refunds[0]?.status === 'done');
    expect((await house.look(paying)).refunds[0]?.amount.amount).to.equal(24_000);
    expect((await house.pay(elsewhere)).body).to.include({ orderStatus: 'fulfilled' });
    expect((await becomes(id, 'open')).counts).to.deep.equal(NOBODY);
  });

  it('an order that turns out paid after the cancellation is found: told while there is time, paid back afterwards', async () => {
    const gone = await session();
    house.plays.close = 'silent';
    const paying = async (): Promise<Placed & { paid(): Promise<unknown> }> => {
      const order = await house.placed([{ sessionId: gone, ticketTypeId: offer.types['adult'] ?? '', quantity: 2 }]);
      const { id: paymentId } = z.looseObject({ id: z.string() }).parse((await house.pay(order, 'wechat')).body);
      const paid = async (): Promise<unknown> => {
        await house.capture(paymentId);
        return house.becomes(order, 'fulfilled');
      };
      return { ...order, paid };
    };
    const [inTime, tooLate] = [await paying(), await paying()];
    const id = await disrupt(gone, { decideBy: inHours(0.002) });
    await becomes(id, 'open');
    await inTime.paid();
    await workNow(id);
    await eventually('the late holder is told', () => toldTo(inTime, id).length === 1);
    expect((await becomes(id, 'done')).counts).to.deep.equal({
      ...NOBODY,
      tickets: 2,
      told: 2,
      orders: 1,
      refunded: 2,
    });
    await tooLate.paid();
    await workNow(id);
    await house.becomes(tooLate, 'refunded', 30_000);
    expect((await becomes(id, 'done')).counts).to.include({ tickets: 4, told: 4, orders: 2, refunded: 4 });
    house.plays.close = 'closed';
  });

  it('an exchange that is under way at the deadline is left to its end', async () => {
    const gone = await session();
    const other = await house.session(offer.productId, 10, { date: inDays(5) });
    const [order, rest] = [await bought(gone), await bought(gone)];
    const id = await disrupt(gone, { decideBy: inHours(0.0008) });
    await becomes(id, 'open');
    house.plays.inventory = 'silent';
    expect((await exchange(order.numbers[0] ?? '', order.token, other, 0)).status).to.equal(202);
    await house.becomes(rest, 'refunded', 30_000);
    await settled('the one under way', async () => JSON.stringify((await progress(id)).counts));
    expect(await progress(id)).to.deep.include({ status: 'returning' });
    expect(await statusesOf(order)).to.deep.equal(['issued']);
    await house.answerHolds();
    await eventually('the exchange', async () => (await statusesOf(order))[0] === 'exchanged');
    await workNow(id);
    expect((await becomes(id, 'done')).counts).to.include({ refunded: 1, exchanged: 1, undecided: 0 });
  });

  it('a ticket that is being replaced at the deadline gets its money back when that is over', async () => {
    const gone = await session();
    const [order, rest] = [await bought(gone), await bought(gone)];
    const applicationId = newId('app', TENANT);
    const [, , payload = ''] = (await house.look(order)).tickets[0]?.qr.split('.') ?? [];
    const rightId = decodeTicketPayload(payload)?.rightId ?? '';
    await house.send(freezeTicket, { rightId, applicationId });
    await eventually('it is frozen', async () => (await statusesOf(order))[0] === 'frozen');
    const id = await disrupt(gone, { decideBy: inHours(-1) });
    await house.becomes(rest, 'refunded', 30_000);
    await settled('the frozen one', async () => JSON.stringify(await progress(id)));
    expect((await progress(id)).status).to.equal('returning');
    expect((await progress(id)).counts).to.include({ told: 2, refunded: 1, undecided: 1 });
    await house.send(thawTicket, { rightId, applicationId });
    await eventually('it is thawed', async () => (await statusesOf(order))[0] === 'issued');
    await workNow(id);
    expect((await becomes(id, 'done')).counts).to.include({ refunded: 2, undecided: 0 });
  });

  describe('INV-20 fewer places', () => {
    it('those sold last are told, for as many people as have no room', async () => {
      const full = await session();
      const orders: Awaited<ReturnType<typeof bought>>[] = [];
      for (const quantity of [2, 1, 3]) orders.push(await bought(full, quantity));
      const [first, second, last] = orders;
      if (first === undefined || second === undefined || last === undefined) throw new Error('three orders');
      const id = await disrupt(full, { places: 4, decideBy: inHours(0.0008) });
      const done = await becomes(id, 'done');
      expect(done.counts).to.deep.equal({ ...NOBODY, tickets: 4, told: 4, orders: 2, refunded: 4 });
      expect([await statusesOf(first), await statusesOf(second), await statusesOf(last)]).to.deep.equal([
        ['issued', 'issued'],
        ['refunded'],
        ['refunded', 'refunded', 'refunded'],
      ]);
      expect(toldTo(second, id)[0]).to.include({ kind: 'reduced' });
    });

    it('fewer still: the later reduction finds others than the earlier one', async () => {
      const full = await session();
      const orders = [await bought(full), await bought(full), await bought(full), await bought(full)];
      const one = await disrupt(full, { places: 2 });
      await becomes(one, 'open');
      const two = await disrupt(full, { places: 1 });
      await becomes(two, 'open');
      await workNow(one);
      await settled('the first', async () => JSON.stringify(await progress(one)));
      expect((await progress(one)).counts).to.include({ told: 2, undecided: 2 });
      expect((await progress(two)).counts).to.include({ told: 1, undecided: 1 });
      expect(orders.map((order) => toldTo(order, one).length)).to.deep.equal([0, 0, 1, 1]);
      expect(orders.map((order) => toldTo(order, two).length)).to.deep.equal([0, 1, 0, 0]);
    });

    it('when enough others have left by themselves, those who were told keep their tickets, and hear of it', async () => {
      const full = await session();
      const [early, family, other] = [await bought(full, 3), await bought(full, 2), await session(5)];
      const id = await disrupt(full, { places: 2, decideBy: inHours(0.002) });
      await becomes(id, 'open');
      expect((await giveBack(early.numbers[0] ?? '', early.token)).status).to.equal(201);
      expect((await exchange(early.numbers[1] ?? '', early.token, other)).body).to.include({ status: 'done' });
      const done = await becomes(id, 'done');
      expect(done.counts).to.deep.equal({ ...NOBODY, tickets: 2, told: 2, orders: 1, kept: 2 });
      expect(await statusesOf(family)).to.deep.equal(['issued', 'issued']);
      await eventually('they hear of it', () => wasKept(family).length > 0);
      await settled('once', () => wasKept(family).length);
      expect(wasKept(family)).to.have.length(1);
      expect(wasKept(family)[0]).to.have.members(family.numbers);
      expect(wasKept(early)).to.deep.equal([]);
      const ticket = await house.call(`/api/v1/tickets/${family.numbers[0]}`, { token: family.token });
      expect(ticket.body).to.include({ status: 'issued' }).and.not.to.have.property('offer');
      // A later reduction finds them like everybody else.
      const again = await disrupt(full, { places: 1, decideBy: inHours(-1) });
      expect((await becomes(again, 'done')).counts).to.include({ told: 1, refunded: 1, kept: 0 });
    });

    it('when some have left, only as many go as still have to, the newest first', async () => {
      const full = await session();
      const orders = [await bought(full), await bought(full), await bought(full), await bought(full)];
      const [first, second, third, fourth] = orders;
      if (first === undefined || second === undefined || third === undefined || fourth === undefined)
        throw new Error('four orders');
      const id = await disrupt(full, { places: 3, decideBy: inHours(0.002) });
      await becomes(id, 'open');
      expect((await giveBack(first.numbers[0] ?? '', first.token)).status).to.equal(201);
      const done = await becomes(id, 'done');
      expect(done.counts).to.deep.equal({ ...NOBODY, tickets: 3, told: 3, orders: 3, refunded: 2, kept: 1 });
      expect(await Promise.all([second, third, fourth].map(statusesOf))).to.deep.equal([
        ['issued'],
        ['refunded'],
        ['refunded'],
      ]);
      await eventually('who stays hears of it', () => wasKept(second).length === 1);
      await eventually('three have left', () => house.sessions.get(full)?.free === 1_000 - 1);
    });

    it('whoever is leaving by an exchange at the deadline makes room for an older ticket', async () => {
      const full = await session();
      const other = await house.session(offer.productId, 10, { date: inDays(5) });
      const [gone, stays, leaves] = [await bought(full), await bought(full), await bought(full)];
      const id = await disrupt(full, { places: 2, decideBy: inHours(0.002) });
      await becomes(id, 'open');
      expect((await giveBack(gone.numbers[0] ?? '', gone.token)).status).to.equal(201);
      house.plays.inventory = 'silent';
      expect((await exchange(leaves.numbers[0] ?? '', leaves.token, other, 0)).status).to.equal(202);
      await becomes(id, 'returning');
      await settled('nobody goes', async () => JSON.stringify((await progress(id)).counts));
      expect((await progress(id)).counts).to.include({ refunded: 0, undecided: 1, kept: 1 });
      await house.answerHolds();
      await eventually('the exchange', async () => (await statusesOf(leaves))[0] === 'exchanged');
      await workNow(id);
      expect((await becomes(id, 'done')).counts).to.include({ exchanged: 1, refunded: 0, kept: 1 });
      expect(await statusesOf(stays)).to.deep.equal(['issued']);
    });

    describe('taken back', () => {
      it('those who were told keep their tickets at once and hear of it; reduced again, only as many go as are too many then', async () => {
        const full = await session();
        const orders = [await bought(full, 2), await bought(full), await bought(full)];
        const [family, second, third] = orders;
        if (family === undefined || second === undefined || third === undefined) throw new Error('three orders');
        const one = await disrupt(full, { places: 2, sequence: 2 });
        await becomes(one, 'open');
        await restore(full, one, 2, 3);
        await eventually('they hear of it', () => [second, third].every((order) => wasKept(order).length > 0));
        // Told first: what they were offered goes a moment later.
        await eventually('their tickets are kept', async () => (await progress(one)).counts.kept === 2);
        expect(await progress(one)).to.deep.include({
          ...{ status: 'open', places: 2, restored: 2 },
          counts: { ...NOBODY, tickets: 2, told: 2, orders: 2, kept: 2 },
        });
        const ticket = await house.call(`/api/v1/tickets/${third.numbers[0]}`, { token: third.token });
        expect(ticket.body).to.include({ status: 'issued' }).and.not.to.have.property('offer');
        const two = await disrupt(full, { places: 2, sequence: 4, decideBy: inHours(0.0008) });
        expect((await becomes(two, 'done')).counts).to.include({ told: 2, refunded: 2, kept: 0 });
        await workNow(one);
        await settled('the first', async () => JSON.stringify(await progress(one)));
        expect(await Promise.all(orders.map(statusesOf))).to.deep.equal([
          ['issued', 'issued'],
          ['refunded'],
          ['refunded'],
        ]);
        expect(orders.map((order) => wasKept(order).length)).to.deep.equal([0, 1, 1]);
      });

      it('in part: the oldest stay, at once, and the rest go at the deadline', async () => {
        const full = await session();
        const orders = [await bought(full), await bought(full), await bought(full), await bought(full)];
        const id = await disrupt(full, { places: 3, sequence: 2, decideBy: inHours(0.003) });
        await becomes(id, 'open');
        await restore(full, id, 2, 3);
        await eventually('two may stay', async () => (await progress(id)).counts.kept === 2);
        expect((await progress(id)).status).to.equal('open');
        expect((await becomes(id, 'done')).counts).to.deep.equal({
          ...NOBODY,
          ...{ tickets: 3, told: 3, orders: 3, refunded: 1, kept: 2 },
        });
        expect((await Promise.all(orders.map(statusesOf))).flat()).to.deep.equal([
          'issued',
          'issued',
          'issued',
          'refunded',
        ]);
      });

      it('of several reductions: the oldest stay, whichever found them, and who goes by themselves counts as well', async () => {
        const full = await session();
        const orders = [await bought(full), await bought(full), await bought(full), await bought(full)];
        const one = await disrupt(full, { places: 2, sequence: 2 });
        await becomes(one, 'open');
        const two = await disrupt(full, { places: 1, sequence: 3 });
        await becomes(two, 'open');
        await restore(full, two, 2, 4);
        await eventually('two may stay', async () =>
          [await progress(one), await progress(two)].every(({ counts: { kept } }) => kept === 1),
        );
        expect(orders.map((order) => wasKept(order).length)).to.deep.equal([0, 1, 1, 0]);
        const last = orders[3];
        expect((await giveBack(last?.numbers[0] ?? '', last?.token ?? '')).status).to.equal(201);
        await workNow(one);
        await settled('the rest', async () => JSON.stringify(await progress(one)));
        expect((await progress(one)).counts).to.include({ refunded: 1, kept: 1, undecided: 0 });
      });

      it('heard of before its reduction, and everything twice: it waits for it, and nobody goes', async () => {
        const full = await session();
        const orders = [await bought(full), await bought(full, 2)];
        const id = newId('dis', TENANT);
        house.plays.twice = true;
        await restore(full, id, 3, 5);
        await disrupt(full, { id, places: 3, sequence: 4, decideBy: inHours(0.004) });
        const done = await becomes(id, 'done');
        house.plays.twice = false;
        expect(done).to.include({ restored: 3 });
        expect(done.counts).to.include({ refunded: 0, undecided: 0 });
        expect((await Promise.all(orders.map(statusesOf))).flat()).to.deep.equal(['issued', 'issued', 'issued']);
      });

      it('after the cancellation it changes nothing', async () => {
        const gone = await session();
        await bought(gone);
        const reduced = await disrupt(gone, { places: 1, sequence: 2 });
        await becomes(reduced, 'open');
        const cancelled = await disrupt(gone, { sequence: 3 });
        await becomes(cancelled, 'open');
        await restore(gone, reduced, 1, 2);
        await settled('the work', async () => JSON.stringify([await progress(reduced), await progress(cancelled)]));
        expect(await progress(reduced))
          .to.include({ supersededBy: cancelled })
          .and.not.to.have.property('restored');
        expect((await progress(cancelled)).counts).to.include({ undecided: 1 });
      });
    });

    it('then none at all: everybody is told of the cancellation, and the reduction is over', async () => {
      const full = await session();
      const [kept, cut] = [await bought(full), await bought(full)];
      const reduced = await disrupt(full, { places: 1 });
      await becomes(reduced, 'open');
      const cancelled = await disrupt(full);
      await becomes(cancelled, 'open');
      expect(await progress(reduced)).to.include({ status: 'done', supersededBy: cancelled });
      expect((await progress(cancelled)).counts).to.include({ tickets: 2, told: 2, orders: 2, undecided: 2 });
      expect([toldTo(kept, cancelled).length, toldTo(cut, cancelled).length]).to.deep.equal([1, 1]);
    });

    it('a reduction that is heard of after the cancellation changes nothing', async () => {
      const gone = await session();
      const order = await bought(gone);
      const cancelled = await disrupt(gone);
      await becomes(cancelled, 'open');
      const reduced = await disrupt(gone, { places: 1 });
      expect(await becomes(reduced, 'done')).to.include({ supersededBy: cancelled });
      await settled('the order', () => toldTo(order, reduced).length);
      expect(toldTo(order, reduced)).to.deep.equal([]);
      expect((await progress(cancelled)).counts).to.include({ undecided: 1 });
    });
  });

  describe('who may see the progress', () => {
    it('PLA-02 staff with the permission, of the same tenant; for others there is none', async () => {
      const gone = await session();
      const id = await disrupt(gone);
      await becomes(id, 'open');
      expect((await ask(id, house.keys.foreign)).status).to.equal(404);
      expect((await ask(id, house.keys.clerk)).status).to.equal(403);
      expect((await house.call(`/api/v1/session-cancellations/${id}`)).status).to.equal(401);
      expect((await ask('dis_0a000000000000000000')).status).to.equal(404);
      const subject = `/api/v1/events?subject=disruption:${id}`;
      expect((await house.call(subject, { apiKey: house.keys.foreign })).status).to.equal(404);
      expect((await house.call(subject, { apiKey: house.keys.clerk })).status).to.equal(403);
      expect(codeOf(await house.call('/api/v1/events?subject=disruption:x', { apiKey: house.keys.manager }))).to.equal(
        'platform.invalid-request',
      );
    });

    it('the list is paged, newest first, and filtered by session and status', async () => {
      const list = async (query: string): Promise<Reply> =>
        house.call(`/api/v1/session-cancellations${query}`, { apiKey: house.keys.manager });
      const shape = z.looseObject({ items: z.array(progressShape), next: z.string().optional() });
      const gone = await session();
      const ids: string[] = [];
      for (let index = 0; index < 21; index += 1) ids.push(await disrupt(gone, { places: 1 }));
      await eventually('all of them', async () => {
        const first = shape.parse((await list(`?sessionId=${gone}`)).body);
        const second =
          first.next === undefined
            ? undefined
            : shape.parse((await list(`?sessionId=${gone}&cursor=${encodeURIComponent(first.next)}`)).body);
        const seen = [...first.items, ...(second?.items ?? [])].map(({ id }) => id);
        return seen.length === 21 && seen.every((id, index) => id === ids[20 - index]);
      });
      expect(shape.parse((await list(`?sessionId=${gone}&status=done`)).body).items).to.deep.equal([]);
      expect((await list('?cursor=nonsense')).status).to.equal(400);
      expect((await list('?status=nonsense')).status).to.equal(400);
      const elsewhere = await house.call('/api/v1/session-cancellations', { apiKey: house.keys.foreign });
      expect(shape.parse(elsewhere.body).items).to.deep.equal([]);
    });

    it('PLA-33 it can be followed', async () => {
      const gone = await session();
      await bought(gone);
      // Long enough to be seen while it is open, also by a slow machine.
      const id = await disrupt(gone, { decideBy: inHours(0.004) });
      await becomes(id, 'open');
      const reply = await house.call(`/api/v1/events?subject=disruption:${id}`, { apiKey: house.keys.manager });
      const seen = [...reply.text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) =>
        progressShape.parse(JSON.parse(json)),
      );
      expect(seen.at(0)?.status).to.equal('open');
      expect(seen.at(-1)).to.deep.include({ status: 'done' });
      expect(seen.at(-1)?.counts).to.include({ refunded: 1, undecided: 0 });
    });

    it('PLA-33 who follows it sees holders choose while nothing else happens', async () => {
      const gone = await session();
      const order = await bought(gone);
      const id = await disrupt(gone, { decideBy: inHours(0.008) });
      await becomes(id, 'open');
      const followed = house.call(`/api/v1/events?subject=disruption:${id}`, { apiKey: house.keys.manager });
      expect((await giveBack(order.numbers[0] ?? '', order.token)).status).to.equal(201);
      const seen = [...(await followed).text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) =>
        progressShape.parse(JSON.parse(json)),
      );
      const chosen = seen.findIndex(({ counts: { refunded } }) => refunded === 1);
      expect(seen[chosen]).to.deep.include({ status: 'open' });
      const told = seen.map(({ status, counts: now }) => JSON.stringify([status, now]));
      expect(told, 'each of them is news').to.deep.equal([...new Set(told)]);
    });
  });

  it('work whose message was parked is taken up again by itself', async () => {
    const gone = await session();
    const order = await bought(gone);
    for (const instance of house.instances.splice(0)) await instance.stop();
    const { RABBITMQ_URL: url, BROKER_PREFIX: prefix } = house.settings;
    const logger = pino({ level: 'silent' });
    const thief = await connectBroker({ url, service: 'sales', instance: 'thief', prefix, logger });
    let stolen = 0;
    const slice = { slice: 'on-disruption-work', definitions: [workDisruption], singleActive: true };
    await thief.consume({ ...slice, handle: async () => void (stolen += 1) });
    await house.start();
    const id = await disrupt(gone, { decideBy: inHours(-1) });
    await eventually('the message is gone', () => stolen > 0);
    await thief.close();
    await settled('the work', async () => JSON.stringify(await progress(id)));
    expect((await progress(id)).status).to.equal('telling');
    const ahead = await house.start({ clock: () => new Date(Date.now() + 30 * 60_000), resumeEveryMs: 100 });
    expect((await becomes(id, 'done')).counts).to.include({ told: 1, refunded: 1 });
    await house.becomes(order, 'refunded');
    // What is under way in other specs is not late.
    house.instances.splice(house.instances.indexOf(ahead), 1);
    await ahead.stop();
  });

  describe('dies on the way', () => {
    for (const [point, collection] of [
      ['afterCommit', 'disruptions'],
      ['afterPublish', 'disruptions'],
      ['afterCommit', 'rights'],
      ['afterCommit', 'orders'],
      ['afterPublish', 'orders'],
    ] as const) {
      it(`${point} in ${collection} again and again: all are told once, and all get their money back once`, async () => {
        const gone = await session();
        const orders = await Promise.all(Array.from({ length: 5 }, () => bought(gone, 2)));
        const death = await fragile(point, collection);
        death.armed = true;
        try {
          const id = await disrupt(gone, { decideBy: inHours(-1) });
          const done = await becomes(id, 'done');
          expect(done.counts).to.deep.equal({ ...NOBODY, tickets: 10, told: 10, orders: 5, refunded: 10 });
          for (const order of orders) {
            const { refunds } = await house.becomes(order, 'refunded', 30_000);
            expect(refunds.map(({ amount }) => amount.amount)).to.deep.equal([24_000]);
            await eventually('the holder is told', () => toldTo(order, id).length > 0);
            await eventually('the holder is told of the money', () => moneyTold(order).length > 0);
            await eventually('the money', () => house.kept(order.id) === 0);
          }
          // Fulfilled, told, each of two tickets given back, and the holder told of the money of both.
          const messages = orders.map((order) => new Set(house.heard(order.id).map((envelope) => envelope.id)).size);
          expect(death.count).to.be.at.least(3);
          expect(messages).to.deep.equal(orders.map(() => 1 + 1 + 2 + 1));
        } finally {
          death.armed = false;
        }
      });
    }

    for (const point of ['afterCommit', 'afterPublish'] as const) {
      it(`${point} of an order whose collected money goes: it goes once`, async () => {
        const order = await collected();
        const death = await fragile(point, 'orders', 1);
        death.armed = true;
        aheadMs = 61_000;
        try {
          await eventually('it is killed', () => death.count > 0, { withinMs: 20_000 });
          await sentTogether(order);
        } finally {
          death.armed = false;
          aheadMs = 0;
        }
      });
    }

    for (const collection of ['orders', 'rights'] as const) {
      it(`INV-20 afterCommit in ${collection}: whoever keeps a ticket hears it once, and the ticket is as it was`, async () => {
        const full = await session();
        const [early, late] = [await bought(full, 2), await bought(full, 2)];
        const death = await fragile('afterCommit', collection, 1);
        const id = await disrupt(full, { places: 2, decideBy: inHours(0.003) });
        await becomes(id, 'open');
        for (const number of early.numbers) expect((await giveBack(number, early.token)).status).to.equal(201);
        death.armed = true;
        await eventually('it is killed', () => death.count > 0, { withinMs: 20_000 });
        death.armed = false;
        await eventually('the rest waits', async () => (await progress(id)).status !== 'open');
        await settled('the rest waits', async () => JSON.stringify(await progress(id)), 2_000);
        await workNow(id);
        expect((await becomes(id, 'done')).counts).to.include({ told: 2, kept: 2, refunded: 0, undecided: 0 });
        expect(await statusesOf(late)).to.deep.equal(['issued', 'issued']);
        await eventually('the holder hears of it', () => wasKept(late).length > 0);
        await settled('what is said', () => wasKept(late).length);
        expect(wasKept(late).flat()).to.have.members(late.numbers);
      });
    }

    for (const [point, collection] of [
      ['afterCommit', 'disruptions'],
      ['afterPublish', 'disruptions'],
      ['afterCommit', 'orders'],
      ['afterCommit', 'rights'],
    ] as const) {
      it(`INV-20 ${point} in ${collection}, a reduction being taken back: whoever may stay hears it once`, async () => {
        const full = await session();
        const [older, newer] = [await bought(full, 2), await bought(full, 2)];
        const death = await fragile(point, collection, 1);
        const id = await disrupt(full, { places: 4, sequence: 2 });
        await becomes(id, 'open');
        death.armed = true;
        await restore(full, id, 2, 3);
        await eventually('it is killed', () => death.count > 0, { withinMs: 20_000 });
        death.armed = false;
        await settled('the rest waits', async () => JSON.stringify(await progress(id)), 2_000);
        await workNow(id);
        await eventually('two may stay', async () => (await progress(id)).counts.kept === 2);
        expect((await progress(id)).counts).to.include({ told: 4, undecided: 2, refunded: 0 });
        await eventually('the holder hears of it', () => wasKept(older).length > 0);
        await settled('what is said', () => wasKept(older).length);
        expect(wasKept(older).flat()).to.have.members(older.numbers);
        expect(wasKept(newer)).to.deep.equal([]);
      });
    }

    /** Only an instance that dies, so many times at most, is running from here on. */
    async function fragile(
      point: 'afterCommit' | 'afterPublish',
      collection: string,
      times = 5,
    ): Promise<{ armed: boolean; count: number }> {
      const death = { armed: false, count: 0 };
      const instance = await house.start({
        clock: () => new Date(Date.now() + aheadMs),
        faults: {
          at(at, context) {
            if (!death.armed || at !== point || context.collection !== collection || death.count >= times) return;
            death.count += 1;
            throw new Error(`killed ${point}`);
          },
        },
      });
      for (const other of house.instances.filter((one) => one !== instance)) {
        house.instances.splice(house.instances.indexOf(other), 1);
        await other.stop();
      }
      return death;
    }
  });
});
