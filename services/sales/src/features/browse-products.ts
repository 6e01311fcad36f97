// GET /api/v1/products, /products/{id} and /products/{id}/availability: what is on sale, from memory where it matters. Availability is
// computed at most four times a second per question and otherwise answered as ready bytes (INV-13).
import { DomainError, localDateOf, addDays, type TenantId } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { etagOf, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { shownPlaces, type Availability } from '../availability/availability.ts';
import { money } from '../order/order-view.ts';
import type { CataloguedProduct, ProductCatalogue } from '../product/product-catalogue.ts';
import type { Product } from '../product/product.ts';
import { priceFor, priceFrom } from '../quote/quote.ts';
import { sessionFacts, type SessionViews } from '../session-view/session-view.store.ts';
import type { Products } from '../stores.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
const productView = z.object({
  id: z.string(),
  tenantId: z.string(),
  siteId: z.string(),
  kind: z.enum(['admission', 'trip', 'bundle']),
  name: bilingual,
  description: bilingual,
  status: z.enum(['draft', 'on_sale', 'paused', 'retired']),
  priceFrom: money,
  ticketTypes: z.array(
    z.object({
      id: z.string(),
      name: bilingual,
      realName: z.boolean(),
      entries: z.int(),
      priceFrom: money.optional(),
      eligibility: z.array(z.record(z.string(), z.unknown())),
    }),
  ),
});

const availabilityView = z.object({
  sessions: z.array(
    z.object({
      id: z.string(),
      startsAt: z.string(),
      endsAt: z.string(),
      capacity: z.int(),
      available: z.int().describe('0 also while it is not known.'),
      availabilityKnown: z
        .boolean()
        .describe('False for a moment after a session was opened, or while inventory is away.'),
      siteFull: z
        .literal(true)
        .optional()
        .describe('The site carries no more people today: nothing is sold for today until some have left.'),
      prices: z.array(
        z.object({ ticketTypeId: z.string(), amount: z.int().describe('Fen.'), currency: z.literal('CNY') }),
      ),
    }),
  ),
});

type Parts = {
  readonly products: Products;
  readonly catalogue: ProductCatalogue;
  readonly sessions: SessionViews;
  readonly availability: Availability;
  readonly everywhere: Scope;
  /** SAL-43, of today. */
  readonly siteIsFull: (tenantId: TenantId, siteId: string) => Promise<boolean>;
};

const PAGE = 50;
/** With inventory's gathering (250 ms) and the gateway's sharing (250 ms), an answer is never a second behind. */
const FRESH_MS = 200;
const ANSWERS_MAX = 5_000;
const DAYS_MAX = 62;

const cny = (amount: number): z.input<typeof money> => ({ amount, currency: 'CNY' });

function viewProduct(id: string, tenantId: string, product: Product): z.input<typeof productView> {
  const { siteId, kind, name, description, status, ticketTypes, prices } = product;
  return {
    id,
    tenantId,
    siteId,
    kind,
    name,
    description,
    status,
    priceFrom: cny(priceFrom(product)),
    ticketTypes: ticketTypes.map((type) => {
      const own = prices.filter((price) => price.ticketTypeId === type.id).map(({ amount }) => amount);
      return {
        id: type.id,
        name: type.name,
        realName: type.realName,
        entries: type.entries,
        ...(own.length === 0 ? {} : { priceFrom: cny(Math.min(...own)) }),
        eligibility: type.eligibility.map((ground) => ({ ...ground })),
      };
    }),
  };
}

export function browseProducts(foundation: Foundation, parts: Parts): readonly Route[] {
  const { clock, tenants } = foundation;
  const answers = new LRUCache<string, { at: number; bytes: Promise<Buffer> }>({ max: ANSWERS_MAX });

  async function computeAvailability(found: CataloguedProduct, from: string, to: string): Promise<Buffer> {
    const at = clock();
    const now = at.getTime();
    const { product } = found;
    const tenantId = found.tenantId as TenantId;
    const today = localDateOf(at, tenants.require(tenantId).timeZone);
    const views = (await parts.sessions.ofProduct(parts.everywhere, found.id, from, to)).filter(
      ({ tenantId }) => tenantId === found.tenantId,
    );
    const figures = await parts.availability.figuresOf(views.map(({ _id }) => _id));
    const todays = new Set(views.filter(({ date }) => date === today).map(({ siteId }) => siteId));
    const asked = await Promise.all([...todays].map(async (id) => [id, await parts.siteIsFull(tenantId, id)] as const));
    const fullSites = new Set(asked.flatMap(([id, isFull]) => (isFull ? [id] : [])));
    const cutOffMs = product.rules.cutOffMinutesBeforeEnd * 60_000;
    const sessions = views.map((view) => {
      const facts = sessionFacts(view);
      const figure = figures.get(view._id);
      const over = product.status !== 'on_sale' || view.status !== 'open' || now >= Date.parse(view.endsAt) - cutOffMs;
      // Places that nobody can buy at this moment are none.
      const siteFull = !over && view.date === today && fullSites.has(view.siteId);
      const places = shownPlaces(over || siteFull, figure);
      return {
        id: view._id,
        startsAt: view.startsAt,
        endsAt: view.endsAt,
        capacity: figure?.capacity ?? view.capacity,
        available: places.available,
        availabilityKnown: places.known,
        ...(siteFull ? { siteFull } : {}),
        prices: product.ticketTypes.flatMap((type) => {
          const price = priceFor(product.prices, type.id, facts, 'web');
          return price === undefined ? [] : [{ ticketTypeId: type.id, amount: price.amount, currency: 'CNY' as const }];
        }),
      };
    });
    return Buffer.from(JSON.stringify({ sessions }));
  }

  return [
    route({
      method: 'get',
      path: '/api/v1/products',
      summary: 'Products that are on sale.',
      tags: ['products'],
      access: 'public',
      query: z.strictObject({
        tenantId: z.string().max(80).optional(),
        kind: z.enum(['admission', 'trip', 'bundle']).optional(),
        q: z.string().max(60).optional(),
        cursor: z.string().max(80).optional(),
      }),
      responses: { 200: z.object({ items: z.array(productView), next: z.string().optional() }) },
      async handler({ query }) {
        const { tenantId, kind, q, cursor } = query;
        const found = await parts.products.find(
          parts.everywhere,
          {
            'state.status': 'on_sale',
            ...(tenantId === undefined ? {} : { tenantId }),
            ...(kind === undefined ? {} : { 'state.kind': kind }),
            ...(q === undefined
              ? {}
              : {
                  $or: ['zh', 'en'].map((language) => ({
                    [`state.name.${language}`]: { $regex: escaped(q), $options: 'i' },
                  })),
                }),
            ...(cursor === undefined ? {} : { _id: { $gt: cursor } }),
          },
          { sort: { _id: 1 }, limit: PAGE },
        );
        const items = found.flatMap(({ id, tenantId: owner, state }) =>
          state.status === 'none' ? [] : [viewProduct(id, owner, state)],
        );
        const last = items[items.length - 1];
        return {
          status: 200,
          body: { items, ...(items.length === PAGE && last !== undefined ? { next: last.id } : {}) },
        };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/products/:id',
      summary: 'One product with its ticket types.',
      tags: ['products'],
      access: 'public',
      responses: { 200: productView },
      async handler({ params }) {
        const [found] = await parts.products.find(parts.everywhere, { _id: params.id }, { limit: 1 });
        if (found === undefined || found.state.status === 'none' || found.state.status === 'draft')
          throw new DomainError('platform.not-found', 'There is no such product.');
        return {
          status: 200,
          body: viewProduct(found.id, found.tenantId, found.state),
          headers: { ETag: etagOf(found.version) },
        };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/products/:id/availability',
      summary: 'Sessions of a span of days with places left and prices.',
      tags: ['products'],
      access: 'public',
      query: z.strictObject({ from: z.iso.date().optional(), to: z.iso.date().optional() }),
      problems: ['sales.span-too-long'],
      responses: { 200: availabilityView },
      async handler({ params, query }) {
        const cacheKey = `${params.id}|${query.from ?? ''}|${query.to ?? ''}`;
        const now = Date.now();
        let entry = answers.get(cacheKey);
        if (entry === undefined || now - entry.at >= FRESH_MS) {
          const found = (await parts.catalogue.byIds([params.id])).get(params.id);
          if (found === undefined || found.product.status === 'draft')
            throw new DomainError('platform.not-found', 'There is no such product.');
          const today = localDateOf(clock(), tenants.require(found.tenantId).timeZone);
          const from = query.from ?? today;
          const to = query.to ?? addDays(today, 30);
          if (to < from || to > addDays(from as typeof today, DAYS_MAX))
            throw new DomainError('sales.span-too-long', 'The span of days is too long.', { maxDays: DAYS_MAX });
          const bytes = computeAvailability(found, from, to);
          entry = { at: now, bytes };
          answers.set(cacheKey, entry);
          bytes.catch(() => answers.delete(cacheKey));
        }
        return { status: 200, raw: await entry.bytes, headers: CACHE_HEADERS };
      },
    }),
  ];
}

/** Browsers ask every time; our gateway may share an answer for a quarter of a second (caches that know only whole seconds: never). */
const CACHE_HEADERS = { 'Cache-Control': 'public, max-age=0, s-maxage=0.25' };

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
