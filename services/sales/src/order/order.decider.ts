// The life of an order (SAL-21, SAL-23). Sales alone decides its fate: inventory and finance answer.
//
// input ↓ \ status →   none     holding          awaiting_payment              paid                fulfilled        rejected|expired|cancelled
// PlaceOrder           placed   -                -                             -                   -                -
// RefuseOrder          refused  -                -                             -                   -                -
// GrantHold            NotYet   granted (+paid¹) -                             -                   -                let go
// RejectHold           NotYet   rejected         -                             -                   -                -
// RequestPayment       404      NotYet           requested | - | closing       already-paid        already-paid     ended
// OpenPayment          NotYet   -                opened                        -                   -                -
// FailPayment          NotYet   -                failed (+ended²)              failed              failed           -
// ClosePayment         NotYet   -                closed (+ended²)              closed              closed           -
// CapturePayment       NotYet   NotYet           paid | wrong amount: refund²  - | double refund   - | double refund  late refund
// ExpireOrder          NotYet   expired          closing³ | expired            -                   -                -
// CancelOrder          404      cancelled        closing³ | cancelled          already-paid        already-paid     - | ended⁴
// FulfilOrder          NotYet   NotYet           NotYet                        fulfilled           -                -
// ConfirmRefund        NotYet   -                done                          done                done             done
// ReviewHold           -⁵       -                -                             kept                kept             let go
//
// ¹ nothing to pay   ² when closing and no payment is open any more   ³ while a payment is open at the provider: it is closed there
// first; if it turns out paid, the order is paid   ⁴ - for cancelled, refused for the others   ⁵ nothing to journal it in: the slice
// answers for an order that was never stored
import { DomainError, NotYet, unreachable, ZERO_FEN, type Decider } from '@tongpiao/kernel';
import type { EndReason, LiveOrder, OrderCommand, OrderEvent, OrderPayment, OrderState } from './order.ts';

/** A second request while one payment is open opens another; more than these are a mistake of the caller's. */
const PAYMENTS_MAX = 5;
/** A paid order without tickets after this time is taken up again by its timer. */
const ISSUE_WITHIN_MS = 5_000;
/** Finance is asked again to close a payment when it has not answered for this long. */
const CLOSE_AGAIN_MS = 60_000;

type Of<Status extends LiveOrder['status']> = Extract<LiveOrder, { status: Status }>;

function decide(state: OrderState, command: OrderCommand): readonly OrderEvent[] {
  switch (state.status) {
    case 'none':
      return decideNone(command);
    case 'holding':
      return decideHolding(state, command);
    case 'awaiting_payment':
      return decideAwaiting(state, command);
    case 'paid':
    case 'fulfilled':
      return decidePaid(state, command);
    case 'rejected':
    case 'expired':
    case 'cancelled':
      return decideEnded(state, command);
  }
}

function decideNone(command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'PlaceOrder':
      return [{ type: 'OrderPlaced', facts: command.facts }];
    case 'RefuseOrder':
      return [{ type: 'OrderRefused', facts: command.facts, reason: command.reason, reasonData: command.reasonData }];
    case 'RequestPayment':
    case 'CancelOrder':
      throw new DomainError('platform.not-found', 'There is no such order.');
    case 'ReviewHold':
      return [];
    default:
      throw new NotYet('sales.order-unknown', 'The order is not there yet.');
  }
}

function decideHolding(state: Of<'holding'>, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'GrantHold':
      return state.total === ZERO_FEN
        ? [{ type: 'HoldGranted' }, paid(undefined, command.at)]
        : [{ type: 'HoldGranted' }];
    case 'RejectHold':
      return [{ type: 'OrderRejected', reason: command.reason, reasonData: command.reasonData }];
    case 'RequestPayment':
      throw new NotYet('sales.order-not-payable-yet', 'The places are not set aside yet.');
    case 'CapturePayment':
      throw new NotYet('sales.order-not-payable-yet', 'The places are not set aside yet.');
    case 'FulfilOrder':
      throw new NotYet('sales.order-unpaid', 'The order is not paid yet.');
    case 'ExpireOrder':
      return [{ type: 'OrderExpired' }];
    case 'CancelOrder':
      return [{ type: 'OrderCancelled' }];
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'OpenPayment':
    case 'FailPayment':
    case 'ClosePayment':
    case 'ConfirmRefund':
    case 'ReviewHold':
      return [];
    default:
      return unreachable(command, 'order command');
  }
}

function decideAwaiting(state: Of<'awaiting_payment'>, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'RequestPayment':
      return requestPayment(state, command);
    case 'OpenPayment':
      return paymentOf(state, command.paymentId)?.status === 'requested'
        ? [{ type: 'PaymentOpened', paymentId: command.paymentId, payUrl: command.payUrl }]
        : [];
    case 'FailPayment':
      return afterPaymentEnded(state, { type: 'PaymentFailed', paymentId: command.paymentId, reason: command.reason });
    case 'ClosePayment':
      return afterPaymentEnded(state, { type: 'PaymentClosed', paymentId: command.paymentId });
    case 'CapturePayment':
      return capture(state, command);
    case 'ExpireOrder':
      return end(state, state.closing ?? 'expired', command.at);
    case 'CancelOrder':
      return state.closing === undefined ? end(state, 'cancelled', command.at) : [];
    case 'ConfirmRefund':
      return confirmRefund(state, command.refundId);
    case 'FulfilOrder':
      throw new NotYet('sales.order-unpaid', 'The order is not paid yet.');
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'GrantHold':
    case 'RejectHold':
    case 'ReviewHold':
      return [];
    default:
      return unreachable(command, 'order command');
  }
}

function decidePaid(state: Of<'paid'> | Of<'fulfilled'>, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'FulfilOrder':
      return state.status === 'paid' ? [{ type: 'OrderFulfilled', tickets: command.tickets, told: command.told }] : [];
    case 'CapturePayment':
      return command.paymentId === state.paidBy ? [] : lateMoney(state, command, 'double-payment');
    case 'FailPayment':
      return isOpen(paymentOf(state, command.paymentId))
        ? [{ type: 'PaymentFailed', paymentId: command.paymentId, reason: command.reason }]
        : [];
    case 'ClosePayment':
      return isOpen(paymentOf(state, command.paymentId))
        ? [{ type: 'PaymentClosed', paymentId: command.paymentId }]
        : [];
    case 'ConfirmRefund':
      return confirmRefund(state, command.refundId);
    case 'RequestPayment':
    case 'CancelOrder':
      throw new DomainError('sales.order-already-paid', 'The order is paid already.');
    case 'ReviewHold':
      return [{ type: 'HoldKept' }];
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'GrantHold':
    case 'RejectHold':
    case 'OpenPayment':
    case 'ExpireOrder':
      return [];
    default:
      return unreachable(command, 'order command');
  }
}

function decideEnded(state: Of<'rejected' | 'expired' | 'cancelled'>, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'GrantHold':
    case 'ReviewHold':
      return [{ type: 'HoldLetGo' }];
    case 'CapturePayment':
      return lateMoney(state, command, 'late-payment');
    case 'ConfirmRefund':
      return confirmRefund(state, command.refundId);
    case 'RequestPayment':
      throw new DomainError('sales.order-ended', 'The order has ended.', { status: state.status });
    case 'CancelOrder':
      if (state.status === 'cancelled') return [];
      throw new DomainError('sales.order-ended', 'The order has ended.', { status: state.status });
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'RejectHold':
    case 'OpenPayment':
    case 'FailPayment':
    case 'ClosePayment':
    case 'ExpireOrder':
    case 'FulfilOrder':
      return [];
    default:
      return unreachable(command, 'order command');
  }
}

function requestPayment(
  state: Of<'awaiting_payment'>,
  command: Extract<OrderCommand, { type: 'RequestPayment' }>,
): readonly OrderEvent[] {
  if (paymentOf(state, command.paymentId) !== undefined) return [];
  if (state.closing !== undefined)
    throw new DomainError('sales.order-ended', 'The order is being closed.', { status: state.closing });
  if (command.at >= state.expiresAt)
    throw new DomainError('sales.order-ended', 'The time to pay is over.', { status: 'expired' });
  if (state.payments.length >= PAYMENTS_MAX)
    throw new DomainError('sales.too-many-payments', 'Too many payments were started for this order.', {
      limit: PAYMENTS_MAX,
    });
  const payment: OrderPayment = {
    id: command.paymentId,
    method: command.method,
    amount: state.total,
    status: 'requested',
    requestedAt: command.at,
  };
  return [{ type: 'PaymentRequested', payment, takenBy: command.takenBy }];
}

function afterPaymentEnded(
  state: Of<'awaiting_payment'>,
  event: Extract<OrderEvent, { type: 'PaymentFailed' | 'PaymentClosed' }>,
): readonly OrderEvent[] {
  if (!isOpen(paymentOf(state, event.paymentId))) return [];
  const othersOpen = state.payments.some((payment) => payment.id !== event.paymentId && isOpen(payment));
  if (state.closing === undefined || othersOpen) return [event];
  return [event, ended(state.closing)];
}

/** Money of another amount is not this order's price: it goes back, and what waited for it to be closed ends. */
function capture(
  state: Of<'awaiting_payment'>,
  command: Extract<OrderCommand, { type: 'CapturePayment' }>,
): readonly OrderEvent[] {
  if (state.refunds.some(({ paymentId }) => paymentId === command.paymentId)) return [];
  if (command.amount === state.total) return [paid(command.paymentId, command.at)];
  const back = lateMoney(state, command, 'late-payment');
  const othersOpen = state.payments.some((payment) => payment.id !== command.paymentId && isOpen(payment));
  return state.closing === undefined || othersOpen ? back : [...back, ended(state.closing)];
}

function end(state: Of<'awaiting_payment'>, reason: EndReason, at: string): readonly OrderEvent[] {
  if (!state.payments.some(isOpen)) return [ended(reason)];
  return [{ type: 'OrderClosing', reason, askAgainAt: later(at, CLOSE_AGAIN_MS) }];
}

function ended(reason: EndReason): OrderEvent {
  return reason === 'expired' ? { type: 'OrderExpired' } : { type: 'OrderCancelled' };
}

function paid(paymentId: string | undefined, at: string): OrderEvent {
  return { type: 'OrderPaid', paymentId, at, issueBy: later(at, ISSUE_WITHIN_MS) };
}

/** SAL-23, FIN-03: money that came too late, twice or in the wrong amount goes back in full, once. */
function lateMoney(
  state: LiveOrder,
  command: Extract<OrderCommand, { type: 'CapturePayment' }>,
  reason: 'late-payment' | 'double-payment',
): readonly OrderEvent[] {
  if (state.refunds.some((refund) => refund.paymentId === command.paymentId)) return [];
  const { refundId, paymentId, amount } = command;
  return [{ type: 'RefundRequested', refund: { id: refundId, paymentId, amount, reason, status: 'requested' } }];
}

function confirmRefund(state: LiveOrder, refundId: string): readonly OrderEvent[] {
  return state.refunds.some(({ id, status }) => id === refundId && status === 'requested')
    ? [{ type: 'RefundDone', refundId }]
    : [];
}

function paymentOf(state: LiveOrder, paymentId: string): OrderPayment | undefined {
  return state.payments.find(({ id }) => id === paymentId);
}

export function isOpen(payment: OrderPayment | undefined): boolean {
  return payment?.status === 'requested' || payment?.status === 'opened';
}

function later(at: string, byMs: number): string {
  return new Date(Date.parse(at) + byMs).toISOString();
}

function evolve(state: OrderState, event: OrderEvent): OrderState {
  if (event.type === 'OrderPlaced')
    return state.status === 'none' ? { ...event.facts, payments: [], refunds: [], status: 'holding' } : state;
  if (event.type === 'OrderRefused') {
    if (state.status !== 'none') return state;
    return {
      ...event.facts,
      payments: [],
      refunds: [],
      status: 'rejected',
      reason: event.reason,
      reasonData: event.reasonData,
    };
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'HoldGranted':
      return { ...soldOf(state), status: 'awaiting_payment' };
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
      return state.status === 'awaiting_payment' ? { ...state, closing: event.reason } : state;
    case 'OrderExpired':
      return { ...soldOf(state), status: 'expired', reason: 'unpaid', reasonData: {} };
    case 'OrderCancelled':
      return { ...soldOf(state), status: 'cancelled', reason: 'cancelled', reasonData: {} };
    case 'OrderPaid': {
      const captured =
        event.paymentId === undefined ? state : withPayment(state, event.paymentId, { status: 'captured' });
      return { ...soldOf(captured), status: 'paid', paidAt: event.at, paidBy: event.paymentId };
    }
    case 'OrderFulfilled':
      return state.status === 'paid' ? { ...state, status: 'fulfilled', tickets: event.tickets } : state;
    case 'RefundRequested':
      return {
        ...withPayment(state, event.refund.paymentId, { status: 'captured' }),
        refunds: [...state.refunds, event.refund],
      };
    case 'RefundDone':
      return {
        ...state,
        refunds: state.refunds.map((refund) => (refund.id === event.refundId ? { ...refund, status: 'done' } : refund)),
      };
    case 'HoldLetGo':
    case 'HoldKept':
      return state;
  }
}

/** What every status shares, without the fields of the status that is left. */
function soldOf(state: LiveOrder): Omit<Of<'holding'>, 'status'> {
  const {
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
    payments,
    refunds,
  } = state;
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
    payments,
    refunds,
  };
}

function withPayment<State extends LiveOrder>(state: State, paymentId: string, change: Partial<OrderPayment>): State {
  return {
    ...state,
    payments: state.payments.map((payment) => (payment.id === paymentId ? { ...payment, ...change } : payment)),
  };
}

export const orderDecider: Decider<OrderState, OrderCommand, OrderEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
