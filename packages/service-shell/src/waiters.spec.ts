import { expect } from 'chai';
import { silentLogger } from './trial.ts';
import { createWaiters, type Waiters } from './waiters.ts';

describe('waiting without Redis', () => {
  let waiters: Waiters;
  beforeEach(() => {
    // Nothing listens on port 1.
    waiters = createWaiters({ redisUrl: 'redis://127.0.0.1:1', channel: 'c', logger: silentLogger });
  });
  afterEach(() => waiters.stop());

  it('PLA-33 a wake in the same process arrives at once', async () => {
    const waiting = waiters.waitFor('ord_1', 5_000);
    waiters.wake(['ord_2', 'ord_1']);
    expect(await waiting).to.equal(true);
    expect(waiters.isConnected()).to.equal(false);
  });

  it('a wait ends at its time-out, when the caller leaves, and when the process stops', async () => {
    expect(await waiters.waitFor('ord_1', 10)).to.equal(false);
    const abort = new AbortController();
    const left = waiters.waitFor('ord_1', 60_000, abort.signal);
    abort.abort();
    expect(await left).to.equal(false);
    expect(await waiters.waitFor('ord_1', 60_000, abort.signal)).to.equal(false);
    const stopped = [waiters.waitFor('ord_1', 60_000), waiters.until('ord_1', () => undefined, 60_000)];
    await waiters.stop();
    expect(await Promise.all(stopped)).to.deep.equal([false, undefined]);
    expect(await waiters.waitFor('ord_1', 60_000)).to.equal(false);
  });

  it('PLA-33 what is there already is not waited for', async () => {
    expect(await waiters.until('ord_1', async () => 'paid', 60_000)).to.equal('paid');
  });

  it('a wake during the look is not lost', async () => {
    let looks = 0;
    const found = waiters.until(
      'ord_1',
      async () => {
        looks += 1;
        if (looks === 1) {
          waiters.wake(['ord_1']);
          await Promise.resolve();
          return undefined;
        }
        return 'paid';
      },
      60_000,
    );
    expect(await found).to.equal('paid');
  });

  it('a change that nobody told is found by looking again', async () => {
    const since = performance.now();
    let looks = 0;
    expect(await waiters.until('ord_1', () => ((looks += 1) >= 3 ? 'paid' : undefined), 5_000)).to.equal('paid');
    expect(performance.now() - since).to.be.greaterThan(300);
  });

  it('at the time-out it looks once more, then gives up', async () => {
    let looks = 0;
    const look = (): undefined => {
      looks += 1;
      return undefined;
    };
    expect(await waiters.until<string>('ord_1', look, 50)).to.equal(undefined);
    expect(looks).to.equal(2);
  });

  it('a look that fails is the caller’s to know', async () => {
    const failing = waiters.until('ord_1', () => Promise.reject(new Error('no database')), 5_000);
    expect(await failing.catch((error: unknown) => String(error))).to.include('no database');
  });
});
