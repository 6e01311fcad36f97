// Every change of a product is told with its whole public state.
import { productChanged, type DataOf } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { ProductEvent, ProductState } from './product.ts';

export function productMessages(_event: ProductEvent, facts: { id: string; state: ProductState }): readonly Said[] {
  const data = currentProduct(facts.id, facts.state);
  return data === undefined ? [] : [say(productChanged, data)];
}

export function currentProduct(productId: string, state: ProductState): DataOf<typeof productChanged> | undefined {
  if (state.status === 'none') return undefined;
  const { siteId, kind, name, status, ticketTypes } = state;
  return {
    productId,
    siteId,
    kind,
    name,
    status,
    ticketTypes: ticketTypes.map((type) => ({ id: type.id, name: type.name })),
  };
}
