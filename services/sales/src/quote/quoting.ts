// Gathers what a quote needs (sessions, products, the tenant's day) and computes it; quotes and orders share this.
import type { SalesChannel } from '@tongpiao/contracts';
import { DomainError, localDateOf, type TenantId } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { ProductCatalogue } from '../product/product-catalogue.ts';
import { sessionFacts, type SessionViews } from '../session-view/session-view.store.ts';
import { quote, type Quote } from './quote.ts';
import type { QuoteTokens } from './quote-token.ts';
import { readLines, type Lines, type ReadLine } from './wish.ts';

export type Quoting = {
  /** @throws DomainError or InvalidRequest naming the line that cannot be sold */
  compute(
    lines: Lines,
    options: {
      /** The channel depends on whose the lines are: staff of one tenant are the public of another. */
      channel: (tenantId: TenantId) => SalesChannel;
      namesRequired: boolean;
      wholeOrder?: boolean;
      /** SAL-52: a product whose holders may take another session of it though it is not on sale any more. */
      offered?: string | undefined;
    },
  ): Promise<{ quote: Quote; lines: readonly ReadLine[]; tenantId: TenantId; fingerprint: string }>;
  /** Whose order these lines make: the first line's tenant. */
  tenantOf(lines: Lines): Promise<TenantId | undefined>;
  readonly tokens: QuoteTokens;
};

export function createQuoting(
  foundation: Foundation,
  parts: {
    sessions: SessionViews;
    catalogue: ProductCatalogue;
    everywhere: Scope;
    tokens: QuoteTokens;
    /** SAL-43: nothing is sold for today while a site is full. */
    siteIsFull: (tenantId: TenantId, siteId: string) => Promise<boolean>;
  },
): Quoting {
  const { clock, tenants } = foundation;
  return {
    tokens: parts.tokens,
    async tenantOf([first]) {
      const id = first?.sessionId ?? '';
      return (await parts.sessions.byIds(parts.everywhere, [id])).get(id)?.tenantId as TenantId | undefined;
    },
    async compute(lines, { channel, namesRequired, wholeOrder = true, offered }) {
      const sessions = await parts.sessions.byIds(
        parts.everywhere,
        lines.map(({ sessionId }) => sessionId),
      );
      const first = sessions.get(lines[0]?.sessionId ?? '');
      if (first === undefined)
        throw new DomainError('sales.unknown-session', 'There is no such session.', {
          line: 0,
          lineNumber: 1,
          sessionId: lines[0]?.sessionId,
        });
      const products = await parts.catalogue.byIds([...sessions.values()].map(({ productId }) => productId));
      const tenantId = first.tenantId as TenantId;
      const { timeZone } = tenants.require(tenantId);
      const now = clock();
      const today = localDateOf(now, timeZone);
      const read = readLines(lines, today);
      const computed = quote(read, {
        now,
        today,
        channel: channel(tenantId),
        namesRequired,
        wholeOrder,
        offered,
        // Lines of another tenant are as unknown as lines that do not exist: an order belongs to one tenant.
        session: (id) => {
          const view = sessions.get(id);
          return view?.tenantId === tenantId ? sessionFacts(view) : undefined;
        },
        product: (id) => {
          const found = products.get(id);
          return found?.tenantId === tenantId ? found.product : undefined;
        },
      });
      for (const [line, { session }] of computed.lines.entries())
        if (session.date === today && (await parts.siteIsFull(tenantId, session.siteId)))
          throw new DomainError('sales.site-full', 'The site is full today.', { line });
      const fingerprint = read
        .map(({ sessionId, ticketTypeId, quantity }) => `${sessionId}/${ticketTypeId}/${quantity}`)
        .join('|');
      return { quote: computed, lines: read, tenantId, fingerprint };
    },
  };
}
