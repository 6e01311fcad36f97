// One face inside one document: it gives each character that is used a number, and is embedded at the end with just those glyphs.
// Every number knows its character, so that text can be searched and copied, also where two characters share a glyph, and
// where the font has none and draws a box.
import { createHash } from 'node:crypto';
import type { TrueTypeFont } from '../font/true-type.ts';
import { subsetOf } from '../font/subset.ts';
import { numeral, packed, type PdfFile, type Reference } from './pdf-file.ts';

export type EmbeddedFont = {
  readonly reference: Reference;
  /** The text as glyph numbers, a PDF string in hexadecimal. */
  encode(text: string): string;
  /** Writes the font into the file; called once, when all text is there. */
  embed(): void;
};

/** How a PDF spells a glyph number: two bytes. */
const GLYPHS_MAX = 0xffff;
/**
 * What differs from ticket to ticket: numbers, times, prices. They are in every subset, so that all tickets of a session use the same one,
 * which is made once. Some 3 kB.
 */
const ALWAYS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ :-–./,*()¥';
/** Subsets that are kept for the next document, some 30 kB each; those used last stay. */
const SUBSETS_KEPT = 100;
/** A bfchar block has at most so many lines. Source: Adobe Technical Note 5014. */
const BLOCK_MAX = 100;

export function createEmbeddedFont(file: PdfFile, font: TrueTypeFont): EmbeddedFont {
  const reference = file.reserve();
  const numbers = new Map<number, number>();
  for (const character of ALWAYS) numberOf(character.codePointAt(0) ?? 0);

  function numberOf(codePoint: number): number {
    const known = numbers.get(codePoint);
    if (known !== undefined) return known;
    // 0 is the glyph for what is missing.
    const number = numbers.size + 1;
    if (number > GLYPHS_MAX) throw new RangeError('a document has at most 65,535 different characters');
    numbers.set(codePoint, number);
    return number;
  }

  function embed(): void {
    const { name, length, outlines, widths, characterMap } = subsetFor(font, [...numbers.keys()]);
    const scale = 1_000 / font.unitsPerEm;
    const fontFile = file.addPacked(`/Length1 ${length}`, outlines);
    const descriptor = file.add(
      `<</Type /FontDescriptor /FontName /${name} /Flags 4 /ItalicAngle 0 /StemV 80` +
        ` /FontBBox [${font.boundingBox.map((edge) => numeral(edge * scale)).join(' ')}]` +
        ` /Ascent ${numeral(font.ascent * scale)} /Descent ${numeral(font.descent * scale)}` +
        ` /CapHeight ${numeral(font.capHeight * scale)} /FontFile2 ${fontFile}>>`,
    );
    const glyphFont = file.add(
      `<</Type /Font /Subtype /CIDFontType2 /BaseFont /${name} /CIDToGIDMap /Identity` +
        ` /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>>` +
        ` /FontDescriptor ${descriptor} /DW 1000 /W [0 [${widths}]]>>`,
    );
    const toUnicode = file.addPacked('', characterMap);
    file.add(
      `<</Type /Font /Subtype /Type0 /BaseFont /${name} /Encoding /Identity-H` +
        ` /DescendantFonts [${glyphFont}] /ToUnicode ${toUnicode}>>`,
      reference,
    );
  }

  return {
    reference,
    encode(text) {
      let encoded = '<';
      for (const character of text) encoded += hexOf(numberOf(character.codePointAt(0) ?? 0));
      return `${encoded}>`;
    },
    embed,
  };
}

/** Streams are packed already. */
type Subset = {
  readonly name: string;
  /** Of the outlines, unpacked. */
  readonly length: number;
  readonly outlines: Buffer;
  readonly widths: string;
  readonly characterMap: Buffer;
};

const subsets = new WeakMap<TrueTypeFont, Map<string, Subset>>();

function subsetFor(font: TrueTypeFont, characters: readonly number[]): Subset {
  const kept = subsets.get(font) ?? new Map<string, Subset>();
  subsets.set(font, kept);
  const key = String.fromCodePoint(...characters);
  const subset = kept.get(key) ?? makeSubset(font, characters);
  // In the order of their last use.
  kept.delete(key);
  kept.set(key, subset);
  const [oldest] = kept.keys();
  if (kept.size > SUBSETS_KEPT && oldest !== undefined) kept.delete(oldest);
  return subset;
}

function makeSubset(font: TrueTypeFont, characters: readonly number[]): Subset {
  const glyphs = [0, ...characters.map((codePoint) => font.glyphOf(codePoint))];
  const data = subsetOf(font, glyphs);
  const scale = 1_000 / font.unitsPerEm;
  return {
    name: `${tagOf(characters)}+${font.postScriptName}`,
    length: data.length,
    outlines: packed(data),
    widths: glyphs.map((glyph) => numeral(font.advanceOf(glyph) * scale)).join(' '),
    characterMap: packed(Buffer.from(unicodeMap(characters), 'latin1')),
  };
}

function hexOf(number: number): string {
  return number.toString(16).padStart(4, '0');
}

/** Six letters that tell subsets apart: the same characters, the same letters. */
function tagOf(characters: readonly number[]): string {
  const bytes = createHash('md5').update(characters.join(' ')).digest();
  return Array.from(bytes.subarray(0, 6), (byte) => String.fromCharCode(65 + (byte % 26))).join('');
}

/** @param characters the one at `characters[n]` has the number n + 1 */
function unicodeMap(characters: readonly number[]): string {
  const lines = characters.map((codePoint, index) => {
    const utf16 = Buffer.from(String.fromCodePoint(codePoint), 'utf16le').swap16().toString('hex');
    return `<${hexOf(index + 1)}> <${utf16}>`;
  });
  const blocks: string[] = [];
  for (let from = 0; from < lines.length; from += BLOCK_MAX) {
    const block = lines.slice(from, from + BLOCK_MAX);
    blocks.push(`${block.length} beginbfchar\n${block.join('\n')}\nendbfchar\n`);
  }
  return (
    '/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n' +
    '/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n' +
    '/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n' +
    '1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n' +
    `${blocks.join('')}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n`
  );
}
