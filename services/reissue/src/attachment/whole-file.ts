// Whether a file is all there, by its own framing and check sums and without unpacking anything: a photo that broke off in the underground
// is told to its sender now and not to the reviewer next week (REI-03).
import { crc32 } from 'node:zlib';
import type { FileType } from '../application/application.ts';

export type Wholeness = 'whole' | 'truncated' | 'damaged';

export function wholenessOf(type: FileType, bytes: Buffer): Wholeness {
  switch (type) {
    case 'image/jpeg':
      return jpeg(bytes);
    case 'image/png':
      return png(bytes);
    case 'image/webp':
      return webp(bytes);
    case 'image/heic':
      return heic(bytes);
    case 'application/pdf':
      return pdf(bytes);
  }
}

const [FILL, END_OF_IMAGE, START_OF_SCAN] = [0xff, 0xd9, 0xda];
/** Markers without a length: of the image's begin, of restarts, and one for nothing. */
const isBare = (marker: number): boolean => (marker >= 0xd0 && marker <= 0xd8) || marker === 0x01;

/** Segments with their lengths, then scans of entropy-coded data until the next marker. Source: ITU T.81, annex B. */
function jpeg(bytes: Buffer): Wholeness {
  let at = 2;
  let scans = 0;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== FILL) return 'damaged';
    const marker = bytes[at + 1] ?? 0;
    if (marker === END_OF_IMAGE) return scans === 0 ? 'damaged' : 'whole';
    if (marker === FILL) at += 1;
    else if (isBare(marker)) at += 2;
    else {
      if (at + 4 > bytes.length) return 'truncated';
      const length = bytes.readUInt16BE(at + 2);
      if (length < 2) return 'damaged';
      at += 2 + length;
      if (marker === START_OF_SCAN) {
        scans += 1;
        at = endOfScan(bytes, at);
      }
    }
  }
  return 'truncated';
}

/** In a scan, 0xff stands before a zero when it means itself, and before a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(FILL, from); at >= 0; at = bytes.indexOf(FILL, at + 1)) {
    const next = bytes[at + 1];
    if (next !== undefined && next !== 0 && next !== FILL && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}

/** Chunks with a check sum each, from IHDR to IEND. Source: PNG (Third Edition), 5. */
function png(bytes: Buffer): Wholeness {
  let at = 8;
  let first = true;
  let hasImage = false;
  while (at < bytes.length) {
    if (at + 12 > bytes.length) return 'truncated';
    const length = bytes.readUInt32BE(at);
    const end = at + 12 + length;
    const name = bytes.toString('latin1', at + 4, at + 8);
    if (!/^[A-Za-z]{4}$/.test(name) || (first && name !== 'IHDR')) return 'damaged';
    if (end > bytes.length) return 'truncated';
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return 'damaged';
    if (name === 'IDAT') hasImage = true;
    if (name === 'IEND') return hasImage ? 'whole' : 'damaged';
    first = false;
    at = end;
  }
  return 'truncated';
}

/** A RIFF file says how long it is, and so does each of its chunks. Source: RFC 9649, 2. */
function webp(bytes: Buffer): Wholeness {
  const end = bytes.readUInt32LE(4) + 8;
  if (end > bytes.length) return 'truncated';
  let at = 12;
  let hasImage = false;
  while (at < end) {
    if (at + 8 > end) return 'damaged';
    if (/^(?:VP8 |VP8L|ANMF)$/.test(bytes.toString('latin1', at, at + 4))) hasImage = true;
    const length = bytes.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return hasImage && at === end ? 'whole' : 'damaged';
}

/** Boxes, each with its length, up to the end of the file. Source: ISO/IEC 14496-12, 4.2. */
function heic(bytes: Buffer): Wholeness {
  const names = new Set<string>();
  let at = 0;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) return 'truncated';
    names.add(bytes.toString('latin1', at + 4, at + 8));
    const short = bytes.readUInt32BE(at);
    // 0: up to the end; 1: the length follows in eight bytes.
    if (short === 0) break;
    if (short === 1 && at + 16 > bytes.length) return 'truncated';
    const length = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    if (length < 8) return 'damaged';
    at += length;
    if (at > bytes.length) return 'truncated';
  }
  return names.has('meta') && names.has('mdat') ? 'whole' : 'damaged';
}

/** Where readers look for the end. Source: ISO 32000-1, annex H, note 18. */
const PDF_END_BYTES = 1_024;

/** Its last lines say where its table of objects begins. */
function pdf(bytes: Buffer): Wholeness {
  const tail = bytes.toString('latin1', Math.max(0, bytes.length - PDF_END_BYTES));
  const table = /startxref\s+(\d+)\s+%%EOF/.exec(tail.slice(Math.max(0, tail.lastIndexOf('startxref'))));
  if (table === null) return 'truncated';
  return Number(table[1]) < bytes.length ? 'whole' : 'damaged';
}
