// GET /api/v1/refund-presets: ladders in common use, for staff who write a product's rules (SAL-50, SAL-53). They are starting points: what
// is written into the product is what holds, and keeps holding for what was sold under it.
import { route, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { EXCHANGE_PRESETS, REFUND_PRESETS, type RefundRules } from '../after-sale/fee-rules.ts';

const ladder = {
  name: z.string(),
  steps: z
    .array(
      z.object({
        minutesBefore: z
          .int()
          .describe('At least so long before the session; negative: at most so long after its start.'),
        feePercent: z.number(),
        feeMinimum: z.int().describe('Fen.'),
      }),
    )
    .describe('From long before to shortly before; after the last one nothing comes back.'),
  rounding: z.object({ unit: z.enum(['fen', 'jiao', 'yuan']), direction: z.enum(['up', 'down', 'half-up']) }),
};

export function listRefundPresets(): Route {
  const ladderOf = ({ steps, rounding }: Pick<RefundRules, 'steps' | 'rounding'>) => ({
    steps: steps.map((step) => ({ ...step })),
    rounding,
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
