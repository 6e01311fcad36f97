// Tickets as one PDF, a page each, in the order in which they are given.
import { createDocument } from '../drawing/document.ts';
import { A5 } from '../drawing/page.ts';
import { drawTicket } from './draw-ticket.ts';
import type { PrintableTicket } from './printable-ticket.ts';

/**
 * @param tickets at least one; the first names the document
 * @returns the same bytes for the same tickets
 */
export function ticketsPdf(tickets: readonly PrintableTicket[]): Buffer {
  const [first] = tickets;
  if (first === undefined) throw new RangeError('a document of no tickets');
  const title = `${first.product.zh} ${tickets.length === 1 ? first.printedNumber : `×${tickets.length}`}`;
  const document = createDocument({ title, author: first.issuer.zh, language: 'zh-CN' });
  for (const ticket of tickets) drawTicket(document.page(A5), ticket);
  return document.finish();
}
