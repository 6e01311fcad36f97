// A font with only the glyphs that a document uses: 20 kB instead of 10 MB. PDF finds glyphs by number, so the tables that map
// characters or shape text are left out. Source: ISO 32000-1, 9.9, and the OpenType specification of each table.
import type { TrueTypeFont } from './true-type.ts';

/**
 * @param glyphs glyph `glyphs[n]` becomes glyph n; the first is 0, the glyph for what is missing. One may stand there twice.
 * @returns a font file
 * @throws Error for a glyph that is put together from others, which neither of our faces has
 */
export function subsetOf(font: TrueTypeFont, glyphs: readonly number[]): Buffer {
  const outlines = glyphs.map((glyph) => {
    const outline = font.outlineOf(glyph);
    if (isComposite(outline)) throw new Error(`glyph ${glyph} is made of others`);
    return outline;
  });
  return fontFile([
    ...copied(font, 'cvt '),
    ...copied(font, 'fpgm'),
    { tag: 'glyf', data: Buffer.concat(outlines.flatMap((outline) => [outline, padding(outline.length)])) },
    { tag: 'head', data: withLongOffsets(tableOf(font, 'head')) },
    { tag: 'hhea', data: withCount(tableOf(font, 'hhea'), 34, glyphs.length) },
    { tag: 'hmtx', data: metricsOf(font, glyphs) },
    { tag: 'loca', data: offsetsOf(outlines) },
    { tag: 'maxp', data: withCount(tableOf(font, 'maxp'), 4, glyphs.length) },
    ...copied(font, 'prep'),
  ]);
}

/** A count of contours below zero says so. Source: OpenType specification, table glyf. */
export function isComposite(outline: Buffer): boolean {
  return outline.length > 0 && outline.readInt16BE(0) < 0;
}

type Table = { readonly tag: string; readonly data: Buffer };

function tableOf(font: TrueTypeFont, tag: string): Buffer {
  const table = font.table(tag);
  if (table === undefined) throw new Error(`the font has no table ${tag}`);
  return table;
}

function copied(font: TrueTypeFont, tag: string): readonly Table[] {
  const data = font.table(tag);
  return data === undefined ? [] : [{ tag, data }];
}

function padding(length: number): Buffer {
  return Buffer.alloc(-length & 3);
}

function offsetsOf(outlines: readonly Buffer[]): Buffer {
  const loca = Buffer.alloc(4 * (outlines.length + 1));
  let offset = 0;
  outlines.forEach((outline, number) => {
    loca.writeUInt32BE(offset, 4 * number);
    offset += outline.length + (-outline.length & 3);
  });
  loca.writeUInt32BE(offset, 4 * outlines.length);
  return loca;
}

function metricsOf(font: TrueTypeFont, glyphs: readonly number[]): Buffer {
  const hmtx = Buffer.alloc(4 * glyphs.length);
  glyphs.forEach((glyph, number) => {
    hmtx.writeUInt16BE(font.advanceOf(glyph), 4 * number);
    // The left side bearing is where the outline begins.
    const outline = font.outlineOf(glyph);
    hmtx.writeInt16BE(outline.length === 0 ? 0 : outline.readInt16BE(2), 4 * number + 2);
  });
  return hmtx;
}

function withCount(table: Buffer, at: number, count: number): Buffer {
  const changed = Buffer.from(table);
  changed.writeUInt16BE(count, at);
  return changed;
}

function withLongOffsets(head: Buffer): Buffer {
  const changed = Buffer.from(head);
  changed.writeUInt32BE(0, 8);
  changed.writeInt16BE(1, 50);
  return changed;
}

function sumOf(data: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 4 <= data.length; at += 4) sum = (sum + data.readUInt32BE(at)) >>> 0;
  return sum;
}

/** @param tables in the order of their tags */
function fontFile(tables: readonly Table[]): Buffer {
  const directory = Buffer.alloc(12 + 16 * tables.length);
  const power = Math.floor(Math.log2(tables.length));
  directory.writeUInt32BE(0x00010000, 0);
  directory.writeUInt16BE(tables.length, 4);
  directory.writeUInt16BE(16 * 2 ** power, 6);
  directory.writeUInt16BE(power, 8);
  directory.writeUInt16BE(16 * (tables.length - 2 ** power), 10);
  const parts: Buffer[] = [directory];
  let start = directory.length;
  tables.forEach(({ tag, data }, index) => {
    const padded = Buffer.concat([data, padding(data.length)]);
    const at = 12 + 16 * index;
    directory.write(tag, at, 'latin1');
    directory.writeUInt32BE(sumOf(padded), at + 4);
    directory.writeUInt32BE(start, at + 8);
    directory.writeUInt32BE(data.length, at + 12);
    parts.push(padded);
    start += padded.length;
  });
  return Buffer.concat(parts);
}
