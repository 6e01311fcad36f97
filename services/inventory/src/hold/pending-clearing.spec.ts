import { Scope } from '@tongpiao/persistence';
import type { TenantId } from '@tongpiao/kernel';
import { expect } from 'chai';
import { createPendingClearing, type PendingClearing } from './pending-clearing.ts';

const scope = Scope.ofTenant('ten_aaaaaaaaaa7k' as TenantId, {
  by: 'tester',
  channel: 'message',
  cause: 'test',
  correlationId: 'c1',
});
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `hld_${index}:place`);

describe('pending clearing', () => {
  let cleared: [string, number][];
  let warned: unknown[];
  let fails: boolean;
  let clearing: PendingClearing;

  beforeEach(() => {
    cleared = [];
    warned = [];
    fails = false;
    const clearPending = async (_scope: Scope, id: string, gone: readonly string[]): Promise<void> => {
      if (fails) throw new Error('away');
      cleared.push([id, gone.length]);
    };
    clearing = createPendingClearing({ clearPending }, { warn: (about: unknown) => void warned.push(about) });
  });
  afterEach(() => clearing.stop());

  it('INV-12 entries of one site-day go together, in one write, when the service stops at the latest', async () => {
    clearing.later(scope, 'day1', ids(2));
    clearing.later(scope, 'day1', ids(3));
    clearing.later(scope, 'day2', ids(1));
    expect(cleared).to.deep.equal([]);
    await clearing.stop();
    expect(cleared).to.deep.equal([
      ['day1', 5],
      ['day2', 1],
    ]);
  });

  it('INV-12 what a batch decides that ends after the stop has begun goes at once', async () => {
    await clearing.stop();
    clearing.later(scope, 'day1', ids(2));
    expect(cleared).to.deep.equal([['day1', 2]]);
  });

  it('INV-12 many of them go with the next decision, few wait', () => {
    clearing.later(scope, 'day1', ids(39));
    clearing.withDecision('day1');
    expect(cleared).to.deep.equal([]);
    clearing.later(scope, 'day1', ids(1));
    clearing.withDecision('day2');
    expect(cleared).to.deep.equal([]);
    clearing.withDecision('day1');
    expect(cleared).to.deep.equal([['day1', 40]]);
  });

  it('PLA-41 what could not be cleared is said, and left for the sweep', async () => {
    fails = true;
    clearing.later(scope, 'day1', ids(2));
    await clearing.stop();
    expect(warned).to.have.length(1);
  });
});
