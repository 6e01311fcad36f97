// The life of an order on real servers, among neighbours that are played: the purchase, what comes late, twice or never, crashes at
// every point, and races.
import {
  confirmHold,
  issueTickets,
  paymentCaptured,
  paymentClosed,
  placeHold,
  reviewHold,
  releaseHold,
} from '@tongpiao/contracts';
import { eventually, settled } from '@tongpiao/testing';
import { freshKey } from '@tongpiao/service-shell/trial';
import { idCheckCharacter } from '@tongpiao/kernel';
import { expect } from 'chai';
import { z } from 'zod';
import {
  codeOf,
  FOREIGN,
  inDays,
  openSalesHouse,
  orderOf,
  TENANT,
  type LineWish,
  type Offer,
  type Placed,
  type Reply,
  type SalesHouse,
} from './sales-house.fixture.ts';

const person = (idNumber = '11010519491231002X'): { name: string; idType: string; idNumber: string } => ({
  name: '张三',
  idType: 'id_card',
  idNumber,
});

/** Documents of people who were born on one day. */
const documentOf = (sequence: number): string => {
  const number = `11010519800101${String(sequence).padStart(3, '0')}`;
  return number + idCheckCharacter(number);
};

describe('sales: orders', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  let offer: Offer;
  let sessionId: string;
  const adult = (quantity = 1, session = sessionId): LineWish => ({
    sessionId: session,
    ticketTypeId: offer.types['adult'] ?? '',
    quantity,
  });
  const named = (idNumber: string, session = sessionId): LineWish => ({
    sessionId: session,
    ticketTypeId: offer.types['named'] ?? '',
    travellers: [person(idNumber)],
  });

  before(async () => {
    house = await openSalesHouse();
    await house.start();
    offer = await house.offer();
    sessionId = await house.session(offer.productId, 10_000);
  });
  afterEach(() => {
    house.plays.inventory = 'on';
    house.plays.close = 'closed';
    house.plays.twice = false;
  });
  after(async () => house.stop());

  describe('a purchase', () => {
    it('SAL-21 order, places, payment, tickets; and nobody is asked twice', async () => {
      const reply = await house.place([adult(2)]);
      expect(reply.status).to.equal(201);
      expect(orderOf(reply).status).to.equal('awaiting_payment');
      const order: Placed = { id: orderOf(reply).id, token: orderOf(reply).accessToken ?? '' };
      const paid = await house.pay(order);
      expect(paid.status).to.equal(201);
      expect(paid.body).to.deep.include({ orderStatus: 'fulfilled', status: 'captured' });
      const seen = await house.look(order);
      expect(seen.tickets.map(({ status }) => status)).to.deep.equal(['issued', 'issued']);
      expect(new Set(seen.tickets.map(({ number }) => number)).size).to.equal(2);
      await eventually('the confirmation', () => house.askedOf(order.id).length === 3);
      expect(house.askedOf(order.id)).to.have.members([
        'inventory.hold.place',
        'finance.payment.request',
        'inventory.hold.confirm',
      ]);
      const [told] = await eventually('the news', () => {
        const heard = house.heard(order.id);
        return heard.length > 0 && heard;
      });
      expect(told?.type).to.equal('sales.order.fulfilled.v1');
      expect(JSON.stringify(told)).to.not.contain('张三');
    });

    it('SAL-30 the ticket’s page and picture open with the order’s token', async () => {
      const order = await house.placed([adult()]);
      await house.pay(order);
      const { tickets } = await house.becomes(order, 'fulfilled');
      const number = tickets[0]?.number ?? '';
      const page = await house.call(`/api/v1/tickets/${number}`, { token: order.token });
      expect(page.body).to.include({ number, status: 'issued', orderId: order.id });
      const picture = await house.call(`/api/v1/tickets/${number}/qr.svg`, { token: order.token });
      expect(picture.text).to.match(/^<svg/);
    });

    it('INV-10 sold out is said at once, with the reason', async () => {
      const small = await house.session(offer.productId, 1, { date: inDays(3) });
      const reply = await house.place([adult(2, small)]);
      expect([reply.status, orderOf(reply).status, orderOf(reply).reason]).to.deep.equal([201, 'rejected', 'sold-out']);
    });

    it('SAL-22 a stale quote is refused with the new one, a good one is taken', async () => {
      const quoted = await house.call('/api/v1/quotes', { json: { lines: [adult(2)] } });
      const { quoteId } = z.looseObject({ quoteId: z.string() }).parse(quoted.body);
      const other = await house.place([adult(3)], { quoteId });
      expect([other.status, codeOf(other)]).to.deep.equal([409, 'sales.stale-quote']);
      const again = z.looseObject({ quote: z.looseObject({ quoteId: z.string() }) }).parse(other.body).quote;
      expect((await house.place([adult(3)], { quoteId: again.quoteId })).status).to.equal(201);
      expect((await house.place([adult(2)], { quoteId })).status).to.equal(201);
    });
  });

  describe('PLA-32 retries', () => {
    it('the same key gives the same order and the same token, also both at once', async () => {
      const key = freshKey();
      const ask = { key, phone: '13900000001' };
      const [one, two] = await Promise.all([house.place([adult()], ask), house.place([adult()], ask)]);
      const three = await house.place([adult()], ask);
      const seen = [one, two, three].map(orderOf);
      expect(new Set(seen.map(({ id }) => id)).size).to.equal(1);
      expect(new Set(seen.map(({ accessToken }) => accessToken)).size).to.equal(1);
      expect(
        house.asked.filter(
          ({ type, data }) => type === placeHold.type && (data as { orderId: string }).orderId === seen[0]?.id,
        ),
      ).to.have.length(1);
    });

    it('a retry finds its order although the product was paused meanwhile', async () => {
      const own = await house.offer();
      const session = await house.session(own.productId);
      const ask = { key: freshKey(), phone: '13900000002' };
      const line = { sessionId: session, ticketTypeId: own.types['adult'] ?? '', quantity: 1 };
      const first = orderOf(await house.place([line], ask));
      const json = { status: 'paused', reason: 'storm' };
      await house.call(`/api/v1/products/${own.productId}/status`, { apiKey: house.keys.manager, json });
      await eventually('new orders are refused', async () => (await house.place([line])).status === 409);
      const again = await house.place([line], ask);
      expect([again.status, orderOf(again).id, orderOf(again).accessToken]).to.deep.equal([
        201,
        first.id,
        first.accessToken,
      ]);
    });

    it('the same key with another body is refused and occupies nothing', async () => {
      const key = freshKey();
      const document = documentOf(1);
      await house.place([adult()], { key, phone: '13900000003' });
      const other = await house.place([named(document)], { key, phone: '13900000003' });
      expect([other.status, codeOf(other)]).to.deep.equal([422, 'platform.idempotency-key-reused']);
      expect(orderOf(await house.place([named(document)])).status).to.equal('awaiting_payment');
    });

    it('a payment asked again under its key is the same payment', async () => {
      const order = await house.placed([adult()]);
      const key = freshKey();
      const [one, two] = await Promise.all([house.pay(order, 'wechat', { key }), house.pay(order, 'wechat', { key })]);
      expect((one.body as { id: string }).id).to.equal((two.body as { id: string }).id);
      expect((await house.look(order)).payments).to.have.length(1);
      expect(codeOf(await house.pay(order, 'alipay', { key }))).to.equal('platform.idempotency-key-reused');
    });
  });

  describe('PLA-33 waiting', () => {
    it('without Prefer the answer is 202 and a Location', async () => {
      house.plays.inventory = 'silent';
      const reply = await house.place([adult()], { wait: 0 });
      expect([reply.status, orderOf(reply).status]).to.deep.equal([202, 'holding']);
      expect(reply.headers.get('location')).to.equal(`/api/v1/orders/${orderOf(reply).id}`);
      await house.answerHolds();
    });

    it('waits no longer than it was told', async () => {
      house.plays.inventory = 'silent';
      const begun = Date.now();
      expect((await house.place([adult()], { wait: 1 })).status).to.equal(202);
      expect(Date.now() - begun).to.be.within(900, 5_000);
      await house.answerHolds();
    });

    it('two instances: whoever hears the answer, the one that is asked answers', async () => {
      const second = await house.start();
      const replies = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          house.place([adult()], { wait: 20, ...(index % 2 === 0 ? {} : { instance: second }) }),
        ),
      );
      expect(replies.map(({ status }) => status)).to.deep.equal(replies.map(() => 201));
      await house.instances.splice(house.instances.indexOf(second), 1)[0]?.stop();
    });

    it('Redis away and the answer heard by the other instance: found by looking', async () => {
      const away = { settings: { REDIS_URL: 'redis://127.0.0.1:1' } };
      const second = await house.start(away);
      const third = await house.start(away);
      const replies = await Promise.all(
        Array.from({ length: 9 }, (_, index) =>
          house.place([adult()], { wait: 20, instance: index % 2 === 0 ? second : third }),
        ),
      );
      expect(replies.map(({ status }) => status)).to.deep.equal(replies.map(() => 201));
      for (const gone of [second, third]) await house.instances.splice(house.instances.indexOf(gone), 1)[0]?.stop();
    });

    it('a stream follows the order to its tickets, and continues where a reader left off', async () => {
      const order = await house.placed([adult()]);
      const read = async (
        lastEventId: string | undefined,
        until: string,
      ): Promise<{ ids: number[]; statuses: string[] }> => {
        const url = `http://127.0.0.1:${house.instances[0]?.httpPort ?? 0}/api/v1/events?subject=order:${order.id}`;
        const gone = new AbortController();
        const answer = await fetch(url, {
          signal: gone.signal,
          headers: {
            authorization: `Bearer ${order.token}`,
            ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
          },
        });
        expect(answer.headers.get('content-type')).to.contain('text/event-stream');
        const ids: number[] = [];
        const statuses: string[] = [];
        let text = '';
        for await (const chunk of answer.body ?? []) {
          text += new TextDecoder().decode(z.instanceof(Uint8Array).parse(chunk));
          const whole = text.split('\n\n');
          text = whole.pop() ?? '';
          for (const event of whole) {
            const data = /^data: (.*)$/m.exec(event)?.[1];
            if (data === undefined) continue;
            ids.push(Number(/^id: (\d+)$/m.exec(event)?.[1]));
            statuses.push(z.looseObject({ status: z.string() }).parse(JSON.parse(data)).status);
          }
          if (statuses.includes(until)) break;
        }
        gone.abort();
        return { ids, statuses };
      };
      const following = read(undefined, 'fulfilled');
      await new Promise((resolve) => setImmediate(resolve));
      const begun = Date.now();
      await house.pay(order);
      const { ids, statuses } = await following;
      expect(Date.now() - begun, 'no change waits for the next look').to.be.below(5_000);
      expect(statuses[0]).to.equal('awaiting_payment');
      expect(ids).to.deep.equal([...ids].sort((a, b) => a - b));
      const rest = await read(String(ids[0]), 'fulfilled');
      expect(rest.ids.every((id) => id > (ids[0] ?? 0))).to.equal(true);
      expect((await read('nonsense', 'fulfilled')).statuses).to.deep.equal(['fulfilled']);
    });
  });

  describe('SAL-23 the end of an order', () => {
    const late = async (payWithinMinutes = 0.02): Promise<{ order: Placed; session: string; free: number }> => {
      const own = await house.offer({ payWithinMinutes });
      const session = await house.session(own.productId, 5);
      const order = await house.placed([{ sessionId: session, ticketTypeId: own.types['adult'] ?? '', quantity: 2 }]);
      return { order, session, free: house.sessions.get(session)?.free ?? 0 };
    };

    it('SAL-21 an order that is not paid in time expires, gives its places back and is told', async () => {
      const { order, session, free } = await late();
      expect(free).to.equal(3);
      await house.becomes(order, 'expired');
      await eventually('the places', () => house.sessions.get(session)?.free === 5);
      await eventually('the news', () => house.heard(order.id).some(({ type }) => type === 'sales.order.closed.v1'));
      expect(codeOf(await house.pay(order))).to.equal('sales.order-ended');
    });

    it('a payment captured after the end goes back in full, once', async () => {
      const { order } = await late();
      expect((await house.pay(order, 'wechat')).status).to.equal(201);
      const [payment] = (await house.look(order)).payments;
      await house.becomes(order, 'expired');
      house.plays.twice = true;
      await house.capture(payment?.id ?? '');
      const seen = await eventually('the refund', async () => {
        const { refunds, status } = await house.look(order);
        return refunds[0]?.status === 'done' && { refunds, status };
      });
      expect(seen.status).to.equal('expired');
      expect(seen.refunds.map(({ amount }) => amount.amount)).to.deep.equal([24_000]);
      await eventually('the news', () =>
        house.heard(order.id).some(({ type }) => type === 'sales.order.payment-returned.v1'),
      );
      expect(house.askedOf(order.id).filter((type) => type === 'finance.payment.refund')).to.have.length(1);
    });

    it('closing answered by a capture: the order is paid and keeps its places', async () => {
      house.plays.close = 'captured';
      const { order, session } = await late();
      await house.pay(order, 'wechat');
      expect((await house.becomes(order, 'fulfilled')).tickets).to.have.length(2);
      await eventually('the sale', () =>
        [...house.holds.values()].some(({ status, place }) => status === 'sold' && place.data.orderId === order.id),
      );
      expect(house.sessions.get(session)?.free).to.equal(3);
    });

    it('a cancellation before payment gives the places back; the second one changes nothing', async () => {
      const order = await house.placed([adult()]);
      const cancel = (): ReturnType<SalesHouse['call']> =>
        house.call(`/api/v1/orders/${order.id}/cancellation`, { token: order.token, method: 'POST' });
      expect((await cancel()).status).to.equal(200);
      expect((await cancel()).status).to.equal(200);
      expect((await house.look(order)).status).to.equal('cancelled');
      await eventually('the release', () => house.askedOf(order.id).includes('inventory.hold.release'));
    });

    it('a cancellation with an open payment waits until it is closed at the provider', async () => {
      house.plays.close = 'silent';
      const order = await house.placed([adult()]);
      const { id } = (await house.pay(order, 'wechat')).body as { id: string };
      const path = `/api/v1/orders/${order.id}/cancellation`;
      expect((await house.call(path, { token: order.token, method: 'POST' })).status).to.equal(202);
      expect((await house.look(order)).status).to.equal('awaiting_payment');
      await house.tell('finance', paymentClosed, { paymentId: id, orderId: order.id });
      await house.becomes(order, 'cancelled');
    });

    it('a paid order is not cancelled', async () => {
      const order = await house.placed([adult()]);
      await house.pay(order);
      const path = `/api/v1/orders/${order.id}/cancellation`;
      const reply = await house.call(path, { token: order.token, method: 'POST' });
      expect([reply.status, codeOf(reply)]).to.deep.equal([409, 'sales.order-already-paid']);
    });

    it('places that are granted after the order has ended are let go', async () => {
      const session = await house.session(offer.productId, 5, { date: inDays(4) });
      house.plays.inventory = 'silent';
      const order = await house.placed([adult(2, session)], { wait: 0 });
      const path = `/api/v1/orders/${order.id}/cancellation`;
      await house.call(path, { token: order.token, method: 'POST' });
      await house.becomes(order, 'cancelled');
      await eventually('the release', () => house.askedOf(order.id).includes('inventory.hold.release'));
      await house.answerHolds();
      await eventually(
        'the second release',
        () => house.askedOf(order.id).filter((type) => type === 'inventory.hold.release').length === 2,
      );
      await eventually('free again', () => house.sessions.get(session)?.free === 5);
    });

    it('INV-10 a stale hold is answered by what became of its order', async () => {
      const paid = await house.placed([adult()]);
      await house.pay(paid);
      await house.becomes(paid, 'fulfilled');
      await house.send(reviewHold, { holdId: house.holdOf(paid.id), orderId: paid.id });
      await eventually(
        'kept',
        () =>
          house.asked.filter(
            ({ type, data }) => type === confirmHold.type && (data as { orderId: string }).orderId === paid.id,
          ).length >= 2,
      );
      await house.send(reviewHold, { holdId: 'hld_7kreview0002', orderId: 'ord_0a000000000000000000' });
      await eventually('let go', () =>
        house.asked.some(
          ({ type, data }) => type === releaseHold.type && (data as { holdId: string }).holdId === 'hld_7kreview0002',
        ),
      );
    });

    it('another amount than the price goes back, and the order can still be paid', async () => {
      const order = await house.placed([adult()]);
      const { id } = (await house.pay(order, 'wechat')).body as { id: string };
      await house.capture(id, { amount: 1 });
      await eventually('the refund', async () => (await house.look(order)).refunds[0]?.status === 'done');
      expect((await house.pay(order)).body).to.include({ orderStatus: 'fulfilled' });
    });
  });

  describe('SAL-25 SAL-29 limits', () => {
    it('one document has one ticket for a session, in one order and in another', async () => {
      const document = documentOf(2);
      const twice = { ...named(document), travellers: [person(document), person(document)] };
      const both = orderOf(await house.place([twice]));
      expect([both.status, both.reason]).to.deep.equal(['rejected', 'sales.document-has-ticket']);
      expect(orderOf(await house.place([named(document)])).status).to.equal('awaiting_payment');
      const second = orderOf(await house.place([named(document)]));
      expect([second.status, second.reason]).to.deep.equal(['rejected', 'sales.document-has-ticket']);
      expect(house.askedOf(second.id)).to.deep.equal([]);
    });

    it('the same person’s two devices: of orders under way at once one gets the ticket', async () => {
      for (let round = 0; round < 5; round += 1) {
        const session = await house.session(offer.productId, 100, { date: inDays(5) });
        const replies = await Promise.all(
          Array.from({ length: 6 }, () => house.place([named('11010519491231002X', session)])),
        );
        expect(replies.map((reply) => orderOf(reply).status).sort()).to.deep.equal([
          'awaiting_payment',
          ...Array.from({ length: 5 }, () => 'rejected'),
        ]);
      }
    });

    it('a document is free again when its order was cancelled', async () => {
      const document = documentOf(3);
      const order = await house.placed([named(document)]);
      await house.call(`/api/v1/orders/${order.id}/cancellation`, { token: order.token, method: 'POST' });
      expect(orderOf(await house.place([named(document)])).status).to.equal('awaiting_payment');
    });

    it('SAL-29 20 orders of one phone at once: no more than the limit stay unpaid, and paying or cancelling makes room', async () => {
      const own = await house.offer({ unpaidPerPhone: 3 });
      const session = await house.session(own.productId, 100);
      const line = { sessionId: session, ticketTypeId: own.types['adult'] ?? '', quantity: 1 };
      const phone = '13700000001';
      const replies = await Promise.all(Array.from({ length: 20 }, () => house.place([line], { phone })));
      const orders = replies.map(orderOf);
      const open = orders.filter(({ status }) => status === 'awaiting_payment');
      expect(open).to.have.length(3);
      expect(new Set(orders.filter(({ status }) => status === 'rejected').map(({ reason }) => reason))).to.deep.equal(
        new Set(['sales.too-many-unpaid']),
      );
      const [paid, cancelled] = open.map(({ id, accessToken = '' }): Placed => ({ id, token: accessToken }));
      if (paid === undefined || cancelled === undefined) throw new Error('two are needed');
      await house.pay(paid);
      await house.call(`/api/v1/orders/${cancelled.id}/cancellation`, { token: cancelled.token, method: 'POST' });
      const next = await Promise.all(Array.from({ length: 6 }, () => house.place([line], { phone })));
      expect(
        next.map((reply) => orderOf(reply).status).filter((status) => status === 'awaiting_payment'),
      ).to.have.length(2);
    });

    it('SAL-29 the same per address', async () => {
      const own = await house.offer({ unpaidPerAddress: 2 });
      const session = await house.session(own.productId, 100);
      const line = { sessionId: session, ticketTypeId: own.types['adult'] ?? '', quantity: 1 };
      const headers = { 'x-forwarded-for': '192.0.2.7' };
      const replies = await Promise.all(Array.from({ length: 8 }, () => house.place([line], { headers })));
      expect(
        replies.map((reply) => orderOf(reply).status).filter((status) => status === 'awaiting_payment'),
      ).to.have.length(2);
    });
  });

  describe('PLA-02 who may see', () => {
    it('the token of another order, a guest, staff of another tenant: there is no such order', async () => {
      const mine = await house.placed([adult()]);
      const other = await house.placed([adult()]);
      expect((await house.call(`/api/v1/orders/${mine.id}`, { token: other.token })).status).to.equal(404);
      expect((await house.pay({ id: mine.id, token: other.token })).status).to.equal(404);
      expect((await house.call(`/api/v1/orders/${mine.id}`)).status).to.equal(401);
      expect((await house.call(`/api/v1/orders/${mine.id}`, { apiKey: house.keys.foreign })).status).to.equal(404);
      expect((await house.call(`/api/v1/orders/${mine.id}`, { apiKey: house.keys.manager })).status).to.equal(200);
      expect((await house.call(`/api/v1/orders/${mine.id}`, { apiKey: house.keys.clerk })).status).to.equal(404);
    });

    it('PLA-02 SAL-29 a clerk of another tenant and a gate are the public: counter prices and no limits are not theirs', async () => {
      const own = await house.offer({ unpaidPerPhone: 1 }, 1, {
        prices: [
          { ticketType: 'adult', amount: 5_000, channels: ['counter', 'kiosk'] },
          { ticketType: 'adult', amount: 12_000 },
          { ticketType: 'named', amount: 10_000 },
        ],
      });
      const session = await house.session(own.productId, 100);
      const line = { sessionId: session, ticketTypeId: own.types['adult'] ?? '', quantity: 1 };
      const priceFor = async (apiKey: string): Promise<number> =>
        z
          .looseObject({ total: z.looseObject({ amount: z.number() }) })
          .parse((await house.call('/api/v1/quotes', { apiKey, json: { lines: [line] } })).body).total.amount;
      const [gate = ''] = house.keys.gates;
      expect(await priceFor(house.keys.kiosk)).to.equal(5_000);
      for (const [phone, apiKey] of [
        ['13700000011', house.keys.foreignClerk],
        ['13700000012', gate],
      ] as const) {
        expect(await priceFor(apiKey)).to.equal(12_000);
        const first = await house.place([line], { apiKey, phone });
        expect(first.body).to.include({ status: 'awaiting_payment', channel: 'web' });
        expect(orderOf(await house.place([line], { apiKey, phone })).reason).to.equal('sales.too-many-unpaid');
      }
      const ask = { apiKey: house.keys.kiosk, phone: '13700000013' };
      for (let times = 0; times < 2; times += 1)
        expect((await house.place([line], ask)).body).to.include({ status: 'awaiting_payment', channel: 'kiosk' });
    });

    it('orders found by phone: a filter that cannot be read or is not the caller’s never widens the list', async () => {
      const mine = await house.placed([adult()], { phone: '13700000021' });
      const search = (phone: string, apiKey: string): Promise<Reply> =>
        house.call(`/api/v1/orders?phone=${phone}`, { apiKey });
      const found = await search('13700000021', house.keys.manager);
      expect(
        z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) }).parse(found.body).items,
      ).to.have.length(1);
      expect(found.text).to.contain(mine.id);
      const unreadable = await search('12345', house.keys.manager);
      expect([unreadable.status, codeOf(unreadable)]).to.deep.equal([400, 'platform.invalid-request']);
      const notTheirs = await search('13700000021', house.keys.kiosk);
      expect([notTheirs.status, codeOf(notTheirs)]).to.deep.equal([403, 'platform.forbidden']);
    });

    it('PLA-21 a search by phone is in the audit trail, without the phone', async () => {
      await house.call('/api/v1/orders?phone=13700000021', { apiKey: house.keys.director });
      const { status, text } = await house.call('/api/v1/operations/sales/audit-trail?what=read', {
        apiKey: house.keys.auditor,
      });
      expect(status, text).to.equal(200);
      expect(text)
        .to.match(/"subject":"phone:[\w-]{20,}"/)
        .and.not.to.contain('13700000021');
    });

    it('lines of two tenants make no order', async () => {
      const foreign = await house.session(offer.productId, 5, { tenantId: FOREIGN });
      // Alone, it is a session of a product that its own tenant does not have.
      await eventually('the other tenant’s session is known', async () => {
        const alone = await house.place([adult(1, foreign)]);
        return alone.status === 422 && codeOf(alone) === 'sales.unknown-product';
      });
      const reply = await house.place([adult(), adult(1, foreign)]);
      expect([reply.status, codeOf(reply)]).to.deep.equal([422, 'sales.unknown-session']);
    });

    it('staff page through all orders without missing or repeating any', async () => {
      const seen: string[] = [];
      let cursor = '';
      do {
        const reply = await house.call(
          `/api/v1/orders${cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`}`,
          { apiKey: house.keys.manager },
        );
        const page = z
          .looseObject({
            items: z.array(z.looseObject({ id: z.string(), tenantId: z.string() })),
            next: z.string().optional(),
          })
          .parse(reply.body);
        expect(page.items.every(({ tenantId }) => tenantId === TENANT)).to.equal(true);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.next ?? '';
      } while (cursor !== '');
      expect(new Set(seen).size).to.equal(seen.length);
      expect(seen.length).to.be.greaterThan(50);
    });
  });

  describe('PLA-41 PLA-42 twice, and dying in between', () => {
    it('every message twice: one order, one set of tickets, one refund', async () => {
      house.plays.twice = true;
      const order = await house.placed([adult(2)]);
      await house.pay(order, 'wechat');
      const [payment] = (await house.look(order)).payments;
      await house.capture(payment?.id ?? '');
      expect((await house.becomes(order, 'fulfilled')).tickets).to.have.length(2);
      await house.send(issueTickets, { orderId: order.id });
      await house.send(paymentCaptured, {
        paymentId: payment?.id,
        orderId: order.id,
        amount: 24_000,
        method: 'wechat',
        transactionId: 'again',
        capturedAt: new Date().toISOString(),
      });
      await settled('the order', async () => JSON.stringify(await house.look(order)));
      const seen = await house.look(order);
      expect([seen.tickets.length, seen.refunds.length]).to.deep.equal([2, 0]);
      expect(house.askedOf(order.id).filter((type) => type === 'inventory.hold.confirm')).to.have.length(1);
    });

    // Tickets say nothing when they are issued, so nothing of theirs is published on the way.
    for (const [point, collection] of [
      ['afterCommit', 'orders'],
      ['afterCommit', 'rights'],
      ['afterPublish', 'orders'],
    ] as const) {
      it(`dies ${point} in ${collection} again and again, and the purchase settles right`, async () => {
        let deaths = 0;
        let armed = false;
        const fragile = await house.start({
          faults: {
            at(at, context) {
              if (!armed || at !== point || context.collection !== collection || deaths >= 4) return;
              deaths += 1;
              throw new Error(`killed ${point}`);
            },
          },
        });
        const others = house.instances.filter((instance) => instance !== fragile);
        for (const other of others) {
          house.instances.splice(house.instances.indexOf(other), 1);
          await other.stop();
        }
        try {
          armed = true;
          const key = freshKey();
          const orders = await Promise.all(
            Array.from({ length: 3 }, async (_, index): Promise<Placed> => {
              const ask = { key: `${key}${index}`, phone: `1360000000${index}` };
              const reply = await eventually('the order', async () => {
                const answer = await house.place([adult(2)], ask);
                return answer.status < 300 && answer;
              });
              return { id: orderOf(reply).id, token: orderOf(reply).accessToken ?? '' };
            }),
          );
          for (const order of orders) {
            await house.becomes(order, 'awaiting_payment', 30_000);
            const payKey = freshKey();
            await eventually(
              'the payment',
              async () => (await house.pay(order, 'sandbox', { key: payKey })).status < 300,
            );
          }
          for (const order of orders) {
            const { tickets, payments, refunds } = await house.becomes(order, 'fulfilled', 30_000);
            expect([tickets.length, payments.length, refunds.length]).to.deep.equal([2, 1, 0]);
            await eventually('the news', () => house.heard(order.id).length > 0);
          }
          expect(deaths).to.be.at.least(3);
        } finally {
          armed = false;
        }
      });
    }
  });
});
