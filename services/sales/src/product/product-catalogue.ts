// Products as quotes need them: read across tenants, since a buyer belongs to none, and remembered for a moment.
import type { Scope } from '@tongpiao/persistence';
import { LRUCache } from 'lru-cache';
import type { Products } from '../stores.ts';
import type { Product } from './product.ts';

export type CataloguedProduct = {
  readonly id: string;
  readonly tenantId: string;
  readonly version: number;
  readonly product: Product;
};

export type ProductCatalogue = { byIds(ids: readonly string[]): Promise<ReadonlyMap<string, CataloguedProduct>> };

/** A changed price reaches the counter within this time; an order's quote is computed anew in any case. */
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 5_000;

export function createProductCatalogue(products: Products, everywhere: Scope): ProductCatalogue {
  const remembered = new LRUCache<string, CataloguedProduct>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });
  return {
    async byIds(ids) {
      const found = new Map<string, CataloguedProduct>();
      const missing: string[] = [];
      for (const id of new Set(ids)) {
        const known = remembered.get(id);
        if (known === undefined) missing.push(id);
        else found.set(id, known);
      }
      if (missing.length > 0) {
        for (const { id, tenantId, version, state } of await products.find(
          everywhere,
          { _id: { $in: missing } },
          { limit: missing.length },
        )) {
          if (state.status === 'none') continue;
          const entry = { id, tenantId, version, product: state };
          remembered.set(id, entry);
          found.set(id, entry);
        }
      }
      return found;
    },
  };
}
