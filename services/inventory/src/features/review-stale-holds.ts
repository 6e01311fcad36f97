// Sales owns the expiry of an order and sends the release. A hold that is long past its time has lost that message, or its order
// was paid: inventory asks, and frees only on the answer (INV-10). The same goes for who stands in line past the end of it (SAL-26).
import { envelopeOf, reviewHold } from '@tongpiao/contracts';
import { newId } from '@tongpiao/persistence';
import type { TenantId } from '@tongpiao/kernel';
import type { Foundation } from '@tongpiao/service-shell';
import type { HoldStore } from '../hold/hold.store.ts';
import type { SiteDayStore } from '../site-day/site-day.store.ts';

const EVERY_MS = 30_000;
/** Long past: sales closes the payment at the provider first, which may take a while. */
const MARGIN_MS = 120_000;
const BATCH = 200;

export function reviewStaleHolds(foundation: Foundation, holds: HoldStore, siteDays: SiteDayStore): void {
  const { broker, clock, logger } = foundation;
  foundation.every(
    'review-stale-holds',
    EVERY_MS,
    async () => {
      const now = clock();
      const everywhere = foundation.acrossTenants('holds past their time');
      const before = new Date(now.getTime() - MARGIN_MS);
      const overdue = [
        ...(await holds.overdue(everywhere, before, BATCH)),
        ...(await siteDays.waitingBefore(everywhere, before, BATCH)),
      ];
      if (overdue.length === 0) return;
      logger.warn({ holds: overdue.length }, 'holds are past their time; asking sales what became of their orders');
      await broker.publisher.publishMany(
        overdue.map(({ holdId, orderId, tenantId }) => {
          const id = newId('msg', tenantId as TenantId);
          const facts = { id, source: 'inventory', subject: holdId, time: now, tenantId };
          const envelope = envelopeOf(reviewHold.type, facts, { holdId, orderId });
          return { kind: 'command' as const, envelope };
        }),
      );
    },
    { lease: true },
  );
}
