// The pace of background work: so many a second, as long a rest as the work, longer when the process is behind, an end to every step.
import { expect } from 'chai';
import { paced, restAfter, restWhileBehind, stepTickets } from './pace.ts';

const nine = (ms: number): { items: number; ms: number } => ({ items: 9, ms });

describe('SAL-52 the pace of background work', () => {
  it('is ninety a second at most, however fast the work is', () => {
    expect(restAfter(nine(0), 0)).to.equal(100);
    expect(restAfter(nine(20), 0)).to.equal(80);
    expect(restAfter({ items: 90, ms: 0 }, 0)).to.equal(1_000);
  });
  it('rests as long as it has worked, and longer the later its timers come', () => {
    expect(restAfter(nine(80), 0)).to.equal(80);
    expect(restAfter(nine(80), 15)).to.equal(160);
    expect(restAfter(nine(80), 60)).to.equal(400);
    expect(restAfter(nine(80), -3), 'a timer that comes early is no reason to hurry').to.equal(80);
  });
  it('never rests longer than a second, so that a busy platform is not left alone for ever', () => {
    expect(restAfter(nine(30_000), 0)).to.equal(1_000);
    expect(restAfter(nine(500), 100_000)).to.equal(1_000);
  });
  it('works on a few at a time, in their order, and says how many it has begun', async () => {
    const seen: number[] = [];
    let together = 0;
    let most = 0;
    const items = Array.from({ length: 50 }, (_, index) => index);
    const begun = await paced(items, async (item) => {
      together += 1;
      most = Math.max(most, together);
      seen.push(item);
      await new Promise((resolve) => setTimeout(resolve, 20));
      together -= 1;
    });
    expect([begun, most]).to.deep.equal([50, 20]);
    expect(seen).to.deep.equal(items);
    expect(await paced([], () => Promise.reject(new Error('nothing to do')))).to.equal(0);
  });
  it('goes at the pace that it is given', async () => {
    expect(restAfter(nine(0), 0, 180)).to.equal(50);
    let most = 0;
    let together = 0;
    const work = async (): Promise<void> => {
      together += 1;
      most = Math.max(most, together);
      await new Promise((resolve) => setTimeout(resolve, 20));
      together -= 1;
    };
    await paced([1, 2, 3, 4], work, { atOnce: 2, perSecond: 1_000 });
    expect(most).to.equal(2);
  });
  it('goes slower by as much as others feel it, asked at each rest', async () => {
    expect(restAfter(nine(0), 0, 90 / 3)).to.equal(300);
    let asked = 0;
    const slowedBy = (): number => {
      asked += 1;
      return 1;
    };
    await paced([1, 2, 3, 4], () => Promise.resolve(), { atOnce: 2, perSecond: 1_000, slowedBy });
    expect(asked).to.equal(2);
  });
  it('takes no more in hand than a slowed step gets through', () => {
    expect([1, 2, 6].map(stepTickets)).to.deep.equal([150, 75, 25]);
  });
  it('REI-53 begins later while this process is behind with its messages', async () => {
    const rests: number[] = [];
    const rest = (ms: number): Promise<void> => {
      rests.push(ms);
      return Promise.resolve();
    };
    await restWhileBehind({ oldestMs: () => Promise.resolve(0) }, rest);
    expect(rests).to.deep.equal([]);
    await restWhileBehind({ oldestMs: () => Promise.resolve(4_000) }, rest);
    expect(rests).to.deep.equal([1_000]);
  });
  it('leaves the rest to the next step when its time is over', async () => {
    const begun = await paced(
      Array.from({ length: 100 }, (_, index) => index),
      () => new Promise((resolve) => setTimeout(resolve, 900)),
    );
    expect(begun).to.be.within(20, 60);
  });
});
