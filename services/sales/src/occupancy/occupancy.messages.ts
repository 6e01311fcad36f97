// What others hear of a site's day: its light, each time it changes.
import { siteLightChanged } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { OccupancyEvent } from './occupancy.ts';

export function occupancyMessages(event: OccupancyEvent): readonly Said[] {
  if (event.type !== 'LightChanged') return [];
  const { siteId, date, light, inside, entered, capacity, at: changedAt } = event;
  const { insideMax, dayMax } = capacity ?? {};
  return [
    say(siteLightChanged, {
      siteId,
      date,
      light,
      inside: Math.max(0, inside),
      entered: Math.max(0, entered),
      ...(insideMax === undefined ? {} : { insideMax }),
      ...(dayMax === undefined ? {} : { dayMax }),
      changedAt,
    }),
  ];
}
