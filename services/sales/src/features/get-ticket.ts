// GET /api/v1/tickets/{number} and its QR picture, for the holder of the order's token, the buyer and staff.
import { idTypeSchema } from '@tongpiao/contracts';
import { DomainError, parseTicketNumber } from '@tongpiao/kernel';
import { rawBody, route, type Foundation, type Route } from '@tongpiao/service-shell';
import { toString as qrToString } from 'qrcode';
import { z } from 'zod';
import { OWNER_OR_STAFF } from '../order-access/may-see-order.ts';
import { currentTicket, seenTicket, type TicketParts as Parts } from '../order-access/may-see-ticket.ts';
import { anyTicketView, viewTicket } from '../right/ticket-view.ts';

export function getTicket(foundation: Foundation, parts: Parts): Route {
  return route({
    method: 'get',
    path: '/api/v1/tickets/:number',
    summary: 'One ticket with its state, its uses and its QR token.',
    tags: ['tickets'],
    access: OWNER_OR_STAFF,
    problems: ['sales.ticket-number-invalid'],
    responses: { 200: anyTicketView },
    async handler(context) {
      const { ticket } = await seenTicket(context, parts, foundation);
      return {
        status: 200,
        body: viewTicket(ticket, context.params.number),
        headers: { 'Cache-Control': 'private, no-store' },
      };
    },
  });
}

export function getTicketQr(foundation: Foundation, parts: Parts): Route {
  return route({
    method: 'get',
    path: '/api/v1/tickets/:number/qr.svg',
    summary: 'The ticket’s QR code as a picture.',
    tags: ['tickets'],
    access: OWNER_OR_STAFF,
    problems: ['sales.ticket-number-invalid', 'sales.ticket-not-living'],
    responses: { 200: rawBody('image/svg+xml', 'QR code, error correction M.') },
    async handler(context) {
      const ticket = currentTicket(await seenTicket(context, parts, foundation), context.params.number);
      const svg = await qrToString(ticket.qr, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 });
      return { status: 200, raw: svg, contentType: 'image/svg+xml', headers: { 'Cache-Control': 'private, no-store' } };
    },
  });
}

/** PLA-11: the plain value is an act of its own, with a permission, a purpose and an entry in the ticket's journal. */
export function revealTraveller({ trail }: Foundation, parts: Parts): Route {
  return route({
    method: 'post',
    path: '/api/v1/tickets/:number/reveal',
    summary: 'Shows the traveller’s plain name and document, with a stated purpose; each look is on record.',
    tags: ['tickets'],
    access: { permission: 'sales:personal-data:reveal' },
    idempotent: false,
    body: z.strictObject({ purpose: z.string().trim().min(5).max(300) }),
    problems: ['sales.ticket-number-invalid', 'sales.no-traveller'],
    responses: { 200: z.object({ name: z.string(), idType: idTypeSchema, idNumber: z.string() }) },
    async handler(context) {
      const parsed = parseTicketNumber(context.params.number);
      if (!parsed.ok)
        throw new DomainError('sales.ticket-number-invalid', 'This cannot be a ticket number.', {
          reason: parsed.reason,
        });
      const scope = context.scope();
      const [found] = await parts.rights.find(scope, { 'state.number': parsed.number }, { limit: 1 });
      if (found === undefined || found.state.status === 'none')
        throw new DomainError('platform.not-found', 'There is no such ticket.');
      const { traveller } = found.state;
      if (traveller === undefined) throw new DomainError('sales.no-traveller', 'No name is kept with this ticket.');
      await parts.rights.handle(scope, found.id, {
        type: 'RecordReveal',
        purpose: context.body.purpose,
        request: context.request.id,
      });
      await trail.record(scope, 'reveal', found.id, { ticket: parsed.number, purpose: context.body.purpose });
      const key = await parts.rights.recordKey(scope, found);
      return {
        status: 200,
        body: {
          name: key.open(traveller.name.sealed),
          idType: idTypeSchema.parse(traveller.idType),
          idNumber: key.open(traveller.idNumber.sealed),
        },
        headers: { 'Cache-Control': 'private, no-store' },
      };
    },
  });
}
