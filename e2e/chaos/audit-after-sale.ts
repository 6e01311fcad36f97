// What must be true of tickets that were given back or exchanged: one living ticket per paid right, every refund decided is a refund paid,
// and what an order keeps is exactly what its tickets cost.
import { list, number, text, WITH_TICKETS, type Document } from './documents.ts';

/** What an order with tickets has to keep: prices of tickets that were not given back, and fees. */
export function worthOf(order: Document, rights: readonly Document[]): number {
  const tickets = rights.reduce(
    (sum, right) =>
      sum +
      (text(right, 'state.status') === 'refunded' ? number(right, 'state.refund.fee') : number(right, 'state.amount')),
    0,
  );
  const fees = list(order, 'state.exchanges')
    .filter((exchange) => text(exchange, 'status') === 'done')
    .reduce<number>((sum, exchange) => sum + number(exchange, 'fee'), 0);
  return tickets + fees;
}

export function afterSale(
  orders: readonly Document[],
  rights: readonly Document[],
  payments: readonly Document[],
  violations: string[],
): void {
  const byOrder = Map.groupBy(rights, (right) => text(right, 'state.orderId'));
  const paidBack = new Map(
    payments.flatMap((payment) =>
      list(payment, 'state.refunds').map((refund) => [text(refund, 'id'), refund] as const),
    ),
  );
  numbersAreUnique(rights, violations);
  for (const order of orders) {
    const own = byOrder.get(order._id) ?? [];
    returnedTickets(order, own, violations);
    exchangedTickets(order, own, violations);
    for (const refund of list(order, 'state.refunds')) {
      const paid = paidBack.get(text(refund, 'id'));
      if (text(paid, 'status') !== 'done' || number(paid, 'amount') !== number(refund, 'amount'))
        violations.push(
          `order ${order._id}: refund ${text(refund, 'id')} of ${number(refund, 'amount')} fen was decided, finance has ${text(paid, 'status')} ${number(paid, 'amount')}`,
        );
    }
  }
}

/** What the trial has met, so that a run without any of it does not pass for one with it. */
export function afterSaleCounts(
  orders: readonly Document[],
  rights: readonly Document[],
): Readonly<Record<string, number>> {
  const exchanges = orders.flatMap((order) => list(order, 'state.exchanges'));
  const happened = (type: string): number =>
    orders.filter((order) => list(order, 'journal').some((entry) => text(entry, 'type') === type)).length;
  return {
    'tickets given back': rights.filter((right) => text(right, 'state.status') === 'refunded').length,
    'exchanges done': exchanges.filter((exchange) => text(exchange, 'status') === 'done').length,
    'exchanges that came to nothing': exchanges.filter((exchange) => text(exchange, 'status') === 'failed').length,
    'orders that stood in line': happened('OrderQueued'),
    'orders paid while in line': happened('PrepaymentCaptured'),
  };
}

function numbersAreUnique(rights: readonly Document[], violations: string[]): void {
  const seen = new Set<string>();
  for (const right of rights) {
    const former = list(right, 'state.past').map((old) => text(old, 'number'));
    for (const ticket of [text(right, 'state.number'), ...former]) {
      if (seen.has(ticket)) violations.push(`ticket number ${ticket} is on two tickets`);
      seen.add(ticket);
    }
  }
}

function returnedTickets(order: Document, rights: readonly Document[], violations: string[]): void {
  const returned = list(order, 'state.returned');
  for (const right of rights) {
    const own = returned.filter((ticket) => text(ticket, 'rightId') === right._id);
    const isRefunded = text(right, 'state.status') === 'refunded';
    if (own.length !== (isRefunded ? 1 : 0))
      violations.push(
        `ticket ${text(right, 'state.number')} is ${text(right, 'state.status')} and was given back ${own.length} times`,
      );
    const sent = list(order, 'state.refunds')
      .filter((refund) => text(refund, 'of') === text(right, 'state.refund.refundId'))
      .reduce<number>((sum, refund) => sum + number(refund, 'amount'), 0);
    if (isRefunded && sent !== number(right, 'state.refund.returned'))
      violations.push(
        `ticket ${text(right, 'state.number')}: ${number(right, 'state.refund.returned')} fen were to go back, ${sent} did`,
      );
  }
  if (!WITH_TICKETS.has(text(order, 'state.status'))) return;
  const expected =
    returned.length === 0 ? 'fulfilled' : returned.length === rights.length ? 'refunded' : 'partially_refunded';
  if (text(order, 'state.status') !== expected)
    violations.push(
      `order ${order._id} is ${text(order, 'state.status')} with ${returned.length} of ${rights.length} given back`,
    );
}

function exchangedTickets(order: Document, rights: readonly Document[], violations: string[]): void {
  const done = list(order, 'state.exchanges').filter((exchange) => text(exchange, 'status') === 'done');
  for (const right of rights) {
    const own = done.filter((exchange) => text(exchange, 'rightId') === right._id).length;
    const former = list(right, 'state.past');
    const exchanged = former.filter((old) => text(old, 'status') === 'exchanged').length;
    if (own !== exchanged || number(right, 'state.revision') !== former.length + 1)
      violations.push(
        `ticket ${text(right, 'state.number')}: ${own} exchanges done, ${exchanged} of ${former.length} former tickets exchanged, revision ${number(right, 'state.revision')}`,
      );
  }
}
