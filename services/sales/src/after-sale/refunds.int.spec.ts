// SAL-50 on real servers: a ticket is given back, by quote and confirmation, once, by whom it belongs to; several of one order; and what
// becomes of its QR, its place, its money and its document.
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { codeOf, inDays, orderOf } from '../sales-house.fixture.ts';
import { documentOf, openAfterSaleHouse, quoteOf, refundOf, type AfterSaleHouse } from './after-sale-house.fixture.ts';

describe('SAL-50 sales: tickets that are given back', function () {
  this.timeout(60_000);
  let shop: AfterSaleHouse;

  before(async () => {
    shop = await openAfterSaleHouse();
  });
  afterEach(() => {
    shop.time.aheadMs = 0;
    shop.house.plays.refund = 'on';
    shop.house.plays.twice = false;
  });
  after(async () => shop.stop());

  describe('the price of it', () => {
    it('fee and money by the step of the day, shown before and taken as shown', async () => {
      for (const [days, fee] of [
        [40, 0],
        [3, 1_200],
        [1, 6_000],
      ] as const) {
        const order = await shop.bought(await shop.session(days));
        const quote = await shop.quoted(order.number, { token: order.token });
        expect(quote.status).to.equal(200);
        expect(quoteOf(quote)).to.include({ fee, amount: 12_000 - fee });
        const reply = await shop.giveBack(order.number, { token: order.token }, quoteOf(quote).quoteId);
        expect([reply.status, refundOf(reply).status]).to.deep.equal([201, 'done']);
        expect(refundOf(reply)).to.include({ fee, amount: 12_000 - fee, reason: 'customer' });
        await shop.keeps(order, fee);
      }
    });
    it('PLA-33 whoever follows the order sees the money arrive, and nothing after it', async () => {
      const order = await shop.bought(await shop.session(3));
      shop.house.plays.refund = 'silent';
      const gone = new AbortController();
      const url = `http://127.0.0.1:${shop.house.instances[0]?.httpPort ?? 0}/api/v1/events?subject=order:${order.id}`;
      const answer = await fetch(url, { signal: gone.signal, headers: { authorization: `Bearer ${order.token}` } });
      let text = '';
      let isOver = false;
      const reading = (async (): Promise<void> => {
        const decoder = new TextDecoder();
        for await (const chunk of answer.body ?? []) text += decoder.decode(z.instanceof(Uint8Array).parse(chunk));
        isOver = true;
      })();
      /** Order and refunds, as the newest event tells them. */
      const newest = (): readonly string[] => {
        const data = text.split('\n\n').flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? []);
        const shape = z.looseObject({ status: z.string(), refunds: z.array(z.looseObject({ status: z.string() })) });
        const { status, refunds } = shape.parse(JSON.parse(data.at(-1) ?? '{"status":"none","refunds":[]}'));
        return [status, ...refunds.map((refund) => refund.status)];
      };
      const isNewest = (...wanted: readonly string[]): boolean => newest().join() === wanted.join();
      try {
        await shop.giveBack(order.number, { token: order.token });
        await eventually('the money is on its way', () => isNewest('refunded', 'requested'));
        expect(isOver).to.equal(false);
        await shop.house.answerRefunds();
        await eventually('the stream ends', () => isOver);
        expect(newest()).to.deep.equal(['refunded', 'done']);
      } finally {
        gone.abort();
        await reading.catch(() => undefined);
      }
    });
    it('after the start nothing comes back, and it is said why', async () => {
      const order = await shop.bought(await shop.session(0));
      for (const reply of [
        await shop.quoted(order.number, { token: order.token }),
        await shop.giveBack(order.number, { token: order.token }),
      ])
        expect([reply.status, codeOf(reply)]).to.deep.equal([409, 'sales.refund-window-over']);
    });
    it('a quote that is not true any more is refused with the new one, which is taken', async () => {
      const session = await shop.session(3);
      const order = await shop.bought(session);
      const { quoteId } = quoteOf(await shop.quoted(order.number, { token: order.token }));
      // On the last day it costs more; the quote was for today.
      shop.time.aheadMs = shop.untilStart(session) - 12 * 3_600_000;
      const stale = await shop.giveBack(order.number, { token: order.token }, quoteId);
      expect([stale.status, codeOf(stale)]).to.deep.equal([409, 'sales.stale-refund-quote']);
      const { quote } = stale.body as { quote: unknown };
      const fresh = quoteOf({ ...stale, body: quote });
      expect(fresh.fee).to.equal(6_000);
      expect(orderOf(await shop.house.call(`/api/v1/orders/${order.id}`, { token: order.token })).status).to.equal(
        'fulfilled',
      );
      expect((await shop.giveBack(order.number, { token: order.token }, fresh.quoteId)).status).to.equal(201);
    });
    it('a quote for another ticket, or that is too old, or made up', async () => {
      const order = await shop.bought(await shop.session(40), { quantity: 2 });
      const [one, two] = order.tickets;
      const { quoteId } = quoteOf(await shop.quoted(one?.number ?? '', { token: order.token }));
      const other = await shop.giveBack(two?.number ?? '', { token: order.token }, quoteId);
      expect(codeOf(other)).to.equal('sales.stale-refund-quote');
      shop.time.aheadMs = 6 * 60_000;
      const old = await shop.giveBack(one?.number ?? '', { token: order.token }, quoteId);
      expect(codeOf(old)).to.equal('sales.stale-refund-quote');
      const madeUp = await shop.giveBack(one?.number ?? '', { token: order.token }, `${quoteId.slice(0, -2)}xx`);
      expect(codeOf(madeUp)).to.equal('sales.stale-refund-quote');
      await shop.keeps(order, 24_000);
    });
    it('a free ticket: nothing comes back, and it is done', async () => {
      const free = await shop.house.offer({}, 1, {
        ...shop.rules,
        prices: [
          { ticketType: 'adult', amount: 0 },
          { ticketType: 'named', amount: 0 },
        ],
      });
      const session = await shop.session(3, 5, free);
      const order = await shop.house.placed([
        { sessionId: session, ticketTypeId: free.types['adult'] ?? '', quantity: 1 },
      ]);
      const [ticket] = (await shop.house.becomes(order, 'fulfilled')).tickets;
      const reply = await shop.giveBack(ticket?.number ?? '', { token: order.token });
      expect([reply.status, refundOf(reply).amount, refundOf(reply).fee]).to.deep.equal([201, 0, 0]);
      expect((await shop.house.becomes(order, 'refunded')).refunds).to.deep.equal([]);
      await shop.hasFree(session, 5);
    });
  });

  describe('what becomes of it', () => {
    it('SAL-54 its QR is dead at once, its place is free again, the customer is told', async () => {
      const session = await shop.session(3, 10);
      const order = await shop.bought(session);
      await shop.hasFree(session, 9);
      await shop.giveBack(order.number, { token: order.token });
      expect(await shop.scan(order.tickets[0]?.qr ?? '')).to.equal('refunded');
      await shop.hasFree(session, 10);
      await eventually('the news', () =>
        shop.house.heard(order.id).some(({ type }) => type === 'sales.order.tickets-refunded.v1'),
      );
    });
    it('several of one order one by one, until it is refunded; each pays its own way', async () => {
      const session = await shop.session(3, 10);
      const order = await shop.bought(session, { quantity: 3 });
      const statuses = [];
      for (const { number } of order.tickets) {
        expect((await shop.giveBack(number, { token: order.token })).status).to.equal(201);
        statuses.push((await shop.house.look(order)).status);
      }
      expect(statuses).to.deep.equal(['partially_refunded', 'partially_refunded', 'refunded']);
      const { refunds, tickets } = await shop.house.look(order);
      expect(refunds.map(({ amount }) => amount.amount)).to.deep.equal([10_800, 10_800, 10_800]);
      expect(shop.statusesOf({ tickets })).to.deep.equal(['refunded', 'refunded', 'refunded']);
      await shop.keeps(order, 3_600);
      await shop.hasFree(session, 10);
    });
    it('the other tickets of the order stay good', async () => {
      const order = await shop.bought(await shop.session(0), { quantity: 1 });
      const two = await shop.bought(await shop.session(3), { quantity: 2 });
      await shop.giveBack(two.number, { token: two.token });
      expect(await shop.scan(two.tickets[1]?.qr ?? '')).to.equal('wrong-day');
      expect(await shop.scan(order.tickets[0]?.qr ?? '')).to.equal('admitted');
    });
    it('SAL-25 its document is free for another ticket of the session', async () => {
      const session = await shop.session(3);
      const document = documentOf(1);
      const order = await shop.bought(session, { documents: [document] });
      const wish = { sessionId: session, ticketTypeId: shop.offer.types['named'] ?? '' };
      const travellers = [{ name: '张三丰', idType: 'id_card', idNumber: document }];
      const again = (): ReturnType<typeof shop.house.place> => shop.house.place([{ ...wish, travellers }]);
      expect(orderOf(await again()).reason).to.equal('sales.document-has-ticket');
      await shop.giveBack(order.number, { token: order.token });
      expect(orderOf(await again()).status).to.equal('awaiting_payment');
    });
    it('SAL-02 one of two tickets of a day makes room for one, not for two', async () => {
      const limited = await shop.house.offer({}, 1, {
        ...shop.rules,
        ticketTypes: [
          {
            ...{ code: 'named', name: { zh: '实名', en: 'Named' }, realName: true, entries: 1 },
            ...{ eligibility: [], limits: { perDocumentAndDay: 2 }, accompanied: false },
          },
        ],
        prices: [{ ticketType: 'named', amount: 10_000 }],
      });
      const sessions: string[] = [];
      for (let index = 0; index < 4; index += 1) sessions.push(await shop.session(5, 10, limited));
      const travellers = [{ name: '张三丰', idType: 'id_card', idNumber: documentOf(2) }];
      const line = (index: number): { sessionId: string; ticketTypeId: string; travellers: typeof travellers } => ({
        ...{ sessionId: sessions[index] ?? '', ticketTypeId: limited.types['named'] ?? '', travellers },
      });
      const order = await shop.withTickets(await shop.house.placed([line(0), line(1)]));
      expect(orderOf(await shop.house.place([line(2)])).reason).to.equal('sales.document-limit');
      await shop.giveBack(order.number, { token: order.token });
      expect(orderOf(await shop.house.place([line(2)])).status).to.equal('awaiting_payment');
      expect(orderOf(await shop.house.place([line(3)])).reason).to.equal('sales.document-limit');
    });
  });

  describe('PLA-32 twice', () => {
    it('the same key: the same refund, also both at once, also after it is done', async () => {
      const order = await shop.bought(await shop.session(3));
      const ask = { token: order.token, key: freshKey() };
      const [one, two] = await Promise.all([shop.giveBack(order.number, ask), shop.giveBack(order.number, ask)]);
      const three = await shop.giveBack(order.number, ask);
      expect([one.status, two.status, three.status]).to.deep.equal([201, 201, 201]);
      expect(new Set([one, two, three].map((reply) => refundOf(reply).id)).size).to.equal(1);
      await shop.keeps(order, 1_200);
    });
    it('the same key with another body is another request, and is refused', async () => {
      const order = await shop.bought(await shop.session(3));
      const ask = { token: order.token, key: freshKey() };
      const { quoteId } = quoteOf(await shop.quoted(order.number, ask));
      expect((await shop.giveBack(order.number, ask, quoteId)).status).to.equal(201);
      const other = await shop.giveBack(order.number, ask);
      expect([other.status, codeOf(other)]).to.deep.equal([422, 'platform.idempotency-key-reused']);
    });
    it('another key: the ticket is given back already', async () => {
      const order = await shop.bought(await shop.session(3));
      await shop.giveBack(order.number, { token: order.token });
      const again = await shop.giveBack(order.number, { token: order.token });
      expect([again.status, codeOf(again)]).to.deep.equal([409, 'sales.ticket-not-living']);
      await shop.keeps(order, 1_200);
    });
    it('a retry finds its refund although the time to give it back is over by now', async () => {
      const order = await shop.bought(await shop.session(3));
      const ask = { token: order.token, key: freshKey() };
      const first = refundOf(await shop.giveBack(order.number, ask));
      shop.time.aheadMs = 5 * 86_400_000;
      expect(refundOf(await shop.giveBack(order.number, ask)).id).to.equal(first.id);
    });
    it('every message twice: one refund', async () => {
      shop.house.plays.twice = true;
      const order = await shop.bought(await shop.session(3), { quantity: 2 });
      await shop.giveBack(order.number, { token: order.token });
      await shop.keeps(order, 13_200);
      expect((await shop.house.look(order)).refunds).to.have.length(1);
    });
  });

  it('PLA-33 without Prefer, or as long as finance has not confirmed, it is requested; then done', async () => {
    shop.house.plays.refund = 'silent';
    const order = await shop.bought(await shop.session(3));
    const ask = { token: order.token, key: freshKey() };
    const reply = await shop.giveBack(order.number, { ...ask, wait: 1 });
    expect([reply.status, refundOf(reply).status]).to.deep.equal([202, 'requested']);
    expect(reply.headers.get('location')).to.equal(`/api/v1/orders/${order.id}`);
    expect(refundOf(await shop.giveBack(order.number, { ...ask, wait: 0 })).status).to.equal('requested');
    await shop.house.answerRefunds();
    expect(refundOf(await shop.giveBack(order.number, ask)).status).to.equal('done');
  });

  it('FIN-02 one that does not arrive is shown as failed, and as done when a retry brings it', async () => {
    shop.house.plays.refund = 'fails';
    const order = await shop.bought(await shop.session(3), { quantity: 2 });
    const ask = { token: order.token, key: freshKey() };
    const reply = await shop.giveBack(order.number, ask);
    expect([reply.status, refundOf(reply).status]).to.deep.equal([202, 'failed']);
    shop.house.plays.refund = 'on';
    expect((await shop.giveBack(order.tickets[1]?.number ?? '', { token: order.token })).status).to.equal(201);
    const statuses = async (): Promise<readonly string[]> =>
      (await shop.house.look(order)).refunds.map(({ status }) => status);
    expect(await statuses()).to.deep.equal(['failed', 'done']);
    await shop.house.answerRefunds();
    await eventually('the money of both', async () => (await statuses()).every((status) => status === 'done'));
    expect(refundOf(await shop.giveBack(order.number, ask)).status).to.equal('done');
    await shop.keeps(order, 2_400);
  });

  it('FIN-02 more of one order, one by one, than a provider refunds: each gets its money, the later ones together', async () => {
    const of = await shop.house.offer({ ticketsPerOrder: 60 }, 1, shop.rules);
    const order = await shop.bought(await shop.session(40, 100, of), { quantity: 56, of });
    const returned = order.tickets.slice(0, 55);
    for (const { number } of returned) {
      const reply = await shop.giveBack(number, { token: order.token, wait: 0 });
      expect([reply.status, reply.text]).to.include(202);
    }
    const seen = await eventually(
      'all of them',
      async () => {
        const now = await shop.house.look(order);
        const done = now.refunds.filter(({ status }) => status === 'done');
        return done.length === 40 && now.owed?.amount.amount === 15 * 12_000 ? now : undefined;
      },
      { withinMs: 20_000 },
    );
    expect(seen.status).to.equal('partially_refunded');
    shop.time.aheadMs = 61 * 60_000;
    await shop.keeps(order, 12_000);
    const { refunds } = await shop.house.look(order);
    expect(refunds).to.have.length(41);
    const carried = refunds.flatMap(({ ticketNumbers }) => ticketNumbers);
    expect([...carried].sort()).to.deep.equal(returned.map(({ number }) => number).sort());
  });

  describe('PLA-02 whose it is', () => {
    it('another order’s token and another tenant’s staff: there is no such ticket; a guest has to say who it is', async () => {
      const mine = await shop.bought(await shop.session(3));
      const other = await shop.bought(await shop.session(3));
      for (const ask of [{ token: other.token }, { apiKey: shop.house.keys.foreign }])
        for (const reply of [await shop.quoted(mine.number, ask), await shop.giveBack(mine.number, ask)])
          expect([reply.status, codeOf(reply)]).to.deep.equal([404, 'platform.not-found']);
      expect((await shop.giveBack(mine.number, {})).status).to.equal(401);
      await shop.keeps(mine, 12_000);
    });
    it('staff need the permission, whichever way they see the ticket', async () => {
      const order = await shop.bought(await shop.session(3), { quantity: 2 });
      const { financeClerk, inspector, kiosk, clerk } = shop.house.keys;
      for (const [apiKey, status] of [
        [financeClerk, 403],
        [inspector, 403],
        [kiosk, 404],
      ] as const)
        expect((await shop.giveBack(order.number, { apiKey })).status).to.equal(status);
      await shop.keeps(order, 24_000);
      expect((await shop.giveBack(order.number, { apiKey: clerk })).status).to.equal(201);
    });
    it('whoever sold it without that permission does not give it back either', async () => {
      const apiKey = shop.house.keys.kiosk;
      const reply = await shop.house.place(
        [{ sessionId: await shop.session(3), ticketTypeId: shop.offer.types['adult'] ?? '', quantity: 1 }],
        { apiKey },
      );
      const { id, accessToken = '' } = orderOf(reply);
      const order = await shop.withTickets({ id, token: accessToken });
      expect((await shop.giveBack(order.number, { apiKey })).status).to.equal(403);
      expect((await shop.giveBack(order.number, { token: order.token })).status).to.equal(201);
    });
  });

  describe('a ticket that was used', () => {
    it('is not given back', async () => {
      const order = await shop.bought(await shop.session(0));
      expect(await shop.scan(order.tickets[0]?.qr ?? '')).to.equal('admitted');
      const reply = await shop.giveBack(order.number, { token: order.token });
      expect([reply.status, codeOf(reply)]).to.deep.equal([409, 'sales.ticket-used']);
      await shop.keeps(order, 12_000);
    });
    it('nor one of several entries of which one was used', async () => {
      const family = await shop.house.offer({}, 3, {
        ...shop.rules,
        refunds: [
          {
            effectiveFrom: '2020-01-01T00:00:00Z',
            steps: [{ minutesBefore: -1_440, feePercent: 0, feeMinimum: 0 }],
            rounding: { unit: 'fen', direction: 'up' },
          },
        ],
      });
      const session = await shop.house.session(family.productId, 10, { date: inDays(0) });
      const order = await shop.bought(session, { of: family });
      expect(await shop.scan(order.tickets[0]?.qr ?? '')).to.equal('admitted');
      expect(codeOf(await shop.giveBack(order.number, { token: order.token }))).to.equal('sales.ticket-used');
      await settled('the places', () => shop.house.sessions.get(session)?.free);
      expect(shop.house.sessions.get(session)?.free).to.equal(9);
    });
  });
});
