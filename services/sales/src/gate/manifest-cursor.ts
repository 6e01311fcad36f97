// How far a gate has read its manifest, as text that only we understand. A reading goes through a few streams of changes one after
// another; between two readings the cursor says since when changes are news.
import { DomainError } from '@tongpiao/kernel';
import { z } from 'zod';
import type { ChangePosition } from './changes.ts';

/** Within a stream, in the order of changes. */
export type ManifestPosition = {
  readonly stream: number;
  /** Undefined: at its beginning. */
  readonly after?: ChangePosition | undefined;
};
export type ManifestCursor = {
  readonly date: string;
  /** Older changes are known. */
  readonly sinceMs: number;
  /** Of a reading that is not at its end. */
  readonly under?: { readonly safeMs: number; readonly position: ManifestPosition } | undefined;
};

/**
 * A change is stamped before it is written, and not by one clock: whoever was told everything up to now may still have missed what is
 * on its way. Longer than any handler lives.
 */
const OVERLAP_MS = 60_000;

const whole = z.int().nonnegative();
const FORM = z.union([
  z.tuple([z.iso.date(), whole]),
  z.tuple([z.iso.date(), whole, whole, whole]),
  z.tuple([z.iso.date(), whole, whole, whole, whole, z.string().max(80)]),
]);

export function writeCursor({ date, sinceMs, under }: ManifestCursor): string {
  const after = under?.position.after;
  const fields = [
    date,
    sinceMs,
    ...(under === undefined ? [] : [under.safeMs, under.position.stream]),
    ...(after === undefined ? [] : [after.changedAtMs, after.id]),
  ];
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** @throws DomainError `sales.cursor-invalid` */
export function readCursor(text: string): ManifestCursor {
  const read = FORM.safeParse(jsonOf(Buffer.from(text, 'base64url').toString()));
  if (!read.success) throw new DomainError('sales.cursor-invalid', 'This is no cursor of ours.');
  const [date, sinceMs, safeMs, stream, changedAtMs, id] = read.data;
  if (safeMs === undefined || stream === undefined) return { date, sinceMs };
  const after = changedAtMs === undefined || id === undefined ? undefined : { changedAtMs, id };
  return { date, sinceMs, under: { safeMs, position: { stream, after } } };
}

/** What is no JSON is no cursor either, and is refused as such. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Whoever asks with this cursor holds a whole list: of the reading that began then.
 * @returns undefined within a reading, and before the end of the first
 */
export function heldOf({ sinceMs, under }: ManifestCursor): Date | undefined {
  return under === undefined && sinceMs > 0 ? new Date(sinceMs + OVERLAP_MS) : undefined;
}

/**
 * The cursor to hand out with a page.
 * @param asked the one that it was asked with; undefined for a list that begins
 * @param reached undefined when all streams were read to their ends
 */
export function nextCursor(
  date: string,
  asked: ManifestCursor | undefined,
  reached: ManifestPosition | undefined,
  now: Date,
): ManifestCursor {
  // What was changed before then had been written when this reading began, so this reading has met it.
  const safeMs = asked?.under?.safeMs ?? Math.max(0, now.getTime() - OVERLAP_MS);
  if (reached === undefined) return { date, sinceMs: safeMs };
  return { date, sinceMs: asked?.sinceMs ?? 0, under: { safeMs, position: reached } };
}
