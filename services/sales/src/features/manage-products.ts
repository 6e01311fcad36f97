// Staff create, change and publish products (SAL-01, SAL-04). A ticket type that comes without an id gets one.
import { DomainError, formatId } from '@tongpiao/kernel';
import { mac, type Scope } from '@tongpiao/persistence';
import { derivedBytes, etagOf, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { newProductSchema, productSettingsSchema, type NewProduct } from '../product/product.store.ts';
import type { ProductSettings } from '../product/product.ts';
import type { Products } from '../stores.ts';

const answer = z.object({
  id: z.string(),
  status: z.enum(['draft', 'on_sale', 'paused', 'retired']),
  ticketTypes: z.array(z.object({ id: z.string(), code: z.string().optional() })),
});

export function manageProducts(foundation: Foundation, products: Products): readonly Route[] {
  const idKey = foundation.vault.serviceKey('product-ids');

  function ownSite(scope: Scope, siteId: string): void {
    if (foundation.tenants.site(siteId)?.tenantId !== scope.tenantId)
      throw new DomainError('sales.unknown-site', 'There is no such site.', { siteId });
  }

  /** Prices name ticket types by their code, because their ids are made here. */
  function settingsOf(
    scope: Scope,
    productId: string,
    draft: NewProduct,
  ): { settings: ProductSettings; codes: readonly { id: string; code: string }[] } {
    const codes = draft.ticketTypes.map(({ code }) => ({
      code,
      id: formatId<'TicketType'>('tty', scope.tenantId, mac(idKey, `${productId}|${code}`).subarray(0, 12)),
    }));
    const idOf = (code: string): string => {
      const known = codes.find((entry) => entry.code === code);
      if (known === undefined)
        throw new DomainError('sales.unknown-ticket-type', 'A price names a ticket type that is not in the list.', {
          ticketTypeId: code,
        });
      return known.id;
    };
    const settings: ProductSettings = {
      ...draft,
      ticketTypes: draft.ticketTypes.map(({ code, ...type }) => ({ ...type, id: idOf(code) })),
      prices: draft.prices.map(({ ticketType, ...price }) => ({ ...price, ticketTypeId: idOf(ticketType) })),
    };
    return { settings, codes };
  }

  return [
    route({
      method: 'post',
      path: '/api/v1/products',
      summary: 'Creates a product as a draft.',
      tags: ['products'],
      access: { permission: 'sales:products:create' },
      body: newProductSchema,
      problems: ['sales.unknown-site', 'sales.unknown-ticket-type'],
      responses: { 201: answer },
      async handler(context) {
        const scope = context.scope();
        ownSite(scope, context.body.siteId);
        const id = formatId<'Product'>(
          'prd',
          scope.tenantId,
          derivedBytes(idKey, context.callerKey, 'POST /api/v1/products', context.idempotencyKey).subarray(0, 12),
        );
        const { settings, codes } = settingsOf(scope, id, context.body);
        const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
        const { state, version } = await products.handle(
          scope,
          id,
          { type: 'CreateProduct', settings },
          { request, expectNew: true },
        );
        return {
          status: 201,
          body: { id, status: state.status === 'none' ? 'draft' : state.status, ticketTypes: [...codes] },
          headers: { Location: `/api/v1/products/${id}`, ETag: etagOf(version) },
        };
      },
    }),
    route({
      method: 'put',
      path: '/api/v1/products/:id',
      summary: 'Replaces a product’s settings.',
      tags: ['products'],
      access: { permission: 'sales:products:update' },
      edits: true,
      body: z.strictObject({ settings: productSettingsSchema, reason: z.string().min(3).max(500) }),
      problems: [
        'sales.unknown-site',
        'sales.product-retired',
        'sales.fee-rules-in-force',
        'sales.fee-rules-too-early',
      ],
      responses: { 200: answer },
      async handler(context) {
        const scope = context.scope();
        const { id } = context.params;
        ownSite(scope, context.body.settings.siteId);
        const expected = context.expectedVersion();
        const before = await products.load(scope, id);
        if (before === undefined) throw new DomainError('platform.not-found', 'There is no such product.');
        if (before.version !== expected)
          throw new DomainError('platform.precondition-failed', 'The product was changed meanwhile.');
        const { settings, reason } = context.body;
        const read = JSON.stringify(before.state);
        const at = foundation.clock().toISOString();
        const { state, version } = await products.handle(scope, id, (current) => {
          // Somebody else's change may have come between the look and this write (PLA-34).
          if (JSON.stringify(current) !== read)
            throw new DomainError('platform.precondition-failed', 'The product was changed meanwhile.');
          return { type: 'ChangeProduct', settings, reason, at };
        });
        return {
          status: 200,
          body: {
            id,
            status: state.status === 'none' ? 'draft' : state.status,
            ticketTypes: settings.ticketTypes.map((type) => ({ id: type.id })),
          },
          headers: { ETag: etagOf(version) },
        };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/products/:id/status',
      summary: 'Puts a product on sale, pauses or retires it.',
      tags: ['products'],
      access: { permission: 'sales:products:publish' },
      body: z.strictObject({ status: z.enum(['on_sale', 'paused', 'retired']), reason: z.string().min(3).max(500) }),
      problems: ['sales.product-status'],
      responses: { 200: answer },
      async handler(context) {
        const scope = context.scope();
        const { id } = context.params;
        const request = { key: context.idempotencyKey, fingerprint: context.fingerprint };
        const { state } = await products.handle(scope, id, { type: 'SetStatus', ...context.body }, { request });
        if (state.status === 'none') throw new DomainError('platform.not-found', 'There is no such product.');
        return {
          status: 200,
          body: { id, status: state.status, ticketTypes: state.ticketTypes.map((type) => ({ id: type.id })) },
        };
      },
    }),
  ];
}
