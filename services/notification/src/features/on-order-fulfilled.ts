// sales.order.fulfilled: the buyer gets an SMS with day, time and ticket numbers, and a mail with every ticket: its QR code in the text,
// its page in one PDF (SAL-32).
import { orderFulfilled } from '@tongpiao/contracts';
import { fen, formatYuan } from '@tongpiao/kernel';
import { ticketPages } from '../mail/ticket-pages.ts';
import type { MessageValues } from '../templates/template.ts';
import { attachedOf, named, numbersOf, timeOf, timesOf } from './order-words.ts';
import { opened, teller, tellOrders, tenantOf, wishesTo, type TellParts } from './tell-orders.ts';

/** Tickets shown with their code in the text of one mail, which keeps it below 100 kB; the others are in its attachment. */
const MAIL_TICKETS_MAX = 20;

export function onOrderFulfilled(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(
    parts,
    teller(orderFulfilled, (envelope) => {
      const { orderId, tickets, language, total, contact } = envelope.data;
      const tenant = tenantOf(parts, envelope);
      const { timeZone } = tenant;
      const open = (sealed: string): string => opened(parts.bus, envelope, sealed);
      const sms = { when: timesOf(tickets, timeZone, language), tickets: numbersOf(tickets, language) };
      // Nobody opens or draws what no mail will carry.
      const pages = contact.email === undefined ? [] : ticketPages(orderId, tickets, { tenant, open });
      const mail: MessageValues = {
        values: {
          count: String(tickets.length),
          total: formatYuan(fen(total)),
          more: attachedOf(tickets.length, MAIL_TICKETS_MAX, pages.length, language),
        },
        items: tickets.slice(0, MAIL_TICKETS_MAX).map((ticket) => ({
          number: ticket.number,
          type: named(ticket.ticketType, language),
          when: timeOf(ticket, timeZone, language),
          amount: formatYuan(fen(ticket.amount)),
          qr: ticket.qr,
        })),
        pages,
      };
      return wishesTo(parts, envelope, { template: 'order-fulfilled', sms: { values: sms }, mail });
    }),
  );
}
