// SAL-50: what staff get as a preset is what a product takes as its rules.
import { expect } from 'chai';
import { z } from 'zod';
import { REFUND_PRESETS } from './after-sale/fee-rules.ts';
import { openSalesHouse, type SalesHouse } from './sales-house.fixture.ts';

const words = z.object({ zh: z.string().min(5), en: z.string().min(5) });
const ladders = z.array(
  z.looseObject({ name: z.string(), steps: z.array(z.looseObject({ feePercent: z.number() })), source: words }),
);
const shape = z.object({ refunds: ladders, exchanges: ladders });

describe('SAL-50 sales: presets of refund and exchange rules', function () {
  this.timeout(30_000);
  let house: SalesHouse;
  before(async () => {
    house = await openSalesHouse();
    await house.start();
  });
  after(async () => house.stop());

  it('each preset is taken by a product as it is', async () => {
    const reply = await house.call('/api/v1/refund-presets', { apiKey: house.keys.manager });
    const { refunds, exchanges } = shape.parse(reply.body);
    expect(refunds.map(({ name }) => name)).to.include.members([
      'scenic-standard',
      'road-standard',
      'road-lenient',
      'road-flow',
      'non-refundable',
    ]);
    const dated = ({ name: _name, source: _source, ...rules }: { name: string; source: unknown }) => ({
      ...rules,
      effectiveFrom: '2026-01-01T00:00:00+08:00',
    });
    for (const preset of refunds) await house.offer({}, 1, { refunds: [dated(preset)] });
    for (const preset of exchanges) await house.offer({}, 1, { exchanges: [dated(preset)] });
  });

  it('INV-06 a product of rides without seats is sold as what it is, with the ladder of flow tickets', async () => {
    const { steps, rounding, countsTo } = REFUND_PRESETS['road-flow'] ?? {};
    const refunds = [{ effectiveFrom: '2026-01-01T00:00:00+08:00', steps, rounding, countsTo }];
    const rides = await house.offer({}, 1, { kind: 'trip', refunds });
    const seen = await house.call(`/api/v1/products/${rides.productId}`);
    expect(seen.body).to.include({ kind: 'trip' });
    const session = await house.session(rides.productId, 10);
    const order = await house.placed([{ sessionId: session, ticketTypeId: rides.types['adult'] ?? '', quantity: 1 }]);
    await house.pay(order);
    const [ticket] = (await house.becomes(order, 'fulfilled')).tickets;
    // The whole day is its session: it began at midnight.
    const quote = await house.call(`/api/v1/tickets/${ticket?.number ?? ''}/refund-quote`, {
      method: 'POST',
      token: order.token,
    });
    expect(quote.status, quote.text).to.equal(200);
  });

  it('they are for staff who see products', async () => {
    expect((await house.call('/api/v1/refund-presets')).status).to.equal(401);
    expect((await house.call('/api/v1/refund-presets', { apiKey: house.keys.gates[0] ?? '' })).status).to.equal(403);
    expect((await house.call('/api/v1/refund-presets', { apiKey: house.keys.clerk })).status).to.equal(200);
  });
});
