// The tags by which a gate without network finds a ticket by the document that is shown (SAL-33, SAL-41): 24 bits of a keyed hash. The key
// is one site's and one day's and travels with the manifest, so whoever holds a list can ask it for a person whom they know of, and can
// read nobody's number out of it: each tag fits thousands of numbers.
import { setImmediate } from 'node:timers/promises';
import type { TenantId } from '@tongpiao/kernel';
import { mac, secretKey, type Scope, type SecretKey, type Vault, type WrappedKey } from '@tongpiao/persistence';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { ManifestDay } from './manifest-rows.ts';

/** The document of a right's traveller, as it is stored. */
export type SealedDocument = {
  readonly idType: string;
  readonly sealed: string;
  readonly index?: string | undefined;
  readonly key: WrappedKey;
};
/** Where and when a ticket is for: its key. */
type Place = { readonly siteId: string; readonly date: string };

export type GateDocuments = {
  /** By date, in base64url: what a gate of this site makes tags with. */
  keysOf(tenantId: TenantId, day: Pick<ManifestDay, 'siteId' | 'dates'>): Readonly<Record<string, string>>;
  /** @returns tags by number; none where there is no traveller, or their data were erased */
  tagsOf(
    scope: Scope,
    rights: readonly (Place & { readonly number: string; readonly document?: SealedDocument | undefined })[],
  ): Promise<ReadonlyMap<string, string>>;
  /** Whether a document of which a gate told the tag may be this one; what cannot be opened contradicts nobody. @param told `<date>:<tag>` */
  fits(scope: Scope, siteId: string, told: string, document: SealedDocument): Promise<boolean>;
};

const TAG_BYTES = 3;
/** Tickets of a few large sites; a tag that was forgotten is made again, from the sealed number. */
const REMEMBERED_MAX = 100_000;
/** Opening this many takes a few milliseconds; after them others have their turn. */
const PORTION = 100;

/** @param root a key of the service, for nothing else */
export function createGateDocuments(
  { vault, logger }: { readonly vault: Pick<Vault, 'recordKey'>; readonly logger: Pick<Logger, 'warn'> },
  root: SecretKey,
): GateDocuments {
  const remembered = new LRUCache<string, string>({ max: REMEMBERED_MAX });
  const keyBytes = (tenantId: TenantId, { siteId, date }: Place): Buffer => mac(root, `${tenantId}|${siteId}|${date}`);

  async function tagOf(scope: Scope, place: Place, { idType, sealed, index, key }: SealedDocument): Promise<string> {
    const name = index === undefined ? undefined : `${index}|${place.siteId}|${place.date}`;
    const known = name === undefined ? undefined : remembered.get(name);
    if (known !== undefined) return known;
    const number = (await vault.recordKey(scope, key)).open(sealed);
    const hash = mac(secretKey(keyBytes(scope.tenantId, place)), `${idType}:${number}`);
    const tag = hash.subarray(0, TAG_BYTES).toString('base64url');
    if (name !== undefined) remembered.set(name, tag);
    return tag;
  }

  /** One number that cannot be opened must not keep a gate from its list, or a gate's scans from being taken in. */
  function unreadable(error: unknown, about: string): undefined {
    logger.warn({ err: error, about }, 'the document behind a ticket cannot be opened: it has no tag');
  }

  return {
    keysOf: (tenantId, { siteId, dates }) =>
      Object.fromEntries(dates.map((date) => [date, keyBytes(tenantId, { siteId, date }).toString('base64url')])),
    async tagsOf(scope, rights) {
      const tags = new Map<string, string>();
      let opened = 0;
      for (const { number, document, ...place } of rights) {
        if (document === undefined) continue;
        const tag = await tagOf(scope, place, document).catch((error: unknown) => unreadable(error, number));
        if (tag !== undefined) tags.set(number, tag);
        opened += 1;
        if (opened % PORTION === 0) await setImmediate();
      }
      return tags;
    },
    async fits(scope, siteId, told, document) {
      const [date = '', tag] = told.split(':');
      const own = await tagOf(scope, { siteId, date }, document).catch((error: unknown) => unreadable(error, siteId));
      return own === undefined || own === tag;
    },
  };
}
