// An auditor's look at journals (PLA-20): is each whole, and if not, which entry of which record was touched? It trusts nothing of what it
// reads: an entry that cannot be read any more was changed. Needs no key, since hashes cover what is stored.
import mongoose from 'mongoose';
import { z } from 'zod';
import { verifyChain, type ChainVerdict } from './journal.ts';

type TouchedJournal = {
  readonly id: string;
  readonly tenantId: string;
  readonly seq: number;
  readonly reason: 'missing' | 'changed';
};
export type AuditedPage = {
  readonly records: number;
  readonly entries: number;
  readonly touched: readonly TouchedJournal[];
  /** Where the next page begins; absent after the last one. */
  readonly next?: string;
};

/** Where journals lie, in whatever reads them. */
export type AuditedRecords = {
  /** Records with id, tenant, head and journal, in the order of their ids. */
  find(filter: Readonly<Record<string, unknown>>, limit: number): Promise<readonly unknown[]>;
  /** Entries that have moved out of their record, oldest first. */
  archived(id: string): Promise<readonly unknown[]>;
};

/** Entries of one record: more than anything has that is not broken. */
export const ARCHIVE_MAX = 100_000;
const PAGE = 100;

const recordSchema = z.object({
  _id: z.string(),
  tenantId: z.string().catch('?'),
  head: z.string().catch(''),
  journal: z.array(z.unknown()).catch([]),
});
type Audited = z.infer<typeof recordSchema>;
const numbered = z.object({ seq: z.number() });
const seqOf = (entry: unknown): number => numbered.safeParse(entry).data?.seq ?? 0;

/**
 * What has moved out before the entries that are still in the record. The record is read first: entries are copied before they leave it,
 * so that none is missed while it grows.
 */
export async function archivedBefore(
  records: Pick<AuditedRecords, 'archived'>,
  id: string,
  recent: readonly unknown[],
): Promise<readonly unknown[]> {
  const from = recent.length === 0 ? Infinity : seqOf(recent[0]);
  // Almost every record has its whole journal with it.
  return from === 1 ? [] : (await records.archived(id)).filter((entry) => from === 0 || seqOf(entry) < from);
}

async function verdictOf(records: AuditedRecords, { _id, head, journal }: Audited): Promise<ChainVerdict> {
  return verifyChain([...(await archivedBefore(records, _id, journal)), ...journal], head);
}

export async function auditOne(records: AuditedRecords, id: string): Promise<ChainVerdict | undefined> {
  const [found] = await records.find({ _id: id }, 1);
  return found === undefined ? undefined : verdictOf(records, recordSchema.parse(found));
}

export async function auditPage(
  records: AuditedRecords,
  after: string | undefined,
  limit: number,
): Promise<AuditedPage> {
  const found = await records.find(after === undefined ? {} : { _id: { $gt: after } }, limit);
  const touched: TouchedJournal[] = [];
  let entries = 0;
  // One after another: an audit has time, and those who sell have not.
  for (const stored of found) {
    const record = recordSchema.parse(stored);
    const verdict = await verdictOf(records, record);
    if (verdict.intact) entries += verdict.entries;
    else touched.push({ id: record._id, tenantId: record.tenantId, seq: verdict.seq, reason: verdict.reason });
  }
  const last = found.length < limit ? undefined : recordSchema.parse(found.at(-1))._id;
  return { records: found.length, entries, touched, ...(last === undefined ? {} : { next: last }) };
}

export type AuditedCollection = {
  readonly collection: string;
  readonly records: number;
  readonly entries: number;
  readonly touched: readonly TouchedJournal[];
};

/**
 * Every journal in a service's database, past the service itself: whoever has changed both is found by this.
 * @param id only the record with this id
 * @returns per collection that has journals
 */
export async function auditDatabase(uri: string, database: string, id?: string): Promise<readonly AuditedCollection[]> {
  const connection = await mongoose.createConnection(uri, { dbName: database, autoCreate: false }).asPromise();
  try {
    const { db } = connection;
    if (db === undefined) throw new Error('the database is not connected');
    const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    const audited: AuditedCollection[] = [];
    for (const name of names.filter((one) => !one.endsWith('_journal')).toSorted()) {
      const collection = db.collection<{ _id: string }>(name);
      const own = { head: { $type: 'string' }, journal: { $type: 'array' }, ...(id === undefined ? {} : { _id: id }) };
      if ((await collection.findOne(own, { projection: { _id: 1 } })) === null) continue;
      const records: AuditedRecords = {
        find: (filter, limit) =>
          collection
            .find({ ...own, ...filter }, { sort: { _id: 1 }, limit, projection: { tenantId: 1, head: 1, journal: 1 } })
            .toArray(),
        archived: async (of) => {
          const cursor = db
            .collection(`${name}_journal`)
            .find({ of }, { sort: { 'entry.seq': 1 }, limit: ARCHIVE_MAX });
          return (await cursor.toArray()).map((document): unknown => document['entry']);
        },
      };
      audited.push({ collection: name, ...(await auditAll(records)) });
    }
    return audited;
  } finally {
    await connection.close();
  }
}

async function auditAll(records: AuditedRecords): Promise<Omit<AuditedCollection, 'collection'>> {
  const all = { records: 0, entries: 0, touched: [] as TouchedJournal[] };
  let after: string | undefined;
  do {
    const page: AuditedPage = await auditPage(records, after, PAGE);
    all.records += page.records;
    all.entries += page.entries;
    all.touched.push(...page.touched);
    after = page.next;
  } while (after !== undefined);
  return all;
}
