// What goes along with a mail: the codes as pictures that its text shows, and the tickets as one PDF. Many mail programs hide pictures
// that stand in the text itself (data:), so each is a part of its own with an id.
import { ticketsPdf, type PrintableTicket } from '@tongpiao/documents/ticket';
import type { MailAttachment } from '../adapters/providers.ts';
import { qrPng } from './ticket-qr.ts';

/** A ticket's code has 130 pixels; twice that on a screen is large enough for a scanner behind glass. */
const QR_SCALE = 2;

/** @param id of the message, to make the part's id unique @returns the picture, and the HTML that shows it */
export function inlineCode(qr: string, index: number, id: string): { html: string; attachment: MailAttachment } {
  const { png, pixels } = qrPng(qr);
  const side = pixels * QR_SCALE;
  const contentId = `qr-${index + 1}.${id}@tickets`;
  return {
    html: `<img alt="QR" width="${side}" height="${side}" style="image-rendering:pixelated" src="cid:${contentId}">`,
    attachment: { filename: `qr-${index + 1}.png`, contentType: 'image/png', content: png, contentId },
  };
}

/** Drawn when the mail is sent: what is never sent costs nothing, and what waits is small. */
export function ticketsAttachment(orderId: string, pages: readonly PrintableTicket[]): readonly MailAttachment[] {
  if (pages.length === 0) return [];
  return [{ filename: `tickets-${orderId}.pdf`, contentType: 'application/pdf', content: ticketsPdf(pages) }];
}
