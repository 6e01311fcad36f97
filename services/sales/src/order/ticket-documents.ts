// Whose document stands behind a ticket of an order: tickets are made of a line's places in their order, and so are its travellers.
import type { FulfilledOrder, Traveller } from './order.ts';

export function documentOf(order: FulfilledOrder, rightId: string): Traveller['idNumber'] | undefined {
  const ticket = order.tickets.find((one) => one.rightId === rightId);
  if (ticket === undefined) return undefined;
  const place = order.tickets.filter(({ lineId }) => lineId === ticket.lineId).indexOf(ticket);
  return order.lines.find(({ lineId }) => lineId === ticket.lineId)?.travellers[place]?.idNumber;
}
