// sales.order.fulfilled: the buyer gets an SMS with day, time and ticket numbers, and a mail with every ticket and its QR code.
import { orderFulfilled } from '@tongpiao/contracts';
import { fen, formatYuan } from '@tongpiao/kernel';
import type { MessageValues } from '../templates/template.ts';
import { named, numbersOf, timeOf, timesOf } from './order-words.ts';
import { teller, tellOrders, tenantOf, wishesTo, type TellParts } from './tell-orders.ts';

/** Tickets shown with their code in one mail; of a group's others it tells how many. Keeps a mail below 100 kB. */
const MAIL_TICKETS_MAX = 20;

export function onOrderFulfilled(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(
    parts,
    teller(orderFulfilled, (envelope) => {
      const { tickets, language, total } = envelope.data;
      const { timeZone } = tenantOf(parts, envelope);
      const shown = tickets.slice(0, MAIL_TICKETS_MAX);
      const sms = { when: timesOf(tickets, timeZone, language), tickets: numbersOf(tickets, language) };
      const mail: MessageValues = {
        values: {
          count: String(tickets.length),
          total: formatYuan(fen(total)),
          more: moreOf(tickets.length - shown.length, language),
        },
        items: shown.map((ticket) => ({
          number: ticket.number,
          type: named(ticket.ticketType, language),
          when: timeOf(ticket, timeZone, language),
          amount: formatYuan(fen(ticket.amount)),
          qr: ticket.qr,
        })),
      };
      return wishesTo(parts, envelope, { template: 'order-fulfilled', sms: { values: sms }, mail });
    }),
  );
}

function moreOf(hidden: number, language: 'zh-CN' | 'en'): string {
  if (hidden === 0) return '';
  return language === 'en' ? `${hidden} more are not shown here.` : `另有${hidden}张未在此列出。`;
}
