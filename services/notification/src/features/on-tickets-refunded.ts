// sales.order.tickets-refunded: which tickets were given back, what it cost, and what comes back. Where the tenant has cancelled or
// reduced a session there are thousands of these, and no fee.
import { ticketsRefunded, type DataOf, type Language } from '@tongpiao/contracts';
import { fen, formatYuan } from '@tongpiao/kernel';
import { allNumbersOf, numbersOf } from './order-words.ts';
import { teller, tellOrders, wishesTo, type TellParts } from './tell-orders.ts';

type Reason = DataOf<typeof ticketsRefunded>['reason'];

const CAUSES: Readonly<Partial<Record<Reason, Readonly<Record<Language, string>>>>> = {
  'session-cancelled': { 'zh-CN': '场次取消', en: 'The session is cancelled' },
  'session-reduced': { 'zh-CN': '名额缩减', en: 'The session has fewer places' },
};

export function onTicketsRefunded(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(
    parts,
    teller(ticketsRefunded, (envelope) => {
      const { language, ticketNumbers, fee, returned, reason, inCash } = envelope.data;
      const cause = CAUSES[reason]?.[language];
      const values = {
        fee: formatYuan(fen(fee)),
        amount: formatYuan(fen(returned)),
        ...(cause === undefined ? {} : { cause }),
      };
      const short = numbersOf(
        ticketNumbers.map((number) => ({ number })),
        language,
      );
      return wishesTo(parts, envelope, {
        template: returned === 0 ? 'tickets-given-back' : refundedBy(cause !== undefined, inCash === true),
        sms: { values: { ...values, tickets: short } },
        mail: { values: { ...values, tickets: allNumbersOf(ticketNumbers, language) } },
        urgency: cause === undefined ? 'normal' : 'bulk',
      });
    }),
  );
}

function refundedBy(free: boolean, inCash: boolean): string {
  return `tickets-refunded${free ? '-free' : ''}${inCash ? '-cash' : ''}`;
}
