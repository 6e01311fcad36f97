// GET /api/v1/tickets/{number}/ticket.pdf: the ticket as a page to keep or to print at home (SAL-32), for whoever may see the ticket.
// What opens no gate any more because somebody gave it back or got another for it is not drawn: paper would look as good as ever.
import type { TicketStatus } from '@tongpiao/contracts';
import { ticketsPdf } from '@tongpiao/documents/ticket';
import { DomainError } from '@tongpiao/kernel';
import { rawBody, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { currentTicket, seenTicket, type TicketParts as Parts } from '../order-access/may-see-ticket.ts';
import { printableTicket } from '../right/printable-ticket.ts';

/** A used or expired one is a record of what was bought. */
const DRAWN: ReadonlySet<TicketStatus> = new Set(['issued', 'checked_in', 'used', 'expired']);

export function getTicketPdf(foundation: Foundation, parts: Parts): Route {
  return route({
    method: 'get',
    path: '/api/v1/tickets/:number/ticket.pdf',
    summary: 'The ticket as a PDF page, with its QR code.',
    tags: ['tickets'],
    access: OWNER_OR_STAFF,
    problems: ['sales.ticket-number-invalid', 'sales.ticket-not-living'],
    responses: { 200: rawBody('application/pdf', 'One page, A5; its text can be searched.') },
    async handler(context) {
      const seen = await seenTicket(context, parts, foundation);
      const ticket = currentTicket(seen, context.params.number);
      const { status, number } = ticket;
      if (!DRAWN.has(status))
        throw new DomainError('sales.ticket-not-living', 'The ticket is not valid any more.', { status });
      const tenant = foundation.tenants.require(seen.scope.tenantId);
      return {
        status: 200,
        raw: ticketsPdf([printableTicket(ticket, tenant)]),
        contentType: 'application/pdf',
        headers: {
          'Cache-Control': 'private, no-store',
          'Content-Disposition': `inline; filename="ticket-${number}.pdf"`,
        },
      };
    },
  });
}
