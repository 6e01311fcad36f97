// The only door to a collection. It takes a scope first and adds the tenant to every filter and document itself, so that no
// caller can forget or fake it (PLA-02). Updates are operators only: a replace would lose what others pushed meanwhile.
import type { Connection, mongo, Schema } from 'mongoose';
import { Scope } from './scope.ts';

export type RecordBase = { _id: string; tenantId: string };

export type Filter = Readonly<Record<string, unknown>>;

export type Change = Readonly<{
  $set?: Readonly<Record<string, unknown>>;
  $setOnInsert?: Readonly<Record<string, unknown>>;
  $unset?: Readonly<Record<string, unknown>>;
  $inc?: Readonly<Record<string, number>>;
  $max?: Readonly<Record<string, unknown>>;
  $push?: Readonly<Record<string, unknown>>;
  $pull?: Readonly<Record<string, unknown>>;
}>;

export type FindOptions = {
  sort?: Readonly<Record<string, 1 | -1>>;
  /** At most 1,000 by default, so that no read is unbounded. */
  limit?: number;
  projection?: Readonly<Record<string, 0 | 1>>;
};

const FIND_LIMIT_DEFAULT = 1_000;
const OPERATORS = new Set(['$set', '$setOnInsert', '$unset', '$inc', '$max', '$push', '$pull']);

export const DUPLICATE_KEY = 11_000;

export function isDuplicateKey(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === DUPLICATE_KEY;
}

export type StoredDocument = mongo.Document & { _id: string };
export type RawCollection = mongo.Collection<StoredDocument>;
type Raw = RawCollection;
type RawFilter = mongo.Filter<StoredDocument>;

export class Records<Doc extends RecordBase> {
  readonly name: string;
  readonly #collection: Raw;
  readonly #parse: (document: unknown) => Doc;

  /** @param parse checks a document that was read; a record that breaks its schema is a bug and throws. */
  constructor(collection: Raw, parse: (document: unknown) => Doc) {
    this.name = collection.collectionName;
    this.#collection = collection;
    this.#parse = parse;
  }

  #guard(scope: Scope, filter: Filter): RawFilter {
    Scope.assert(scope);
    if (scope.acrossTenants) return filter;
    if ('tenantId' in filter && filter['tenantId'] !== scope.tenantId)
      throw new Error(`refused: ${this.name} of another tenant`);
    return { ...filter, tenantId: scope.tenantId };
  }

  #change(change: Change): mongo.UpdateFilter<StoredDocument> {
    for (const operator of Object.keys(change))
      if (!OPERATORS.has(operator)) throw new Error(`refused: update operator ${operator}`);
    return change as mongo.UpdateFilter<StoredDocument>;
  }

  async find(scope: Scope, filter: Filter, options: FindOptions = {}): Promise<Doc[]> {
    const cursor = this.#collection.find(this.#guard(scope, filter), {
      limit: options.limit ?? FIND_LIMIT_DEFAULT,
      ...(options.sort === undefined ? {} : { sort: { ...options.sort } }),
      ...(options.projection === undefined ? {} : { projection: options.projection }),
    });
    return (await cursor.toArray()).map((document) => this.#parse(document));
  }

  async findOne(scope: Scope, filter: Filter): Promise<Doc | undefined> {
    const document = await this.#collection.findOne(this.#guard(scope, filter));
    return document === null ? undefined : this.#parse(document);
  }

  async count(scope: Scope, filter: Filter, limit = 100_000): Promise<number> {
    return this.#collection.countDocuments(this.#guard(scope, filter), { limit });
  }

  async aggregate(scope: Scope, stages: readonly mongo.Document[]): Promise<mongo.Document[]> {
    return this.#collection.aggregate([{ $match: this.#guard(scope, {}) }, ...stages]).toArray();
  }

  #owned(scope: Scope, document: Doc): mongo.OptionalUnlessRequiredId<StoredDocument> {
    Scope.assert(scope);
    if (!scope.acrossTenants && document.tenantId !== scope.tenantId)
      throw new Error(`refused: ${this.name} for another tenant`);
    return document;
  }

  /** @returns false when a record with this id (or another unique key) is already there. */
  async insert(scope: Scope, document: Doc): Promise<boolean> {
    try {
      await this.#collection.insertOne(this.#owned(scope, document));
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** Inserts what is not there yet, in one round trip. @returns the indexes of the documents that were already there. */
  async insertMissing(scope: Scope, documents: readonly Doc[]): Promise<ReadonlySet<number>> {
    if (documents.length === 0) return new Set();
    try {
      await this.#collection.insertMany(
        documents.map((document) => this.#owned(scope, document)),
        { ordered: false },
      );
      return new Set();
    } catch (error) {
      return duplicatesOf(error);
    }
  }

  /** @returns how many records the filter matched (0 or 1). */
  async update(scope: Scope, filter: Filter, change: Change, options: { upsert?: boolean } = {}): Promise<number> {
    const result = await this.#collection.updateOne(this.#guard(scope, filter), this.#change(change), options);
    return result.matchedCount + result.upsertedCount;
  }

  async updateMany(scope: Scope, filter: Filter, change: Change): Promise<number> {
    return (await this.#collection.updateMany(this.#guard(scope, filter), this.#change(change))).matchedCount;
  }

  /** Many independent guarded updates in one round trip. @returns how many matched. */
  async updateEach(
    scope: Scope,
    updates: readonly { filter: Filter; change: Change; upsert?: boolean }[],
  ): Promise<number> {
    if (updates.length === 0) return 0;
    const result = await this.#collection.bulkWrite(
      updates.map(({ filter, change, upsert }) => ({
        updateOne: { filter: this.#guard(scope, filter), update: this.#change(change), upsert: upsert ?? false },
      })),
      { ordered: false },
    );
    return result.matchedCount + result.upsertedCount;
  }

  /** Only for records that are not part of an audit trail (codes, expired sessions). */
  async remove(scope: Scope, filter: Filter): Promise<number> {
    return (await this.#collection.deleteMany(this.#guard(scope, filter))).deletedCount;
  }
}

/** @throws the same error when it tells of anything but duplicates */
function duplicatesOf(error: unknown): ReadonlySet<number> {
  if (typeof error !== 'object' || error === null || !('writeErrors' in error)) {
    if (isDuplicateKey(error)) return new Set([0]);
    throw error;
  }
  const { writeErrors } = error;
  const list: readonly unknown[] = Array.isArray(writeErrors) ? writeErrors : [writeErrors];
  const duplicates = new Set<number>();
  for (const entry of list) {
    if (!isDuplicateKey(entry)) throw error as unknown as Error;
    if (typeof entry === 'object' && entry !== null && 'index' in entry && typeof entry.index === 'number')
      duplicates.add(entry.index);
  }
  return duplicates;
}

/** The raw collection behind a mongoose schema; its indexes are created before anything is served. */
export async function collectionOf(connection: Connection, name: string, schema: Schema): Promise<Raw> {
  const model = connection.models[name] ?? connection.model(name, schema, name);
  await model.createCollection();
  await model.createIndexes();
  const db = connection.db;
  if (db === undefined) throw new Error('database is not connected');
  return db.collection<StoredDocument>(name);
}

export async function openRecords<Doc extends RecordBase>(
  connection: Connection,
  name: string,
  schema: Schema,
  parse: (document: unknown) => Doc,
): Promise<Records<Doc>> {
  return new Records(await collectionOf(connection, name, schema), parse);
}
