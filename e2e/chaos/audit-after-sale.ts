// What must be true of tickets that were given back or exchanged: one living ticket per paid right, every refund decided is a refund paid,
// and what an order keeps is exactly what its tickets cost.
import { at, list, number, text, WITH_TICKETS, type Document } from './documents.ts';

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
  }
  moneyOfReturned(order, rights, violations);
  if (!WITH_TICKETS.has(text(order, 'state.status'))) return;
  const expected =
    returned.length === 0 ? 'fulfilled' : returned.length === rights.length ? 'refunded' : 'partially_refunded';
  if (text(order, 'state.status') !== expected)
    violations.push(
      `order ${order._id} is ${text(order, 'state.status')} with ${returned.length} of ${rights.length} given back`,
    );
}

/** Each ticket's money is in one refund, alone or with that of others; one refund may be taken from several payments. */
function moneyOfReturned(order: Document, rights: readonly Document[], violations: string[]): void {
  const promised = new Map([
    ...rights
      .filter((right) => text(right, 'state.status') === 'refunded')
      .map((right) => [text(right, 'state.refund.refundId'), number(right, 'state.refund.returned')] as const),
    ...list(order, 'state.exchanges')
      .filter((exchange) => text(exchange, 'status') === 'done')
      .map((exchange) => [text(exchange, 'id'), number(exchange, 'returned')] as const),
  ]);
  const parts = list(order, 'state.refunds').filter((refund) => promised.has(text(refund, 'of')));
  const carried = new Map<string, number>();
  for (const refunds of Map.groupBy(parts, (refund) => text(refund, 'of')).values()) {
    const covers = coveredBy(refunds[0]);
    for (const one of covers) carried.set(one, (carried.get(one) ?? 0) + 1);
    const sent = refunds.reduce<number>((sum, refund) => sum + number(refund, 'amount'), 0);
    const wanted = covers.reduce((sum, one) => sum + (promised.get(one) ?? 0), 0);
    if (sent !== wanted)
      violations.push(`order ${order._id}: ${wanted} fen were to go back for ${covers.join(', ')}, ${sent} did`);
  }
  for (const [one, amount] of promised)
    if (amount > 0 && carried.get(one) !== 1)
      violations.push(`order ${order._id}: ${amount} fen of ${one} are in ${carried.get(one) ?? 0} refunds`);
  if (at(order, 'state.owed') !== undefined)
    violations.push(`order ${order._id}: money was collected to go back, and was not asked for`);
}

function coveredBy(refund: unknown): readonly string[] {
  const covers = at(refund, 'covers');
  return Array.isArray(covers) ? covers.map(String) : [text(refund, 'of')];
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
