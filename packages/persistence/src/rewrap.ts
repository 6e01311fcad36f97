// PLA-10: the data keys of a collection under their tenant's newest key, in pages. The same for aggregates and for records that hold keys
// beside them: copies of others' facts, contents.
import type { TenantId } from '@tongpiao/kernel';
import { z } from 'zod';
import type { RecordBase, Records } from './records.ts';
import { Scope } from './scope.ts';
import { wrappedKeySchema, type Vault, type WrappedKey } from './vault.ts';

export type RewrapPage = {
  readonly looked: number;
  readonly rewrapped: number;
  /** Where the next page begins; none after the last one. */
  readonly next: string | undefined;
};

/** What holds records with data keys. */
export type Rewrappable = {
  readonly spec: { readonly collection: string };
  /** @param after the last record of the page before */
  rewrapPage(everywhere: Scope, tenantId: TenantId, after: string | undefined, limit: number): Promise<RewrapPage>;
};

const storedSchema = z.looseObject({ _id: z.string(), tenantId: z.string() });

/**
 * @param paths where a record has its keys, e.g. `corrected.key`
 * @param changed told of each record before it is written
 */
export function rewrappable<Doc extends RecordBase>(
  stored: Records<Doc>,
  vault: Vault,
  paths: readonly string[],
  changed: (id: string) => void = () => undefined,
): Rewrappable {
  const records = stored.as((document) => storedSchema.parse(document));
  const projection = Object.fromEntries(['_id', 'tenantId', ...paths].map((path) => [path, 1] as const));

  async function rewrap(scope: Scope, _id: string, path: string, key: WrappedKey): Promise<boolean> {
    const next = await vault.rewrap(scope, key);
    if (next.kid === key.kid) return false;
    changed(_id);
    // Only where it is still the one that was read: what was erased or sealed anew meanwhile stays so.
    const unchanged = { _id, [`${path}.kid`]: key.kid, [`${path}.wrapped`]: key.wrapped };
    return (await records.update(scope, unchanged, { $set: { [path]: next } })) === 1;
  }

  return {
    spec: { collection: stored.name },
    async rewrapPage(everywhere, tenantId, after, limit) {
      const scope = Scope.ofTenant(tenantId, everywhere.origin);
      // In order of ids, which every record has an index for; a filter by tenant could look through a whole collection for one page.
      const found = await records.find(everywhere, after === undefined ? {} : { _id: { $gt: after } }, {
        sort: { _id: 1 },
        limit,
        projection,
      });
      let rewrapped = 0;
      for (const document of found) {
        if (document.tenantId !== tenantId) continue;
        let put = false;
        for (const path of paths) {
          const key = keyAt(document, path);
          if (key !== undefined && (await rewrap(scope, document._id, path, key))) put = true;
        }
        if (put) rewrapped += 1;
      }
      return { looked: found.length, rewrapped, next: found.length < limit ? undefined : found.at(-1)?._id };
    },
  };
}

const fieldsSchema = z.record(z.string(), z.unknown());

function keyAt(document: Readonly<Record<string, unknown>>, path: string): WrappedKey | undefined {
  const found = path.split('.').reduce<unknown>((value, name) => fieldsSchema.safeParse(value).data?.[name], document);
  return wrappedKeySchema.optional().parse(found);
}
