import { expect } from 'chai';
import fc from 'fast-check';
import { alipayTime, cut, fenOf, parseAlipayTime, wechatTime, yuanOf } from './provider-spelling.ts';

describe('spelling of the payment providers', () => {
  it('writes fen as yuan and reads them back without losing one', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 10_000_000_000 }), (amount) => fenOf(yuanOf(amount)) === amount));
  });

  it('reads 0.1 yuan as ten fen', () => {
    expect(fenOf('0.1')).to.equal(10);
  });

  for (const text of ['', '-1', '1.234', '1e3', ' 1', '1,00', 'NaN']) {
    it(`does not take "${text}" for an amount`, () => {
      expect(fenOf(text)).to.equal(undefined);
    });
  }

  it('writes times in Beijing, whatever the zone of the machine', () => {
    const at = new Date('2026-12-31T16:00:01Z');
    expect(wechatTime(at)).to.equal('2027-01-01T00:00:01+08:00');
    expect(alipayTime(at)).to.equal('2027-01-01 00:00:01');
    expect(parseAlipayTime('2027-01-01 00:00:01')).to.deep.equal(at);
  });

  it('reads the milliseconds that refund times carry', () => {
    expect(parseAlipayTime('2027-01-01 00:00:01.500')).to.deep.equal(new Date('2026-12-31T16:00:01.500Z'));
  });

  it('does not take another format for a time', () => {
    expect(parseAlipayTime('2027-01-01T00:00:01Z')).to.equal(undefined);
  });

  it('cuts between characters, not inside one', () => {
    expect(cut('门票🎫🎫', 3)).to.equal('门票🎫');
  });
});
