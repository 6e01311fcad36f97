// The ticket as paper or attachment.
export * from './printable-ticket.ts';
export { documentWord } from './ticket-words.ts';
export { ticketsPdf } from './tickets-pdf.ts';
export { reissuedMark } from './ticket-words.ts';
