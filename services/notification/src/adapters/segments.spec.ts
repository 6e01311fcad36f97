import { expect } from 'chai';
import fc from 'fast-check';
import { countSegments, encodingOf, splitSegments } from './segments.ts';

const chinese = (length: number): string => '票'.repeat(length);
const latin = (length: number): string => 'a'.repeat(length);

describe('NOT-07 segments of an SMS', () => {
  const table: readonly (readonly [string, string, number])[] = [
    ['nothing is one segment', '', 1],
    ['70 Chinese characters are one', chinese(70), 1],
    ['71 Chinese characters are two', chinese(71), 2],
    ['134 Chinese characters are two', chinese(134), 2],
    ['135 Chinese characters are three', chinese(135), 3],
    ['160 characters with a signature are 67 + 67 + 26', `【云台景区】${chinese(154)}`, 3],
    ['160 Latin letters are one', latin(160), 1],
    ['161 Latin letters are two', latin(161), 2],
    ['306 Latin letters are two', latin(306), 2],
    ['307 Latin letters are three', latin(307), 3],
    ['the signature brackets make it UCS-2', `【A】${latin(67)}`, 1],
    ['one more than that is two', `【A】${latin(68)}`, 2],
    ['a bracket of the extension table counts twice', `[${latin(158)}`, 1],
    ['and tips the message over', `[]${latin(157)}`, 2],
    ['eighty euro signs fill one', '€'.repeat(80), 1],
    ['eighty-one do not', '€'.repeat(81), 2],
    ['an emoji is two units', `${chinese(68)}🎫`, 1],
    ['and tips the message over too', `${chinese(69)}🎫`, 2],
  ];
  for (const [title, text, segments] of table) {
    it(title, () => expect(countSegments(text)).to.equal(segments));
  }

  it('never tears a pair apart: 66 characters and an emoji fill no part to the last unit', () => {
    expect(splitSegments(`${chinese(66)}🎫${chinese(10)}`).parts).to.deep.equal([chinese(66), `🎫${chinese(10)}`]);
  });

  it('never tears an escape from its character', () => {
    const { parts } = splitSegments(`${latin(152)}€${latin(20)}`);
    expect(parts).to.deep.equal([latin(152), `€${latin(20)}`]);
  });

  it('loses nothing and fits every part, for any text', () => {
    const size = (text: string): number =>
      encodingOf(text) === 'ucs2' ? text.length : text.length + (text.match(/[\f^{}\\[~\]|€]/g)?.length ?? 0);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const { encoding, parts } = splitSegments(text);
        const limit = encoding === 'ucs2' ? 67 : 153;
        expect(parts.join('')).to.equal(text);
        if (parts.length > 1) {
          for (const part of parts) {
            expect(encoding === 'ucs2' ? part.length : size(part)).to.be.at.most(limit);
          }
        }
      }),
    );
  });
});
