// What the rules of a product refuse, each by a request as a buyer or a manager sends it: one problem in both languages, and nothing has
// happened (PLA-31). What decides is proven beside quote.ts and product.decider.ts.
import { freshKey } from '@tongpiao/service-shell/trial';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import {
  FOREIGN,
  inDays,
  openSalesHouse,
  SITE,
  type Ask,
  type LineWish,
  type Offer,
  type SalesHouse,
} from './sales-house.fixture.ts';

const problemShape = z.looseObject({ title: z.string(), status: z.int(), detail: z.string(), code: z.string() });
const contact = { name: '张三', phone: '13800138000' };
const HOUR_MS = 3_600_000;
const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();

const RULES = {
  presaleDays: 60,
  cutOffMinutesBeforeEnd: 0,
  payWithinMinutes: 15,
  ticketsPerOrder: 20,
  unpaidPerPhone: 1_000,
  unpaidPerAddress: 1_000,
};
const type = (code: string, change: object = {}): object => ({
  ...{ code, name: { zh: code, en: code }, realName: false, entries: 1, eligibility: [], limits: {} },
  ...{ accompanied: false, ...change },
});
const prices = (...codes: readonly string[]): object[] => codes.map((ticketType) => ({ ticketType, amount: 12_000 }));
/** A ladder of one step. */
const ladder = (effectiveFrom: string, feePercent = 10): object => ({
  effectiveFrom,
  steps: [{ minutesBefore: 0, feePercent, feeMinimum: 0 }],
  rounding: { unit: 'fen', direction: 'half-up' },
});

type Refusal = { readonly path: string; readonly ask: Ask; readonly status: number; readonly code: string };

describe('PLA-31 sales: what the rules of a product refuse', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  before(async () => {
    house = await openSalesHouse();
    await house.start();
  });
  after(() => house.stop());

  const line = async (
    offer: Offer,
    code: string,
    change: Partial<LineWish> = {},
    date = inDays(0),
  ): Promise<LineWish> => ({
    sessionId: await house.session(offer.productId, 100, { date }),
    ticketTypeId: offer.types[code] ?? '',
    quantity: 1,
    ...change,
  });
  const quoted = (status: number, code: string, ...lines: readonly object[]): Refusal => ({
    ...{ path: '/api/v1/quotes', ask: { json: { lines } }, status, code },
  });
  const setStatus = async ({ productId }: Offer, status: string): Promise<void> => {
    const json = { status, reason: 'of this spec' };
    const reply = await house.call(`/api/v1/products/${productId}/status`, { apiKey: house.keys.manager, json });
    expect(reply.status, reply.text).to.equal(200);
  };
  /** Its settings anew, by whoever has read it as it is. */
  async function changed({ productId, types }: Offer, change: object, code: string): Promise<Refusal> {
    const path = `/api/v1/products/${productId}`;
    const seen = await house.call(path);
    const ids = Object.entries(types);
    const settings = {
      ...{ siteId: SITE, kind: 'admission', name: { zh: '门票', en: 'Admission' } },
      ...{ description: { zh: '说明', en: 'Words' }, rules: RULES },
      validity: { opensMinutesBefore: 0, closesMinutesAfter: 0 },
      ticketTypes: ids.map(([name, id]) => {
        const { code: _code, ...rest } = type(name, { realName: name === 'named' }) as Record<string, unknown>;
        return { ...rest, id };
      }),
      prices: ids.map(([, ticketTypeId]) => ({ ticketTypeId, amount: 12_000 })),
      ...change,
    };
    const headers = { 'if-match': seen.headers.get('etag') ?? '' };
    const json = { settings, reason: 'of this spec' };
    return { path, ask: { method: 'PUT', apiKey: house.keys.manager, headers, json }, status: 409, code };
  }

  const refusals: Readonly<Record<string, () => Promise<Refusal>>> = {
    'SAL-04 a product that pauses': async () => {
      const offer = await house.offer();
      await setStatus(offer, 'paused');
      return quoted(409, 'sales.not-on-sale', await line(offer, 'adult'));
    },
    'SAL-04 before its sale begins': async () => {
      const offer = await house.offer({ onSaleFrom: inHours(1) });
      return quoted(409, 'sales.not-on-sale-yet', await line(offer, 'adult'));
    },
    'SAL-04 after its sale has ended': async () => {
      const offer = await house.offer({ onSaleUntil: inHours(-1) });
      return quoted(409, 'sales.sale-over', await line(offer, 'adult'));
    },
    'SAL-04 a day beyond the presale window': async () => {
      const offer = await house.offer({ presaleDays: 3 });
      return quoted(409, 'sales.presale-not-open', await line(offer, 'adult', {}, inDays(4)));
    },
    'SAL-10 a day that has no price': async () => {
      const priced = { prices: prices('adult', 'named').map((price) => ({ ...price, until: inDays(1) })) };
      const offer = await house.offer({}, 1, priced);
      return quoted(422, 'sales.no-price', await line(offer, 'adult', {}, inDays(2)));
    },
    'SAL-01 a session of whose product another tenant knows nothing': async () => {
      const { productId, types } = await house.offer();
      const sessionId = await house.session(productId, 100, { tenantId: FOREIGN });
      const wish = { sessionId, ticketTypeId: types['adult'] ?? '', quantity: 1 };
      return quoted(422, 'sales.unknown-product', wish);
    },
    'SAL-02 a ticket type of another product': async () => {
      const [offer, other] = [await house.offer(), await house.offer()];
      const wish = await line(offer, 'adult', { ticketTypeId: other.types['adult'] ?? '' });
      return quoted(422, 'sales.unknown-ticket-type', wish);
    },
    'SAL-02 somebody too young for it': async () => {
      const seniors = type('senior', { realName: true, eligibility: [{ minAge: 150 }] });
      const offer = await house.offer({}, 1, { ticketTypes: [seniors], prices: prices('senior') });
      const travellers = [{ name: '张三', idType: 'id_card', idNumber: '11010519491231002X' }];
      return quoted(422, 'sales.not-eligible', await line(offer, 'senior', { travellers }));
    },
    'SAL-02 no names on a ticket that has some': async () => ({
      path: '/api/v1/orders',
      ask: { json: { contact, lines: [await line(await house.offer(), 'named')] } },
      ...{ status: 422, code: 'sales.names-required' },
    }),
    'SAL-02 more of one type than an order may have': async () => {
      const few = type('few', { limits: { perOrder: 2 } });
      const offer = await house.offer({}, 1, { ticketTypes: [few], prices: prices('few') });
      return quoted(422, 'sales.too-many-of-type', await line(offer, 'few', { quantity: 3 }));
    },
    'SAL-02 children by themselves': async () => {
      const child = type('child', { accompanied: true });
      const offer = await house.offer({}, 1, { ticketTypes: [child], prices: prices('child') });
      return quoted(422, 'sales.must-be-accompanied', await line(offer, 'child'));
    },
    'SAL-21 a sixth payment, none of the five paid': async () => {
      const order = await house.placed([await line(await house.offer(), 'adult')]);
      for (let count = 0; count < 5; count += 1)
        expect((await house.pay(order, 'wechat', { wait: 0 })).status).to.be.oneOf([201, 202]);
      // The hold of its places, and five payments.
      await eventually('finance is asked', () => house.askedOf(order.id).length === 6);
      const ask = { token: order.token, json: { method: 'wechat' } };
      return { path: `/api/v1/orders/${order.id}/payments`, ask, status: 409, code: 'sales.too-many-payments' };
    },
    'SAL-04 a retired product is put on sale': async () => {
      const offer = await house.offer();
      await setStatus(offer, 'retired');
      const json = { status: 'on_sale', reason: 'of this spec' };
      return {
        path: `/api/v1/products/${offer.productId}/status`,
        ask: { apiKey: house.keys.manager, json },
        ...{ status: 409, code: 'sales.product-status' },
      };
    },
    'SAL-04 a retired product is changed': async () => {
      const offer = await house.offer();
      await setStatus(offer, 'retired');
      return changed(offer, {}, 'sales.product-retired');
    },
    'SAL-50 a ladder that is in force is changed': async () => {
      const from = inHours(-1);
      const offer = await house.offer({}, 1, { refunds: [ladder(from)] });
      return changed(offer, { refunds: [ladder(from, 90)] }, 'sales.fee-rules-in-force');
    },
    'SAL-50 a ladder that is in force goes': async () => {
      const offer = await house.offer({}, 1, { refunds: [ladder(inHours(-1))] });
      return changed(offer, {}, 'sales.fee-rules-in-force');
    },
    'SAL-50 a ladder that would have begun': async () => {
      const from = inHours(-2);
      const offer = await house.offer({}, 1, { refunds: [ladder(from)] });
      return changed(offer, { refunds: [ladder(from), ladder(inHours(-1), 90)] }, 'sales.fee-rules-too-early');
    },
  };

  for (const [name, make] of Object.entries(refusals)) {
    it(name, async () => {
      const { path, ask, status, code } = await make();
      const asked = house.asked.length;
      for (const [language, words] of [
        ['zh-CN', /[一-鿿]/],
        ['en', /^[^一-鿿]*[a-z]{3}[^一-鿿]*$/],
      ] as const) {
        const headers = { ...ask.headers, 'accept-language': language };
        const reply = await house.call(path, { ...ask, headers, key: freshKey() });
        const problem = problemShape.parse(reply.body);
        expect([reply.status, problem.status, problem.code], reply.text).to.deep.equal([status, status, code]);
        expect(`${problem.title} ${problem.detail}`).to.match(words);
      }
      expect(await settled('what is asked of inventory and finance', () => house.asked.length)).to.equal(asked);
    });
  }

  it('SAL-50 a ladder that begins later is taken, and what is in force stays', async () => {
    const from = inHours(-1);
    const offer = await house.offer({}, 1, { refunds: [ladder(from)] });
    const { path, ask } = await changed(offer, { refunds: [ladder(from), ladder(inHours(24), 90)] }, '');
    const reply = await house.call(path, ask);
    expect(reply.status, reply.text).to.equal(200);
  });
});
