// What each event makes of an order: total, never throws, ignores what does not apply.
import { addFen, fen, ZERO_FEN } from '@tongpiao/kernel';
import type { Exchange, ExchangeEvent } from './exchange.ts';
import { isOpen } from './order-money.ts';
import type { FulfilledOrder, LiveOrder, Of, OrderEvent, OrderFacts, OrderPayment, OrderState } from './order.ts';

const FRESH = { payments: [], refunds: [], exchanges: [], returned: [], told: [] } as const;

export function evolve(state: OrderState, event: OrderEvent): OrderState {
  if (state.status === 'none') return born(state, event);
  switch (event.type) {
    case 'OrderPlaced':
    case 'OrderRefused':
    case 'ReminderRenewed':
    case 'HoldLetGo':
    case 'HoldKept':
    case 'ExchangeHoldLetGo':
    case 'ExchangeHoldKept':
      return state;
    case 'OrderQueued':
      return { ...soldOf(state), status: 'placed' };
    case 'HoldGranted': {
      const sold = soldOf(state);
      return { ...sold, expiresAt: event.payBy ?? sold.expiresAt, status: 'awaiting_payment' };
    }
    case 'PrepaymentCaptured':
      return { ...withPayment(state, event.paymentId, { status: 'captured' }), prepaidBy: event.paymentId };
    case 'OrderRejected':
      return { ...soldOf(state), status: 'rejected', reason: event.reason, reasonData: event.reasonData };
    case 'PaymentRequested':
      return { ...state, payments: [...state.payments, event.payment] };
    case 'PaymentOpened':
      return withPayment(state, event.paymentId, { status: 'opened', payUrl: event.payUrl });
    case 'PaymentFailed':
      return withPayment(state, event.paymentId, { status: 'failed' });
    case 'PaymentClosed':
      return withPayment(state, event.paymentId, { status: 'closed' });
    case 'OrderClosing':
      return state.status === 'awaiting_payment' || state.status === 'placed'
        ? { ...state, closing: event.reason }
        : state;
    case 'OrderExpired': {
      const reason = state.status === 'placed' ? 'waiting-over' : 'unpaid';
      return { ...soldOf(state), status: 'expired', reason, reasonData: {} };
    }
    case 'OrderCancelled':
      return { ...soldOf(state), status: 'cancelled', reason: event.because ?? 'cancelled', reasonData: {} };
    case 'OrderPaid': {
      const captured =
        event.paymentId === undefined ? state : withPayment(state, event.paymentId, { status: 'captured' });
      return { ...soldOf(captured), status: 'paid', paidAt: event.at, paidBy: event.paymentId };
    }
    case 'OrderFulfilled':
      return state.status === 'paid' ? { ...state, status: 'fulfilled', tickets: event.tickets } : state;
    case 'RefundRequested': {
      const known = withPayment(state, event.refund.paymentId, { status: 'captured' });
      return { ...known, refunds: [...state.refunds, event.refund] };
    }
    case 'RefundDone':
      return {
        ...state,
        refunds: state.refunds.map((refund) => (refund.id === event.refundId ? { ...refund, status: 'done' } : refund)),
      };
    case 'RefundFailed':
      return {
        ...state,
        refunds: state.refunds.map((refund) =>
          refund.id === event.refundId ? { ...refund, status: 'failed' } : refund,
        ),
      };
    case 'CompensationNoted':
      return isFulfilled(state)
        ? { ...state, compensations: [...(state.compensations ?? []), event.compensation] }
        : state;
    case 'MoneyCollected': {
      if (!isFulfilled(state)) return state;
      const { items = [], sendBy = '' } = state.owed ?? {};
      return { ...state, owed: { items: [...items, event.owed], sendBy: event.sendBy ?? sendBy } };
    }
    case 'OwedSentBack':
      return isFulfilled(state) ? { ...state, owed: undefined } : state;
    case 'TicketReturned':
      return isFulfilled(state) ? withReturned({ ...state, returned: [...state.returned, event.returned] }) : state;
    case 'DisruptionTold':
      return { ...state, told: [...state.told, event.told] };
    default:
      return isFulfilled(state) ? evolveExchange(state, event) : state;
  }
}

function born(state: OrderState, event: OrderEvent): OrderState {
  switch (event.type) {
    case 'OrderPlaced':
      return { ...event.facts, ...FRESH, status: 'holding' };
    case 'OrderRefused':
      return { ...event.facts, ...FRESH, status: 'rejected', reason: event.reason, reasonData: event.reasonData };
    default:
      return state;
  }
}

function isFulfilled(state: LiveOrder): state is FulfilledOrder {
  return state.status === 'fulfilled' || state.status === 'partially_refunded' || state.status === 'refunded';
}

function withReturned(state: FulfilledOrder): FulfilledOrder {
  const gone = new Set(state.returned.map(({ rightId }) => rightId));
  return {
    ...state,
    status: state.tickets.every(({ rightId }) => gone.has(rightId)) ? 'refunded' : 'partially_refunded',
  };
}

function evolveExchange(
  state: FulfilledOrder,
  event: Exclude<ExchangeEvent, { type: 'ExchangeHoldLetGo' | 'ExchangeHoldKept' }>,
): FulfilledOrder {
  switch (event.type) {
    case 'ExchangeBegun':
      return { ...state, exchanges: [...state.exchanges, { ...event.facts, status: 'holding' }] };
    case 'ExchangeHeld':
      return withExchange(state, event.exchangeId, { status: 'awaiting_payment' });
    case 'ExchangeSettled': {
      const { paymentId } = event;
      const captured = paymentId === undefined ? state : withPayment(state, paymentId, { status: 'captured' });
      return withExchange(captured, event.exchangeId, { status: 'replacing', paidBy: paymentId });
    }
    case 'ExchangeClosing':
      return withExchange(state, event.exchangeId, { closing: event.reason });
    case 'ExchangeFailed':
      return withExchange(state, event.exchangeId, { status: 'failed', reason: event.reason });
    case 'ExchangeCompleted': {
      const { number } = event.ticket;
      const before = state.exchanges.find(({ id }) => id === event.exchangeId);
      const { waived = ZERO_FEN } = event;
      const paid =
        before === undefined ? {} : { fee: fen(before.fee - waived), returned: addFen(before.returned, waived) };
      const done = withExchange(state, event.exchangeId, { ...paid, status: 'done', newNumber: number });
      const rightId = before?.rightId;
      return {
        ...done,
        tickets: done.tickets.map((ticket) => (ticket.rightId === rightId ? { ...ticket, number } : ticket)),
      };
    }
  }
}

function withExchange(state: FulfilledOrder, exchangeId: string, change: Partial<Exchange>): FulfilledOrder {
  return {
    ...state,
    exchanges: state.exchanges.map((one) => (one.id === exchangeId ? { ...one, ...change } : one)),
  };
}

/** What every status shares, without the fields of the status that is left. */
function soldOf(state: LiveOrder): Omit<Of<'holding'>, 'status'> {
  const { payments, refunds, exchanges, returned, told, prepaidBy } = state;
  return { ...factsOf(state), payments, refunds, exchanges, returned, told, prepaidBy };
}

function factsOf(state: LiveOrder): OrderFacts {
  const { channel, language, contact, lines, total, placedAt, expiresAt, holdId, accessHash } = state;
  const { userId, clerkId, addressIndex, waiting } = state;
  return {
    channel,
    language,
    contact,
    lines,
    total,
    placedAt,
    expiresAt,
    holdId,
    accessHash,
    userId,
    clerkId,
    addressIndex,
    waiting,
  };
}

function withPayment<State extends LiveOrder>(state: State, paymentId: string, change: Partial<OrderPayment>): State {
  return {
    ...state,
    payments: state.payments.map((payment) => (payment.id === paymentId ? { ...payment, ...change } : payment)),
  };
}

/** Payments at the provider that an ending order or exchange has to close. */
export function openPayments(state: LiveOrder, exchangeId?: string): readonly OrderPayment[] {
  return state.payments.filter((payment) => payment.exchangeId === exchangeId && isOpen(payment));
}
