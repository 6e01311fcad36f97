import { expect } from 'chai';
import { createRouter, routeRules, type Match } from './route-table.ts';

const router = createRouter();
const match = (url: string): Match | undefined => router.match(url);

describe('route table', () => {
  for (const { path, to } of routeRules) {
    it(`PLA-30 sends ${path} to ${to}`, () => {
      expect(match(path)).to.include({ to, route: path });
      expect(match(`${path}?x=/y/../z`)).to.include({ to });
      if (path.startsWith('/api/')) expect(match(`${path}/1/steps?x=1`)).to.include({ to, route: path });
    });
  }

  const cases: readonly (readonly [url: string, to: string | undefined])[] = [
    ['/api/v1/sites/sit_1/gates', 'identity'],
    ['/api/v1/gates/gat_1/manifest', 'sales'],
    ['/api/v1/gate-incidents/inc_1/closure', 'sales'],
    ['/api/v1/reissue-applications/rei_1/attachments', 'reissue'],
    ['/api/v1/sites/sit_1', 'identity'],
    ['/api/v1/sites/sit_1/occupancy', 'sales'],
    ['/api/v1/sites/sit_1/occupancy?x=/y', 'sales'],
    ['/api/v1/sites/sit_1/occupancy-corrections', 'sales'],
    ['/api/v1/sites/sit_1/occupancyx', 'identity'],
    ['/api/v1/sites/occupancy', 'identity'],
    ['/api/v1/sites/sit_1/gates/occupancy', 'identity'],
    ['/api/v1/sites?x=/sit_1/occupancy', 'identity'],
    ['/api/v1/products/prd_1/availability?from=2026-12-01', 'sales'],
    ['/api/v1/operations/finance/parked-messages', 'finance'],
    ['/api/v1/operations/sales', 'sales'],
    ['/api/v1/operations/gateway/parked-messages', undefined],
    ['/api/v1/operations', undefined],
    ['/api/v1/operations/', undefined],
    ['/api/v1/events?subject=order:ord_1', 'sales'],
    ['/api/v1/events?since=1&subject=ticket%3Atkt_1', 'sales'],
    ['/api/v1/events?subject=weather:1', undefined],
    ['/api/v1/events?subject=order', undefined],
    ['/api/v1/events', undefined],
    ['/api/v1/events/x?subject=order:1', undefined],
    ['/api/v1/product', undefined],
    ['/api/v1/productsx', undefined],
    ['/api/v1/products/../users', undefined],
    ['/api/v1/products/./1', undefined],
    ['/api/v1//products', undefined],
    ['/api/v1/products//1', undefined],
    ['/api/v1/', undefined],
    ['/api/v1', undefined],
    ['/api/v1/constructor', undefined],
    ['/API/v1/products', undefined],
    ['http://elsewhere/api/v1/products', undefined],
    ['/.well-known/jwks.json?x', 'identity'],
    ['/.well-known/jwks.json/x', undefined],
    ['*', undefined],
    ['', undefined],
  ];
  for (const [url, to] of cases) {
    it(`PLA-30 ${url === '' ? 'nothing' : url} → ${to ?? '404'}`, () => {
      expect(match(url)?.to).to.equal(to);
    });
  }

  it('REI-03 lets a photo of 20 MB in where photos go, and nowhere else', () => {
    expect(match('/api/v1/reissue-applications/rei_1/attachments?about=ticket')?.maxBodyBytes).to.equal(20 * 1_048_576);
    expect(match('/api/v1/reissue-applications/rei_1/material')?.maxBodyBytes).to.equal(1_048_576);
  });

  it('PLA-35 lets gates upload a day, and event streams send nothing', () => {
    expect(match('/api/v1/gates/gat_1/uploads')?.maxBodyBytes).to.equal(8 * 1_048_576);
    expect(match('/api/v1/orders')?.maxBodyBytes).to.equal(1_048_576);
    expect(match('/api/v1/events?subject=order:1')).to.include({ maxBodyBytes: 0, opensStream: true });
  });
});
