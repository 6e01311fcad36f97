// A ticket is exchanged for another session (SAL-53, 改签). POST …/exchange-quote prices it, POST …/exchanges begins it; what is due is
// paid under the exchange's own payments. The order leads the rest: exchange.decider.ts.
import { ID_TYPES, DomainError, formatId } from '@tongpiao/kernel';
import type { Scope } from '@tongpiao/persistence';
import { derivedBytes, may, route, type Foundation, type RequestContext, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { exchangeQuote, type ExchangeQuote } from '../after-sale/exchange-quote.ts';
import { asOffered } from '../disruption/known-cancellation.ts';
import type { ClaimWish, Claims } from '../claim/claim.store.ts';
import { documentClaims } from '../claim/document-claims.ts';
import { OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { currentTicket, seenTicket, type SeenTicket, type TicketParts } from '../order-access/may-see-ticket.ts';
import type { Exchange, NewLine } from '../order/exchange.ts';
import { soldLine } from '../order/order-line.ts';
import { exchangeView, money, viewExchange } from '../order/order-view.ts';
import type { OrderWaiting } from '../order/order-waiting.ts';
import type { LiveOrder, OrderState } from '../order/order.ts';
import { EXCHANGE_PROBLEMS, QUOTE_PROBLEMS } from '../problems.ts';
import type { ProductCatalogue } from '../product/product-catalogue.ts';
import type { QuotedLine } from '../quote/quote.ts';
import type { Quoting } from '../quote/quoting.ts';
import type { Lines } from '../quote/wish.ts';
import type { SoldRight } from '../right/right.ts';
import type { Disruptions } from '../stores.ts';
import { channelOf } from './channel.ts';
import { exchangeIdOf } from './carry-out-exchange.ts';

const body = z.strictObject({
  sessionId: z.string().min(3).max(80),
  ticketTypeId: z.string().min(3).max(80).optional().describe('The ticket’s own type if left out.'),
});
const confirmed = body.extend({
  quoteId: z.string().max(200).optional().describe('Refused if fee or amounts have changed.'),
});
type Wish = z.output<typeof body>;

const quoteView = z.object({
  ticketNumber: z.string(),
  quoteId: z.string(),
  validUntil: z.string(),
  price: money,
  newPrice: money,
  fee: money,
  due: money.describe('To be paid before the ticket is replaced.'),
  returned: money.describe('Comes back after the ticket was replaced.'),
});

type Parts = TicketParts & {
  readonly disruptions: Disruptions;
  readonly catalogue: ProductCatalogue;
  readonly quoting: Quoting;
  readonly claims: Claims;
  readonly waiting: OrderWaiting;
  /** Minutes to pay what is due. */
  readonly settleWithinMs: number;
};

const idTypes = z.enum(ID_TYPES);
const cny = (amount: number): z.input<typeof money> => ({ amount, currency: 'CNY' });

export function exchangeTicket(foundation: Foundation, parts: Parts): readonly Route[] {
  const { clock, vault } = foundation;
  const idKey = vault.serviceKey('exchange-ids');

  /** The wish, priced and checked like a sale: eligibility on the new day included. */
  async function priced(
    context: RequestContext<{ number: string }, unknown, Wish>,
    seen: SeenTicket,
    at: Date,
  ): Promise<{ quote: ExchangeQuote; line: NewLine; quoted: QuotedLine; offered: SoldRight }> {
    const ticket = await asOffered(parts.disruptions, seen.scope, currentTicket(seen, context.params.number));
    const ticketTypeId = context.body.ticketTypeId ?? ticket.ticketTypeId;
    const people = await peopleOf(parts, seen, ticket);
    const wished = { sessionId: context.body.sessionId, ticketTypeId, ...people };
    const { quote, tenantId } = await parts.quoting.compute([wished], {
      channel: (tenantId) => channelOf(context, seen.staff && tenantId === seen.scope.tenantId),
      namesRequired: true,
      wholeOrder: false,
      // Offered another session, one may take it though nobody else can buy it any more.
      offered: ticket.offer === undefined ? undefined : ticket.productId,
    });
    const [quoted] = quote.lines;
    if (quoted === undefined || tenantId !== seen.scope.tenantId)
      throw new DomainError('sales.unknown-session', 'There is no such session.', { line: 0, lineNumber: 1 });
    const { product } = (await parts.catalogue.byIds([ticket.productId])).get(ticket.productId) ?? {};
    const line = soldLine(quoted, ticket.lineId);
    const place = { ...line, amount: quoted.unitAmount };
    const computed = exchangeQuote(ticket, place, product?.exchanges, at.toISOString());
    return { quote: computed, line, quoted, offered: ticket };
  }

  function viewQuote(ticket: SoldRight, quote: ExchangeQuote, line: NewLine): z.input<typeof quoteView> {
    const { price, newPrice, fee, due, returned, goodUntil: validUntil } = quote;
    return {
      ticketNumber: ticket.number,
      quoteId: parts.quoting.tokens.issue(fingerprintOf(ticket, quote, line), due, new Date(validUntil)),
      validUntil,
      price: cny(price),
      newPrice: cny(newPrice),
      fee: cny(fee),
      due: cny(due),
      returned: cny(returned),
    };
  }

  return [
    route({
      method: 'post',
      path: '/api/v1/tickets/:number/exchange-quote',
      summary: 'What exchanging this ticket for another session costs.',
      tags: ['tickets'],
      access: OWNER_OR_STAFF,
      idempotent: false,
      body,
      problems: [...QUOTE_PROBLEMS, ...EXCHANGE_PROBLEMS],
      responses: { 200: quoteView },
      async handler(context) {
        const seen = await seenTicket(context, parts, foundation);
        const { quote, line } = await priced(context, seen, clock());
        return { status: 200, body: viewQuote(seen.ticket, quote, line) };
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/tickets/:number/exchanges',
      summary: 'Exchanges the ticket for another session.',
      description:
        'The new place is held first; what is due is paid to …/exchanges/{id}/payments; then the ticket is replaced. With Prefer: wait=N the answer is 201 once it is done, failed or waits for payment.',
      tags: ['tickets'],
      access: OWNER_OR_STAFF,
      waits: true,
      body: confirmed,
      problems: [
        ...QUOTE_PROBLEMS,
        ...EXCHANGE_PROBLEMS,
        'sales.stale-refund-quote',
        'sales.exchange-under-way',
        'sales.too-many-exchanges',
        'sales.document-has-ticket',
        'sales.document-limit',
      ],
      responses: { 201: exchangeView, 202: exchangeView },
      async handler(context) {
        const seen = await seenTicket(context, parts, foundation);
        mayExchange(context, seen.staff);
        const { scope, ticket } = seen;
        const bytes = derivedBytes(idKey, `${context.callerKey}|${seen.id}`, 'exchange', context.idempotencyKey);
        const exchangeId = exchangeIdOf(scope.tenantId, bytes);
        const request = { key: `${context.callerKey}:${context.idempotencyKey}`, fingerprint: context.fingerprint };
        const known = await exchangesOf(parts, scope, ticket.orderId);
        const before = known.find(({ id }) => id === exchangeId);
        if (before !== undefined) {
          // A retry gets the exchange that was begun, whatever a quote would say now; another request under its key gets a refusal.
          await parts.orders.handle(scope, ticket.orderId, { type: 'BeginExchange', facts: before }, { request });
          return answered(parts, context, scope, ticket.orderId, before);
        }
        if (known.some(({ rightId, status }) => rightId === seen.id && status !== 'done' && status !== 'failed'))
          throw new DomainError('sales.exchange-under-way', 'The ticket is being exchanged already.');
        const now = clock();
        const { quote, line, quoted, offered } = await priced(context, seen, now);
        const { quoteId } = context.body;
        const asShown = fingerprintOf(ticket, quote, line);
        if (quoteId !== undefined && parts.quoting.tokens.check(quoteId, asShown, quote.due, now) !== 'valid')
          throw new DomainError('sales.stale-refund-quote', 'Fee or amounts have changed since the quote.', {
            quote: viewQuote(ticket, quote, line),
          });
        const claims = await parts.claims.take(scope, ticket.orderId, claimsOf(ticket, quoted), now, exchangeId);
        if (claims.refusal !== undefined)
          throw new DomainError(claims.refusal.code, 'The new place is not to be had for this document.', {
            ...claims.refusal.data,
          });
        const { price, fee, due, returned } = quote;
        const facts = {
          id: exchangeId,
          rightId: seen.id,
          number: ticket.number,
          revision: ticket.revision,
          holdId: formatId<'Hold'>('hld', scope.tenantId, bytes.subarray(12, 27)),
          line,
          price,
          fee,
          due,
          returned,
          requestedAt: now.toISOString(),
          expiresAt: settleBy(offered, line, now.getTime() + parts.settleWithinMs),
        };
        const { state } = await parts.orders
          .handle(scope, ticket.orderId, { type: 'BeginExchange', facts }, { request })
          .catch(async (error: unknown) => {
            if (error instanceof DomainError) await claims.giveBack();
            throw error;
          });
        return answered(parts, context, scope, ticket.orderId, begunOf(state, exchangeId));
      },
    }),
  ];
}

/** SAL-53: as long as both places are worth something; who was offered another keeps the old ticket until that is chosen. */
function settleBy({ offer, validUntil }: SoldRight, { endsAt }: NewLine, latest: number): string {
  const ticketEnds = offer === undefined ? Date.parse(validUntil) : Number.POSITIVE_INFINITY;
  return new Date(Math.min(latest, Date.parse(endsAt), ticketEnds)).toISOString();
}

/** What the quote was for, and every amount of it: the token itself carries what is due. */
function fingerprintOf(
  { number, revision }: SoldRight,
  { newPrice, fee, returned }: ExchangeQuote,
  { sessionId, ticketTypeId }: NewLine,
): string {
  return `exchange/${number}/${revision}/${sessionId}/${ticketTypeId}/${newPrice}/${fee}/${returned}`;
}

export function mayExchange(context: Pick<RequestContext, 'principal'>, staff: boolean): void {
  if (staff && !may(context.principal, 'sales:exchanges:create'))
    throw new DomainError('platform.forbidden', 'Exchanging tickets for a customer needs a permission.');
}

async function exchangesOf(parts: Parts, scope: Scope, orderId: string): Promise<readonly Exchange[]> {
  const order = (await parts.orders.load(scope, orderId))?.state;
  return order === undefined || order.status === 'none' ? [] : order.exchanges;
}

function begunOf(order: OrderState, exchangeId: string): Exchange {
  const begun = order.status === 'none' ? undefined : order.exchanges.find(({ id }) => id === exchangeId);
  if (begun === undefined) throw new Error('an exchange was begun and is not there');
  return begun;
}

const isSettled =
  (exchangeId: string) =>
  (order: Pick<LiveOrder, 'exchanges'>): boolean => {
    const status = order.exchanges.find(({ id }) => id === exchangeId)?.status;
    return status === 'done' || status === 'failed' || status === 'awaiting_payment';
  };

async function answered(
  parts: Parts,
  context: Pick<RequestContext, 'waitMs' | 'signal'>,
  scope: Scope,
  orderId: string,
  begun: Exchange,
): Promise<Answer> {
  const settled = isSettled(begun.id);
  const order =
    context.waitMs === 0
      ? undefined
      : await parts.waiting.until(scope, orderId, settled, context.waitMs, context.signal);
  const exchange = order?.exchanges.find(({ id }) => id === begun.id) ?? begun;
  const given = {
    body: viewExchange(orderId, exchange),
    headers: { Location: `/api/v1/orders/${orderId}/exchanges/${begun.id}` },
  };
  return settled(order ?? { exchanges: [begun] }) ? { status: 201, ...given } : { status: 202, ...given };
}

type Given = { readonly body: z.input<typeof exchangeView>; readonly headers: Readonly<Record<string, string>> };
type Answer = ({ readonly status: 201 } & Given) | ({ readonly status: 202 } & Given);

/** The traveller stays the same: the document is opened for the check of the new day, and nothing else. */
async function peopleOf(
  parts: Parts,
  { snapshot, scope }: SeenTicket,
  ticket: SoldRight,
): Promise<Pick<Lines[number], 'quantity' | 'travellers'>> {
  const { traveller } = ticket;
  if (traveller === undefined) return { quantity: 1 };
  const key = await parts.rights.recordKey(scope, snapshot);
  const idNumber = key.open(traveller.idNumber.sealed);
  return { travellers: [{ name: traveller.name.masked, idType: idTypes.parse(traveller.idType), idNumber }] };
}

/** SAL-02, SAL-25: the limits of a document hold for an exchange as they hold for a sale. */
function claimsOf(ticket: SoldRight, { session, ticketType }: QuotedLine): readonly ClaimWish[] {
  const { traveller } = ticket;
  if (traveller === undefined) return [];
  const { sessionId, date } = session;
  const place = { sessionId, date, ticketTypeId: ticketType.id };
  const [ofSession, ofDay] = documentClaims(place, traveller.idNumber, ticketType.limits.perDocumentAndDay);
  const isOtherDay = date !== ticket.date || ticketType.id !== ticket.ticketTypeId;
  return [
    ...(sessionId === ticket.sessionId || ofSession === undefined ? [] : [ofSession]),
    ...(isOtherDay && ofDay !== undefined ? [ofDay] : []),
  ];
}
