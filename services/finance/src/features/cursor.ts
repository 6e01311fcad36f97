// Where a page ended: a moment and an id, opaque to the caller (PLA-34).
import { DomainError } from '@tongpiao/kernel';

export type Cursor = { readonly at: string; readonly id: string };

export const CURSOR_MAX = 400;

export function cursorText({ at, id }: Cursor): string {
  return Buffer.from(`${at}|${id}`).toString('base64url');
}

/** @throws DomainError for anything that `cursorText` did not write */
export function cursorOf(text: string): Cursor {
  const plain = Buffer.from(text, 'base64url').toString('utf8');
  const cut = plain.indexOf('|');
  const at = plain.slice(0, cut);
  if (cut < 1 || Number.isNaN(Date.parse(at))) throw new DomainError('finance.cursor-invalid', 'None of our cursors.');
  return { at, id: plain.slice(cut + 1) };
}

/** Filter for what comes after the cursor where the newest payments come first. @throws DomainError */
export function olderThan(text: string): Readonly<Record<string, unknown>> {
  const { at, id } = cursorOf(text);
  return { $or: [{ 'state.requestedAt': { $lt: at } }, { 'state.requestedAt': at, _id: { $lt: id } }] };
}
