// Reads a TrueType font as far as a PDF needs it: which glyph draws a character, how wide it is, and its outline as it lies in the
// file. Nothing is decoded beyond that, so that opening a font of 10 MB costs a few ms and a glyph costs a slice.

export type TrueTypeFont = {
  /** As PDF names it: no blanks. */
  readonly postScriptName: string;
  readonly unitsPerEm: number;
  /** Of the font's own design, in its units: how far lines reach above and below the baseline. */
  readonly ascent: number;
  readonly descent: number;
  readonly capHeight: number;
  readonly boundingBox: readonly [number, number, number, number];
  /** 0, the glyph for what is missing, where the font has none. */
  glyphOf(codePoint: number): number;
  /** In units of the font. */
  advanceOf(glyph: number): number;
  /** Empty for a blank. */
  outlineOf(glyph: number): Buffer;
  /** A table as it is; undefined where there is none. */
  table(tag: string): Buffer | undefined;
};

const TRUE_TYPE = 0x00010000;
const POST_SCRIPT_NAME = 6;
/** Full Unicode, in groups of characters that follow each other. */
const CMAP_GROUPS = 12;

/** @throws Error for a file that is no TrueType font, or lacks what is needed */
export function readTrueType(file: Buffer): TrueTypeFont {
  if (file.length < 12 || file.readUInt32BE(0) !== TRUE_TYPE) throw new Error('not a TrueType font');
  const tables = tablesOf(file);
  const required = (tag: string): Buffer => {
    const table = tables.get(tag);
    if (table === undefined) throw new Error(`the font has no table ${tag}`);
    return table;
  };
  const [head, hhea, hmtx, glyf] = [required('head'), required('hhea'), required('hmtx'), required('glyf')];
  const glyphOf = glyphsIn(required('cmap'));
  const offsetOf = offsetsIn(required('loca'), head.readInt16BE(50) === 1);
  const glyphs = required('maxp').readUInt16BE(4);
  // The last width holds for all glyphs after it.
  const widths = hhea.readUInt16BE(34);
  return {
    postScriptName: postScriptNameIn(required('name')),
    unitsPerEm: head.readUInt16BE(18),
    ascent: hhea.readInt16BE(4),
    descent: hhea.readInt16BE(6),
    capHeight: required('OS/2').readInt16BE(88),
    boundingBox: [head.readInt16BE(36), head.readInt16BE(38), head.readInt16BE(40), head.readInt16BE(42)],
    glyphOf,
    advanceOf: (glyph) => hmtx.readUInt16BE(4 * Math.min(glyph, widths - 1)),
    outlineOf(glyph) {
      if (glyph >= glyphs) throw new RangeError(`the font has no glyph ${glyph}`);
      return glyf.subarray(offsetOf(glyph), offsetOf(glyph + 1));
    },
    table: (tag) => tables.get(tag),
  };
}

function tablesOf(file: Buffer): ReadonlyMap<string, Buffer> {
  return new Map(
    Array.from({ length: file.readUInt16BE(4) }, (_, index) => {
      const at = 12 + 16 * index;
      const start = file.readUInt32BE(at + 8);
      return [file.toString('latin1', at, at + 4), file.subarray(start, start + file.readUInt32BE(at + 12))] as const;
    }),
  );
}

function offsetsIn(loca: Buffer, long: boolean): (glyph: number) => number {
  return long ? (glyph) => loca.readUInt32BE(4 * glyph) : (glyph) => 2 * loca.readUInt16BE(2 * glyph);
}

function glyphsIn(cmap: Buffer): (codePoint: number) => number {
  const table = groupedMapIn(cmap);
  const count = table.readUInt32BE(12);
  const firsts = new Uint32Array(count);
  const lasts = new Uint32Array(count);
  const glyphs = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    const at = 16 + 12 * index;
    firsts[index] = table.readUInt32BE(at);
    lasts[index] = table.readUInt32BE(at + 4);
    glyphs[index] = table.readUInt32BE(at + 8);
  }
  return (codePoint) => {
    // The last group that begins at or before the character.
    let [low, high] = [0, count - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const first = firsts[middle] ?? Infinity;
      if (codePoint < first) high = middle - 1;
      else if (codePoint > (lasts[middle] ?? 0)) low = middle + 1;
      else return (glyphs[middle] ?? 0) + codePoint - first;
    }
    return 0;
  };
}

function groupedMapIn(cmap: Buffer): Buffer {
  for (let index = 0; index < cmap.readUInt16BE(2); index += 1) {
    const start = cmap.readUInt32BE(8 + 8 * index);
    if (cmap.readUInt16BE(start) === CMAP_GROUPS) return cmap.subarray(start);
  }
  throw new Error('the font has no map of all Unicode characters (cmap, format 12)');
}

function postScriptNameIn(name: Buffer): string {
  const strings = name.readUInt16BE(4);
  for (let index = 0; index < name.readUInt16BE(2); index += 1) {
    const at = 6 + 12 * index;
    const [platform, id] = [name.readUInt16BE(at), name.readUInt16BE(at + 6)];
    if (id !== POST_SCRIPT_NAME || platform !== 3) continue;
    const start = strings + name.readUInt16BE(at + 10);
    const utf16 = Buffer.from(name.subarray(start, start + name.readUInt16BE(at + 8))).swap16();
    return utf16.toString('utf16le').replaceAll(/[^A-Za-z0-9-]/g, '');
  }
  throw new Error('the font does not say its name');
}
