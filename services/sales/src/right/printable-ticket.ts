// A right as its ticket is drawn: the same page for the traveller's screen and for paper, with the traveller masked (PLA-11).
import { reissuedMark, type PrintableTicket } from '@tongpiao/documents/ticket';
import { parseTicketNumber, printTicketNumber } from '@tongpiao/kernel';
import type { Tenant } from '@tongpiao/service-shell';
import type { SoldRight } from './right.ts';

export function printableTicket(ticket: SoldRight, tenant: Tenant, serial?: string): PrintableTicket {
  const { number, siteId, traveller } = ticket;
  const parsed = parseTicketNumber(number);
  return {
    issuer: tenant.name,
    site: tenant.sites.find(({ id }) => id === siteId)?.name,
    product: ticket.productName,
    ticketType: ticket.ticketTypeName,
    printedNumber: parsed.ok ? printTicketNumber(parsed.number) : number,
    qr: ticket.qr,
    date: ticket.date,
    startsAt: ticket.startsAt,
    endsAt: ticket.endsAt,
    validFrom: ticket.validFrom,
    validUntil: ticket.validUntil,
    timeZone: tenant.timeZone,
    amount: ticket.amount,
    entries: ticket.entries,
    admits: ticket.admits,
    realName: ticket.realName,
    traveller:
      traveller === undefined
        ? undefined
        : { name: traveller.name.masked, idType: traveller.idType, idNumber: traveller.idNumber.masked },
    showAtGate: ticket.showAtGate,
    orderId: ticket.orderId,
    serial,
    mark: markOf(ticket, tenant.timeZone),
  };
}

/** REI-30: 补发 and the day. A ticket for which it was exchanged afterwards is an ordinary one. */
function markOf({ past }: SoldRight, timeZone: string): PrintableTicket['mark'] {
  const last = past.at(-1);
  return last?.status === 'superseded' ? reissuedMark(last.at, timeZone) : undefined;
}
