import { inflateSync } from 'node:zlib';
import { expect } from 'chai';
import QRCode from 'qrcode';
import { qrPng } from './ticket-qr.ts';

/** Reads the picture back: one value per module, quiet zone left out. */
function modulesOf(png: Buffer, pixels: number): { size: number; dark: (row: number, column: number) => boolean } {
  const from = png.indexOf('IDAT');
  const data = inflateSync(png.subarray(from + 4, from + 4 + png.readUInt32BE(from - 4)));
  const bytesPerRow = 1 + Math.ceil(pixels / 8);
  expect(data.length).to.equal(bytesPerRow * pixels);
  const dark = (row: number, column: number): boolean => {
    const [y, x] = [(row + 4) * 2, (column + 4) * 2];
    return (((data[y * bytesPerRow + 1 + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1) === 0;
  };
  return { size: pixels / 2 - 8, dark };
}

describe('QR code of a ticket', () => {
  it('SAL-30 a ticket’s token becomes a version 10 code that says exactly it', () => {
    const token = `TP1.K2026A.${'0123456789ABCDEFGHJKMNPQRSTVWXYZ'.repeat(8)}`;
    const { png, pixels } = qrPng(token);
    expect(png.subarray(1, 4).toString()).to.equal('PNG');
    expect(png.readUInt32BE(16)).to.equal(pixels);
    const { size, dark } = modulesOf(png, pixels);
    expect(size).to.equal(57);
    // The same code as the library finds by itself, when it is told to use the same mask.
    const expected = QRCode.create(token, { errorCorrectionLevel: 'M', maskPattern: 3 }).modules;
    expect(expected.size).to.equal(size);
    for (let row = 0; row < size; row += 1)
      for (let column = 0; column < size; column += 1)
        expect(dark(row, column), `${row}/${column}`).to.equal(expected.get(row, column) !== 0);
  });

  it('takes any other text too', () => {
    const { png, pixels } = qrPng('https://tickets.example.cn/o/ord_1?票');
    expect(png.length).to.be.greaterThan(100);
    expect(modulesOf(png, pixels).size).to.be.lessThan(57);
  });
});
