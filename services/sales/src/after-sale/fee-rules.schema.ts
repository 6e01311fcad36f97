// Checks fee rules that staff send and that are read back with a product.
import { isFen, type Fen } from '@tongpiao/kernel';
import { z } from 'zod';
import type { ExchangeRules, RefundRules } from './fee-rules.ts';

/** A year and a day, for presales that run that long. */
const MINUTES_MAX = 366 * 24 * 60;

const feeStep = z.strictObject({
  minutesBefore: z.int().min(-MINUTES_MAX).max(MINUTES_MAX),
  feePercent: z.number().min(0).max(100).multipleOf(0.01),
  feeMinimum: z.custom<Fen>((value) => isFen(value) && value >= 0, 'an integer number of fen, not negative'),
});

const shape = {
  effectiveFrom: z.iso.datetime({ offset: true }),
  steps: z.array(feeStep).max(20),
  rounding: z.strictObject({ unit: z.enum(['fen', 'jiao', 'yuan']), direction: z.enum(['up', 'down', 'half-up']) }),
  countsTo: z.enum(['start', 'end']).optional(),
};

export const refundRulesSchema: z.ZodType<RefundRules> = z.strictObject({
  ...shape,
  keepsStepOfExchange: z.boolean().optional(),
});
export const exchangeRulesSchema: z.ZodType<ExchangeRules> = z.strictObject({
  ...shape,
  timesMax: z.int().min(0).max(100),
  productIds: z.array(z.string().min(3).max(80)).max(100).optional(),
  otherTicketTypes: z.boolean(),
});
