// PLA-12: years after a ticket was good for the last time nothing in this service's database leads to whoever has bought or used it, and the
// figures are what they were. The instance that erases lives years ahead; the one before it had the tickets expire.
import { eventually, settled, stillWritten, whatLeadsToSomebody } from '@tongpiao/testing';
import { expect } from 'chai';
import { z } from 'zod';
import { inDays, openSalesHouse, type Offer, type SalesHouse } from './sales-house.fixture.ts';

const DAY_MS = 24 * 3_600_000;
const YEAR_MS = 365.25 * DAY_MS;
const PATIENT = { withinMs: 60_000, everyMs: 200 };
const ZHANG = { name: '张三', idType: 'id_card', idNumber: '11010519491231002X' };

describe('erasure', function () {
  this.timeout(180_000);
  let house: SalesHouse;
  let offer: Offer;
  let database: { uri: string; name: string };
  before(async () => {
    house = await openSalesHouse();
    await house.start();
    offer = await house.offer();
    database = { uri: house.settings.MONGODB_URI, name: house.settings.DATABASE_NAME };
  });
  after(() => house.stop());

  /** Staff who keep products stand in their journals. */
  const leads = async (): Promise<ReadonlyMap<string, string>> =>
    new Map([...(await whatLeadsToSomebody(database))].filter(([, where]) => !where.includes('products.')));
  const ahead = (ms: number, more: Parameters<SalesHouse['start']>[0] = {}) =>
    house.start({
      ...{ clock: () => new Date(Date.now() + ms), ...more },
      settings: { EXPIRE_EVERY_SECONDS: '0.25' },
    });

  it('PLA-12 orders, tickets and claims: not before their years are over, then no value, no index, no shown part and no key', async () => {
    const sessionId = await house.session(offer.productId, 100, { date: inDays(0) });
    const named = [{ sessionId, ticketTypeId: offer.types['named'] ?? '', quantity: 1, travellers: [ZHANG] }];
    const order = await house.placed(named);
    await house.pay(order);
    const { tickets } = await house.becomes(order, 'fulfilled');
    // A ticket without a name, and its holder asks for more than the rules give: their words and their account.
    const token = house.tokenOf('usr_sun000000000000000');
    const nameless = await house.placed([{ sessionId, ticketTypeId: offer.types['adult'] ?? '', quantity: 1 }], {
      token,
    });
    await house.pay({ ...nameless, token });
    const [plain] = await eventually('it is fulfilled', async () => {
      const seen = await house.call(`/api/v1/orders/${nameless.id}`, { token });
      const found = z.looseObject({ tickets: z.array(z.object({ number: z.string() })) }).parse(seen.body).tickets;
      return found.length === 1 ? found : undefined;
    });
    const wish = { reason: '孙先生住院，无法出行', amount: 5_000 };
    const asked = await house.call(`/api/v1/tickets/${plain?.number ?? ''}/refund-exceptions`, { token, json: wish });
    expect(asked.status, asked.text).to.be.within(200, 202);
    // SAL-25: what is refused says which document, as it may be shown.
    const refused = await house.place(named);
    expect(refused.text).to.include('sales.document-has-ticket');
    const before = new Map(await leads())
      .set(wish.reason, 'words of a holder')
      .set('usr_sun000000000000000', 'an account');
    const kinds = [...before.values()].map((where) => where.replace(/\.\d+/g, '')).join('\n');
    for (const where of [
      'orders.key.wrapped',
      'rights.key.wrapped',
      'orders.state.addressIndex',
      'orders.journal.address',
    ])
      expect(kinds).to.include(where);
    expect(await stillWritten(database, before)).to.satisfy((found: readonly string[]) =>
      found.some((where) => where.endsWith(' in claims')),
    );

    await ahead(2 * DAY_MS);
    await eventually(
      'the ticket has expired',
      async () => (await house.look(order)).tickets[0]?.status === 'expired',
      PATIENT,
    );
    const written = await stillWritten(database, before);
    const early = await ahead(2.9 * YEAR_MS, { eraseEveryMs: 50 });
    expect(await settled('what is kept', async () => (await stillWritten(database, before)).length)).to.equal(
      written.length,
    );
    house.instances.splice(house.instances.indexOf(early), 1);
    await early.stop();

    const last = await ahead(3.1 * YEAR_MS, { eraseEveryMs: 100 });
    await eventually(
      'nothing leads to anybody',
      async () => {
        const left = await stillWritten(database, before);
        return left.length === 0 || Promise.reject(new Error(left.slice(0, 20).join('\n')));
      },
      PATIENT,
    );
    expect([...(await leads()).values()]).to.deep.equal([]);
    for (const collection of ['orders', 'rights']) {
      const path = `/api/v1/operations/sales/journals/${collection}`;
      const audited = await house.call(path, { apiKey: house.keys.auditor, instance: last });
      expect(audited.text, collection).to.include('"intact":true');
    }
    const shown = await house.call(`/api/v1/orders/${order.id}`, { apiKey: house.keys.manager, instance: last });
    expect(shown.status, shown.text).to.equal(200);
    expect(shown.text).to.include('10000').and.to.include(tickets[0]?.number).and.not.to.include('张');
  });
});
