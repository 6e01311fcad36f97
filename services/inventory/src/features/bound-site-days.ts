// INV-05: identity says how many people a site takes in a day, and no more are sold for it. A change is obeyed by the days that are
// open already within half a minute; days that are opened later ask for themselves, and so does the hourly generation.
import { addDays, localDateOf, type TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { bounding, overOf, SITE_LIMIT } from '../site-day/day-limits.policy.ts';
import type { SiteDayStore } from '../site-day/site-day.store.ts';
import type { SiteDay } from '../site-day/site-day.ts';

const EVERY_MS = 30_000;
const PAGE = 200;

export function boundSiteDays(
  foundation: Pick<Foundation, 'tenants' | 'clock' | 'logger' | 'every' | 'acrossTenants'>,
  parts: { readonly siteDays: SiteDayStore; readonly moved: (tenantId: string, siteDay: SiteDay) => void },
): void {
  const { tenants, clock, logger } = foundation;
  const applied = new Map<string, number | undefined>();

  async function apply(scope: Scope, siteId: string, dayMax: number | undefined): Promise<void> {
    const from = addDays(localDateOf(clock(), tenants.require(scope.tenantId).timeZone), -1);
    const said = { [SITE_LIMIT]: dayMax };
    let after: { date: string; id: string } | undefined;
    do {
      const page = await parts.siteDays.from(scope, from, { limit: PAGE, after, siteId });
      for (const { siteDay } of page) {
        if (bounding(siteDay, said) === undefined) continue;
        const changed = await parts.siteDays.limitDay(scope, siteDay.id, said);
        if (changed?.moved === true) parts.moved(scope.tenantId, changed.siteDay);
        const over = changed === undefined ? 0 : overOf(changed.siteDay);
        if (over > 0) logger.warn({ siteDay: siteDay.id, over }, 'more is sold than a day takes now: reduce it');
      }
      const last = page[page.length - 1];
      after = last !== undefined && page.length === PAGE ? { date: last.date, id: last.siteDay.id } : undefined;
    } while (after !== undefined);
  }

  foundation.every(
    'bound-site-days',
    EVERY_MS,
    async () => {
      const { origin } = foundation.acrossTenants('daily maximum of sites');
      for (const { tenantId, sites } of tenants.all()) {
        for (const { id, capacity } of sites) {
          const dayMax = capacity?.dayMax;
          if (applied.has(id) && applied.get(id) === dayMax) continue;
          await apply(Scope.ofTenant(tenantId as TenantId, origin), id, dayMax);
          applied.set(id, dayMax);
          logger.info({ siteId: id, dayMax }, 'daily maximum of a site obeyed');
        }
      }
    },
    { lease: true },
  );
}
