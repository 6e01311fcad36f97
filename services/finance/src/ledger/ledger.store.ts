// The books on disk: entries and closings, both insert-only (FIN-10).
//
// An entry's place in the book is its booking time: the moment at which this instance writes it, never earlier than that of the
// entry it wrote before. A balance at a moment counts the entries booked until then. What happened earlier and is told late is
// booked late, so a past balance does not change; when it happened is in the entry's source. A moment is final once it is older
// than SETTLED_AFTER_MS: by then every write that took an earlier booking time has ended or was given up and booked anew.
import type { TenantId } from '@tongpiao/kernel';
import { openRecords, Scope, type Origin } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { Schema } from 'mongoose';
import { z } from 'zod';
import type { AccountTotals, Posting } from './entry.ts';
import { addTotals, isBalanced } from './posting.policy.ts';

/** Longer than a write may hang and clocks may differ: the driver gives up a socket sooner, and NTP keeps clocks within a second. */
export const SETTLED_AFTER_MS = 60_000;
/** Closings lie at full hours, which holds the start of every local day. */
const CLOSING_EVERY_MS = 3_600_000;
/** Closings of one book per round: a book that was asleep for a year is closed in a few rounds. */
const CLOSINGS_PER_ROUND = 200;

const lineSchema = z.object({ account: z.string(), debit: z.number().int(), credit: z.number().int() });

const entrySchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  bookedAt: z.date(),
  source: z.object({ id: z.string(), type: z.string(), subject: z.string(), time: z.string() }),
  rule: z.string(),
  rulesVersion: z.number().int(),
  chartVersion: z.number().int().default(0),
  lines: z.array(lineSchema),
});
type Entry = z.output<typeof entrySchema>;

const closingSchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  /** Everything booked before this moment is in it. */
  through: z.date(),
  balances: z.array(lineSchema),
  /** Entries since the closing before. */
  entries: z.number().int().nonnegative(),
  since: z.date().optional(),
});
type Closing = z.output<typeof closingSchema>;

const bookSchema = z.object({ _id: z.string(), tenantId: z.string() });
const totalsSchema = z.object({ _id: z.string(), debit: z.number(), credit: z.number(), entries: z.number() });

type EntryFilter = {
  readonly account?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly after?: { readonly bookedAt: Date; readonly id: string } | undefined;
  readonly limit: number;
};

export type Ledger = {
  /** Writes what is not there yet. @throws Error for a posting that is not balanced: nothing is written then */
  post(scope: Scope, postings: readonly Posting[]): Promise<void>;
  entries(scope: Scope, filter: EntryFilter): Promise<readonly Entry[]>;
  /** Sums of everything booked up to and including the moment. */
  totalsAt(scope: Scope, moment: Date): Promise<readonly AccountTotals[]>;
  /** Closes every full hour that is settled. @returns closings whose entries changed afterwards: there must be none */
  close(scope: Scope, origin: Origin): Promise<readonly Closing[]>;
};

export async function openLedger({ database, clock }: Pick<Foundation, 'database' | 'clock'>): Promise<Ledger> {
  const { connection } = database;
  const options = { versionKey: false } as const;
  const tenantId = { type: String, required: true } as const;
  const entryShape = new Schema(
    { _id: String, tenantId, bookedAt: Date, source: {}, rule: String, lines: [{}] },
    options,
  );
  entryShape.index({ tenantId: 1, bookedAt: 1, _id: 1 });
  entryShape.index({ tenantId: 1, 'lines.account': 1, bookedAt: 1, _id: 1 });
  const closingShape = new Schema({ _id: String, tenantId, through: Date, balances: [{}] }, options);
  closingShape.index({ tenantId: 1, through: -1 });
  const bookShape = new Schema({ _id: String, tenantId }, options);
  const entries = await openRecords(connection, 'ledger_entries', entryShape, (found) => entrySchema.parse(found));
  const closings = await openRecords(connection, 'ledger_closings', closingShape, (found) =>
    closingSchema.parse(found),
  );
  const books = await openRecords(connection, 'ledger_books', bookShape, (found) => bookSchema.parse(found));
  const known = new Set<string>();
  let lastBookedAt = 0;

  function bookingTime(): Date {
    lastBookedAt = Math.max(lastBookedAt, clock().getTime());
    return new Date(lastBookedAt);
  }

  /** There is a book for a tenant before there is an entry in it, so that closing finds every book. */
  async function openBook(scope: Scope): Promise<void> {
    if (known.has(scope.tenantId)) return;
    await books.insert(scope, { _id: scope.tenantId, tenantId: scope.tenantId });
    known.add(scope.tenantId);
  }

  async function sums(
    scope: Scope,
    range: Readonly<Record<string, Date>>,
  ): Promise<{ totals: readonly AccountTotals[]; entries: number }> {
    const found = await entries.aggregate(scope, [
      { $match: { bookedAt: range } },
      { $project: { lines: 1 } },
      { $unwind: { path: '$lines', includeArrayIndex: 'line' } },
      {
        $group: {
          _id: '$lines.account',
          debit: { $sum: '$lines.debit' },
          credit: { $sum: '$lines.credit' },
          // An entry has two lines per leg and counts by its first.
          entries: { $sum: { $cond: [{ $eq: ['$line', 0] }, 1, 0] } },
        },
      },
    ]);
    const rows = found.map((row) => totalsSchema.parse(row));
    const totals = rows.map(({ _id: account, debit, credit }) => ({ account, debit, credit }));
    return { totals, entries: rows.reduce((sum, row) => sum + row.entries, 0) };
  }

  async function lastClosing(scope: Scope, until: Date): Promise<Closing | undefined> {
    const [last] = await closings.find(scope, { through: { $lte: until } }, { sort: { through: -1 }, limit: 1 });
    return last;
  }

  function since(closing: Closing | undefined): Readonly<Record<string, Date>> {
    return closing === undefined ? {} : { $gte: closing.through };
  }

  /** The next full hour after the first entry that no closing holds yet. */
  async function nextThrough(scope: Scope, last: Closing | undefined): Promise<Date | undefined> {
    const filter = last === undefined ? {} : { bookedAt: since(last) };
    const [first] = await entries.find(scope, filter, { sort: { bookedAt: 1 }, limit: 1 });
    if (first === undefined) return undefined;
    const hours = Math.floor(first.bookedAt.getTime() / CLOSING_EVERY_MS) + 1;
    return new Date(hours * CLOSING_EVERY_MS);
  }

  async function closeBook(scope: Scope): Promise<readonly Closing[]> {
    const settled = clock().getTime() - SETTLED_AFTER_MS;
    let last = await lastClosing(scope, new Date(settled));
    const changed = last === undefined || (await stillHolds(scope, last)) ? [] : [last];
    for (let round = 0; round < CLOSINGS_PER_ROUND; round += 1) {
      const through = await nextThrough(scope, last);
      if (through === undefined || through.getTime() > settled) break;
      const { totals, entries: count } = await sums(scope, { ...since(last), $lt: through });
      const balances = addTotals(last?.balances ?? [], totals);
      if (!isBalanced(balances))
        throw new Error(`the book of ${scope.tenantId} is not balanced at ${through.toISOString()}`);
      const closing: Closing = {
        _id: `${scope.tenantId}:${through.toISOString()}`,
        tenantId: scope.tenantId,
        through,
        balances: [...balances],
        entries: count,
        ...(last === undefined ? {} : { since: last.through }),
      };
      await closings.insert(scope, closing);
      last = closing;
    }
    return changed;
  }

  /** Whether an entry found its way into a closed stretch after all. */
  async function stillHolds(scope: Scope, closing: Closing): Promise<boolean> {
    const from = closing.since === undefined ? {} : { $gte: closing.since };
    const count = await entries.count(scope, { bookedAt: { ...from, $lt: closing.through } }, closing.entries + 1);
    return count === closing.entries;
  }

  return {
    async post(scope, postings) {
      const unbalanced = postings.find(({ lines }) => !isBalanced(lines));
      if (unbalanced !== undefined) throw new Error(`not balanced: ${unbalanced.source.id}`);
      await openBook(scope);
      const bookedAt = bookingTime();
      await entries.insertMissing(
        scope,
        postings.map(({ source, rule, rulesVersion, chartVersion, lines }) => ({
          _id: source.id,
          tenantId: scope.tenantId,
          bookedAt,
          source: { ...source },
          rule,
          rulesVersion,
          chartVersion,
          lines: [...lines],
        })),
      );
    },

    async entries(scope, { account, from, to, after, limit }) {
      const range = { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lt: to }) };
      const page =
        after === undefined
          ? {}
          : { $or: [{ bookedAt: { $gt: after.bookedAt } }, { bookedAt: after.bookedAt, _id: { $gt: after.id } }] };
      return entries.find(
        scope,
        {
          ...(account === undefined ? {} : { 'lines.account': account }),
          ...(from === undefined && to === undefined ? {} : { bookedAt: range }),
          ...page,
        },
        { sort: { bookedAt: 1, _id: 1 }, limit },
      );
    },

    async totalsAt(scope, moment) {
      const last = await lastClosing(scope, moment);
      const { totals } = await sums(scope, { ...since(last), $lte: moment });
      return addTotals(last?.balances ?? [], totals);
    },

    async close(everywhere, origin) {
      const changed: Closing[] = [];
      let after = '';
      for (;;) {
        const page = await books.find(everywhere, { _id: { $gt: after } }, { sort: { _id: 1 } });
        for (const book of page) changed.push(...(await closeBook(Scope.ofTenant(book.tenantId as TenantId, origin))));
        const last = page[page.length - 1];
        if (last === undefined) return changed;
        after = last._id;
      }
    },
  };
}
