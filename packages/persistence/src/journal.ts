// The record's own journal: append-only, hash-chained, so that a changed or missing entry is found and named (PLA-20).
// Hashes cover what is stored, which for personal fields is ciphertext: erasing a key leaves the chain valid.
import { z } from 'zod';
import { sha256 } from './cryptography.ts';
import type { Origin } from './scope.ts';

export const journalEntrySchema = z.object({
  seq: z.number().int().positive(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  at: z.string(),
  by: z.string(),
  channel: z.string(),
  address: z.string().optional(),
  cause: z.string(),
  hash: z.string(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

/** Hash before the first entry. */
export const GENESIS = '';

/** Entries kept inside the document; older ones move to documents of their own. */
export const JOURNAL_KEPT = 200;

type Unhashed = Omit<JournalEntry, 'hash'>;

function hashOf(previous: string, entry: Unhashed): string {
  // Field order is written out, because the hash must come out the same after any storage round trip.
  return sha256(
    JSON.stringify([
      previous,
      entry.seq,
      entry.type,
      entry.data,
      entry.at,
      entry.by,
      entry.channel,
      entry.address ?? null,
      entry.cause,
    ]),
  );
}

export function chain(
  previous: { seq: number; head: string },
  events: readonly { type: string; data: Record<string, unknown> }[],
  at: string,
  origin: Origin,
): JournalEntry[] {
  let { seq, head } = previous;
  return events.map(({ type, data }) => {
    seq += 1;
    const entry: Unhashed = {
      seq,
      type,
      data,
      at,
      by: origin.by,
      channel: origin.channel,
      ...(origin.address === undefined ? {} : { address: origin.address }),
      cause: origin.cause,
    };
    head = hashOf(head, entry);
    return { ...entry, hash: head };
  });
}

export type ChainVerdict =
  { intact: true; entries: number } | { intact: false; seq: number; reason: 'missing' | 'changed' };

/**
 * Checks a whole chain, oldest entry first, and says which entry was touched.
 * @param entries as stored: one that is no journal entry any more was changed
 */
export function verifyChain(entries: readonly unknown[], head: string): ChainVerdict {
  let previous = GENESIS;
  let expected = 1;
  for (const stored of entries) {
    const parsed = journalEntrySchema.safeParse(stored);
    if (!parsed.success) return { intact: false, seq: expected, reason: 'changed' };
    const entry = parsed.data;
    if (entry.seq !== expected) return { intact: false, seq: expected, reason: 'missing' };
    if (hashOf(previous, entry) !== entry.hash) return { intact: false, seq: entry.seq, reason: 'changed' };
    previous = entry.hash;
    expected += 1;
  }
  return previous === head
    ? { intact: true, entries: entries.length }
    : { intact: false, seq: expected, reason: 'missing' };
}
