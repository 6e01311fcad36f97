// SAL-50: what staff get as a preset is what a product takes as its rules.
import { expect } from 'chai';
import { z } from 'zod';
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

  it('they are for staff who see products', async () => {
    expect((await house.call('/api/v1/refund-presets')).status).to.equal(401);
    expect((await house.call('/api/v1/refund-presets', { apiKey: house.keys.gates[0] ?? '' })).status).to.equal(403);
    expect((await house.call('/api/v1/refund-presets', { apiKey: house.keys.clerk })).status).to.equal(200);
  });
});
