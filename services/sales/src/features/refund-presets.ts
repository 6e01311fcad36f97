// GET /api/v1/refund-presets: ladders in common use, for staff who write a product's rules (SAL-50, SAL-53). They are starting points: what
// is written into the product is what holds, and keeps holding for what was sold under it.
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { EXCHANGE_PRESETS, REFUND_PRESETS } from '../after-sale/fee-rules.ts';

const ladder = {
  name: z.string(),
  steps: z
    .array(
      z.object({
        minutesBefore: z
          .int()
          .describe('At least so long before the session’s start, or its end; negative: at most so long after it.'),
        feePercent: z.number(),
        feeMinimum: z.int().describe('Fen.'),
      }),
    )
    .describe('From long before to shortly before; after the last one nothing comes back.'),
  rounding: z.object({ unit: z.enum(['fen', 'jiao', 'yuan']), direction: z.enum(['up', 'down', 'half-up']) }),
  countsTo: z
    .enum(['start', 'end'])
    .optional()
    .describe('Of the session; its start if left out. A flow ticket’s: its end.'),
  keepsStepOfExchange: z
    .boolean()
    .optional()
    .describe('After an exchange of the customer’s own a refund costs at least the step in which that was made.'),
  source: z.object({ zh: z.string(), en: z.string() }).describe('Whose practice it is; no part of a product’s rules.'),
};

export function listRefundPresets(): Route {
  const ladderOf = ({ steps, rounding, countsTo, keepsStepOfExchange, source }: (typeof REFUND_PRESETS)[string]) => ({
    steps: steps.map((step) => ({ ...step })),
    rounding,
    ...(countsTo === undefined ? {} : { countsTo }),
    ...(keepsStepOfExchange === undefined ? {} : { keepsStepOfExchange }),
    source,
  });
  return route({
    method: 'get',
    path: '/api/v1/refund-presets',
    summary: 'Rules for refunds and exchanges in common use, to write a product’s own from.',
    tags: ['products'],
    access: { permission: 'sales:products:read' },
    responses: {
      200: z.object({
        refunds: z.array(z.object(ladder)),
        exchanges: z.array(
          z.object({
            ...ladder,
            timesMax: z.int(),
            otherTicketTypes: z.boolean(),
          }),
        ),
      }),
    },
    handler: () => ({
      status: 200,
      body: {
        refunds: Object.entries(REFUND_PRESETS).map(([name, rules]) => ({ name, ...ladderOf(rules) })),
        exchanges: Object.entries(EXCHANGE_PRESETS).map(([name, rules]) => ({
          name,
          ...ladderOf(rules),
          timesMax: rules.timesMax,
          otherTicketTypes: rules.otherTicketTypes,
        })),
      },
    }),
  });
}
