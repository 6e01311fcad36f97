// sales.order.exchange-completed and exchange-failed: the customer has exactly one valid ticket, and hears which (SAL-53).
import { exchangeCompleted, exchangeFailed } from '@tongpiao/contracts';
import { fen, formatYuan } from '@tongpiao/kernel';
import { ticketPages } from '../mail/ticket-pages.ts';
import { attachedOf, named, timeOf } from './order-words.ts';
import { opened, teller, tellOrders, tenantOf, wishesTo, type Teller, type TellParts } from './tell-orders.ts';

export function onExchangeTold(parts: TellParts): ReturnType<typeof tellOrders> {
  return tellOrders(parts, completed(parts), failed(parts));
}

/** A mail like that of a new order: the ticket is in it, and attached. */
function completed(parts: TellParts): Teller {
  return teller(exchangeCompleted, (envelope) => {
    const { orderId, language, previousNumber, ticket, fee, returned, inCash, contact } = envelope.data;
    const tenant = tenantOf(parts, envelope);
    const when = timeOf(ticket, tenant.timeZone, language);
    const open = (sealed: string): string => opened(parts.bus, envelope, sealed);
    const pages = contact.email === undefined ? [] : ticketPages(orderId, [ticket], { tenant, open });
    const more = [comesBack(returned, language, inCash === true), attachedOf(1, 1, pages.length, language)];
    const { number, qr } = ticket;
    const type = named(ticket.ticketType, language);
    const amount = formatYuan(fen(ticket.amount));
    return wishesTo(parts, envelope, {
      template: 'exchange-completed',
      sms: { values: { when, number } },
      mail: {
        values: {
          previous: previousNumber,
          fee: formatYuan(fen(fee)),
          more: more.filter((part) => part !== '').join(' '),
        },
        items: [{ number, type, when, amount, qr }],
        pages,
      },
    });
  });
}

function comesBack(returned: number, language: 'zh-CN' | 'en', inCash: boolean): string {
  if (returned === 0) return '';
  const amount = formatYuan(fen(returned));
  if (inCash)
    return language === 'en' ? `${amount} is yours: please fetch it at a counter.` : `差额${amount}请到售票窗口领取。`;
  return language === 'en' ? `${amount} goes back the way it was paid.` : `差额${amount}将原路退回。`;
}

function failed(parts: TellParts): Teller {
  return teller(exchangeFailed, (envelope) => {
    const { ticketNumber: number, returned } = envelope.data;
    if (returned === 0) return wishesTo(parts, envelope, { template: 'exchange-failed', sms: { values: { number } } });
    const amount = formatYuan(fen(returned));
    return wishesTo(parts, envelope, { template: 'exchange-failed-returned', sms: { values: { number, amount } } });
  });
}
