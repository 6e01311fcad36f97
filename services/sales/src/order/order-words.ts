// What every message about an order says of it: whom to tell, in which language, about what.
import {
  idTypeSchema,
  type Bilingual,
  type DataOf,
  type Language,
  type orderFulfilled,
  type ticketsRecorded,
} from '@tongpiao/contracts';
import { forRecipient, type DraftData } from '@tongpiao/persistence';
import { refundsOf } from './order-money.ts';
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

type Told = DraftData<DataOf<typeof orderFulfilled>['tickets'][number]>;

/** A ticket as notification tells it; with what a page of it shows where there is an address for mail. */
export function toldTicket(state: LiveOrder, line: Omit<OrderLine, 'travellers'>, { number, qr }: ToldTicket): Told {
  const { ticketTypeName: ticketType, sessionId, date, startsAt, endsAt, unitAmount: amount } = line;
  const told = { number, ticketType, sessionId, date, startsAt, endsAt, amount, qr };
  if (state.contact.email === undefined) return told;
  const { productName: product, siteId, validFrom, validUntil, entries, admits, realName, showAtGate } = line;
  const traveller = travellerOf(state, number);
  return {
    ...told,
    page: {
      product,
      siteId,
      validFrom,
      validUntil,
      entries,
      admits,
      realName,
      showAtGate: [...showAtGate],
      ...(traveller === undefined ? {} : { traveller: namedFor('notification', traveller) }),
    },
  };
}

/** The tickets of a line are in the order of its travellers, and stay so when one is exchanged. */
function travellerOf(state: LiveOrder, number: string): Traveller | undefined {
  const tickets = 'tickets' in state ? state.tickets : [];
  const lineId = tickets.find((ticket) => ticket.number === number)?.lineId;
  const index = tickets.filter((ticket) => ticket.lineId === lineId).findIndex((ticket) => ticket.number === number);
  return state.lines.find((line) => line.lineId === lineId)?.travellers[index];
}

function namedFor(recipient: 'notification' | 'reissue', traveller: Traveller): NonNullable<Recorded['traveller']> {
  return {
    name: forRecipient(recipient, traveller.name),
    idType: idTypeSchema.parse(traveller.idType),
    idNumber: forRecipient(recipient, traveller.idNumber),
  };
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
    // REI-22: the law has a lost road ticket of a named traveller replaced for nothing.
    ...(line.productKind === undefined ? {} : { productKind: line.productKind }),
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
    ...(traveller === undefined ? {} : { traveller: namedFor('reissue', traveller) }),
  };
}

type Recorded = DraftData<DataOf<typeof ticketsRecorded>['tickets'][number]>;

/** Cash does not go back by itself: its owner has to come for it. */
export function cashOf(state: LiveOrder, of: string): { readonly inCash?: true } {
  const from = new Set(refundsOf(state, of).map(({ paymentId }) => paymentId));
  return state.payments.some(({ id, method }) => from.has(id) && method === 'cash') ? { inCash: true } : {};
}
