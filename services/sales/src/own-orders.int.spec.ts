// PLA-12 on real servers: a signed-in buyer takes a copy of what we keep, and has what never was a purchase erased; the rest is kept and said so.
import { eventually, stillWritten, whatLeadsToSomebody } from '@tongpiao/testing';
import { expect } from 'chai';
import mongoose from 'mongoose';
import { z } from 'zod';
import { inDays, openSalesHouse, type Offer, type Reply, type SalesHouse } from './sales-house.fixture.ts';

const PATH = '/api/v1/own-orders';
const ZHANG = { name: '张三', idType: 'id_card', idNumber: '11010519491231002X' };
const answerShape = z.object({
  id: z.string(),
  done: z.boolean(),
  more: z.boolean(),
  items: z.array(
    z.looseObject({
      id: z.string(),
      outcome: z.string(),
      why: z.string().optional(),
      notBefore: z.string().optional(),
    }),
  ),
});

describe('own orders', function () {
  this.timeout(60_000);
  let house: SalesHouse;
  let offer: Offer;
  let sessionId: string;
  before(async () => {
    house = await openSalesHouse();
    await house.start({ eraseEveryMs: 200 });
    offer = await house.offer();
    sessionId = await house.session(offer.productId, 100, { date: inDays(2) });
  });
  after(() => house.stop());

  const named = (idNumber = ZHANG.idNumber) => [
    { sessionId, ticketTypeId: offer.types['named'] ?? '', quantity: 1, travellers: [{ ...ZHANG, idNumber }] },
  ];
  const erase = (token: string, key?: string): Promise<Reply> =>
    house.call(`${PATH}/erasures`, { token, json: {}, ...(key === undefined ? {} : { key }) });
  const answerOf = ({ body, text }: Reply): z.output<typeof answerShape> =>
    answerShape.parse(body, { error: () => text });

  it('PLA-12 a copy in plain of one’s own, nobody else’s, and on record', async () => {
    const [own, other] = [house.tokenOf('usr_zhang000000000000'), house.tokenOf('usr_li00000000000000')];
    const order = await house.placed(named(), { token: own, phone: '13812340001' });
    await house.pay({ ...order, token: own });
    await eventually('it is fulfilled', async () =>
      (await house.call(`/api/v1/orders/${order.id}`, { token: own })).text.includes('"fulfilled"'),
    );
    const copy = await house.call(PATH, { token: own });
    expect(copy.status, copy.text).to.equal(200);
    for (const plain of [order.id, '13812340001', '张三', ZHANG.idNumber]) expect(copy.text).to.include(plain);
    expect((await house.call(PATH, { token: other })).body).to.deep.equal({ items: [] });
    expect((await house.call(PATH, { apiKey: house.keys.clerk })).status).to.equal(403);
    expect((await house.call(PATH)).status).to.equal(401);
  });

  it('PLA-12 what was never bought is erased at once, what was bought is kept with the reason and the day; asked again the answer is the same', async () => {
    const token = house.tokenOf('usr_wang00000000000000');
    const bought = await house.placed(named('440524188001010014'), { token, phone: '13812340002' });
    await house.pay({ ...bought, token });
    await eventually('it is fulfilled', async () =>
      (await house.call(`/api/v1/orders/${bought.id}`, { token })).text.includes('"fulfilled"'),
    );
    const database = { uri: house.settings.MONGODB_URI, name: house.settings.DATABASE_NAME };
    const before = await whatLeadsToSomebody(database);
    const dropped = await house.placed(named('110101199003077213'), { token, phone: '13812340003' });
    const under = answerOf(await erase(token)).items.find(({ id }) => id === dropped.id);
    expect(under).to.deep.include({ outcome: 'kept', why: 'not-over' });
    expect((await house.call(`/api/v1/orders/${dropped.id}/cancellation`, { token, json: {} })).status).to.equal(200);
    const leads = [...(await whatLeadsToSomebody(database))].filter(([lead]) => !before.has(lead));
    expect(leads.length).to.be.above(5);

    const key = 'an-erasure-that-is-asked-for-twice';
    const first = await eventually('it has been cancelled', async () => {
      const answer = answerOf(await erase(token, key));
      return answer.done ? answer : undefined;
    });
    expect(first.items.find(({ id }) => id === dropped.id)).to.deep.include({ outcome: 'erased' });
    expect(first.items.find(({ id }) => id === bought.id)).to.deep.include({ outcome: 'kept', why: 'law' });
    expect(first.items.find(({ id }) => id === bought.id)?.notBefore).to.match(/^20\d\d-/);
    expect(answerOf(await erase(token, key))).to.deep.equal(first);
    const left = await stillWritten(database, new Map(leads));
    expect(left).to.deep.equal([]);
    const again = answerOf(await erase(token));
    expect(again.items.map(({ id }) => id)).to.deep.equal([bought.id]);
    expect((await house.call(PATH, { token })).text)
      .to.include('440524188001010014')
      .and.not.to.include(dropped.id);
    const verified = await house.call(`/api/v1/operations/sales/journals/orders/${dropped.id}`, {
      apiKey: house.keys.auditor,
    });
    expect(verified.text).to.include('"intact":true').and.to.include('PersonalDataErased');
  });

  it('PLA-41 an erasure that died after it was written down is finished by whoever comes next', async () => {
    const token = house.tokenOf('usr_zhao00000000000000');
    const order = await house.placed(named('110101199003071938'), { token, phone: '13812340004' });
    expect((await house.call(`/api/v1/orders/${order.id}/cancellation`, { token, json: {} })).status).to.equal(200);
    const { MONGODB_URI: uri, DATABASE_NAME: name } = house.settings;
    const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
    try {
      const tenantId = z
        .object({ tenantId: z.string() })
        .parse(await connection.collection('orders').findOne({ _id: order.id as never })).tenantId;
      await connection.collection('erasures').insertOne({
        ...{ _id: 'ers_died' as never, tenantId: 'platform', status: 'open', at: new Date(), fingerprint: 'f' },
        ...{ more: false, items: [{ id: order.id, tenantId, outcome: 'under-way' }] },
      });
      await eventually('it is finished', async () =>
        JSON.stringify(await connection.collection('erasures').findOne({ _id: 'ers_died' as never })).includes(
          '"erased"',
        ),
      );
      const stored = JSON.stringify(await connection.collection('orders').findOne({ _id: order.id as never }));
      expect(stored).not.to.include('wrapped').and.not.to.include('usr_zhao');
    } finally {
      await connection.close();
    }
  });
});
