// The record's own journal: append-only, hash-chained, so that a changed or missing entry is found and named (PLA-20).
// Of what leads to a person a hash covers only a salted hash. When its time is over, that stays in its place and the salt goes with the
// rest: the chain is as valid as before, and nobody can try out whom it was about (PLA-12).
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sha256 } from './cryptography.ts';
import { replacePersonal } from './personal.ts';
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
  /** Where something leads to a person: the salt, fields whose text does, and whether `by` does, there and wherever it stands. */
  blinding: z.object({ salt: z.string(), fields: z.array(z.string()), by: z.literal(true).optional() }).optional(),
  hash: z.string(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

/** Hash before the first entry. */
export const GENESIS = '';

/** Entries kept inside the document; older ones move to documents of their own. */
export const JOURNAL_KEPT = 200;

type Unhashed = Omit<JournalEntry, 'hash'>;

const SALT_BYTES = 16;
/** Before a salted hash, where an address or an account would be. */
const BLINDED = '~';

/** An entry as its hash covers it, which is also what stays of it when nobody is to be found in it any more. */
function covered({ blinding, ...entry }: Unhashed): Omit<Unhashed, 'blinding'> {
  if (blinding === undefined) return entry;
  const { salt, fields: names } = blinding;
  const known = { names, texts: blinding.by === undefined ? [] : [entry.by] };
  const blind = (found: unknown): string => sha256(`${salt}|${JSON.stringify(found)}`);
  return {
    ...entry,
    data: replacePersonal(entry.data, known, (found) => ({ erased: blind(found) })),
    ...(blinding.by === undefined ? {} : { by: `${BLINDED}${blind(entry.by)}` }),
    ...(entry.address === undefined ? {} : { address: `${BLINDED}${blind(entry.address)}` }),
  };
}

function blindingOf(
  data: Unhashed['data'],
  { address, ofCustomer }: Origin,
  fields: readonly string[],
): Unhashed['blinding'] {
  let found = address !== undefined || ofCustomer === true;
  replacePersonal(data, { names: fields }, () => (found = true));
  if (!found) return undefined;
  const salt = randomBytes(SALT_BYTES).toString('base64url');
  return { salt, fields: [...fields], ...(ofCustomer === true ? { by: ofCustomer } : {}) };
}

/**
 * PLA-12: the entry without anybody in it, under the same hash. One that was written without a salt stays as it is: its hash covers all
 * of it.
 */
export function erasedEntry({ hash, ...entry }: JournalEntry): JournalEntry {
  return { ...covered(entry), hash };
}

function hashOf(previous: string, whole: Unhashed): string {
  const entry = covered(whole);
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
  /** Whose text leads to a person, beside personal values: blind indexes under names of their own, ids of accounts. */
  fields: readonly string[] = [],
): JournalEntry[] {
  let { seq, head } = previous;
  return events.map(({ type, data }) => {
    seq += 1;
    const blinding = blindingOf(data, origin, fields);
    const entry: Unhashed = {
      seq,
      type,
      data,
      at,
      by: origin.by,
      channel: origin.channel,
      ...(origin.address === undefined ? {} : { address: origin.address }),
      cause: origin.cause,
      ...(blinding === undefined ? {} : { blinding }),
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
