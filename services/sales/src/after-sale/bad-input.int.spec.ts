// Bad input on every path of after the sale and of the waiting list: what is malformed, unknown, of a wrong type, forged, foreign or missing
// is refused with a problem in the caller's language that leaves nothing open, and nothing has happened.
import { freshKey } from '@tongpiao/service-shell/trial';
import { expect } from 'chai';
import { z } from 'zod';
import type { Ask, Placed, Reply } from '../sales-house.fixture.ts';
import { exchangeOf, type Bought } from './after-sale-house.fixture.ts';
import { openExchangeHouse, type ExchangeHouse } from './exchange-house.fixture.ts';

const problemShape = z.looseObject({
  type: z.string(),
  title: z.string().min(2),
  status: z.int(),
  detail: z.string().min(4),
  code: z.string(),
  traceId: z.string(),
});

describe('PLA-31 sales: bad input after the sale', function () {
  this.timeout(60_000);
  let shop: ExchangeHouse;
  let order: Bought;
  let other: Bought;
  let waiting: { readonly order: Bought; readonly exchangeId: string };
  let session: string;

  before(async () => {
    shop = await openExchangeHouse();
    [order, other] = [await shop.ticket(), await shop.ticket()];
    const { order: exchanging, exchange } = await shop.toPay();
    waiting = { order: exchanging, exchangeId: exchange.id };
    session = await shop.places(shop.from, 8);
  });
  after(async () => {
    await nothingHappened();
    await shop.stop();
  });

  async function nothingHappened(): Promise<void> {
    for (const one of [order, other]) expect(Object.values(await shop.numbersOf(one))).to.deep.equal(['issued']);
    expect((await shop.exchangesOf(waiting.order)).map(({ status }) => status)).to.deep.equal(['awaiting_payment']);
    expect((await shop.house.look(waiting.order)).payments).to.have.length(1);
  }

  /** Every path, with a body that would be good. */
  type Path = { readonly path: string; readonly good?: unknown; readonly owner: Placed; readonly isTicket: boolean };
  const paths = (): Record<string, Path> => {
    const ticket = `/api/v1/tickets/${order.number}`;
    const exchange = `/api/v1/orders/${waiting.order.id}/exchanges/${waiting.exchangeId}`;
    const wish = { sessionId: session };
    return {
      'refund-quote': { path: `${ticket}/refund-quote`, owner: order, isTicket: true },
      refunds: { path: `${ticket}/refunds`, good: { quoteId: 'made-up' }, owner: order, isTicket: true },
      'exchange-quote': { path: `${ticket}/exchange-quote`, good: wish, owner: order, isTicket: true },
      exchanges: { path: `${ticket}/exchanges`, good: wish, owner: order, isTicket: true },
      'payments of an exchange': {
        ...{ path: `${exchange}/payments`, good: { method: 'sandbox' }, owner: waiting.order, isTicket: false },
      },
      'cancellation of an exchange': { path: `${exchange}/cancellation`, owner: waiting.order, isTicket: false },
    };
  };
  const post = (path: string, json: unknown, ask: Ask = {}): Promise<Reply> =>
    shop.house.call(path, { method: 'POST', ...ask, ...(json === undefined ? {} : { json }) });
  async function raw(path: string, text: string, headers: Readonly<Record<string, string>>): Promise<number> {
    const { httpPort } = shop.house.instances[0] ?? { httpPort: 0 };
    const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
      method: 'POST',
      headers: { 'idempotency-key': freshKey(), authorization: `Bearer ${order.token}`, ...headers },
      body: text,
    });
    problemShape.parse(await answer.json());
    return answer.status;
  }
  function refusedAs(reply: Reply, status: number, ...codes: string[]): void {
    const problem = problemShape.parse(reply.body);
    expect([reply.status, problem.status], reply.text).to.deep.equal([status, status]);
    if (codes.length > 0) expect(codes).to.include(problem.code);
  }

  describe('bodies', () => {
    it('malformed JSON, another media type', async () => {
      for (const [name, { path, good, owner }] of Object.entries(paths())) {
        if (good === undefined) continue;
        const authorization = `Bearer ${owner.token}`;
        const json = { 'content-type': 'application/json', authorization };
        for (const text of ['{', '{"sessionId":', 'null x', '\u0000'])
          expect(await raw(path, text, json), `${name}: ${text}`).to.equal(400);
        expect(await raw(path, '<a/>', { 'content-type': 'text/xml', authorization }), name).to.equal(415);
      }
    });
    it('fields that nobody knows', async () => {
      for (const { path, good, owner } of Object.values(paths())) {
        if (good === undefined) continue;
        const reply = await post(path, { ...z.looseObject({}).parse(good), amount: 1 }, { token: owner.token });
        refusedAs(reply, 400, 'platform.invalid-request');
      }
    });
    it('wrong types, too long, missing', async () => {
      const wrong: Readonly<Record<string, readonly unknown[]>> = {
        refunds: [{ quoteId: 7 }, { quoteId: 'x'.repeat(201) }, { quoteId: null }, [], 'text', 7],
        'exchange-quote': [{}, { sessionId: 7 }, { sessionId: '' }, { sessionId: 'x'.repeat(81) }, [session]],
        exchanges: [
          {},
          { sessionId: null },
          { sessionId: session, ticketTypeId: 7 },
          { ticketTypeId: 'tty_1' },
          'text',
        ],
        'payments of an exchange': [{}, { method: 'gold' }, { method: 7 }, { method: ['wechat'] }, []],
      };
      for (const [name, bodies] of Object.entries(wrong)) {
        const { path, owner } = paths()[name] ?? { path: '', owner: order };
        for (const body of bodies)
          refusedAs(await post(path, body, { token: owner.token }), 400, 'platform.invalid-request');
      }
    });
    it('a waiting list that is none', async () => {
      const line = [{ sessionId: session, ticketTypeId: shop.typeOf(shop.from), quantity: 1 }];
      const until = new Date(Date.now() + 3_600_000).toISOString();
      for (const waitingList of [
        ...[{}, { until }, { prepaid: true }, { until: 'tomorrow', prepaid: true }, { until: 7, prepaid: true }],
        ...[
          { until, prepaid: 'yes' },
          { until, prepaid: true, position: 1 },
          { until: '2026-12-01', prepaid: true },
        ],
        ...[{ until: '2026-12-01T10:00:00', prepaid: true }, [], 'yes', null],
      ]) {
        const json = { contact: { name: '张三', phone: '13800138000' }, lines: line, waitingList };
        refusedAs(await post('/api/v1/orders', json), 400, 'platform.invalid-request');
      }
    });
  });

  describe('keys', () => {
    it('PLA-32 no Idempotency-Key, or one that is none, where something is made', async () => {
      const { httpPort } = shop.house.instances[0] ?? { httpPort: 0 };
      for (const [name, { path, good, owner }] of Object.entries(paths())) {
        if (name.endsWith('quote')) continue;
        for (const key of [undefined, 'short', 'x'.repeat(201)]) {
          const answer = await fetch(`http://127.0.0.1:${httpPort}${path}`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${owner.token}`,
              'content-type': 'application/json',
              ...(key === undefined ? {} : { 'idempotency-key': key }),
            },
            ...(good === undefined ? {} : { body: JSON.stringify(good) }),
          });
          const { code } = problemShape.parse(await answer.json());
          const wanted = key === undefined ? 'platform.idempotency-key-required' : 'platform.idempotency-key-invalid';
          expect([answer.status, code], name).to.deep.equal([400, wanted]);
        }
      }
    });
  });

  describe('credentials', () => {
    const forged = (token: string): string => `${token.slice(0, -3)}${token.endsWith('AAA') ? 'BBB' : 'AAA'}`;
    it('none, nonsense, a forged one: 401; another order’s, another tenant’s: there is nothing', async () => {
      for (const [name, { path, good, owner }] of Object.entries(paths())) {
        refusedAs(await post(path, good), 401, 'platform.unauthenticated');
        for (const token of ['nonsense', forged(owner.token), 'tpo_', `${owner.token}x`, 'eyJhbGciOiJub25lIn0.e30.'])
          expect((await post(path, good, { token })).status, `${name}: ${token}`).to.equal(401);
        expect((await post(path, good, { apiKey: 'tpk_nonsense' })).status, name).to.equal(401);
        refusedAs(await post(path, good, { token: other.token }), 404, 'platform.not-found');
        refusedAs(await post(path, good, { apiKey: shop.house.keys.foreign }), 404, 'platform.not-found');
      }
    });
    it('a gate, and staff without the permission', async () => {
      const [gate = ''] = shop.house.keys.gates;
      for (const [name, { path, good }] of Object.entries(paths())) {
        if (name.endsWith('quote')) continue;
        for (const apiKey of [gate, shop.house.keys.inspector, shop.house.keys.kiosk])
          expect((await post(path, good, { apiKey })).status, name).to.be.oneOf([403, 404]);
      }
      for (const name of ['refunds', 'exchanges', 'cancellation of an exchange']) {
        const { path, good } = paths()[name] ?? { path: '', good: undefined };
        refusedAs(await post(path, good, { apiKey: shop.house.keys.financeClerk }), 403, 'platform.forbidden');
      }
    });
    it('how far an exchange is: for whom it belongs to', async () => {
      const path = `/api/v1/orders/${waiting.order.id}/exchanges/${waiting.exchangeId}`;
      expect(exchangeOf(await shop.house.call(path, { token: waiting.order.token })).status).to.equal(
        'awaiting_payment',
      );
      expect((await shop.house.call(path, { apiKey: shop.house.keys.manager })).status).to.equal(200);
      refusedAs(await shop.house.call(path, { token: other.token }), 404);
      refusedAs(await shop.house.call(path, { apiKey: shop.house.keys.foreign }), 404);
      refusedAs(await shop.house.call(path), 401);
    });
  });

  describe('paths', () => {
    it('a ticket number that is none, and one that nobody has', async () => {
      for (const [name, { path, good, owner, isTicket }] of Object.entries(paths())) {
        if (!isTicket) continue;
        for (const wrong of [
          '1',
          'x'.repeat(300),
          `${order.number.slice(0, -1)}${order.number.endsWith('2') ? '3' : '2'}`,
          '%00',
          '..%2f',
        ]) {
          const reply = await post(path.replace(order.number, wrong), good, { token: owner.token });
          refusedAs(reply, 400, 'sales.ticket-number-invalid', 'platform.invalid-request');
        }
        const nobodys = other.number === '' ? '' : other.number;
        expect((await post(path.replace(order.number, nobodys), good, { token: owner.token })).status, name).to.equal(
          404,
        );
      }
    });
    it('an exchange or an order that is not there, and one of another order', async () => {
      const none = 'exc_0000000000000000000000';
      for (const [name, { path, good, owner, isTicket }] of Object.entries(paths())) {
        if (isTicket) continue;
        const gone = await post(path.replace(waiting.exchangeId, none), good, { token: owner.token });
        refusedAs(gone, 404, 'platform.not-found');
        const elsewhere = await post(path.replace(waiting.order.id, other.id), good, { token: other.token });
        refusedAs(elsewhere, 404, 'platform.not-found');
        const nowhere = await post(path.replace(waiting.order.id, 'ord_0000000000000000000000'), good, {
          token: owner.token,
        });
        expect(nowhere.status, name).to.equal(404);
      }
    });
    it('for an order that is not paid there is no exchange', async () => {
      const unpaid = await shop.house.placed([
        { sessionId: session, ticketTypeId: shop.typeOf(shop.from), quantity: 1 },
      ]);
      const path = `/api/v1/orders/${unpaid.id}/exchanges/${waiting.exchangeId}`;
      const ask = { token: unpaid.token };
      refusedAs(await post(`${path}/payments`, { method: 'wechat' }, ask), 404, 'platform.not-found');
      refusedAs(await post(`${path}/cancellation`, undefined, ask), 404, 'platform.not-found');
      refusedAs(await shop.house.call(path, ask), 404, 'platform.not-found');
      expect((await shop.house.look(unpaid)).payments).to.deep.equal([]);
    });
    it('other methods', async () => {
      for (const { path, owner } of Object.values(paths()))
        for (const method of ['PUT', 'DELETE', 'PATCH'])
          expect((await shop.house.call(path, { method, token: owner.token })).status).to.be.oneOf([404, 405]);
    });
  });

  it('ways to pay: cash is for clerks, for an exchange as for an order', async () => {
    const { path, owner } = paths()['payments of an exchange'] ?? { path: '', owner: order };
    refusedAs(await post(path, { method: 'cash' }, { token: owner.token }), 403, 'platform.forbidden');
  });
  describe('words', () => {
    /** Each refusal of after the sale, as a customer may meet it. */
    async function refusals(ask: Ask): Promise<readonly Reply[]> {
      const mine = { token: order.token, ...ask };
      const today = await shop.ticket(await shop.places(shop.from, 0));
      const used = await shop.ticket(await shop.places(shop.from, 0));
      await shop.scan(used.tickets[0]?.qr ?? '');
      const back = await shop.ticket(await shop.places(shop.from, 3));
      await shop.giveBack(back.number, { token: back.token });
      const stranger = await shop.priced(12_000);
      const ended = await shop.toPay();
      await shop.endExchange(ended.order, ended.exchange.id);
      const done = await shop.ticket();
      const { id: doneId } = await shop.begin(done, await shop.places(shop.from, 7), shop.from);
      const own = await shop.places(shop.from, 5);
      const here = await shop.ticket(own);
      const as = ({ token }: Placed): Ask => ({ token, ...ask });
      const line = (sessionId: string): unknown => [{ sessionId, ticketTypeId: shop.typeOf(shop.from), quantity: 1 }];
      const contact = { name: '张三', phone: '13800138000' };
      const until = '2020-01-01T00:00:00Z';
      const both = [line(session), line(own)].flatMap((one) => z.array(z.unknown()).parse(one));
      const late = { until: new Date(Date.now() + 3_600_000).toISOString(), prepaid: false };
      const plain = await shop.house.offer();
      const plainLine = [{ sessionId: await shop.session(3, 1, plain), ticketTypeId: shop.typeOf(plain), quantity: 1 }];
      return [
        await shop.giveBack('1', mine),
        await shop.giveBack(today.number, as(today)),
        await shop.giveBack(used.number, as(used)),
        await shop.giveBack(back.number, as(back)),
        await shop.giveBack(order.number, mine, 'made-up'),
        await shop.giveBack(other.number, mine),
        await shop.exchange(today.number, session, as(today)),
        await shop.exchange(used.number, session, as(used)),
        await shop.exchange(back.number, session, as(back)),
        await shop.exchange(here.number, own, as(here)),
        await shop.exchange(order.number, await shop.places(stranger), mine, shop.typeOf(stranger)),
        await shop.exchange(order.number, session, mine, 'tty_unknown'),
        await shop.exchange(order.number, 'ses_unknown', mine),
        await shop.exchange(waiting.order.number, session, as(waiting.order)),
        await shop.payExchange(ended.order, ended.exchange.id, 'wechat', ask),
        await shop.payExchange(done, doneId, 'wechat', ask),
        await shop.payExchange(waiting.order, waiting.exchangeId, 'cash', ask),
        await shop.endExchange(done, doneId, ask),
        await shop.endExchange(done, 'exc_unknown', ask),
        await post('/api/v1/orders', { contact, lines: line(session), waitingList: { until, prepaid: true } }, ask),
        await post('/api/v1/orders', { contact, lines: both, waitingList: late }, ask),
        await post('/api/v1/orders', { contact, lines: plainLine, waitingList: late }, ask),
      ];
    }
    it('in the caller’s language, with nothing left open', async () => {
      const spoken = new Map<string, Set<string>>();
      for (const language of ['zh-CN', 'en']) {
        for (const reply of await refusals({ headers: { 'accept-language': language } })) {
          const { title, detail, code, status } = problemShape.parse(reply.body);
          expect(status).to.equal(reply.status);
          expect(reply.headers.get('content-language'), code).to.equal(language);
          // A dash stands where a word was missing; braces where nobody has filled one in.
          expect(`${title} ${detail}`, code).to.not.match(/[{}–]|undefined|null|NaN/);
          if (language === 'en') expect(`${title} ${detail}`, code).to.not.match(/[\u4e00-\u9fff]/);
          else expect(detail, code).to.match(/[\u4e00-\u9fff]/);
          spoken.set(code, (spoken.get(code) ?? new Set()).add(language));
        }
      }
      for (const [code, languages] of spoken) expect(languages.size, code).to.equal(2);
      expect(spoken.size, [...spoken.keys()].join()).to.be.at.least(18);
    });
  });
});
