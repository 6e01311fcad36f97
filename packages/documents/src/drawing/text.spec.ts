import { expect } from 'chai';
import fc from 'fast-check';
import { drawable, fitted, widthOf, wrapped, type TextStyle } from './text.ts';

/** A Chinese character is 10 points wide. */
const style: TextStyle = { face: 'regular', size: 10, colour: '#000000' };

describe('breaking lines', () => {
  for (const [rule, text, width, lines] of [
    ['Chinese breaks between any two characters', '凭本二维码直接检票', 40, ['凭本二维', '码直接检', '票']],
    ['a closing mark does not begin a line', '凭本二维，码', 40, ['凭本二', '维，码']],
    ['an opening mark does not end a line', '凭本二（维码）', 40, ['凭本二', '（维码）']],
    ['a word stays whole beside Chinese', '出示QRcode入园', 45, ['出示', 'QRcode', '入园']],
    ['English breaks at blanks, which vanish there', 'show this code', 45, ['show this', 'code']],
    ['a word longer than the line breaks where the line ends', 'ord0123456789', 30, ['ord01', '23456', '789']],
    ['a line feed breaks', '一\n\n二', 40, ['一', '', '二']],
    ['nothing is one empty line', '', 40, ['']],
  ] as const) {
    it(rule, () => expect(wrapped(text, width, style)).to.deep.equal(lines));
  }

  it('loses nothing but blanks, and keeps to the width unless one character is wider', () => {
    const text = fc.array(fc.constantFrom('票', '，', '（', '）', 'a', 'W', ' ', '-', '1', '。'), { maxLength: 60 });
    fc.assert(
      fc.property(text, fc.integer({ min: 12, max: 120 }), (characters, width) => {
        const lines = wrapped(characters.join(''), width, style);
        expect(lines.join('').replaceAll(' ', '')).to.equal(characters.join('').replaceAll(' ', ''));
        for (const line of lines)
          if (Array.from(line).length > 1) expect(widthOf(line, style)).to.be.at.most(width + 1e-9);
      }),
    );
  });

  it('what does not fit ends in an ellipsis of its script', () => {
    expect(fitted('分时入园门票', 40, style, 1)).to.deep.equal(['分时入…']);
    expect(fitted('Timed entry', 36, style, 1)).to.deep.equal(['Time...']);
    expect(fitted('分时', 40, style, 1)).to.deep.equal(['分时']);
  });
});

describe('text that can be drawn', () => {
  it('has no control characters, and accents are joined with their letters', () => {
    expect(drawable('e\u0301\tx\u200b\u0000y\r\nz')).to.equal('é xy z');
  });
});
