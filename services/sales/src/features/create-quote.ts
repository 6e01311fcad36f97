// POST /api/v1/quotes: what it costs, step by step, and an id that proves it (SAL-22).
import { route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { money } from '../order/order-view.ts';
import type { Quote } from '../quote/quote.ts';
import type { Quoting } from '../quote/quoting.ts';
import { linesSchema } from '../quote/wish.ts';
import { channelOf, sellsFor } from './channel.ts';
import { QUOTE_PROBLEMS } from '../problems.ts';

const bilingual = z.object({ zh: z.string(), en: z.string() });
export const quoteView = z.object({
  quoteId: z.string(),
  validUntil: z.string(),
  total: money,
  lines: z.array(
    z.object({
      sessionId: z.string(),
      ticketTypeId: z.string(),
      quantity: z.int(),
      unitAmount: money,
      amount: money,
      showAtGate: z.array(z.string()),
    }),
  ),
  steps: z.array(z.object({ line: z.int(), text: bilingual, amount: money })).describe('How the total comes about.'),
});

/** Long enough to fill in names, short enough that a published price change is honoured soon. */
const QUOTE_GOOD_MS = 10 * 60_000;

export function viewQuote(quoting: Quoting, quote: Quote, fingerprint: string, now: Date): z.input<typeof quoteView> {
  const validUntil = new Date(now.getTime() + QUOTE_GOOD_MS);
  const cny = (amount: number): z.input<typeof money> => ({ amount, currency: 'CNY' });
  return {
    quoteId: quoting.tokens.issue(fingerprint, quote.total, validUntil),
    validUntil: validUntil.toISOString(),
    total: cny(quote.total),
    lines: quote.lines.map(({ session, ticketType, quantity, unitAmount, amount, showAtGate }) => ({
      sessionId: session.sessionId,
      ticketTypeId: ticketType.id,
      quantity,
      unitAmount: cny(unitAmount),
      amount: cny(amount),
      showAtGate: [...showAtGate],
    })),
    steps: quote.steps.map(({ line, text, amount }) => ({ line, text, amount: cny(amount) })),
  };
}

export function createQuote(foundation: Foundation, quoting: Quoting): Route {
  return route({
    method: 'post',
    path: '/api/v1/quotes',
    summary: 'Prices lines without ordering them; names may be left out.',
    tags: ['orders'],
    access: 'public',
    // Nothing is stored: asking again is asking anew.
    idempotent: false,
    body: z.strictObject({ lines: linesSchema }),
    problems: QUOTE_PROBLEMS,
    responses: { 200: quoteView },
    async handler(context) {
      const { quote, fingerprint } = await quoting.compute(context.body.lines, {
        channel: (tenantId) => channelOf(context, sellsFor(context, tenantId)),
        namesRequired: false,
      });
      return { status: 200, body: viewQuote(quoting, quote, fingerprint, foundation.clock()) };
    },
  });
}
