// PLA-12: who goes when, what a record that fails does to the others, and where a stop ends a round.
import type { TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import { expect } from 'chai';
import { pino } from 'pino';
import { eraseWhatIsOver, ordersKeptYearsOf, type KeptRecords } from './erase-what-is-over.ts';
import type { Foundation } from './foundation.ts';
import { createMetrics } from './metrics.ts';

const NOW = new Date('2031-03-01T12:00:00Z');
const origin = { by: 'service:test', channel: 'timer', cause: 'c', correlationId: 'c' };
const [ONE, OTHER] = ['ten_7f3k9q2m5x8c4v6b1n0a', 'ten_7f3k9q2m5x8c4v6b1n0b'] as [TenantId, TenantId];

describe('erasing what is over', () => {
  let round: () => Promise<void>;
  let stop: () => Promise<void> | void;
  let trail: unknown[];
  let kept: Map<string, { tenantId: string; endedAt: string }>;
  let metrics: ReturnType<typeof createMetrics>;

  const open = (change: Partial<KeptRecords> = {}): void => {
    metrics = createMetrics({ service: 'test', processMetrics: false });
    const logger = pino({ level: 'silent' });
    const records: KeptRecords = {
      kind: 'orders',
      yearsOf: ({ tenantId }) => (tenantId === ONE ? 3 : 5),
      over: async ({ tenantId }, before, limit) =>
        [...kept]
          .filter(([, one]) => one.tenantId === tenantId && one.endedAt < before.toISOString())
          .map(([id]) => id)
          .slice(0, limit),
      erase: async (_scope, id) => (kept.delete(id) ? {} : undefined),
      ...change,
    };
    const foundation = {
      ...{ clock: () => NOW, logger, metrics, tenants: { all: () => [{ tenantId: ONE }, { tenantId: OTHER }] } },
      acrossTenants: (reason: string) => Scope.acrossTenants(reason, origin, logger),
      trail: {
        record: async ({ tenantId }: Scope, what: string, subject: string, detail: unknown) =>
          void trail.push([tenantId, what, subject, detail]),
      },
      every: (_name: string, _everyMs: number, task: () => Promise<void>, options: { lease: boolean }) => {
        expect(options).to.deep.equal({ lease: true });
        round = task;
      },
      onStop: (close: () => Promise<void> | void) => {
        stop = close;
      },
    };
    eraseWhatIsOver(foundation as unknown as Foundation, [records]);
  };
  const figure = async (name: string): Promise<string> =>
    (await metrics.registry.metrics()).split('\n').find((line) => line.startsWith(name)) ?? '';

  beforeEach(() => {
    trail = [];
    kept = new Map([
      ['a1', { tenantId: ONE, endedAt: '2028-02-29T12:00:00.000Z' }],
      ['a2', { tenantId: ONE, endedAt: '2028-03-01T12:00:00.000Z' }],
      ['b1', { tenantId: OTHER, endedAt: '2027-01-01T12:00:00.000Z' }],
      ['b2', { tenantId: OTHER, endedAt: '2026-02-28T12:00:00.000Z' }],
    ]);
  });

  it('each tenant by its own years, not a moment early; the trail has how many', async () => {
    open();
    await round();
    expect([...kept.keys()]).to.deep.equal(['a2', 'b1']);
    expect(trail).to.deep.equal([
      [ONE, 'erased', 'orders', { years: 3, records: 1 }],
      [OTHER, 'erased', 'orders', { years: 5, records: 1 }],
    ]);
    await round();
    expect(trail).to.have.length(2);
  });

  it('where it is so for a kind, the trail names each', async () => {
    open({ eachInTrail: true, erase: async (_scope, id) => (kept.delete(id) ? { files: 2 } : undefined) });
    await round();
    expect(trail).to.deep.equal([
      [ONE, 'erased', 'a1', { years: 3, files: 2 }],
      [OTHER, 'erased', 'b2', { years: 5, files: 2 }],
    ]);
  });

  it('one that fails and one that cannot be yet stay and are counted; the others go on', async () => {
    for (let index = 0; index < 1_200; index += 1)
      kept.set(`c${index}`, { tenantId: ONE, endedAt: '2020-01-01T00:00:00.000Z' });
    open({
      erase: async (_scope, id) => {
        if (id === 'a1') throw new Error('cannot be read');
        if (id === 'b2') return undefined;
        return kept.delete(id) ? {} : undefined;
      },
    });
    await round();
    expect([...kept.keys()]).to.deep.equal(['a1', 'a2', 'b1', 'b2']);
    expect(await figure('personal_data_to_erase')).to.match(/\{kind="orders".*\} 2$/);
    expect(await figure('personal_data_erased_total')).to.match(/\} 1200$/);
  });

  it('a round is bounded, and the next one goes on; a stop ends it with the record that it is at', async () => {
    for (let index = 0; index < 2_600; index += 1)
      kept.set(`c${index}`, { tenantId: ONE, endedAt: '2020-01-01T00:00:00.000Z' });
    open();
    await round();
    const left = kept.size;
    expect(left).to.be.within(500, 700);
    let done = 0;
    open({
      erase: async (_scope, id) => {
        done += 1;
        if (done === 3) await stop();
        return kept.delete(id) ? {} : undefined;
      },
    });
    await round();
    expect(kept.size).to.equal(left - 3);
  });

  it('tickets and orders are kept for three years unless the tenant says so', () => {
    const known = new Map([[OTHER, { retention: { ordersYears: 7 } }]]);
    const tenants = { get: (id: TenantId) => known.get(id) };
    const years = (tenantId: TenantId): number =>
      ordersKeptYearsOf({ tenants } as unknown as Foundation, Scope.ofTenant(tenantId, origin));
    expect([years(ONE), years(OTHER)]).to.deep.equal([3, 7]);
  });
});
