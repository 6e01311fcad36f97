// REI-03: what is taken for a photo or PDF, and what is refused for which reason.
import { DomainError } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { FILE_TYPES, type FileType } from '../application/application.ts';
import { inspectFile } from './inspect-file.ts';
import { changed, pdfOf, photo, pngOf, SAMPLES } from './sample-files.fixture.ts';

const rules = { maxPixels: 50_000_000 };
async function seen(bytes: Buffer): Promise<string> {
  try {
    const { type, pixels } = await inspectFile(bytes, rules);
    return pixels === undefined ? type : `${type} ${pixels}`;
  } catch (error) {
    if (error instanceof DomainError) return error.code.replace('reissue.attachment-', '');
    throw error;
  }
}

describe('REI-03 what an uploaded file is', () => {
  const pixels: Readonly<Record<FileType, string>> = {
    'image/jpeg': ' 48',
    'image/png': ' 48',
    'image/webp': ' 48',
    'image/heic': ' 4096',
    'application/pdf': '',
  };
  for (const type of FILE_TYPES) {
    it(`${type}, and how large its image is`, async () => {
      expect(await seen(SAMPLES[type])).to.equal(`${type}${pixels[type]}`);
    });
    it(`${type} that breaks off anywhere is refused`, async () => {
      const whole = SAMPLES[type];
      // The line feed after a PDF’s last line is not missed.
      const shortest = type === 'application/pdf' ? 2 : 1;
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: whole.length - shortest }), async (length) => {
          expect(await seen(whole.subarray(0, length))).to.be.oneOf(['truncated', 'damaged', 'type']);
        }),
        { numRuns: 150 },
      );
    });
    it(`${type} with anything at all in it is judged, and judging ends`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(200), async (noise, from) => {
          const bytes = Buffer.concat([SAMPLES[type].subarray(0, from), Buffer.from(noise)]);
          expect(await seen(bytes)).to.be.a('string');
        }),
        { numRuns: 200 },
      );
    });
  }
  it('most of a photo says that the rest is missing', async () => {
    expect(await seen(SAMPLES['image/jpeg'].subarray(0, -40))).to.equal('truncated');
    expect(await seen(SAMPLES['image/png'].subarray(0, -12))).to.equal('truncated');
    expect(await seen(SAMPLES['image/webp'].subarray(0, -20))).to.equal('truncated');
    expect(await seen(SAMPLES['image/heic'].subarray(0, -5))).to.equal('truncated');
    expect(await seen(pdfOf('x').subarray(0, -30))).to.equal('truncated');
  });
  it('a PNG of which a byte has changed does not fit its own check sums', async () => {
    expect(await seen(changed(SAMPLES['image/png'], 45))).to.equal('damaged');
  });
  it('a photo with something after its end is still that photo', async () => {
    expect(await seen(photo('motion photo of a telephone'))).to.equal('image/jpeg 48');
  });
  it('nothing is not a file', async () => {
    expect(await seen(Buffer.alloc(0))).to.equal('empty');
  });
  const strangers: Readonly<Record<string, Buffer>> = {
    'a shell script': Buffer.from('#!/bin/sh\nrm -rf /\n'),
    'a web page': Buffer.from('<!doctype html><script>alert(1)</script>'),
    'an SVG with a script': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    'a GIF': Buffer.from('R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==', 'base64'),
    'a program': Buffer.from('7f454c460201010000000000000000000200', 'hex'),
    'a zip': Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(60)]),
    'a packed bomb': gzipSync(Buffer.alloc(50_000_000)),
    words: Buffer.from('这是一张照片'),
  };
  for (const [name, bytes] of Object.entries(strangers)) {
    it(`${name} is no photo, whatever it is called`, async () => {
      expect(await seen(bytes)).to.equal('type');
    });
  }
  it('a picture that would unpack into gigabytes is refused by its header, at no cost', async () => {
    const bomb = pngOf(60_000, 60_000);
    expect(bomb.length).to.be.lessThan(1_000);
    const before = process.memoryUsage.rss();
    expect(await seen(bomb)).to.equal('pixels');
    expect(process.memoryUsage.rss() - before).to.be.lessThan(20_000_000);
  });
});
