// Finds a ticket by the document that its traveller shows (SAL-33, SAL-41), on a device that holds no document's number: the list says a
// tag of 24 bits per ticket, made with a key of the day, and the number that was read is forgotten once its tags are made. A tag fits
// thousands of numbers that could be, so a list that is lost names nobody.
import type { GateCrypto } from './keys.ts';

/** Date of the tickets that it is for, and the tag: as lists and scans spell it. */
export type DocumentTag = string;

export type DocumentKeys = {
  /** @param keys a key per date of tickets, in base64url; dates before the first of them are forgotten */
  learn(keys: Readonly<Record<string, string>>): Promise<void>;
  /** @returns a tag per date that is known; none for what cannot be a number */
  tagsOf(idType: string, idNumber: string): Promise<readonly DocumentTag[]>;
};

const TAG_BYTES = 3;

export const documentTag = (date: string, tag: string): DocumentTag => `${date}:${tag}`;

/** The platform's one spelling of a number: half-width, without blanks, upper case; brackets of a Taiwan permit are ornament. */
export function spelledDocument(idType: string, idNumber: string): string {
  const number = idNumber.normalize('NFKC').replace(/\s+/gu, '').toUpperCase();
  return `${idType}:${idType === 'taiwan_permit' ? number.replace(/[()]/g, '') : number}`;
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Three bytes are four characters, without padding. */
function textOf(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_');
}

export function createDocumentKeys(subtle: GateCrypto['subtle']): DocumentKeys {
  type Key = Awaited<ReturnType<GateCrypto['subtle']['importKey']>>;
  const known = new Map<string, { readonly text: string; readonly key: Key }>();
  return {
    async learn(keys) {
      const [first] = Object.keys(keys).sort();
      for (const date of [...known.keys()]) if (first !== undefined && date < first) known.delete(date);
      for (const [date, text] of Object.entries(keys)) {
        if (known.get(date)?.text === text) continue;
        const algorithm = { name: 'HMAC', hash: 'SHA-256' };
        known.set(date, { text, key: await subtle.importKey('raw', bytesOf(text), algorithm, false, ['sign']) });
      }
    },
    async tagsOf(idType, idNumber) {
      const text = new TextEncoder().encode(spelledDocument(idType, idNumber));
      return Promise.all(
        [...known].map(async ([date, { key }]) => {
          const bytes = new Uint8Array(await subtle.sign('HMAC', key, text));
          return documentTag(date, textOf(bytes.slice(0, TAG_BYTES)));
        }),
      );
    },
  };
}
