// Lists as spreadsheets write them, at the edges; the codes of what is refused are in batch-entry.int.spec.ts.
import { DomainError } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { readList } from './read-list.ts';

const read = (text: string): unknown => readList(Buffer.from(text), 10);
const codeOf = (bytes: Buffer, linesMax = 10): string => {
  try {
    readList(bytes, linesMax);
    return '';
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
};

describe('REI-53 reading a list', () => {
  it('takes columns in any order and leaves out what it does not know', () => {
    expect(read('备注,Id Number,id_type,姓名,票号\nx,E1,Passport,张三,N1\n,,,,N2\n')).to.deep.equal([
      { number: 'N1', correction: { name: '张三', idType: 'passport', idNumber: 'E1' } },
      { number: 'N2' },
    ]);
  });
  it('keeps the place of a line without a number, and skips what is empty', () => {
    expect(read('number,name\nN1,\n,\n\n,张三\n')).to.deep.equal([
      { number: 'N1' },
      { number: '', correction: { name: '张三' } },
    ]);
  });
  it('takes cells as spreadsheets protect them', () => {
    expect(read('number,name\n"=""0123""",\n="0124",\n"N""5",\n')).to.deep.equal([
      { number: '0123' },
      { number: '0124' },
      { number: 'N"5' },
    ]);
  });
  it('counts lines against the bound, not bytes', () => {
    expect(codeOf(Buffer.from(`number\n${'A\n'.repeat(10)}`))).to.equal('');
    expect(codeOf(Buffer.from(`number\n${'A\n'.repeat(11)}`))).to.equal('reissue.batch-too-large');
    expect(codeOf(Buffer.from(`number\n${'A\n'.repeat(100_000)}`))).to.equal('reissue.batch-too-large');
  });
  it('whatever the bytes are, it reads them or says why not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(codeOf(Buffer.from(bytes))).to.match(/^(reissue\.batch-.*)?$/);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { maxLength: 8 }), (cells) => {
        expect(codeOf(Buffer.from(`票号\n${cells.join('\n')}`))).to.match(/^(reissue\.batch-.*)?$/);
      }),
    );
  });
});
