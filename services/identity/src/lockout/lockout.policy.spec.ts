import { expect } from 'chai';
import { ACCOUNT_LOCKOUT, ADDRESS_LOCKOUT, waitAfter } from './lockout.policy.ts';
import { createTurns } from './turns.ts';

describe('lock-out', () => {
  it('PLA-05 lets a few failures pass, then doubles the wait up to a bound', () => {
    const seconds = Array.from({ length: 14 }, (_, index) => waitAfter(index + 1, ACCOUNT_LOCKOUT) / 1_000);
    expect(seconds).to.deep.equal([0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1_800, 1_800, 1_800, 1_800]);
  });
  it('PLA-05 is patient with an address, behind which many sit', () => {
    expect([100, 101, 102, 200].map((failures) => waitAfter(failures, ADDRESS_LOCKOUT) / 1_000)).to.deep.equal([
      0, 10, 20, 900,
    ]);
  });
});

describe('turns', () => {
  it('PLA-05 judges attempts on one account one after another, those on others at once', async () => {
    const turns = createTurns();
    const order: string[] = [];
    const work = (name: string, ms: number) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      order.push(`${name} ends`);
    };
    await Promise.all([
      turns.take('a', work('a1', 20)),
      turns.take('a', work('a2', 1)),
      turns.take('b', work('b1', 1)),
    ]);
    expect(order).to.deep.equal(['a1 begins', 'b1 begins', 'b1 ends', 'a1 ends', 'a2 begins', 'a2 ends']);
  });
  it('PLA-05 goes on after a failure', async () => {
    const turns = createTurns();
    const failed = turns.take('a', async () => Promise.reject(new Error('no')));
    const next = turns.take('a', async () => 'next');
    expect(await failed.catch((error: unknown) => error)).to.be.instanceOf(Error);
    expect(await next).to.equal('next');
  });
});
