// A quoted line as it is sold: what the order keeps of product, session and price, whatever becomes of them later (SAL-11).
import type { QuotedLine } from '../quote/quote.ts';
import type { OrderLine } from './order.ts';

export function soldLine(quoted: QuotedLine, lineId: string): Omit<OrderLine, 'travellers'> {
  const { session, ticketType, product } = quoted;
  const { gateIds, minutesBetweenEntries } = ticketType;
  return {
    lineId,
    productId: quoted.productId,
    ...(product.kind === 'trip' ? { productKind: product.kind } : {}),
    productName: product.name,
    ticketTypeId: ticketType.id,
    ticketTypeName: ticketType.name,
    sessionId: session.sessionId,
    siteId: session.siteId,
    date: session.date,
    startsAt: session.startsAt,
    endsAt: session.endsAt,
    validFrom: quoted.validFrom,
    validUntil: quoted.validUntil,
    unitAmount: quoted.unitAmount,
    quantity: quoted.quantity,
    entries: ticketType.entries,
    admits: ticketType.admits ?? 1,
    ...(gateIds === undefined ? {} : { gateIds }),
    ...(minutesBetweenEntries === undefined ? {} : { minutesBetweenEntries }),
    realName: ticketType.realName,
    showAtGate: quoted.showAtGate,
  };
}
