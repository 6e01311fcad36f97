// What every message about an order says of it: whom to tell, in which language, about what.
import type { Bilingual, Language } from '@tongpiao/contracts';
import { forRecipient } from '@tongpiao/persistence';
import type { LiveOrder, OrderLine, ToldTicket } from './order.ts';

type ContactFor = {
  name: ReturnType<typeof forRecipient>;
  phone: ReturnType<typeof forRecipient>;
  email?: ReturnType<typeof forRecipient>;
};

export function contactFor(state: LiveOrder): ContactFor {
  const { name, phone, email } = state.contact;
  return {
    name: forRecipient('notification', name),
    phone: forRecipient('notification', phone),
    ...(email === undefined ? {} : { email: forRecipient('notification', email) }),
  };
}

export function productOf(state: LiveOrder): Bilingual {
  return state.lines[0]?.productName ?? { zh: '门票', en: 'Tickets' };
}

export function aboutOrder(
  orderId: string,
  state: LiveOrder,
): { orderId: string; language: Language; contact: ContactFor; product: Bilingual } {
  return { orderId, language: state.language, contact: contactFor(state), product: productOf(state) };
}

/** A ticket as notification tells it. */
export function toldTicket(
  line: Omit<OrderLine, 'travellers'>,
  { number, qr }: ToldTicket,
): {
  number: string;
  ticketType: Bilingual;
  sessionId: string;
  date: string;
  startsAt: string;
  endsAt: string;
  amount: OrderLine['unitAmount'];
  qr: string;
} {
  const { ticketTypeName: ticketType, sessionId, date, startsAt, endsAt, unitAmount: amount } = line;
  return { number, ticketType, sessionId, date, startsAt, endsAt, amount, qr };
}
