// Small bodies are gathered before an upstream is asked: then a slow sender holds nothing of the upstream, and the request can be
// repeated on another instance. Large ones stream through.
import type { IncomingMessage } from 'node:http';
import { CallerLeft } from './failures.ts';

/** Holds an order of 500 travellers; times the requests that may be under way it is half a gigabyte. */
export const GATHERED_MAX_BYTES = 65_536;

/** @param length as declared, at most `GATHERED_MAX_BYTES`; the parser holds the caller to it */
export function gather(incoming: IncomingMessage, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
    });
    incoming.once('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length));
    });
    incoming.once('close', () => {
      if (!incoming.complete) reject(new CallerLeft('the caller left'));
    });
    incoming.once('error', () => {
      reject(new CallerLeft('the caller left'));
    });
  });
}
