// Paper at a counter, from numbered stock (SAL-32): POST …/prints notes which sheet the ticket goes onto, in its journal, and gives the
// address of the page. A ticket is printed once, a sheet is used once. The page can be fetched for some minutes, so that a printer that
// had no paper gets it again; later it would be a second print, which is a reissue.
import { ticketsPdf } from '@tongpiao/documents/ticket';
import { DomainError } from '@tongpiao/kernel';
import { rawBody, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { z } from 'zod';
import { currentTicket, seenTicket, type SeenTicket, type TicketParts } from '../order-access/may-see-ticket.ts';
import type { PaperSerials } from '../paper/paper-serial.store.ts';
import { printableTicket } from '../right/printable-ticket.ts';
import { isLiving } from '../right/right.decider.ts';
import type { Print, RightState, SoldRight } from '../right/right.ts';

type Parts = TicketParts & { readonly serials: PaperSerials };

/** As it stands on the sheet; letters count as capitals. */
const serialSchema = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[0-9A-Z][0-9A-Z-]{3,19}$/)
  .describe('4 to 20 letters, digits and hyphens, as printed on the sheet.');

const printView = z.object({
  ticketNumber: z.string(),
  serial: z.string(),
  printedBy: z.string(),
  printedAt: z.string(),
  pdf: z.string().describe('Where the page can be fetched for ten minutes.'),
});

/** Time to find paper and press the button again. */
const PAGE_GOOD_MS = 10 * 60_000;

const ACCESS = { permission: 'sales:tickets:print' } as const;

export function printTicket(foundation: Foundation, parts: Parts): readonly Route[] {
  const { clock, tenants } = foundation;

  async function printed(
    seen: SeenTicket,
    print: Print,
    request: { key: string; fingerprint: string },
  ): Promise<RightState> {
    const { id, scope, ticket } = seen;
    const wish = { serial: print.serial, rightId: id, number: ticket.number };
    const taken = await parts.serials.take(scope, wish, clock());
    if (taken === undefined)
      throw new DomainError('sales.serial-used', 'Another ticket was printed on this sheet.', { serial: print.serial });
    try {
      const { state } = await parts.rights.handle(scope, id, { type: 'PrintTicket', ...print }, { request });
      return state;
    } catch (error) {
      // Only a refusal says for certain that the sheet is still blank.
      if (error instanceof DomainError) await taken.giveBack();
      throw error;
    }
  }

  return [
    route({
      method: 'post',
      path: '/api/v1/tickets/:number/prints',
      summary: 'Notes that a ticket goes onto a numbered sheet of paper, and says where its page is.',
      tags: ['tickets'],
      access: ACCESS,
      body: z.strictObject({ serial: serialSchema }),
      problems: [
        'sales.ticket-number-invalid',
        'sales.ticket-not-living',
        'sales.ticket-printed-already',
        'sales.serial-used',
      ],
      responses: { 201: printView },
      async handler(context) {
        const seen = await seenTicket(context, parts, foundation);
        const { number } = currentTicket(seen, context.params.number);
        const { serial } = context.body;
        const request = { key: `${context.callerKey}:${context.idempotencyKey}`, fingerprint: context.fingerprint };
        const at = clock().toISOString();
        const state = await printed(seen, { serial, by: context.callerKey, at }, request);
        const body = viewPrint(number, printOn(state, serial));
        return { status: 201, body, headers: { Location: body.pdf } };
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/tickets/:number/prints/:serial/ticket.pdf',
      summary: 'The page of a print, with the serial of its sheet.',
      tags: ['tickets'],
      access: ACCESS,
      problems: ['sales.ticket-number-invalid', 'sales.ticket-not-living', 'sales.ticket-printed-already'],
      responses: { 200: rawBody('application/pdf', 'One page, A5; its text can be searched.') },
      async handler(context) {
        const seen = await seenTicket(context, parts, foundation);
        const ticket = currentTicket(seen, context.params.number);
        const { serial, at } = printOn(ticket, context.params.serial);
        const { status, number } = ticket;
        if (!isLiving(ticket))
          throw new DomainError('sales.ticket-not-living', 'The ticket is not valid any more.', { status });
        if (clock().getTime() - Date.parse(at) > PAGE_GOOD_MS)
          throw new DomainError('sales.ticket-printed-already', 'The time to print this page is over.', { serial, at });
        return {
          status: 200,
          raw: ticketsPdf([printableTicket(ticket, tenants.require(seen.scope.tenantId), serial)]),
          contentType: 'application/pdf',
          headers: {
            'Cache-Control': 'private, no-store',
            'Content-Disposition': `inline; filename="ticket-${number}-${serial}.pdf"`,
          },
        };
      },
    }),
  ];
}

function printOn(state: RightState | SoldRight, serial: string): Print {
  const print = state.status === 'none' ? undefined : state.prints.find((known) => known.serial === serial);
  if (print === undefined) throw new DomainError('platform.not-found', 'The ticket was not printed on this sheet.');
  return print;
}

function viewPrint(ticketNumber: string, { serial, by, at }: Print): z.input<typeof printView> {
  const pdf = `/api/v1/tickets/${ticketNumber}/prints/${serial}/ticket.pdf`;
  return { ticketNumber, serial, printedBy: by, printedAt: at, pdf };
}
