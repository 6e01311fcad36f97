// The only door to a collection. It takes a scope first and adds the tenant to every filter and document itself, so that no
// caller can forget or fake it (PLA-02). Updates are operators only: a replace would lose what others pushed meanwhile.
import type { Connection, mongo, Schema } from 'mongoose';
import { reached } from './database-away.ts';
import { createIdLoads, type IdLoads } from './id-loads.ts';
import { Scope } from './scope.ts';
import { joinWrites, writesOf } from './writes-of.ts';
import type { WriteGroup } from './write-group.ts';

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

/** A unique key is taken. Has the server's code, so that `isDuplicateKey` knows it however the write was sent. */
export class DuplicateKey extends Error {
  override readonly name = 'DuplicateKey';
  readonly code = DUPLICATE_KEY;

  constructor(collection: string) {
    super(`${collection}: a unique key is taken`);
  }
}

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
  readonly #writes: WriteGroup;
  readonly #namespace: string;
  readonly #loads: IdLoads;
  readonly #parse: (document: unknown) => Doc;

  /** @param parse checks a document that was read; a record that breaks its schema is a bug and throws. */
  constructor(collection: Raw, parse: (document: unknown) => Doc) {
    this.name = collection.collectionName;
    this.#collection = collection;
    this.#writes = writesOf(collection);
    this.#namespace = collection.namespace;
    this.#loads = createIdLoads(collection);
    this.#parse = parse;
  }

  /** The same collection, read as something else: for a projection. */
  as<Other extends RecordBase>(parse: (document: unknown) => Other): Records<Other> {
    return new Records(this.#collection, parse);
  }

  #guard(scope: Scope, filter: Filter): RawFilter {
    Scope.assert(scope);
    if (scope.acrossTenants) return filter;
    if ('tenantId' in filter && filter['tenantId'] !== scope.tenantId)
      throw new Error(`refused: ${this.name} of another tenant`);
    return { ...filter, tenantId: scope.tenantId };
  }

  /** As the command across collections types it. */
  #anyGuard(scope: Scope, filter: Filter): mongo.Filter<mongo.Document> {
    return this.#guard(scope, filter) as mongo.Filter<mongo.Document>;
  }

  #change(change: Change): mongo.UpdateFilter<mongo.Document> {
    for (const operator of Object.keys(change))
      if (!OPERATORS.has(operator)) throw new Error(`refused: update operator ${operator}`);
    return change as mongo.UpdateFilter<mongo.Document>;
  }

  #write(scope: Scope, model: Parameters<WriteGroup['write']>[0]): ReturnType<WriteGroup['write']> {
    return reached(this.#writes.write(model, scope.origin.background === true ? 'background' : 'awaited'));
  }

  async find(scope: Scope, filter: Filter, options: FindOptions = {}): Promise<Doc[]> {
    const cursor = this.#collection.find(this.#guard(scope, filter), {
      limit: options.limit ?? FIND_LIMIT_DEFAULT,
      ...(options.sort === undefined ? {} : { sort: { ...options.sort } }),
      ...(options.projection === undefined ? {} : { projection: options.projection }),
    });
    return (await reached(cursor.toArray())).map((document) => this.#parse(document));
  }

  /** One record by its id; reads of the same turn travel together. Leaves out what `projection` names. */
  async byId(scope: Scope, id: string, without: readonly string[] = []): Promise<Doc | undefined> {
    Scope.assert(scope);
    const document = await reached(this.#loads.load(id, without));
    if (document === undefined) return undefined;
    if (!scope.acrossTenants && document['tenantId'] !== scope.tenantId) return undefined;
    return this.#parse(document);
  }

  async findOne(scope: Scope, filter: Filter): Promise<Doc | undefined> {
    const document = await reached(this.#collection.findOne(this.#guard(scope, filter)));
    return document === null ? undefined : this.#parse(document);
  }

  async count(scope: Scope, filter: Filter, limit = 100_000): Promise<number> {
    return reached(this.#collection.countDocuments(this.#guard(scope, filter), { limit }));
  }

  async aggregate(scope: Scope, stages: readonly mongo.Document[]): Promise<mongo.Document[]> {
    return reached(this.#collection.aggregate([{ $match: this.#guard(scope, {}) }, ...stages]).toArray());
  }

  #owned(scope: Scope, document: Doc): mongo.OptionalUnlessRequiredId<StoredDocument> {
    Scope.assert(scope);
    if (!scope.acrossTenants && document.tenantId !== scope.tenantId)
      throw new Error(`refused: ${this.name} for another tenant`);
    return document;
  }

  /** @returns false when a record with this id (or another unique key) is already there. */
  async insert(scope: Scope, document: Doc): Promise<boolean> {
    const owned: mongo.Document = this.#owned(scope, document);
    const { duplicate } = await this.#write(scope, { name: 'insertOne', namespace: this.#namespace, document: owned });
    return !duplicate;
  }

  /** Inserts what is not there yet, together. @returns the indexes of the documents that were already there. */
  async insertMissing(scope: Scope, documents: readonly Doc[]): Promise<ReadonlySet<number>> {
    const inserted = await Promise.all(documents.map((document) => this.insert(scope, document)));
    return new Set(inserted.flatMap((isNew, index) => (isNew ? [] : [index])));
  }

  /**
   * @returns how many records the filter matched or the upsert made (0 or 1).
   * @throws DuplicateKey when an upsert or a changed field meets a unique key that is taken.
   */
  async update(scope: Scope, filter: Filter, change: Change, options: { upsert?: boolean } = {}): Promise<number> {
    const written = await this.#write(scope, {
      name: 'updateOne',
      namespace: this.#namespace,
      filter: this.#anyGuard(scope, filter),
      update: this.#change(change),
      ...(options.upsert === true ? { upsert: true } : {}),
    });
    if (written.duplicate) throw new DuplicateKey(this.name);
    return written.matched + (written.upserted && written.matched === 0 ? 1 : 0);
  }

  async updateMany(scope: Scope, filter: Filter, change: Change): Promise<number> {
    const written = await this.#write(scope, {
      name: 'updateMany',
      namespace: this.#namespace,
      filter: this.#anyGuard(scope, filter),
      update: this.#change(change),
    });
    return written.matched;
  }

  /** Many independent guarded updates together. @returns how many matched. */
  async updateEach(
    scope: Scope,
    updates: readonly { filter: Filter; change: Change; upsert?: boolean }[],
  ): Promise<number> {
    const matched = await Promise.all(
      updates.map(({ filter, change, upsert }) => this.update(scope, filter, change, { upsert: upsert ?? false })),
    );
    return matched.reduce((sum, count) => sum + count, 0);
  }

  /** Only for records that are not part of an audit trail (codes, expired sessions). */
  async remove(scope: Scope, filter: Filter): Promise<number> {
    return (await reached(this.#collection.deleteMany(this.#guard(scope, filter)))).deletedCount;
  }
}

/** IndexOptionsConflict, IndexKeySpecsConflict. */
const INDEX_CONFLICTS: ReadonlySet<unknown> = new Set([85, 86]);

function hasCode(error: unknown, codes: ReadonlySet<unknown>): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.has(error.code);
}

/** The raw collection behind a mongoose schema; its indexes are created before anything is served. */
export async function collectionOf(connection: Connection, name: string, schema: Schema): Promise<Raw> {
  const model = connection.models[name] ?? connection.model(name, schema, name);
  await model.createCollection();
  try {
    await model.createIndexes();
  } catch (error) {
    // An index that the code describes differently now is made anew: a deployment must not stumble over its predecessor's.
    if (!hasCode(error, INDEX_CONFLICTS)) throw error;
    await model.syncIndexes();
  }
  const db = connection.db;
  if (db === undefined) throw new Error('database is not connected');
  const collection = db.collection<StoredDocument>(name);
  await joinWrites(connection.getClient(), collection);
  return collection;
}

export async function openRecords<Doc extends RecordBase>(
  connection: Connection,
  name: string,
  schema: Schema,
  parse: (document: unknown) => Doc,
): Promise<Records<Doc>> {
  return new Records(await collectionOf(connection, name, schema), parse);
}
