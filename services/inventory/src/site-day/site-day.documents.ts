// The site-day as it lies on disk: parsed on every read, and absent where there is nothing (no line, no shrinking).
import { z } from 'zod';
import type { SessionStep, SiteDay, Waiting } from './site-day.ts';

const count = z.number().int();
const countersSchema = z.object({ capacity: count, available: count, held: count, sold: count });
const sessionSchema = countersSchema.extend({
  status: z.enum(['open', 'closed', 'cancelled']),
  shrink: count.positive().optional(),
  planned: count.positive().optional(),
  outsideDay: z.boolean().optional(),
});
const holdFactsSchema = z.object({
  holdId: z.string(),
  orderId: z.string(),
  channel: z.string(),
  expiresAt: z.string(),
  lines: z.array(z.object({ sessionId: z.string(), siteDay: z.string(), quantity: count })),
});
const askedSchema = z.object({ messageId: z.string(), correlationId: z.string() });
const decided = { id: z.string(), hold: holdFactsSchema, at: z.date() };
const pendingSchema = z.discriminatedUnion('step', [
  z.object({ ...decided, step: z.enum(['confirm', 'release']) }),
  z.object({ ...decided, step: z.literal('place'), asked: askedSchema.optional() }),
  z.object({ ...decided, step: z.literal('reject'), asked: askedSchema }),
  z.object({
    ...decided,
    step: z.literal('return'),
    returned: z.object({ id: z.string(), sessionId: z.string(), quantity: count }),
  }),
]);
const commandSchema = z.custom<SessionStep['command']>(
  (value) => typeof value === 'object' && value !== null && 'type' in value,
  'not a step of a session',
);
const originSchema = z.object({
  by: z.string(),
  channel: z.string(),
  address: z.string().exactOptional(),
  cause: z.string(),
  correlationId: z.string(),
  traceparent: z.string().exactOptional(),
});
const stepSchema = z.object({
  id: z.string(),
  sessionId: z.string(),
  command: commandSchema,
  origin: originSchema,
  at: z.date(),
});
const waitingSchema = z.object({ hold: holdFactsSchema, until: z.date(), asked: askedSchema });

export const siteDayDocument = z.object({
  _id: z.string(),
  tenantId: z.string(),
  siteId: z.string(),
  date: z.string(),
  revision: count,
  day: countersSchema.optional(),
  limits: z.record(z.string(), count).optional(),
  sessions: z.record(z.string(), sessionSchema),
  pending: z.array(pendingSchema),
  waiting: z.array(waitingSchema).optional(),
  lineMoved: z.object({ revision: count, sessions: z.array(z.string()) }).optional(),
  steps: z.array(stepSchema).optional(),
  /** Present while a session of the day may be shrinking. */
  shrinking: z.boolean().optional(),
});
export type SiteDayDocument = z.infer<typeof siteDayDocument>;

/** Of a site-day whose line may have to be served or told. */
export const lineDocument = z.object({
  _id: z.string(),
  tenantId: z.string(),
  revision: count,
  lineMoved: z.unknown().optional(),
});
export const overdueDocument = z.object({ tenantId: z.string(), holdId: z.string(), orderId: z.string() });

export function storedWaiting(entry: Waiting): z.infer<typeof waitingSchema> {
  return { ...entry, hold: { ...entry.hold, lines: [...entry.hold.lines] }, until: new Date(entry.until) };
}

export function siteDayOf(document: SiteDayDocument): SiteDay {
  const { _id: id, revision, day, limits, sessions, pending, waiting, lineMoved, steps } = document;
  return {
    id,
    revision,
    day,
    ...(limits === undefined ? {} : { limits }),
    sessions,
    pending,
    ...(waiting === undefined
      ? {}
      : { waiting: waiting.map((entry) => ({ ...entry, until: entry.until.toISOString() })) }),
    ...(lineMoved === undefined ? {} : { lineMoved }),
    ...(steps === undefined ? {} : { steps }),
  };
}
