// The file around a document: numbered objects, the table that finds them, and the trailer. Source: ISO 32000-1 (PDF 1.7), 7.
// It knows no clock and draws no random numbers, so the same document is the same bytes.
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** `12 0 R` */
export type Reference = string;

export type PdfFile = {
  /** A number for an object that is written later. */
  reserve(): Reference;
  /** @param at a reserved number; without it the object gets a new one */
  add(body: string, at?: Reference): Reference;
  /** Compressed. @param entries of the stream's dictionary, beside those about its length */
  addStream(entries: string, data: Buffer, at?: Reference): Reference;
  /** What `packed` made, perhaps for an earlier file. */
  addPacked(entries: string, packed: Buffer, at?: Reference): Reference;
  /** @param catalogue, information references of the two objects that the trailer names */
  finish(catalogue: Reference, information: Reference): Buffer;
};

/** Four bytes above 127 tell programs that transfer the file that it is not text. */
const HEADER = Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1');
/** Outlines are noise: searching longer saves 4 % of a ticket's bytes for twice the time. */
const DEFLATE = { level: 1 };

export function packed(data: Buffer): Buffer {
  return deflateSync(data, DEFLATE);
}

export function createPdfFile(): PdfFile {
  const bodies: (Buffer | undefined)[] = [];

  function reserve(): Reference {
    bodies.push(undefined);
    return `${bodies.length} 0 R`;
  }
  function put(body: Buffer, at: Reference = reserve()): Reference {
    bodies[Number.parseInt(at, 10) - 1] = body;
    return at;
  }

  function addPacked(entries: string, stream: Buffer, at?: Reference): Reference {
    const dictionary = `<<${entries} /Filter /FlateDecode /Length ${stream.length}>>\nstream\n`;
    return put(Buffer.concat([Buffer.from(dictionary, 'latin1'), stream, Buffer.from('\nendstream')]), at);
  }

  return {
    reserve,
    add: (body, at) => put(Buffer.from(body, 'latin1'), at),
    addStream: (entries, data, at) => addPacked(entries, packed(data), at),
    addPacked,
    finish(catalogue, information) {
      const parts: Buffer[] = [HEADER];
      let length = HEADER.length;
      const starts = bodies.map((body, index) => {
        if (body === undefined) throw new Error(`object ${index + 1} was reserved and never written`);
        const start = length;
        const whole = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
        parts.push(whole);
        length += whole.length;
        return start;
      });
      const hash = createHash('md5');
      for (const part of parts) hash.update(part);
      const id = hash.digest('hex');
      const count = bodies.length + 1;
      parts.push(
        Buffer.from(
          `xref\n0 ${count}\n0000000000 65535 f \n` +
            starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('') +
            `trailer\n<</Size ${count} /Root ${catalogue} /Info ${information} /ID [<${id}><${id}>]>>\n` +
            `startxref\n${length}\n%%EOF\n`,
        ),
      );
      return Buffer.concat(parts);
    },
  };
}

/** A text that people read, such as a title: UTF-16 with its mark, in hexadecimal. */
export function textString(text: string): string {
  return `<feff${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;
}

/** Shortest spelling with three decimals, which is finer than any printer. */
export function numeral(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}
