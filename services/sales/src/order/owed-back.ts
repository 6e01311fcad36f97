// Money that an order owes back: sent by itself, or collected until it goes back with more. Each amount is in one refund, whose id is
// that of the first ticket or exchange in it.
import { fen, ZERO_FEN, type Fen } from '@tongpiao/kernel';
import { later, left, moneyBack, paymentOf } from './order-money.ts';
import type { FulfilledOrder, OrderEvent, OrderRefund, OwedBack } from './order.ts';
import { sendingOf, type Owing } from './send-back.policy.ts';

type About = Pick<Owing, 'cause'> & {
  /** Of the ticket that was given back; none: its holder has another one now. */
  readonly rightId?: string | undefined;
  readonly at: string;
};

/** @returns `together`: with others, so that its holder hears of it with them */
export function oweBack(
  state: FulfilledOrder,
  owed: OwedBack,
  { cause, rightId, at }: About,
): { readonly together: boolean; readonly events: readonly OrderEvent[] } {
  const items = [...(state.owed?.items ?? []), owed];
  const last = rightId === undefined ? { lastOfSession: false, lastOfOrder: false } : lastOf(state, rightId);
  const sending = sendingOf({ cause, refunds: refundsSoFar(state, sumOf(items)), ...last });
  if (sending === 'by-itself' || (sending === 'with-others' && items.length === 1))
    return { together: false, events: moneyBack(state, owed.amount, owed.refundId, 'refund', owed.of) };
  if (sending === 'with-others') return { together: true, events: sentTogether(state, items) };
  const sendBy = later(at, sending.collectMs);
  const sooner = state.owed === undefined || sendBy < state.owed.sendBy ? { sendBy } : {};
  return { together: true, events: [{ type: 'MoneyCollected', owed, ...sooner }] };
}

export function sentTogether(state: FulfilledOrder, items: readonly OwedBack[]): readonly OrderEvent[] {
  const [first] = items;
  if (first === undefined) return [];
  const covers = items.map(({ of }) => of);
  const events = moneyBack(state, sumOf(items), first.refundId, 'refund', first.of);
  if (covers.length === 1) return [{ type: 'OwedSentBack', covers }, ...events];
  const refunds = events.flatMap(({ refund }) => asFarAsItGoes(state, refund));
  return [
    { type: 'OwedSentBack', covers },
    ...refunds.map((refund): OrderEvent => ({ type: 'RefundRequested', refund: { ...refund, covers } })),
  ];
}

/** A compensation has taken from what a ticket would bring (ADR 0030): finance will refuse that much, and must not refuse it all. */
function asFarAsItGoes(state: FulfilledOrder, refund: OrderRefund): readonly OrderRefund[] {
  const payment = paymentOf(state, refund.paymentId);
  const there = payment === undefined ? 0 : left(state, payment) - compensated(state, payment.id);
  if (there <= 0 || there >= refund.amount) return [refund];
  return [
    { ...refund, amount: fen(there) },
    { ...refund, id: `${refund.id}-rest`, amount: fen(refund.amount - there) },
  ];
}

function compensated({ compensations = [] }: FulfilledOrder, paymentId: string): number {
  return compensations
    .filter((one) => one.paymentId === paymentId)
    .reduce<number>((sum, { amount }) => sum + amount, 0);
}

function sumOf(items: readonly OwedBack[]): Fen {
  return fen(items.reduce<number>((sum, { amount }) => sum + amount, ZERO_FEN));
}

/** Of the payment that has had most, among those that this amount comes from. Cash is handed over as often as somebody comes for it. */
function refundsSoFar(state: FulfilledOrder, amount: Fen): number {
  const from = moneyBack(state, amount, '', 'refund', '').map(({ refund }) => refund.paymentId);
  const counts = state.payments
    .filter(({ id, method }) => method !== 'cash' && from.includes(id))
    .map(
      ({ id }) => [...state.refunds, ...(state.compensations ?? [])].filter(({ paymentId }) => paymentId === id).length,
    );
  return Math.max(0, ...counts);
}

/** As far as the order knows: a ticket that was used never comes back, and then what was collected waits for its time. */
function lastOf(state: FulfilledOrder, rightId: string): Pick<Owing, 'lastOfSession' | 'lastOfOrder'> {
  const gone = new Set([rightId, ...state.returned.map((ticket) => ticket.rightId)]);
  const others = state.tickets.filter((ticket) => !gone.has(ticket.rightId));
  if (others.length === 0) return { lastOfSession: true, lastOfOrder: true };
  const sessions = sessionsOf(state);
  const own = sessions.get(rightId);
  return { lastOfSession: others.every((ticket) => sessions.get(ticket.rightId) !== own), lastOfOrder: false };
}

/** Which session each ticket is for, by its right. */
function sessionsOf({ lines, tickets, exchanges }: FulfilledOrder): ReadonlyMap<string, string | undefined> {
  const sold = new Map(lines.map(({ lineId, sessionId }) => [lineId, sessionId]));
  const exchanged = exchanges.filter(({ status }) => status === 'done');
  return new Map([
    ...tickets.map(({ rightId, lineId }) => [rightId, sold.get(lineId)] as const),
    ...exchanged.map(({ rightId, line }) => [rightId, line.sessionId] as const),
  ]);
}
