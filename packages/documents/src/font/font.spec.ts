import { expect } from 'chai';
import { fontOf } from './faces.ts';
import { isComposite, subsetOf } from './subset.ts';

/** Every character of one byte range of GBK, which begins with GB 2312. */
function gbk(leads: readonly [number, number], trails: readonly [number, number]): readonly string[] {
  const decoder = new TextDecoder('gbk');
  const characters: string[] = [];
  for (let lead = leads[0]; lead <= leads[1]; lead += 1)
    for (let trail = trails[0]; trail <= trails[1]; trail += 1) {
      const text = decoder.decode(Uint8Array.of(lead, trail));
      if (/^\p{Script=Han}$/u.test(text)) characters.push(text);
    }
  return characters;
}

for (const face of ['regular', 'bold'] as const) {
  describe(`the ${face} face`, () => {
    const font = fontOf(face);
    const glyphOf = (character: string): number => font.glyphOf(character.codePointAt(0) ?? 0);

    it('has every character of GB 2312 and of GBK, and rare ones that stand in names', () => {
      const simplified = gbk([0xb0, 0xf7], [0xa1, 0xfe]);
      expect(simplified.length).to.equal(6_763);
      expect(simplified.filter((character) => glyphOf(character) === 0)).to.deep.equal([]);
      const all = gbk([0x81, 0xfe], [0x40, 0xfe]);
      expect(all.length).to.be.greaterThan(20_900);
      expect(all.filter((character) => glyphOf(character) === 0)).to.deep.equal([]);
      expect(Array.from('㛃䶮堃喆龘𬺈𫖯').filter((character) => glyphOf(character) === 0)).to.deep.equal([]);
    });

    it('has marks, digits, letters and signs of money', () => {
      expect(
        Array.from('，。！？（）《》“”…—、；：～·¥￥×–①℃ABCxyz0123456789éü').filter((c) => glyphOf(c) === 0),
      ).to.deep.equal([]);
    });

    it('has no glyph made of others, which the subset could not hold', () => {
      const glyphs = font.table('maxp')?.readUInt16BE(4) ?? 0;
      const composite = Array.from({ length: glyphs }, (_, glyph) => glyph).filter((glyph) =>
        isComposite(font.outlineOf(glyph)),
      );
      expect(composite).to.deep.equal([]);
    });

    it('a subset holds the outlines and widths of the font, under new numbers', () => {
      const glyphs = [0, ...Array.from('票 票0A').map(glyphOf)];
      const subset = subsetOf(font, glyphs);
      expect(subset.length).to.be.lessThan(5_000);
      const tables = new Map(
        Array.from({ length: subset.readUInt16BE(4) }, (_, index) => {
          const at = 12 + 16 * index;
          const start = subset.readUInt32BE(at + 8);
          return [subset.toString('latin1', at, at + 4), subset.subarray(start, start + subset.readUInt32BE(at + 12))];
        }),
      );
      const [loca, glyf, hmtx] = ['loca', 'glyf', 'hmtx'].map((tag) => tables.get(tag) ?? Buffer.alloc(0));
      glyphs.forEach((glyph, number) => {
        const outline = font.outlineOf(glyph);
        const start = loca?.readUInt32BE(4 * number) ?? 0;
        expect(glyf?.subarray(start, start + outline.length).equals(outline), `outline ${number}`).to.equal(true);
        expect(hmtx?.readUInt16BE(4 * number)).to.equal(font.advanceOf(glyph));
      });
    });
  });
}

describe('fonts', () => {
  it('are read once per process', () => {
    expect(fontOf('regular')).to.equal(fontOf('regular'));
  });
});
