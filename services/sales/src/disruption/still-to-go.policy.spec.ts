// INV-20: how many still have to go, for one reduction and for several of one session.
import { expect } from 'chai';
import { movesOf, spared, stillToGo, type Move } from './still-to-go.policy.ts';

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
  it('fewer where inventory took it back, and never fewer than none', () => {
    expect([toGo([5, 0], [-5, 0]), toGo([5, 0], [-2, 0]), toGo([5, 1], [-2, 1])]).to.deep.equal([0, 3, 1]);
    expect([toGo([5, 4], [-5, 0]), toGo([-5, 0], [5, 0])]).to.deep.equal([0, 5]);
  });
  it('reduced, taken back and reduced again: as many as the last one says', () => {
    expect(toGo([5, 0], [-5, 0], [5, 0])).to.equal(5);
  });

  describe('what was decided, in its order', () => {
    const restored = (places: number, sequence: number, at: string) => [{ restoreId: 'rst_1', places, sequence, at }];
    const summary = (moves: readonly Move[]): unknown => moves.map(({ places, at }) => [places, at]);
    it('is that of the session’s journal, whichever was heard of first', () => {
      const first = { places: 5, begunAt: '03', sequence: 2, restored: restored(5, 3, '04') };
      const second = { places: 6, begunAt: '01', sequence: 4 };
      const moves = movesOf([second, first]);
      expect(summary(moves)).to.deep.equal([
        [5, '03'],
        [-5, '04'],
        [6, '04'],
      ]);
    });
    it('an earlier one that was heard of later, so that whoever left in between counts once', () => {
      const late = { places: 5, begunAt: '05', sequence: 2 };
      const early = { places: 6, begunAt: '01', sequence: 3, restored: restored(11, 4, '02') };
      expect(summary(movesOf([early, late]))).to.deep.equal([
        [5, '05'],
        [6, '05'],
        [-11, '05'],
      ]);
    });
    it('by the time of hearing for those that were told without their place in the journal', () => {
      expect(
        summary(
          movesOf([
            { places: 2, begunAt: '02' },
            { places: 1, begunAt: '01' },
          ]),
        ),
      ).to.deep.equal([
        [1, '01'],
        [2, '02'],
      ]);
    });
  });

  describe('who may stay for certain', () => {
    const names = (told: number, toGo: number, ...people: readonly number[]): string => {
      const oldest = people.map((admits, index) => ({ name: 'abcd'[index], state: { admits } }));
      return spared(told, toGo, oldest)
        .map(({ name }) => name)
        .join('');
    };
    it('the oldest, until as many are left as have to go', () => {
      expect([names(4, 4, 1, 1), names(4, 2, 1, 1, 1, 1), names(4, 0, 1, 1, 1, 1)]).to.deep.equal(['', 'ab', 'abcd']);
      expect(names(2, 5, 1, 1)).to.equal('');
    });
    it('nobody whose place somebody else may need: a family stays together', () => {
      expect([names(6, 4, 3, 1, 2), names(6, 3, 3, 1, 2), names(6, 3, 1, 3, 2)]).to.deep.equal(['', 'a', 'a']);
    });
  });
});
