// What a wish costs, and whether it may be sold at all: pure, from product, session and the buyer's lines. The answer carries each
// step of the price, so that the quote explains itself (SAL-10, SAL-22).
import type { Bilingual, SalesChannel } from '@tongpiao/contracts';
import {
  addFen,
  checkEligibility,
  DomainError,
  fen,
  localDate,
  timesFen,
  weekdayOf,
  ZERO_FEN,
  type Fen,
  type GateProof,
  type IdType,
  type LocalDate,
} from '@tongpiao/kernel';
import type { Price, Product, TicketType } from '../product/product.ts';

/** A session as sales knows it. */
export type SessionFacts = {
  readonly sessionId: string;
  readonly productId: string;
  readonly siteId: string;
  readonly date: string;
  /** Start as people read it, `HH:MM` in the tenant's zone. */
  readonly slot: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly status: 'open' | 'closed';
};

/** A wished line; travellers' birth dates are known where their documents tell. */
export type WishedLine = {
  readonly sessionId: string;
  readonly ticketTypeId: string;
  readonly quantity: number;
  readonly travellers: readonly { readonly idType: IdType; readonly birthDate?: LocalDate | undefined }[] | undefined;
};

export type QuotedLine = {
  readonly productId: string;
  readonly product: Product;
  readonly ticketType: TicketType;
  readonly session: SessionFacts;
  readonly quantity: number;
  readonly unitAmount: Fen;
  readonly amount: Fen;
  readonly validFrom: string;
  readonly validUntil: string;
  readonly showAtGate: readonly string[];
};

type QuoteStep = { readonly line: number; readonly text: Bilingual; readonly amount: Fen };
export type Quote = {
  readonly lines: readonly QuotedLine[];
  readonly total: Fen;
  readonly steps: readonly QuoteStep[];
};

export type QuoteFacts = {
  readonly now: Date;
  readonly today: LocalDate;
  readonly channel: SalesChannel;
  readonly session: (sessionId: string) => SessionFacts | undefined;
  readonly product: (productId: string) => Product | undefined;
  /** A quote before the names are known does not ask for them. */
  readonly namesRequired: boolean;
  /** False for a ticket that is exchanged: its order was checked when it was sold. */
  readonly wholeOrder?: boolean;
  /** SAL-52: may be exchanged to, though it is not on sale any more: its holder was offered another session of it. */
  readonly offered?: string | undefined;
};

const MINUTE_MS = 60_000;

/** @throws DomainError naming the first line that cannot be sold, and why. */
export function quote(wishes: readonly WishedLine[], facts: QuoteFacts): Quote {
  const lines = wishes.map((wish, index) => quoteLine(wish, index, facts));
  if (facts.wholeOrder !== false) checkOrder(lines, wishes);
  const steps = lines.map((line, index): QuoteStep => ({
    line: index,
    text: {
      zh: `${line.product.name.zh} ${line.ticketType.name.zh} ${line.session.date} ${line.session.slot} ×${line.quantity}`,
      en: `${line.product.name.en}, ${line.ticketType.name.en}, ${line.session.date} ${line.session.slot}, ×${line.quantity}`,
    },
    amount: line.amount,
  }));
  return { lines, total: lines.length === 0 ? ZERO_FEN : addFen(...lines.map(({ amount }) => amount)), steps };
}

function quoteLine(wish: WishedLine, index: number, facts: QuoteFacts): QuotedLine {
  // A number for people, beside the index for programs.
  const at = { line: index, lineNumber: index + 1 };
  const session = facts.session(wish.sessionId);
  if (session === undefined)
    throw new DomainError('sales.unknown-session', 'There is no such session.', { ...at, sessionId: wish.sessionId });
  const product = facts.product(session.productId);
  if (product === undefined) throw new DomainError('sales.unknown-product', 'There is no such product.', at);
  onSale(product, session, facts, at);
  const ticketType = product.ticketTypes.find(({ id }) => id === wish.ticketTypeId);
  if (ticketType === undefined)
    throw new DomainError('sales.unknown-ticket-type', 'The product has no such ticket type.', {
      ...at,
      ticketTypeId: wish.ticketTypeId,
    });
  const price = priceFor(product.prices, ticketType.id, session, facts.channel);
  if (price === undefined)
    throw new DomainError('sales.no-price', 'No price is set for this ticket type, day and channel.', at);
  const showAtGate = checkTravellers(wish, ticketType, session, facts, at);
  const { opensMinutesBefore, closesMinutesAfter } = product.validity;
  return {
    productId: session.productId,
    product,
    ticketType,
    session,
    quantity: wish.quantity,
    unitAmount: price.amount,
    amount: timesFen(price.amount, wish.quantity),
    validFrom: new Date(Date.parse(session.startsAt) - opensMinutesBefore * MINUTE_MS).toISOString(),
    validUntil: new Date(Date.parse(session.endsAt) + closesMinutesAfter * MINUTE_MS).toISOString(),
    showAtGate,
  };
}

/** SAL-04: status, on-sale time, presale window and cut-off, in the order in which a clerk would explain them. */
function onSale(product: Product, session: SessionFacts, facts: QuoteFacts, at: { line: number }): void {
  const { rules } = product;
  const now = facts.now.getTime();
  const sold = session.productId !== facts.offered;
  if (sold && product.status !== 'on_sale')
    throw new DomainError('sales.not-on-sale', 'The product is not on sale.', { ...at, status: product.status });
  if (session.status !== 'open') throw new DomainError('sales.session-closed', 'The session is closed.', at);
  if (rules.onSaleFrom !== undefined && now < Date.parse(rules.onSaleFrom)) {
    throw new DomainError('sales.not-on-sale-yet', 'The sale has not begun.', { ...at, from: rules.onSaleFrom });
  }
  if (sold && rules.onSaleUntil !== undefined && now >= Date.parse(rules.onSaleUntil))
    throw new DomainError('sales.sale-over', 'The sale is over.', at);
  if (now >= Date.parse(session.endsAt) - rules.cutOffMinutesBeforeEnd * MINUTE_MS) {
    throw new DomainError('sales.session-past', 'The session is over or sales for it are closed.', at);
  }
  const lastDay = new Date(Date.parse(`${facts.today}T00:00:00Z`) + rules.presaleDays * 24 * 60 * MINUTE_MS)
    .toISOString()
    .slice(0, 10);
  if (session.date > lastDay)
    throw new DomainError('sales.presale-not-open', 'This day is not on sale yet.', { ...at, lastDay });
}

export function priceFor(
  prices: readonly Price[],
  ticketTypeId: string,
  session: Pick<SessionFacts, 'date' | 'slot'>,
  channel: SalesChannel,
): Price | undefined {
  const weekday = weekdayOf(localDate(session.date));
  return prices.find(
    (price) =>
      price.ticketTypeId === ticketTypeId &&
      (price.from === undefined || session.date >= price.from) &&
      (price.until === undefined || session.date <= price.until) &&
      (price.weekdays === undefined || price.weekdays.includes(weekday)) &&
      (price.slots === undefined || price.slots.includes(session.slot)) &&
      (price.channels === undefined || price.channels.includes(channel)),
  );
}

/** SAL-02: names where they are required; age on the day of use. @returns what must be shown at the gate. */
function checkTravellers(
  wish: WishedLine,
  ticketType: TicketType,
  session: SessionFacts,
  facts: QuoteFacts,
  at: { line: number },
): readonly string[] {
  const dayOfUse = localDate(session.date);
  const { travellers } = wish;
  if (travellers === undefined) {
    if (ticketType.realName && facts.namesRequired)
      throw new DomainError(
        'sales.names-required',
        'This ticket type needs the name and document of each traveller.',
        at,
      );
    const unseen = checkEligibility(ticketType.eligibility, { dayOfUse });
    return unseen.status === 'show-at-gate' ? proofs(unseen.anyOf) : [];
  }
  const toShow = new Set<string>();
  travellers.forEach(({ idType, birthDate }, traveller) => {
    const answer = checkEligibility(ticketType.eligibility, { idType, birthDate, dayOfUse });
    if (answer.status === 'refused') {
      throw new DomainError('sales.not-eligible', 'The traveller does not fit this ticket type on the day of use.', {
        ...at,
        traveller,
        travellerNumber: traveller + 1,
        reason: answer.reason,
      });
    }
    if (answer.status === 'show-at-gate') for (const proof of proofs(answer.anyOf)) toShow.add(proof);
  });
  return [...toShow];
}

function proofs(anyOf: readonly (readonly GateProof[])[]): string[] {
  return anyOf.flatMap((all) =>
    all.map((proof) =>
      proof.kind === 'certificate' ? proof.certificate : proof.kind === 'height' ? `height≤${proof.maxCm}cm` : 'age',
    ),
  );
}

/** Limits that look at the whole order. */
function checkOrder(lines: readonly QuotedLine[], wishes: readonly WishedLine[]): void {
  const quantity = wishes.reduce((sum, wish) => sum + wish.quantity, 0);
  for (const line of lines) {
    const { ticketsPerOrder } = line.product.rules;
    if (quantity > ticketsPerOrder)
      throw new DomainError('sales.too-many-tickets', 'The order has more tickets than allowed.', {
        limit: ticketsPerOrder,
      });
    const { perOrder } = line.ticketType.limits;
    const ofType = lines
      .filter(({ ticketType }) => ticketType.id === line.ticketType.id)
      .reduce((sum, { quantity: count }) => sum + count, 0);
    if (perOrder !== undefined && ofType > perOrder) {
      throw new DomainError('sales.too-many-of-type', 'The order has more tickets of this type than allowed.', {
        limit: perOrder,
        ticketTypeId: line.ticketType.id,
      });
    }
    if (line.ticketType.accompanied && lines.every(({ ticketType }) => ticketType.accompanied)) {
      throw new DomainError('sales.must-be-accompanied', 'This ticket type needs a grown-up in the same order.', {
        ticketTypeId: line.ticketType.id,
      });
    }
  }
}

/** The lowest price of a product, for lists. */
export function priceFrom(product: Product): Fen {
  return fen(Math.min(...product.prices.map(({ amount }) => amount)));
}
