import { expect } from 'chai';
import fc from 'fast-check';
import { maskEmail, maskIdNumber, maskName, maskPhone } from './masking.ts';

const maskings = { maskPhone, maskIdNumber, maskName, maskEmail };

describe('masking', () => {
  it('PLA-11 masks phones', () => {
    expect(maskPhone('13812345678')).to.equal('138****5678');
    expect(maskPhone('+86 138-1234-5678')).to.equal('138****5678');
    expect(maskPhone('+85291234567')).to.equal('+85******567');
    expect(maskPhone('8765432')).to.equal('*****32');
    expect(maskPhone('110')).to.equal('***');
  });

  it('PLA-11 masks numbers of documents', () => {
    expect(maskIdNumber('330102199001011234')).to.equal('3301**********1234');
    expect(maskIdNumber('E12345678')).to.equal('E1*****78');
    expect(maskIdNumber('军字第1234567号')).to.equal('军字*******7号');
    expect(maskIdNumber('12345')).to.equal('****5');
    expect(maskIdNumber('123')).to.equal('***');
  });

  it('PLA-11 masks Chinese names behind the surname, compound surnames too', () => {
    expect(maskName('张三')).to.equal('张*');
    expect(maskName('王小明')).to.equal('王*');
    expect(maskName('欧阳修')).to.equal('欧阳*');
    expect(maskName('欧阳')).to.equal('欧*');
    expect(maskName('张 三')).to.equal('张*');
    expect(maskName('张')).to.equal('***');
    expect(maskName('阿不都·热依木')).to.equal('阿*');
  });

  it('PLA-11 does not cut a rare character in two', () => {
    expect(maskName('𠮷田')).to.equal('𠮷*');
  });

  it('PLA-11 masks Western names', () => {
    expect(maskName('John Smith')).to.equal('J*** S***');
    expect(maskName("Q. O'Brien")).to.equal('*** O***');
    expect(maskName('')).to.equal('***');
  });

  it('PLA-11 masks e-mail addresses', () => {
    expect(maskEmail('alice@x.com')).to.equal('a***@x.com');
    expect(maskEmail('a@x.com')).to.equal('***@x.com');
    expect(maskEmail('no address')).to.equal('***');
    expect(maskEmail('alice@')).to.equal('***');
  });

  const value = fc
    .oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ maxLength: 5 }),
      fc.stringMatching(/^[0-9X]{0,20}$/),
      fc.emailAddress(),
      fc.string({ unit: fc.constantFrom('欧', '阳', '张', '三', '·', ' ') }),
    )
    .filter((text) => text.trim() !== '' && !text.includes('*'));
  for (const [name, mask] of Object.entries(maskings)) {
    it(`PLA-11 ${name} never returns the plain value, however short`, () => {
      fc.assert(
        fc.property(value, (text) => {
          const masked = mask(text);
          expect(masked).to.include('*');
          expect(masked.replaceAll('*', '')).to.not.include(text.trim());
        }),
        { numRuns: 500 },
      );
    });
  }

  it('PLA-11 hides at least four characters of any phone or document number of eight or more', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Z]{8,20}$/), (text) => {
        for (const mask of [maskPhone, maskIdNumber]) expect(mask(text).split('*').length - 1).to.be.at.least(4);
      }),
    );
  });
});
