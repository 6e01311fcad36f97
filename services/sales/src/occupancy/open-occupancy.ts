// How full sites are (SAL-43), opened as one: counters, lights, the entrance, and the sweep that mends.
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { openSiteCounters, type SiteCounters } from './counters.store.ts';
import { createEntrance, type Entrance } from './entrance.ts';
import { occupancySpec, type Occupancies } from './occupancy.store.ts';
import { createSiteLights, type SiteLights } from './site-lights.ts';
import { createOccupancySweep } from './sweep.ts';
import { openOccupancyTruth, type OccupancyTruth } from './truth.store.ts';

export type Occupancy = {
  readonly counters: SiteCounters;
  readonly occupancies: Occupancies;
  readonly truth: OccupancyTruth;
  readonly lights: SiteLights;
  readonly entrance: Entrance;
};

/** After rights and incidents were opened: people are counted from them. */
export async function openOccupancy(
  foundation: Foundation,
  everywhere: Scope,
  sweepEveryMs: number,
): Promise<Occupancy> {
  const { database } = foundation;
  const occupancies = await foundation.aggregate(occupancySpec);
  const counters = await openSiteCounters(database);
  const truth = await openOccupancyTruth(database);
  const lights = createSiteLights(foundation, { counters, occupancies });
  const entrance = createEntrance(foundation, { counters, lights });
  const sweep = createOccupancySweep(foundation, { counters, occupancies, truth, lights, everywhere });
  foundation.every(
    'occupancy-sweep',
    sweepEveryMs,
    async () => {
      await sweep();
    },
    { lease: true },
  );
  foundation.onStop(async () => {
    await entrance.stop();
    await lights.stop();
  });
  return { counters, occupancies, truth, lights, entrance };
}
