// From what sales tells of an order's tickets to the pages that are attached to its mail (SAL-32). The traveller is opened here and
// masked at once, so that neither the stored message nor the page holds the plain value (PLA-11).
import type { DataOf, orderFulfilled } from '@tongpiao/contracts';
import type { PrintableTicket } from '@tongpiao/documents/ticket';
import { fen, maskIdNumber, maskName, parseTicketNumber, printTicketNumber } from '@tongpiao/kernel';
import type { Tenant } from '@tongpiao/service-shell';

type ToldTicket = DataOf<typeof orderFulfilled>['tickets'][number];

/** Pages of one attachment: 270 kB and 36 ms at most. A group that is larger finds the others in its order. */
export const PAGES_MAX = 50;

export type PagesOf = {
  readonly tenant: Pick<Tenant, 'name' | 'sites' | 'timeZone'>;
  /** Opens what was sealed for us in this message. */
  readonly open: (sealed: string) => string;
  /** REI-30: they were made in the place of others. */
  readonly mark?: PrintableTicket['mark'];
};

/** Tickets whose page is not told are left out: a mail shows their codes all the same. */
export function ticketPages(
  orderId: string,
  tickets: readonly ToldTicket[],
  { tenant, open, mark }: PagesOf,
): readonly PrintableTicket[] {
  return tickets.slice(0, PAGES_MAX).flatMap(({ number, qr, ticketType, date, startsAt, endsAt, amount, page }) => {
    if (page === undefined) return [];
    const { siteId, traveller, ...shown } = page;
    const parsed = parseTicketNumber(number);
    return [
      {
        ...shown,
        issuer: tenant.name,
        site: tenant.sites.find(({ id }) => id === siteId)?.name,
        ticketType,
        printedNumber: parsed.ok ? printTicketNumber(parsed.number) : number,
        qr,
        date,
        startsAt,
        endsAt,
        timeZone: tenant.timeZone,
        amount: fen(amount),
        orderId,
        mark,
        traveller:
          traveller === undefined
            ? undefined
            : {
                name: maskName(open(traveller.name)),
                idType: traveller.idType,
                idNumber: maskIdNumber(open(traveller.idNumber)),
              },
      },
    ];
  });
}
