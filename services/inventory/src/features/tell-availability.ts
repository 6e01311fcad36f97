// Absolute figures of what moved, gathered for a moment and told together; everything again at an interval, so that a listener
// which missed something is right again by itself (INV-13). Not through an outbox: a lost figure is followed by a newer one.
import { availabilityChanged, envelopeOf, type DataOf } from '@tongpiao/contracts';
import { addDays, localDateOf, PLATFORM_TENANT } from '@tongpiao/kernel';
import { newId } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { afterLine } from '../site-day/site-day.decider.ts';
import { roomOfDay } from '../site-day/day-limits.policy.ts';
import type { SiteDay } from '../site-day/site-day.ts';
import type { SiteDayStore } from '../site-day/site-day.store.ts';

export type AvailabilityTeller = {
  readonly moved: (tenantId: string, siteDay: SiteDay) => void;
  readonly tellInFull: () => void;
};

const GATHER_MS = 250;
const TELL_ALL_EVERY_MS = 10_000;
/** Site-days read at once: all of them are told, the next days first. */
const SITE_DAYS_PAGE = 200;
const SESSIONS_PER_MESSAGE = 200;

type Figure = DataOf<typeof availabilityChanged>['sessions'][number];

export function createAvailabilityTeller(foundation: Foundation, siteDays: SiteDayStore): AvailabilityTeller {
  const { broker, clock, logger } = foundation;
  let gathered = new Map<string, { tenantId: string; siteDay: SiteDay }>();
  let timer: NodeJS.Timeout | undefined;

  async function tell(tenantId: string, figures: readonly Figure[]): Promise<void> {
    for (let from = 0; from < figures.length; from += SESSIONS_PER_MESSAGE) {
      const sessions = figures.slice(from, from + SESSIONS_PER_MESSAGE);
      const id = newId('msg', PLATFORM_TENANT);
      const facts = { id, source: 'inventory', subject: 'availability', time: clock(), tenantId };
      const envelope = envelopeOf(availabilityChanged.type, facts, { sessions });
      await broker.publisher.publish({ kind: 'event', envelope });
    }
  }

  async function tellGathered(): Promise<void> {
    const batch = gathered;
    gathered = new Map();
    for (const [tenantId, entries] of Map.groupBy(batch.values(), (entry) => entry.tenantId)) {
      await tell(
        tenantId,
        entries.flatMap(({ siteDay }) => figuresOf(siteDay)),
      );
    }
  }

  const flush = (): void => {
    timer = undefined;
    tellGathered().catch((error: unknown) =>
      logger.warn({ err: error }, 'availability was not told; the full telling follows'),
    );
  };
  foundation.onStop(() => clearTimeout(timer));

  return {
    moved(tenantId, siteDay) {
      gathered.set(`${tenantId}/${siteDay.id}`, { tenantId, siteDay });
      timer ??= setTimeout(flush, GATHER_MS);
    },
    tellInFull() {
      foundation.every(
        'tell-availability',
        TELL_ALL_EVERY_MS,
        async () => {
          const yesterday = addDays(localDateOf(clock(), 'UTC'), -1);
          const everywhere = foundation.acrossTenants('availability of all tenants');
          let after: { date: string; id: string } | undefined;
          do {
            const page = await siteDays.from(everywhere, yesterday, { limit: SITE_DAYS_PAGE, after });
            for (const [tenantId, entries] of Map.groupBy(page, (entry) => entry.tenantId)) {
              await tell(
                tenantId,
                entries.flatMap(({ siteDay }) => figuresOf(siteDay)),
              );
            }
            const last = page[page.length - 1];
            after =
              last !== undefined && page.length === SITE_DAYS_PAGE
                ? { date: last.date, id: last.siteDay.id }
                : undefined;
          } while (after !== undefined);
        },
        { lease: true },
      );
    },
  };
}

/** What one order could get: the session's places, bounded by the day's, without what those in line are about to get. */
function figuresOf(given: SiteDay): Figure[] {
  const { revision } = given;
  const siteDay = afterLine(given);
  return Object.entries(siteDay.sessions).map(([sessionId, { capacity, available, status }]) => ({
    sessionId,
    capacity,
    available: status !== 'open' ? 0 : Math.max(0, Math.min(available, roomOfDay(siteDay))),
    revision,
  }));
}
