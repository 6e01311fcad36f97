import { expect } from 'chai';
import { readinessOf, type ReadinessFacts } from './readiness.ts';

const well: ReadinessFacts = {
  draining: false,
  broker: true,
  trust: { fresh: true, wasFresh: true },
  redis: true,
  upstreams: [{ name: 'sales', ready: true, wasReady: true }],
};

describe('readiness', () => {
  const cases: readonly (readonly [title: string, change: Partial<ReadinessFacts>, ready: boolean, status: string])[] =
    [
      ['all is well', {}, true, 'up'],
      ['it is stopping', { draining: true }, false, 'down'],
      ['the broker is away', { broker: false }, false, 'down'],
      ['nothing is known about keys yet', { trust: { fresh: false, wasFresh: false } }, false, 'down'],
      ['identity is silent: guests still pass', { trust: { fresh: false, wasFresh: true } }, true, 'degraded'],
      ['Redis is away', { redis: false }, true, 'degraded'],
      ['a service was never there', { upstreams: [{ name: 'sales', ready: false, wasReady: false }] }, false, 'down'],
      [
        'a service is away: the others work',
        { upstreams: [{ name: 'sales', ready: false, wasReady: true }] },
        true,
        'degraded',
      ],
    ];
  for (const [title, change, ready, status] of cases) {
    it(`PLA-50 ${title} → ${ready ? 'ready' : 'not ready'}, ${status}`, () => {
      expect(readinessOf({ ...well, ...change })).to.include({ ready, status });
    });
  }
});
