// What must be true of the ledger when nothing is under way (FIN-12): takings are owed for tickets that can still be used and for nothing
// else, revenue is what was used or has expired, fees are the fees that were agreed, and nobody waits for money.
import { list, number, text, WITH_TICKETS, type Document } from './documents.ts';

const LIVING = new Set(['issued', 'checked_in', 'frozen']);
const EARNED = new Set(['used', 'expired']);
/** What stays of such a ticket was used of it, and is no fee. */
const OWN_DOING = new Set(['session-cancelled', 'session-reduced']);

type Books = {
  readonly orders: readonly Document[];
  readonly rights: readonly Document[];
  readonly payments: readonly Document[];
  readonly entries: readonly Document[];
};

export function takingsAgainstTickets({ orders, rights, payments, entries }: Books, violations: string[]): void {
  const booked = balances(entries);
  const priceOf = (statuses: ReadonlySet<string>): number =>
    sum(
      rights.filter((right) => statuses.has(text(right, 'state.status'))).map((right) => number(right, 'state.amount')),
    );
  const feesOf = (isOurs: boolean): number =>
    sum(
      rights
        .filter((right) => text(right, 'state.status') === 'refunded')
        .filter((right) => OWN_DOING.has(text(right, 'state.refund.reason')) === isOurs)
        .map((right) => number(right, 'state.refund.fee')),
    );
  const withTickets = new Set(
    orders.filter((order) => WITH_TICKETS.has(text(order, 'state.status'))).map(({ _id }) => _id),
  );
  const isReissue = (payment: Document): boolean => text(payment, 'state.orderId').startsWith('rei_');
  const keptOf = (which: (payment: Document) => boolean): number => sum(payments.filter(which).map(kept));
  const exchangeFees = orders
    .flatMap((order) => list(order, 'state.exchanges'))
    .filter((exchange) => text(exchange, 'status') === 'done')
    .map((exchange) => number(exchange, 'fee'));
  const wanted: Readonly<Record<string, number>> = {
    // Money of an order without tickets is owed until it has become some, or has gone back.
    'deferred-takings':
      priceOf(LIVING) + keptOf((payment) => !isReissue(payment) && !withTickets.has(text(payment, 'state.orderId'))),
    'admission-revenue': priceOf(EARNED) + feesOf(true),
    'refund-fee-revenue': feesOf(false) + sum(exchangeFees),
    'reissue-fee-revenue': keptOf(isReissue),
    'refunds-payable': 0,
  };
  for (const [account, amount] of Object.entries(wanted))
    if ((booked.get(account) ?? 0) !== amount)
      violations.push(`ledger: ${account} has ${booked.get(account) ?? 0} fen, ${amount} by tickets and fees`);
}

/** Credits less debits. */
function balances(entries: readonly Document[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of entries.flatMap((entry) => list(entry, 'lines'))) {
    const account = text(line, 'account');
    found.set(account, (found.get(account) ?? 0) + number(line, 'credit') - number(line, 'debit'));
  }
  return found;
}

const sum = (amounts: readonly number[]): number => amounts.reduce((all, one) => all + one, 0);

function kept(payment: Document): number {
  if (text(payment, 'state.status') !== 'captured') return 0;
  const returned = list(payment, 'state.refunds')
    .filter((refund) => text(refund, 'status') === 'done')
    .map((refund) => number(refund, 'amount'));
  return number(payment, 'state.capture.amount') - sum(returned);
}
