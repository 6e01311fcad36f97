// The keys that sign tickets (SAL-30): Ed25519, made on first start, private halves sealed with the master key, rotated with overlap.
// A new key is published a while before it signs, so that every gate has it by then; an old one is kept as long as its tickets live.
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { base32, PLATFORM_TENANT } from '@tongpiao/kernel';
import { openRecords, type Database, type Records, type Scope, type Vault } from '@tongpiao/persistence';
import { LRUCache } from 'lru-cache';
import { Schema } from 'mongoose';
import { z } from 'zod';

const keySchema = z.object({
  _id: z.string(),
  tenantId: z.string(),
  publicKeyPem: z.string(),
  sealedPrivateKey: z.string(),
  createdAt: z.date(),
  generation: z.number().int(),
});
type KeyRecord = z.infer<typeof keySchema>;

type TicketKey = { readonly kid: string; readonly privateKey: KeyObject };
type PublicTicketKey = { readonly kid: string; readonly publicKeyPem: string; readonly createdAt: string };

export type TicketKeys = {
  /** The key that signs now. */
  signing(now: Date): TicketKey;
  publicKey(kid: string): KeyObject | undefined;
  published(): readonly PublicTicketKey[];
  /** Reads the store again and makes a new key when the newest is old: for a periodic task. */
  refresh(now: Date): Promise<void>;
};

const DAY_MS = 86_400_000;
const ROTATE_AFTER_MS = 90 * DAY_MS;
/** Gates synchronise at least daily. */
const PUBLISHED_BEFORE_USE_MS = DAY_MS;
const KEYS_KEPT = 20;

export async function openTicketKeys(database: Database, vault: Vault, scope: Scope, now: Date): Promise<TicketKeys> {
  const schema = new Schema(
    {
      _id: String,
      tenantId: { type: String, required: true },
      publicKeyPem: String,
      sealedPrivateKey: String,
      createdAt: Date,
      generation: Number,
    },
    { versionKey: false },
  );
  schema.index({ generation: 1 }, { unique: true });
  const records: Records<KeyRecord> = await openRecords(database.connection, 'ticket_keys', schema, (document) =>
    keySchema.parse(document),
  );
  let keys: readonly KeyRecord[] = [];
  const privateKeys = new LRUCache<string, KeyObject>({ max: KEYS_KEPT });
  let publicKeys = new Map<string, KeyObject>();

  async function load(): Promise<void> {
    keys = await records.find(scope, {}, { sort: { generation: -1 }, limit: KEYS_KEPT });
    publicKeys = new Map(keys.map((key) => [key._id, createPublicKey(key.publicKeyPem)]));
  }

  /** Two instances that make the same generation at once end with one key: the generation is unique. */
  async function make(generation: number, at: Date): Promise<void> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    await records.insert(scope, {
      _id: base32(randomBytes(5)).toUpperCase(),
      tenantId: PLATFORM_TENANT,
      publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      sealedPrivateKey: vault.sealSecret('ticket-key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      createdAt: at,
      generation,
    });
  }

  async function refresh(at: Date): Promise<void> {
    await load();
    const newest = keys[0];
    if (newest === undefined || at.getTime() - newest.createdAt.getTime() > ROTATE_AFTER_MS) {
      await make((newest?.generation ?? 0) + 1, at);
      await load();
    }
  }

  await refresh(now);
  return {
    refresh,
    signing(at) {
      const usable =
        keys.find(({ createdAt }) => at.getTime() - createdAt.getTime() >= PUBLISHED_BEFORE_USE_MS) ??
        keys[keys.length - 1];
      if (usable === undefined) throw new Error('there is no ticket key');
      let privateKey = privateKeys.get(usable._id);
      if (privateKey === undefined) {
        privateKey = createPrivateKey(vault.openSecret('ticket-key', usable.sealedPrivateKey));
        privateKeys.set(usable._id, privateKey);
      }
      return { kid: usable._id, privateKey };
    },
    publicKey: (kid) => publicKeys.get(kid),
    published: () =>
      keys.map(({ _id: kid, publicKeyPem, createdAt }) => ({ kid, publicKeyPem, createdAt: createdAt.toISOString() })),
  };
}
