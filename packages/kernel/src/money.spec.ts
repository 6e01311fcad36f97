import { expect } from 'chai';
import fc from 'fast-check';
import { addFen, allocateFen, fen, FEN_MAX, formatYuan, shareOfFen, subtractFen, timesFen } from './money.ts';

const anyFen = fc.integer({ min: -FEN_MAX, max: FEN_MAX }).map(fen);

describe('money', () => {
  it('SAL-10 is whole fen within bounds', () => {
    for (const value of [0.5, NaN, Infinity, FEN_MAX + 1, -FEN_MAX - 1]) expect(() => fen(value)).to.throw(RangeError);
    expect(addFen(fen(1), fen(2), fen(3))).to.equal(6);
    expect(subtractFen(fen(1), fen(2))).to.equal(-1);
    expect(timesFen(fen(150), 3)).to.equal(450);
    expect(() => timesFen(fen(150), 0.5)).to.throw(RangeError);
  });

  it('SAL-12 rounds a share half up to a fen', () => {
    expect(shareOfFen(fen(1), 5_000)).to.equal(1);
    expect(shareOfFen(fen(4_999), 1_000)).to.equal(500);
    expect(() => shareOfFen(fen(1), 0.1)).to.throw(RangeError);
  });

  it('SAL-12 splits an amount so that the parts add up to it', () => {
    expect(allocateFen(fen(100), [1, 1, 1])).to.deep.equal([34, 33, 33]);
    expect(() => allocateFen(fen(100), [0, 0])).to.throw(RangeError);
    expect(() => allocateFen(fen(100), [2, -1])).to.throw(RangeError);
    const weights = fc.array(fc.integer({ min: 0, max: FEN_MAX }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(anyFen, weights, (amount, parts) => {
        fc.pre(parts.some((weight) => weight > 0));
        expect(allocateFen(amount, parts).reduce<number>((sum, part) => sum + part, 0)).to.equal(amount);
      }),
      { numRuns: 5_000 },
    );
  });

  it('SAL-30 prints yuan with two decimals', () => {
    expect(formatYuan(fen(12_345))).to.equal('¥123.45');
    expect(formatYuan(fen(-5))).to.equal('-¥0.05');
  });
});
