// Reads a request's body, bounded before and while it is read, and parses it strictly. Compressed bodies are refused: nothing
// that we take is large, and a small body that unpacks into a large one is an attack.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { DomainError } from '@tongpiao/kernel';

/** Holds an order of 500 travellers. */
export const BODY_MAX_BYTES = 100_000;

/** The caller went away before the body was there; nobody is left to answer. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError('platform.body-too-large', `The body is larger than ${maxBytes} bytes.`, { maxBytes });
}

export function hasBody(incoming: IncomingMessage): boolean {
  const length = incoming.headers['content-length'];
  return incoming.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** @throws DomainError when it is larger than `maxBytes`; the rest is then not read */
export function readBytes(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  const encoding = incoming.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    const accepted = 'Content-Encoding: identity';
    return Promise.reject(new DomainError('platform.unsupported-media-type', 'A compressed body.', { accepted }));
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes) {
        incoming.off('data', onData);
        incoming.pause();
        reject(tooLarge(maxBytes));
        return;
      }
      chunks.push(chunk);
    };
    incoming.on('data', onData);
    incoming.once('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size));
    });
    incoming.once('close', () => {
      if (!incoming.complete) reject(new RequestAborted('the request ended early'));
    });
  });
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

export function assertJsonType(contentType: string | undefined): void {
  if (contentType === 'application/json') return;
  if (contentType !== undefined && JSON_TYPE.test(contentType)) return;
  throw new DomainError('platform.unsupported-media-type', 'The body is not declared as JSON in UTF-8.', {
    accepted: 'application/json',
  });
}

export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new DomainError('platform.malformed-json', 'The body is not UTF-8.');
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return value;
  } catch {
    throw new DomainError('platform.malformed-json', 'The body is not JSON.');
  }
}
