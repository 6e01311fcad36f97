// Keys of a service: the master key (environment) wraps tenant keys (stored), a tenant key wraps each record's data key, and
// the data key seals the record's personal fields. Rotation re-wraps, erasure forgets one data key, and blind indexes have
// keys of their own per tenant and purpose (PLA-10).
import { randomBytes } from 'node:crypto';
import { Schema, type Connection } from 'mongoose';
import { z } from 'zod';
import {
  derivedKey,
  KEY_BYTES,
  keyFromBase64,
  mac,
  seal,
  sealBytes,
  secretKey,
  unseal,
  unsealBytes,
  type SecretKey,
} from './cryptography.ts';
import { openRecords, type Records } from './records.ts';
import type { Scope } from './scope.ts';

/** A record's data key as stored with the record: `kid` names the tenant key that wraps it. */
export const wrappedKeySchema = z.object({ kid: z.string(), wrapped: z.string() });
export type WrappedKey = z.infer<typeof wrappedKeySchema>;

/** A sealed personal value with what may be shown of it and, where it must be found again, its blind index. */
export const personalValueSchema = z.object({ sealed: z.string(), masked: z.string(), index: z.string().optional() });
export type PersonalValue = z.infer<typeof personalValueSchema>;

export type RecordKey = {
  readonly wrapped: WrappedKey;
  seal(plain: string): string;
  open(sealed: string): string;
  /** For files, in pieces. @param piece which one it is: sealed pieces cannot change places */
  sealBytes(plain: Buffer, piece: string): Buffer;
  openBytes(sealed: Buffer, piece: string): Buffer;
};

const keySchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  purpose: z.string(),
  generation: z.number(),
  wrapped: z.string(),
});
type KeyRecord = z.infer<typeof keySchema>;

const WRAPPING = 'wrap';
/** Tenant keys in memory: a few per tenant. */
const CACHE_MAX = 50_000;
const NEWEST_GOOD_MS = 30_000;

export class Vault {
  readonly #keys: Records<KeyRecord>;
  readonly #master: Buffer;
  readonly #tenantKeys: SecretKey;
  readonly #cache = new Map<string, Promise<{ kid: string; key: SecretKey }>>();

  readonly #lookedUp = new Map<string, number>();
  readonly #newestGoodMs: number;

  private constructor(keys: Records<KeyRecord>, master: Buffer, newestGoodMs: number) {
    this.#newestGoodMs = newestGoodMs;
    this.#keys = keys;
    this.#master = master;
    this.#tenantKeys = secretKey(derivedKey(master, 'tenant-keys|1'));
  }

  /** @param newestGoodMs how long a tenant's newest wrapping key is taken for that without looking */
  static async open(connection: Connection, masterKeyBase64: string, newestGoodMs = NEWEST_GOOD_MS): Promise<Vault> {
    const schema = new Schema(
      { _id: String, tenantId: { type: String, required: true }, purpose: String, generation: Number, wrapped: String },
      { versionKey: false },
    );
    schema.index({ tenantId: 1, purpose: 1, generation: -1 }, { unique: true });
    const keys = await openRecords(connection, 'vault_keys', schema, (document) => keySchema.parse(document));
    return new Vault(keys, keyFromBase64(masterKeyBase64, 'MASTER_KEY'), newestGoodMs);
  }

  async newRecordKey(scope: Scope): Promise<RecordKey> {
    const { kid, key } = await this.#current(scope, WRAPPING);
    const data = randomBytes(KEY_BYTES);
    return recordKey(data, { kid, wrapped: seal(key, data, kid) });
  }

  async recordKey(scope: Scope, wrapped: WrappedKey): Promise<RecordKey> {
    const { key } = await this.#byId(scope, wrapped.kid);
    return recordKey(unseal(key, wrapped.wrapped, wrapped.kid), wrapped);
  }

  /** The same data key under the tenant's newest key; ciphertext and journal hashes stay as they are. */
  async rewrap(scope: Scope, wrapped: WrappedKey): Promise<WrappedKey> {
    const current = await this.#current(scope, WRAPPING);
    if (current.kid === wrapped.kid) return wrapped;
    const old = await this.#byId(scope, wrapped.kid);
    return { kid: current.kid, wrapped: seal(current.key, unseal(old.key, wrapped.wrapped, wrapped.kid), current.kid) };
  }

  /**
   * Makes a new wrapping key for the scope's tenant; other instances take it within half a minute.
   * @returns its id; undefined when the tenant has none that could be followed
   */
  async rotateTenantKey(scope: Scope): Promise<string | undefined> {
    // As stored: this instance may know an older one.
    const [newest] = await this.#newest(scope, WRAPPING);
    if (newest === undefined) return undefined;
    const { kid } = await this.#create(scope, WRAPPING, newest.generation + 1);
    this.#cache.delete(`${scope.tenantId}:${WRAPPING}`);
    return kid;
  }

  #newest(scope: Scope, purpose: string): Promise<KeyRecord[]> {
    return this.#keys.find(scope, { purpose }, { sort: { generation: -1 }, limit: 1 });
  }

  /** Finds a personal value again without storing it in the clear: HMAC under a key of tenant and purpose. */
  async blindIndex(scope: Scope, purpose: string, value: string): Promise<string> {
    const { key } = await this.#current(scope, `index-${purpose}`);
    return mac(key, value).toString('base64url').slice(0, 32);
  }

  /** A key of the service itself that is never stored, for what must be derived again: ids, guest tokens. */
  serviceKey(purpose: string): SecretKey {
    return secretKey(derivedKey(this.#master, `service|1|${purpose}`));
  }

  sealSecret(purpose: string, plain: string): string {
    return seal(this.serviceKey(`secret-${purpose}`), plain, purpose);
  }

  openSecret(purpose: string, sealed: string): string {
    return unseal(this.serviceKey(`secret-${purpose}`), sealed, purpose).toString('utf8');
  }

  #remember(
    name: string,
    load: () => Promise<{ kid: string; key: SecretKey }>,
  ): Promise<{ kid: string; key: SecretKey }> {
    const known = this.#cache.get(name);
    if (known !== undefined) return known;
    if (this.#cache.size >= CACHE_MAX) this.#cache.clear();
    const loading = load();
    this.#cache.set(name, loading);
    loading.catch(() => this.#cache.delete(name));
    return loading;
  }

  #current(scope: Scope, purpose: string): Promise<{ kid: string; key: SecretKey }> {
    const name = `${scope.tenantId}:${purpose}`;
    if (purpose === WRAPPING) this.#forgetOld(name);
    return this.#remember(name, async () => {
      const [newest] = await this.#newest(scope, purpose);
      return newest === undefined ? this.#create(scope, purpose, 1) : this.#unwrap(newest);
    });
  }

  /** Which wrapping key is the newest is looked up again after a while: somebody else may have rotated. */
  #forgetOld(name: string): void {
    const now = Date.now();
    const since = this.#lookedUp.get(name);
    if (since !== undefined && now - since < this.#newestGoodMs) return;
    if (this.#lookedUp.size >= CACHE_MAX) this.#lookedUp.clear();
    this.#lookedUp.set(name, now);
    this.#cache.delete(name);
  }

  #byId(scope: Scope, kid: string): Promise<{ kid: string; key: SecretKey }> {
    return this.#remember(kid, async () => {
      const record = await this.#keys.findOne(scope, { _id: kid });
      if (record === undefined) throw new Error(`key ${kid} is not in the vault`);
      return this.#unwrap(record);
    });
  }

  async #create(scope: Scope, purpose: string, generation: number): Promise<{ kid: string; key: SecretKey }> {
    const kid = `${scope.tenantId}:${purpose}:${generation}`;
    const wrapped = seal(this.#tenantKeys, randomBytes(KEY_BYTES), kid);
    await this.#keys.insert(scope, { _id: kid, tenantId: scope.tenantId, purpose, generation, wrapped });
    // Another instance may have been first: whoever's key is stored is the key.
    const stored = await this.#keys.findOne(scope, { _id: kid });
    if (stored === undefined) throw new Error(`key ${kid} could not be stored`);
    return this.#unwrap(stored);
  }

  #unwrap(record: KeyRecord): { kid: string; key: SecretKey } {
    return { kid: record._id, key: secretKey(unseal(this.#tenantKeys, record.wrapped, record._id)) };
  }
}

function recordKey(bytes: Buffer, wrapped: WrappedKey): RecordKey {
  const data = secretKey(bytes);
  return {
    wrapped,
    seal: (plain) => `p1.${seal(data, plain, '')}`,
    open(sealed) {
      if (!sealed.startsWith('p1.')) throw new Error('not a sealed personal value');
      return unseal(data, sealed.slice(3), '').toString('utf8');
    },
    sealBytes: (plain, piece) => sealBytes(data, plain, piece),
    openBytes: (sealed, piece) => unsealBytes(data, sealed, piece),
  };
}
