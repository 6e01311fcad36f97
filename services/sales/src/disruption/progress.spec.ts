import type { Scope } from '@tongpiao/persistence';
import { expect } from 'chai';
import { createProgress, type Progress } from './progress.ts';
import type { Disruption } from './disruption.ts';

const scope = {} as Scope;
const disruption = (status: string, tickets = 10_000): Disruption =>
  ({ kind: 'cancelled', status, tickets, orders: 5, untold: 0 }) as Disruption;

describe('SAL-52 how often the progress is counted', () => {
  let now: number;
  let counts: number;
  let fails: boolean;
  let progress: Progress;

  beforeEach(() => {
    now = 0;
    counts = 0;
    fails = false;
    const count = async (): Promise<number> => {
      counts += 1;
      // Four in a row: forty milliseconds for one view.
      now += 10;
      if (fails) throw new Error('away');
      return 1;
    };
    progress = createProgress({ rights: { count } } as unknown as Parameters<typeof createProgress>[0], () => now);
  });

  it('a small part of the time where there are thousands, however many watch', async () => {
    const [one, two] = await Promise.all([
      progress(scope, 'dis_1', disruption('open')),
      progress(scope, 'dis_1', disruption('open')),
    ]);
    expect(one).to.equal(two);
    expect(counts).to.equal(4);
    now += 2_390;
    await progress(scope, 'dis_1', disruption('open'));
    expect(counts).to.equal(4);
    now += 20;
    await progress(scope, 'dis_1', disruption('open'));
    expect(counts).to.equal(8);
  });

  it('whenever somebody looks where there are few', async () => {
    await progress(scope, 'dis_1', disruption('open', 499));
    await progress(scope, 'dis_1', disruption('open', 499));
    expect(counts).to.equal(8);
  });

  it('anew where the work has come to another state, and for another work', async () => {
    await progress(scope, 'dis_1', disruption('returning'));
    expect((await progress(scope, 'dis_1', disruption('done'))).status).to.equal('done');
    await progress(scope, 'dis_2', disruption('done'));
    expect(counts).to.equal(12);
  });

  it('again at once when it could not be counted', async () => {
    fails = true;
    const failed = await progress(scope, 'dis_1', disruption('open')).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(Error);
    fails = false;
    expect((await progress(scope, 'dis_1', disruption('open'))).counts.refunded).to.equal(1);
  });
});
