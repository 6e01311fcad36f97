// The place that a sold line gives to one ticket.
import type { OrderLine } from '../order/order.ts';
import type { Place } from './right.ts';

export function placeOf(
  line: Omit<OrderLine, 'travellers' | 'lineId' | 'quantity'>,
  ticket: { readonly number: string; readonly qr: string; readonly holdId: string },
): Place {
  const { gateIds, minutesBetweenEntries } = line;
  return {
    ...ticket,
    productId: line.productId,
    productName: line.productName,
    ticketTypeId: line.ticketTypeId,
    ticketTypeName: line.ticketTypeName,
    sessionId: line.sessionId,
    siteId: line.siteId,
    date: line.date,
    startsAt: line.startsAt,
    endsAt: line.endsAt,
    validFrom: line.validFrom,
    validUntil: line.validUntil,
    amount: line.unitAmount,
    entries: line.entries,
    admits: line.admits,
    realName: line.realName,
    showAtGate: line.showAtGate,
    ...(gateIds === undefined ? {} : { gateIds }),
    ...(minutesBetweenEntries === undefined ? {} : { minutesBetweenEntries }),
  };
}
