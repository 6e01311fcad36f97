// Lights and corrections on disk, a record per site and day.
import { siteLightSchema } from '@tongpiao/contracts';
import type { AggregateSpec, AggregateStore } from '@tongpiao/persistence';
import { z } from 'zod';
import { occupancyDecider } from './occupancy.decider.ts';
import { occupancyMessages } from './occupancy.messages.ts';
import type { OccupancyCommand, OccupancyEvent, OccupancyState } from './occupancy.ts';

export type Occupancies = AggregateStore<OccupancyState, OccupancyCommand, OccupancyEvent>;

export const correctionSchema = z.object({
  from: z.number().int(),
  to: z.number().int(),
  reason: z.string(),
  by: z.string(),
  at: z.string(),
});

const occupancyState: z.ZodType<OccupancyState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.literal('counted'),
    siteId: z.string(),
    date: z.string(),
    light: siteLightSchema,
    revision: z.number().int(),
    corrected: z.number().int(),
    corrections: z.array(correctionSchema),
  }),
]);

export const occupancySpec: AggregateSpec<OccupancyState, OccupancyCommand, OccupancyEvent> = {
  service: 'sales',
  collection: 'occupancies',
  decider: occupancyDecider,
  state: occupancyState,
  messages: occupancyMessages,
};

export function occupancyId(siteId: string, date: string): string {
  return `${siteId}:${date}`;
}
