// Disruptions on disk. Their id is the one that inventory gave the decision.
import type { AggregateSpec } from '@tongpiao/persistence';
import { z } from 'zod';
import { disruptionDecider } from './disruption.decider.ts';
import { disruptionMessages } from './disruption.messages.ts';
import type { DisruptionCommand, DisruptionEvent, DisruptionState } from './disruption.ts';

const disruptionState: z.ZodType<DisruptionState> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('none') }),
  z.object({
    status: z.enum(['telling', 'open', 'returning', 'done']),
    kind: z.enum(['cancelled', 'reduced']),
    sessionId: z.string(),
    productId: z.string(),
    siteId: z.string(),
    date: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    reason: z.string(),
    decideBy: z.string(),
    places: z.number().int().positive().optional(),
    begunAt: z.string(),
    decidedAt: z.string().optional(),
    sequence: z.number().int().optional(),
    step: z.number().int(),
    inHand: z.array(z.string()),
    stuck: z.number().int(),
    cursor: z.object({ soldAt: z.string(), id: z.string() }).optional(),
    returnedTo: z.string().optional(),
    nextAt: z.string().optional(),
    tickets: z.number().int(),
    people: z.number().int(),
    orders: z.number().int(),
    untold: z.number().int(),
    finishedAt: z.string().optional(),
    restored: z
      .array(
        z.object({
          restoreId: z.string(),
          places: z.number().int().positive(),
          sequence: z.number().int(),
          at: z.string(),
        }),
      )
      .optional(),
    supersededBy: z.string().optional(),
  }),
]);

export const disruptionSpec: AggregateSpec<DisruptionState, DisruptionCommand, DisruptionEvent> = {
  service: 'sales',
  collection: 'disruptions',
  decider: disruptionDecider,
  state: disruptionState,
  messages: disruptionMessages,
  indexes: [
    { fields: { 'state.begunAt': -1, _id: -1 } },
    { fields: { 'state.sessionId': 1 } },
    // Sessions whose tickets must not expire yet (FIN-12).
    { fields: { 'state.status': 1 } },
    // Work that stands still.
    { fields: { 'state.nextAt': 1 }, where: { 'state.nextAt': { $exists: true } } },
  ],
};
