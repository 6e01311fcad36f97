// The QR code of a ticket as a small PNG for mails.
import { crc32, deflateSync } from 'node:zlib';
import { qrCode, QR_QUIET_MODULES } from '@tongpiao/documents';

/** The mail shows it twice as large: fewer pixels are four times cheaper to pack, and squares scale without loss. */
const PIXELS_PER_MODULE = 2;

/** A code is noise: searching harder saves a tenth of the bytes for twice the time. */
const DEFLATE = { level: 1, memLevel: 5, windowBits: 12 };

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** One bit per pixel, 1 is white. @param modules row by row, 0 is light */
function pngOf(size: number, modules: Uint8Array): Buffer {
  const pixels = (size + 2 * QR_QUIET_MODULES) * PIXELS_PER_MODULE;
  const bytesPerRow = 1 + Math.ceil(pixels / 8);
  const white = Buffer.alloc(bytesPerRow, 0xff);
  white[0] = 0;
  const rows: Buffer[] = Array.from({ length: QR_QUIET_MODULES * PIXELS_PER_MODULE }, () => white);
  for (let row = 0; row < size; row += 1) {
    const line = Buffer.from(white);
    for (let column = 0; column < size; column += 1) {
      if (modules[row * size + column] === 0) continue;
      const start = (column + QR_QUIET_MODULES) * PIXELS_PER_MODULE;
      for (let pixel = start; pixel < start + PIXELS_PER_MODULE; pixel += 1) {
        const at = 1 + (pixel >> 3);
        line[at] = (line[at] ?? 0) & ~(0x80 >> (pixel & 7));
      }
    }
    for (let copy = 0; copy < PIXELS_PER_MODULE; copy += 1) rows.push(line);
  }
  for (let row = 0; row < QR_QUIET_MODULES * PIXELS_PER_MODULE; row += 1) rows.push(white);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(pixels, 0);
  header.writeUInt32BE(pixels, 4);
  // Bit depth 1, greyscale, no filter beyond the standard, no interlace.
  header.set([1, 0, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows), DEFLATE)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** @param text what the code says; upper-case ticket tokens are cheap, anything else that fits a QR code works too */
export function qrPng(text: string): { readonly png: Buffer; readonly pixels: number } {
  const { size, modules } = qrCode(text);
  return { png: pngOf(size, modules), pixels: (size + 2 * QR_QUIET_MODULES) * PIXELS_PER_MODULE };
}
