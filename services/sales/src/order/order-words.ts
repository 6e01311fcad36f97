// What every message about an order says of it: whom to tell, in which language, about what.
import { idTypeSchema, type Bilingual, type DataOf, type Language, type ticketsRecorded } from '@tongpiao/contracts';
import { forRecipient, type DraftData } from '@tongpiao/persistence';
import type { LiveOrder, OrderLine, ToldTicket, Traveller } from './order.ts';

type ContactFor = {
  name: ReturnType<typeof forRecipient>;
  phone: ReturnType<typeof forRecipient>;
  email?: ReturnType<typeof forRecipient>;
};

export function contactFor(state: LiveOrder, recipient: 'notification' | 'reissue' = 'notification'): ContactFor {
  const { name, phone, email } = state.contact;
  return {
    name: forRecipient(recipient, name),
    phone: forRecipient(recipient, phone),
    ...(email === undefined ? {} : { email: forRecipient(recipient, email) }),
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

/** A ticket as the reissue service keeps it. */
export function recordedTicket(
  line: OrderLine,
  ticket: { readonly rightId: string; readonly number: string },
  traveller: Traveller | undefined,
): Recorded {
  return {
    ...ticket,
    siteId: line.siteId,
    productId: line.productId,
    product: line.productName,
    ticketTypeId: line.ticketTypeId,
    ticketType: line.ticketTypeName,
    sessionId: line.sessionId,
    date: line.date,
    startsAt: line.startsAt,
    endsAt: line.endsAt,
    validUntil: line.validUntil,
    amount: line.unitAmount,
    realName: line.realName,
    ...(traveller === undefined
      ? {}
      : {
          traveller: {
            name: forRecipient('reissue', traveller.name),
            idType: idTypeSchema.parse(traveller.idType),
            idNumber: forRecipient('reissue', traveller.idNumber),
          },
        }),
  };
}

type Recorded = DraftData<DataOf<typeof ticketsRecorded>['tickets'][number]>;
