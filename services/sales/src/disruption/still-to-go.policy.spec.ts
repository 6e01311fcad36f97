// INV-20: how many still have to go, for one reduction and for several of one session.
import { expect } from 'chai';
import { stillToGo } from './still-to-go.policy.ts';

describe('INV-20 who still has to leave a reduced session', () => {
  const toGo = (...reductions: readonly (readonly [places: number, leftSince: number])[]): number =>
    stillToGo(reductions.map(([places, leftSince]) => ({ places, leftSince })));

  it('as many as were decided, less those who have left since', () => {
    expect([toGo(), toGo([10, 0]), toGo([10, 4]), toGo([10, 10])]).to.deep.equal([0, 10, 6, 0]);
  });
  it('nobody when more have left: their places are sold again', () => {
    expect(toGo([10, 30])).to.equal(0);
  });
  it('of a later reduction as many more; who left too many before it does not count for it', () => {
    expect(toGo([10, 4], [5, 0])).to.equal(11);
    expect(toGo([10, 4], [5, 8])).to.equal(3);
    expect(toGo([10, 30], [5, 0])).to.equal(5);
  });
});
