// The card is the first thing that anybody sees of the platform; it must be complete and its example must fit the demo data.
import { expect } from 'chai';
import { renderCard, type DemoFile } from './card.ts';

const options = { from: '2026-12-01', to: '2026-12-07', limits: 'on' } as const;

const demo: DemoFile = {
  baseUrl: 'http://localhost:8080',
  tenants: [
    {
      id: 'ten_bus',
      kind: 'bus_station',
      name: 'North Station',
      products: [{ id: 'prd_line', kind: 'trip', ticketTypes: [{ id: 'tt_seat', name: 'Seat' }] }],
      gates: [],
    },
    {
      id: 'ten_park',
      kind: 'scenic',
      name: 'Jade Lake',
      products: [
        { id: 'prd_empty', kind: 'admission', ticketTypes: [] },
        { id: 'prd_day', kind: 'admission', ticketTypes: [{ id: 'tt_adult', name: 'Adult' }] },
      ],
      gates: [{ id: 'gate_1', name: 'South Gate', apiKey: 'key' }],
    },
  ],
  sandboxes: {
    sms: 'http://localhost:8090/sms',
    mail: 'http://localhost:8090/mail',
    payment: 'http://localhost:8090/pay',
  },
  users: [{ username: 'admin', password: 'secret-word', roles: ['platform_admin'], tenantId: 'platform' }],
};

describe('card', () => {
  it('names the address, the documentation, the sandboxes and every account', () => {
    const card = renderCard(demo, options);
    for (const text of [
      'http://localhost:8080/docs',
      'http://localhost:8090/sms',
      'admin',
      'secret-word',
      'Jade Lake',
    ]) {
      expect(card).to.include(text);
    }
  });

  it('shows a purchase of the first product that needs no stops and has a ticket type', () => {
    const card = renderCard(demo, options);
    expect(card).to.include('/products/prd_day/availability?from=2026-12-01&to=2026-12-07');
    expect(card).to.include('"ticketTypeId":"tt_adult"');
  });

  it('falls back to a trip when nothing else is sold', () => {
    const [station] = demo.tenants;
    expect(renderCard({ ...demo, tenants: station === undefined ? [] : [station] }, options)).to.include('tt_seat');
  });

  it('leaves the purchase out when there is nothing to buy', () => {
    expect(renderCard({ ...demo, tenants: [] }, options)).not.to.include('curl');
  });

  it('says so when the limits are off, and only then', () => {
    expect(renderCard(demo, options)).not.to.include('LIMITS');
    expect(renderCard(demo, { ...options, limits: 'off' })).to.include('LIMITS=off');
  });
});
