// The light of each site as this instance knows it, and the task that keeps it right: after people came or went, the counters are read,
// the light is decided, and what was decided is written beside the counters, where the next person finds it.
import type { SiteCapacity, SiteLight } from '@tongpiao/contracts';
import { localDateOf, type TenantId } from '@tongpiao/kernel';
import { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { LRUCache } from 'lru-cache';
import type { SiteCounters, SiteDay } from './counters.store.ts';
import { occupancyId, type Occupancies } from './occupancy.store.ts';

export type SiteLights = {
  /** How many people the site carries; undefined when nothing bounds it. */
  capacityOf(siteId: string): SiteCapacity | undefined;
  /** Of today, at most a second old. */
  lightOf(tenantId: TenantId, siteId: string): Promise<SiteLight>;
  /** SAL-43: sales for sessions of today stop as well. */
  isFull(tenantId: TenantId, siteId: string): Promise<boolean>;
  /** People came or went: the light is looked at in a moment. */
  moved(tenantId: TenantId, day: SiteDay): void;
  /** Looks at the light now. */
  observe(tenantId: TenantId, day: SiteDay): Promise<void>;
  stop(): Promise<void>;
};

/** A light may lag by this; the limits themselves are guarded with every person. */
const LOOK_AFTER_MS = 200;
const REMEMBERED_MS = 1_000;
const REMEMBERED_MAX = 10_000;

export function backgroundScope(tenantId: TenantId, cause: string): Scope {
  return Scope.ofTenant(tenantId, { by: 'service:sales', channel: 'timer', cause, correlationId: cause });
}

export function createSiteLights(
  foundation: Foundation,
  parts: { readonly counters: SiteCounters; readonly occupancies: Occupancies },
): SiteLights {
  const { tenants, clock, logger } = foundation;
  const { counters, occupancies } = parts;
  const remembered = new LRUCache<string, Promise<SiteLight>>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });
  const waiting = new Map<string, { readonly tenantId: TenantId; readonly day: SiteDay }>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  function capacityOf(siteId: string): SiteCapacity | undefined {
    const capacity = tenants.site(siteId)?.site.capacity;
    return capacity?.insideMax === undefined && capacity?.dayMax === undefined ? undefined : capacity;
  }

  async function observe(tenantId: TenantId, day: SiteDay): Promise<void> {
    const scope = backgroundScope(tenantId, 'how full a site is');
    const found = await counters.read(scope, day);
    if (found === undefined) return;
    const { inside, entered, revision } = found;
    const at = clock().toISOString();
    const { state, version } = await occupancies.handle(scope, occupancyId(day.siteId, day.date), {
      type: 'Observe',
      ...day,
      at,
      revision,
      inside,
      entered,
      capacity: capacityOf(day.siteId),
    });
    if (state.status === 'none' || state.light === found.light) return;
    await counters.light(scope, day, state.light, version);
    remembered.set(day.siteId, Promise.resolve(state.light));
  }

  async function lookAtAll(): Promise<void> {
    const all = [...waiting.values()];
    waiting.clear();
    for (const { tenantId, day } of all)
      await observe(tenantId, day).catch((error: unknown) =>
        logger.warn({ err: error, siteId: day.siteId }, 'a light could not be looked at; the sweep will'),
      );
  }

  function lightOf(tenantId: TenantId, siteId: string): Promise<SiteLight> {
    if (capacityOf(siteId) === undefined) return Promise.resolve('green');
    let light = remembered.get(siteId);
    if (light === undefined) {
      const date = localDateOf(clock(), tenants.require(tenantId).timeZone);
      light = counters
        .read(backgroundScope(tenantId, 'how full a site is'), { siteId, date })
        .then((found) => found?.light ?? 'green');
      remembered.set(siteId, light);
      light.catch(() => remembered.delete(siteId));
    }
    return light;
  }

  return {
    capacityOf,
    lightOf,
    isFull: async (tenantId, siteId) => (await lightOf(tenantId, siteId)) === 'red',
    observe,
    moved(tenantId, day) {
      waiting.set(occupancyId(day.siteId, day.date), { tenantId, day });
      timer ??= setTimeout(() => {
        timer = undefined;
        looking = looking.then(lookAtAll);
      }, LOOK_AFTER_MS);
    },
    async stop() {
      clearTimeout(timer);
      await looking;
    },
  };
}
