// A ticket is given back (SAL-50): POST …/refund-quote shows fee and money, POST …/refunds does it. The right dies in the same write
// that decides; its message makes the order send the money (on-ticket-refunded.ts). The id of the refund follows from caller and
// Idempotency-Key, so a retry is the same refund.
import { refundReasonSchema } from '@tongpiao/contracts';
import { DomainError, fen, formatId } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { derivedBytes, may, route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { refundQuote, type RefundQuote } from '../after-sale/refund-quote.ts';
import { asOffered } from '../disruption/known-cancellation.ts';
import { OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { currentTicket, seenTicket, type SeenTicket, type TicketParts } from '../order-access/may-see-ticket.ts';
import { refundsOf } from '../order/order-money.ts';
import { money } from '../order/order-view.ts';
import type { OrderWaiting } from '../order/order-waiting.ts';
import type { LiveOrder } from '../order/order.ts';
import type { ProductCatalogue } from '../product/product-catalogue.ts';
import type { Quoting } from '../quote/quoting.ts';
import type { Offer, RightCommand, RightState, SoldRight } from '../right/right.ts';
import type { Disruptions } from '../stores.ts';

const quoteView = z.object({
  ticketNumber: z.string(),
  quoteId: z.string(),
  validUntil: z.string(),
  reason: refundReasonSchema,
  price: money,
  fee: money,
  amount: money.describe('What comes back.'),
});

const refundView = z.object({
  id: z.string(),
  orderId: z.string(),
  ticketNumber: z.string(),
  status: z
    .enum(['requested', 'done', 'failed'])
    .describe('requested: the money is on its way; failed: it did not arrive, and staff see to it.'),
  reason: refundReasonSchema,
  fee: money,
  amount: money,
});

const REFUND_PROBLEMS = [
  'sales.ticket-number-invalid',
  'sales.ticket-used',
  'sales.ticket-not-living',
  'sales.refund-window-over',
] as const;

type Parts = TicketParts & {
  readonly disruptions: Disruptions;
  readonly catalogue: ProductCatalogue;
  readonly quoting: Quoting;
  readonly waiting: OrderWaiting;
};

const cny = (amount: number): z.input<typeof money> => ({ amount, currency: 'CNY' });

export function refundTicket(foundation: Foundation, parts: Parts): readonly Route[] {
  const { clock, vault } = foundation;
  const idKey = vault.serviceKey('ticket-refund-ids');

  async function quoted(
    seen: SeenTicket,
    number: string,
    at: Date,
  ): Promise<{ readonly quote: RefundQuote; readonly cancellation: Offer | undefined }> {
    const ticket = await asOffered(parts.disruptions, seen.scope, currentTicket(seen, number));
    const { product } = (await parts.catalogue.byIds([ticket.productId])).get(ticket.productId) ?? {};
    const cancellation = ticket.offer?.kind === 'cancelled' ? ticket.offer : undefined;
    return { quote: refundQuote(ticket, product?.refunds, at.toISOString()), cancellation };
  }

  function viewQuote(ticket: SoldRight, quote: RefundQuote): z.input<typeof quoteView> {
    const validUntil = new Date(quote.goodUntil);
    return {
      ticketNumber: ticket.number,
      quoteId: parts.quoting.tokens.issue(fingerprintOf(ticket), quote.returned, validUntil),
      validUntil: validUntil.toISOString(),
      reason: quote.reason,
      price: cny(quote.price),
      fee: cny(quote.fee),
      amount: cny(quote.returned),
    };
  }

  return [
    route({
      method: 'post',
      path: '/api/v1/tickets/:number/refund-quote',
      summary: 'What giving this ticket back costs now, and what comes back.',
      tags: ['tickets'],
      access: OWNER_OR_STAFF,
      // Nothing is stored: asking again is asking anew.
      idempotent: false,
      problems: REFUND_PROBLEMS,
      responses: { 200: quoteView },
      async handler(context) {
        const seen = await seenTicket(context, parts, foundation);
        const { quote } = await quoted(seen, context.params.number, clock());
        return { status: 200, body: viewQuote(seen.ticket, quote) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/tickets/:number/refunds',
      summary: 'Gives the ticket back: its QR is dead at once, the money goes back the way it came.',
      description: 'With Prefer: wait=N the answer is 201 once the money is confirmed; else 202.',
      tags: ['tickets'],
      access: OWNER_OR_STAFF,
      waits: true,
      body: z
        .strictObject({ quoteId: z.string().max(200).optional().describe('Refused if fee or amount have changed.') })
        .optional(),
      problems: [...REFUND_PROBLEMS, 'sales.stale-refund-quote'],
      responses: { 201: refundView, 202: refundView },
      async handler(context) {
        const seen = await seenTicket(context, parts, foundation);
        mayRefund(context, seen.staff);
        const { scope } = seen;
        const refundId = formatId<'Refund'>(
          'rfd',
          scope.tenantId,
          derivedBytes(idKey, `${context.callerKey}|${seen.id}`, 'refund', context.idempotencyKey).subarray(0, 12),
        );
        const request = { key: `${context.callerKey}:${context.idempotencyKey}`, fingerprint: context.fingerprint };
        if (seen.ticket.refund?.refundId === refundId) {
          // A retry of a refund that was decided gets that refund, whatever its quote would say now; another request under its key does not.
          await parts.rights.handle(scope, seen.id, { type: 'RefundTicket', refund: seen.ticket.refund }, { request });
          return answered(context, scope, refundId, seen.ticket);
        }
        const now = clock();
        const { quote, cancellation } = await quoted(seen, context.params.number, now);
        const quoteId = context.body?.quoteId;
        if (
          quoteId !== undefined &&
          parts.quoting.tokens.check(quoteId, fingerprintOf(seen.ticket), quote.returned, now) !== 'valid'
        )
          throw new DomainError('sales.stale-refund-quote', 'Fee and amount have changed since the quote.', {
            quote: viewQuote(seen.ticket, quote),
          });
        const { fee, returned, reason } = quote;
        const refund = { refundId, fee, returned, reason, at: now.toISOString() };
        const { state } = await parts.rights.handle(scope, seen.id, asQuoted(seen.ticket, { refund, cancellation }), {
          request,
        });
        if (state.status === 'none') throw new Error('a right vanished');
        return answered(context, scope, refundId, state);
      },
    }),
  ];

  async function answered(
    context: Pick<RequestContext, 'waitMs' | 'signal'>,
    scope: Scope,
    refundId: string,
    ticket: SoldRight,
  ): Promise<Answer> {
    const { orderId } = ticket;
    const order =
      context.waitMs === 0
        ? undefined
        : await parts.waiting.until(
            scope,
            orderId,
            (state) => moneyOf(state, refundId) !== 'requested',
            context.waitMs,
            context.signal,
          );
    const status = order === undefined ? 'requested' : moneyOf(order, refundId);
    const { fee, returned, reason } = ticket.refund ?? { fee: fen(0), returned: fen(0), reason: 'customer' as const };
    const given = {
      body: {
        id: refundId,
        orderId,
        ticketNumber: ticket.number,
        status,
        reason,
        fee: cny(fee),
        amount: cny(returned),
      },
      headers: { Location: `/api/v1/orders/${orderId}` },
    };
    return status === 'done' ? { status: 201, ...given } : { status: 202, ...given };
  }
}

type Given = { readonly body: z.input<typeof refundView>; readonly headers: Readonly<Record<string, string>> };
type Answer = ({ readonly status: 201 } & Given) | ({ readonly status: 202 } & Given);

/** Somebody's entry, exchange or refund may have come between the quote and this decision: then the quote is not for this ticket. */
function asQuoted(
  quoted: SoldRight,
  refund: Omit<Extract<RightCommand, { type: 'RefundTicket' }>, 'type'>,
): (state: RightState) => RightCommand {
  return (state) => {
    if (state.status !== 'none' && state.revision !== quoted.revision)
      throw new DomainError('sales.ticket-not-living', 'The ticket is not valid any more.', { status: 'exchanged' });
    return { type: 'RefundTicket', ...refund };
  };
}

function mayRefund(context: Pick<RequestContext, 'principal'>, staff: boolean): void {
  if (staff && !may(context.principal, 'sales:refunds:create'))
    throw new DomainError('platform.forbidden', 'Giving tickets back for a customer needs a permission.');
}

function fingerprintOf(ticket: SoldRight): string {
  return `refund/${ticket.number}/${ticket.revision}`;
}

/** How far the money of a ticket's refund is; nothing to send back is done with the order's own entry. */
function moneyOf(order: LiveOrder, refundId: string): 'requested' | 'done' | 'failed' {
  if (!order.returned.some((ticket) => ticket.refundId === refundId)) return 'requested';
  if ('owed' in order && order.owed?.items.some(({ of }) => of === refundId) === true) return 'requested';
  const statuses = refundsOf(order, refundId).map(({ status }) => status);
  if (statuses.includes('failed')) return 'failed';
  return statuses.includes('requested') ? 'requested' : 'done';
}
