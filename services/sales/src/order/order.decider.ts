// The life of an order (SAL-21, SAL-23, SAL-26). Sales alone decides its fate: inventory and finance answer.
//
// input ↓ \ status →   none     holding          placed (in line)       awaiting_payment              paid        fulfilled⁶       rejected|expired|cancelled
// PlaceOrder           placed   -                -                      -                             -           -                -
// RefuseOrder          refused  -                -                      -                             -           -                -
// QueueHold            NotYet   queued           -                      -                             -           -                let go
// GrantHold            NotYet   granted (+paid¹) granted⁷ | let go⁹     -                             -           -                let go
// RejectHold           NotYet   rejected         rejected (+ refund⁷)   -                             -           -                -
// RequestPayment       404      NotYet           requested⁸ | - | ended requested | - | ended         - | paid    - | paid         - | ended
// OpenPayment          NotYet   -                opened                 opened                        -           -                -
// FailPayment          NotYet   -                failed (+ended²)       failed (+ended²)              failed      failed           failed¹¹
// ClosePayment         NotYet   -                closed (+ended²)       closed (+ended²)              closed      closed           closed¹¹
// CapturePayment       NotYet   NotYet           prepaid⁷ | refund      paid | wrong amount: refund²  - | double  - | double       late refund
// ExpireOrder          NotYet   expired          closing³ | expired⁷    closing³ | expired | again¹⁰  -           -                -
// CancelOrder          404      cancelled        closing³ | cancelled⁷  closing³ | cancelled          already-paid already-paid    - | ended⁴
// FulfilOrder          NotYet   NotYet           NotYet                 NotYet                        fulfilled   -                -
// ReturnTicket         NotYet   NotYet           NotYet                 NotYet                        NotYet      returned¹² | -   NotYet
// SendOwedBack         NotYet   -                -                      -                             -           refund|again|-¹³ -
// TellDisruption       -        -                -                      -                             NotYet      told | -         -
// ConfirmRefund        NotYet   -                done                   done                          done        done             done
// FailRefund           NotYet   -                failed                 failed                        failed      failed           failed
// NoteCompensation     NotYet   -                -                      -                             -           noted | -        -
// ReviewHold           -⁵       -                -                      -                             kept        kept             let go
//
// ¹ nothing to pay   ² when closing and no payment is open any more   ³ while a payment is open at the provider: it is closed there
// first; if it turns out paid, the order is paid   ⁴ - for cancelled, refused for the others   ⁵ nothing to journal it in: the slice
// answers for an order that was never stored   ⁶ and partially_refunded, refunded; what is about an exchange of one of its tickets is
// decided in exchange.decider.ts   ⁷ prepaid: places make it paid, and every other end sends the money back   ⁸ only where it is prepaid
// ⁹ it is leaving the line   ¹⁰ before its time: the timer of its time in line, on its way when places came, or one by a clock that is
// ahead. It is set anew, else nobody would ever end the order   ¹¹ of a payment that was open
// when inventory sent it home; else -   ¹² its money goes back by itself, or is collected to go back with more (send-back.policy.ts)   ¹³ nothing is
// owed; before its time the timer is set anew   CancelOrder comes from the customer, from staff, or because the session was cancelled: then its
// reason says so.   A payment that was asked before is not asked again, whatever the order is by now: a retry finds it.
import { DomainError, NotYet, remindAgainAt, unreachable, ZERO_FEN, type Decider } from '@tongpiao/kernel';
import { aboutExchange, decideExchange } from './exchange.decider.ts';
import {
  confirmRefund,
  failRefund,
  isOpen,
  lateMoney,
  later,
  moneyBack,
  paymentEnded,
  paymentOf,
} from './order-money.ts';
import { evolve } from './order.evolve.ts';
import type {
  EndReason,
  FulfilledOrder,
  LiveOrder,
  Of,
  OrderCommand,
  OrderEvent,
  OrderPayment,
  OrderState,
} from './order.ts';
import { oweBack, sentTogether } from './owed-back.ts';

/** A second request while one payment is open opens another; more than these are a mistake of the caller's. */
const PAYMENTS_MAX = 5;
/** A paid order without tickets after this time is taken up again by its timer. */
const ISSUE_WITHIN_MS = 5_000;
/** Finance is asked again to close a payment when it has not answered for this long. */
const CLOSE_AGAIN_MS = 60_000;
/** Further apart than clocks of two instances are: a timer that rings earlier is not the one that counts. */
const CLOCKS_DIFFER_MS = 30_000;

type Command<Type extends OrderCommand['type']> = Extract<OrderCommand, { type: Type }>;
type Unpaid = Of<'awaiting_payment'> | Of<'placed'>;

function decide(state: OrderState, command: OrderCommand): readonly OrderEvent[] {
  if (command.type === 'RequestPayment' && command.exchangeId !== undefined && !('tickets' in state))
    throw new DomainError('platform.not-found', 'There is no such exchange.');
  switch (state.status) {
    case 'none':
      return decideNone(command);
    case 'holding':
      return decideHolding(state, command);
    case 'placed':
      return decideInLine(state, command);
    case 'awaiting_payment':
      return decideAwaiting(state, command);
    case 'paid':
      return decidePaid(state, command);
    case 'fulfilled':
    case 'partially_refunded':
    case 'refunded': {
      const about = aboutExchange(state, command);
      return about === undefined
        ? decideFulfilled(state, command)
        : decideExchange(state, about.exchange, about.command);
    }
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
    case 'BeginExchange':
    case 'EndExchange':
      throw new DomainError('platform.not-found', 'There is no such order.');
    case 'ReviewHold':
    case 'TellDisruption':
      return [];
    default:
      throw new NotYet('sales.order-unknown', 'The order is not there yet.');
  }
}

function decideHolding(state: Of<'holding'>, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'QueueHold':
      return [{ type: 'OrderQueued', position: command.position }];
    case 'GrantHold':
      return granted(state, command.at);
    case 'RejectHold':
      return [{ type: 'OrderRejected', reason: command.reason, reasonData: command.reasonData }];
    case 'RequestPayment':
    case 'CapturePayment':
      throw new NotYet('sales.order-not-payable-yet', 'The places are not set aside yet.');
    case 'FulfilOrder':
      throw new NotYet('sales.order-unpaid', 'The order is not paid yet.');
    case 'ExpireOrder':
      return [{ type: 'OrderExpired' }];
    case 'CancelOrder':
      return [ended(whose(command))];
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'OpenPayment':
    case 'FailPayment':
    case 'ClosePayment':
    case 'ConfirmRefund':
    case 'FailRefund':
    case 'SendOwedBack':
    case 'NoteCompensation':
    case 'ReviewHold':
    case 'TellDisruption':
      return [];
    case 'ReturnTicket':
    case 'BeginExchange':
    case 'EndExchange':
    case 'CompleteExchange':
    case 'FailExchange':
      throw withoutTickets();
    default:
      return unreachable(command, 'order command');
  }
}

function decideInLine(state: Of<'placed'>, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'GrantHold':
      return state.closing === undefined ? granted(state, command.at) : [{ type: 'HoldLetGo' }];
    case 'RejectHold':
      return [
        { type: 'OrderRejected', reason: command.reason, reasonData: command.reasonData, fromLine: true },
        ...prepaymentBack(state, command.refundId),
      ];
    case 'RequestPayment':
      if (paymentOf(state, command.paymentId) !== undefined) return [];
      if (state.prepaidBy !== undefined)
        throw new DomainError('sales.order-already-paid', 'The order is paid already.');
      if (state.waiting?.prepaid !== true)
        throw new DomainError('sales.order-not-payable-yet', 'The order is paid when its places are there.');
      return requestPayment(state, command);
    case 'OpenPayment':
      return openPayment(state, command);
    case 'FailPayment':
    case 'ClosePayment':
      return afterPaymentEnded(state, command);
    case 'CapturePayment':
      return captureInLine(state, command);
    case 'ExpireOrder':
      return end(state, state.closing ?? 'expired', command.at, command.refundId);
    case 'CancelOrder':
      return state.closing === undefined ? end(state, whose(command), command.at, command.refundId) : [];
    case 'ConfirmRefund':
      return confirmRefund(state, command.refundId);
    case 'FailRefund':
      return failRefund(state, command.refundId);
    case 'FulfilOrder':
      throw new NotYet('sales.order-unpaid', 'The order has no places yet.');
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'QueueHold':
    case 'ReviewHold':
    case 'TellDisruption':
    case 'SendOwedBack':
    case 'NoteCompensation':
      return [];
    case 'ReturnTicket':
    case 'BeginExchange':
    case 'EndExchange':
    case 'CompleteExchange':
    case 'FailExchange':
      throw withoutTickets();
    default:
      return unreachable(command, 'order command');
  }
}

function decideAwaiting(state: Of<'awaiting_payment'>, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'RequestPayment':
      return requestPayment(state, command);
    case 'OpenPayment':
      return openPayment(state, command);
    case 'FailPayment':
    case 'ClosePayment':
      return afterPaymentEnded(state, command);
    case 'CapturePayment':
      return capture(state, command);
    case 'ExpireOrder':
      if (rangTooEarly(state, command.at))
        return [{ type: 'ReminderRenewed', what: 'expire', due: remindAgainAt(state.expiresAt, command.at) }];
      return end(state, state.closing ?? 'expired', command.at, command.refundId);
    case 'CancelOrder':
      return state.closing === undefined ? end(state, whose(command), command.at, command.refundId) : [];
    case 'ConfirmRefund':
      return confirmRefund(state, command.refundId);
    case 'FailRefund':
      return failRefund(state, command.refundId);
    case 'FulfilOrder':
      throw new NotYet('sales.order-unpaid', 'The order is not paid yet.');
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'QueueHold':
    case 'GrantHold':
    case 'RejectHold':
    case 'ReviewHold':
    case 'TellDisruption':
    case 'SendOwedBack':
    case 'NoteCompensation':
      return [];
    case 'ReturnTicket':
    case 'BeginExchange':
    case 'EndExchange':
    case 'CompleteExchange':
    case 'FailExchange':
      throw withoutTickets();
    default:
      return unreachable(command, 'order command');
  }
}

function decidePaid(state: Of<'paid'>, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'FulfilOrder':
      return [{ type: 'OrderFulfilled', tickets: command.tickets, told: command.told }];
    case 'SendOwedBack':
    case 'NoteCompensation':
      return [];
    case 'ReturnTicket':
    case 'TellDisruption':
    case 'BeginExchange':
    case 'EndExchange':
    case 'CompleteExchange':
    case 'FailExchange':
      throw withoutTickets();
    default:
      return decideKept(state, command);
  }
}

function decideFulfilled(state: FulfilledOrder, command: OrderCommand): readonly OrderEvent[] {
  switch (command.type) {
    case 'ReturnTicket':
      return returnTicket(state, command);
    case 'SendOwedBack':
      return sendOwedBack(state, command.at);
    case 'NoteCompensation':
      return noteCompensation(state, command);
    case 'TellDisruption':
      return tellDisruption(state, command);
    case 'FulfilOrder':
    case 'BeginExchange':
    case 'EndExchange':
    case 'CompleteExchange':
    case 'FailExchange':
      return [];
    default:
      return decideKept(state, command);
  }
}

/** What a paid order answers, with its tickets or before. */
function decideKept(
  state: Of<'paid'> | FulfilledOrder,
  command: Exclude<
    OrderCommand,
    Command<
      | 'FulfilOrder'
      | 'ReturnTicket'
      | 'SendOwedBack'
      | 'NoteCompensation'
      | 'TellDisruption'
      | 'BeginExchange'
      | 'EndExchange'
      | 'CompleteExchange'
      | 'FailExchange'
    >
  >,
): readonly OrderEvent[] {
  switch (command.type) {
    case 'CapturePayment':
      return command.paymentId === state.paidBy ? [] : lateMoney(state, command, 'double-payment');
    case 'FailPayment':
    case 'ClosePayment':
      return isOpen(paymentOf(state, command.paymentId)) ? [paymentEnded(command)] : [];
    case 'ConfirmRefund':
      return confirmRefund(state, command.refundId);
    case 'FailRefund':
      return failRefund(state, command.refundId);
    case 'RequestPayment':
      if (paymentOf(state, command.paymentId) !== undefined) return [];
      throw new DomainError('sales.order-already-paid', 'The order is paid already.');
    case 'CancelOrder':
      throw new DomainError('sales.order-already-paid', 'The order is paid already.');
    case 'ReviewHold':
      return [{ type: 'HoldKept' }];
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'QueueHold':
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
    case 'QueueHold':
    case 'GrantHold':
    case 'ReviewHold':
      return [{ type: 'HoldLetGo' }];
    case 'CapturePayment':
      return lateMoney(state, command, 'late-payment');
    case 'FailPayment':
    case 'ClosePayment':
      return isOpen(paymentOf(state, command.paymentId)) ? [paymentEnded(command)] : [];
    case 'ConfirmRefund':
      return confirmRefund(state, command.refundId);
    case 'FailRefund':
      return failRefund(state, command.refundId);
    case 'RequestPayment':
      if (paymentOf(state, command.paymentId) !== undefined) return [];
      throw new DomainError('sales.order-ended', 'The order has ended.', { status: state.status });
    case 'CancelOrder':
      if (state.status === 'cancelled') return [];
      throw new DomainError('sales.order-ended', 'The order has ended.', { status: state.status });
    case 'PlaceOrder':
    case 'RefuseOrder':
    case 'RejectHold':
    case 'OpenPayment':
    case 'ExpireOrder':
    case 'FulfilOrder':
    case 'TellDisruption':
    case 'SendOwedBack':
    case 'NoteCompensation':
      return [];
    case 'ReturnTicket':
    case 'BeginExchange':
    case 'EndExchange':
    case 'CompleteExchange':
    case 'FailExchange':
      throw withoutTickets();
    default:
      return unreachable(command, 'order command');
  }
}

function withoutTickets(): NotYet {
  return new NotYet('sales.order-without-tickets', 'The order has no tickets yet.');
}

/** Its time to pay begins now where it could have stood in line; what was prepaid makes it paid. */
function granted(state: Of<'holding'> | Of<'placed'>, at: string): readonly OrderEvent[] {
  const { waiting } = state;
  const payBy =
    waiting === undefined
      ? {}
      : { payBy: soonest(later(at, waiting.payWithinMinutes * 60_000), ...state.lines.map(({ endsAt }) => endsAt)) };
  const fromLine = state.status === 'placed' ? { fromLine: true as const } : {};
  const hold: OrderEvent = { type: 'HoldGranted', ...payBy, ...fromLine };
  if (state.prepaidBy !== undefined) return [hold, paid(state.prepaidBy, at)];
  return state.total === ZERO_FEN ? [hold, paid(undefined, at)] : [hold];
}

function soonest(...instants: readonly string[]): string {
  return new Date(Math.min(...instants.map((instant) => Date.parse(instant)))).toISOString();
}

function requestPayment(state: Unpaid, command: Command<'RequestPayment'>): readonly OrderEvent[] {
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

function openPayment(state: Unpaid, command: Command<'OpenPayment'>): readonly OrderEvent[] {
  return paymentOf(state, command.paymentId)?.status === 'requested'
    ? [{ type: 'PaymentOpened', paymentId: command.paymentId, payUrl: command.payUrl }]
    : [];
}

function afterPaymentEnded(state: Unpaid, command: Command<'FailPayment' | 'ClosePayment'>): readonly OrderEvent[] {
  const { paymentId } = command;
  if (!isOpen(paymentOf(state, paymentId))) return [];
  const event = paymentEnded(command);
  if (state.closing === undefined || othersOpen(state, paymentId)) return [event];
  return [event, ended(state.closing), ...prepaymentBack(state, command.refundId)];
}

/** Money of another amount is not this order's price: it goes back, and what waited for it to be closed ends. */
function capture(state: Of<'awaiting_payment'>, command: Command<'CapturePayment'>): readonly OrderEvent[] {
  if (state.refunds.some(({ paymentId }) => paymentId === command.paymentId)) return [];
  if (command.amount === state.total) return [paid(command.paymentId, command.at)];
  const back = lateMoney(state, command, 'late-payment');
  return state.closing === undefined || othersOpen(state, command.paymentId) ? back : [...back, ended(state.closing)];
}

/** In line, the first right payment is kept until the order's fate is known; whoever is leaving gets it back at once. */
function captureInLine(state: Of<'placed'>, command: Command<'CapturePayment'>): readonly OrderEvent[] {
  const { paymentId } = command;
  if (paymentId === state.prepaidBy || state.refunds.some((refund) => refund.paymentId === paymentId)) return [];
  if (state.prepaidBy !== undefined) return lateMoney(state, command, 'double-payment');
  if (command.amount === state.total && state.closing === undefined) return [{ type: 'PrepaymentCaptured', paymentId }];
  const back = lateMoney(state, command, 'late-payment');
  return state.closing === undefined || othersOpen(state, paymentId) ? back : [...back, ended(state.closing)];
}

function end(state: Unpaid, reason: EndReason, at: string, refundId: string): readonly OrderEvent[] {
  if (!state.payments.some(isOpen)) return [ended(reason), ...prepaymentBack(state, refundId)];
  return [{ type: 'OrderClosing', reason, askAgainAt: later(at, CLOSE_AGAIN_MS) }];
}

function prepaymentBack(state: Unpaid, refundId: string): readonly OrderEvent[] {
  return state.prepaidBy === undefined ? [] : moneyBack(state, state.total, refundId, 'cancelled', 'prepayment');
}

function othersOpen(state: LiveOrder, paymentId: string): boolean {
  return state.payments.some((payment) => payment.id !== paymentId && isOpen(payment));
}

/** Whoever was served has a new time and a timer for it; the one of the line may have been on its way. Which of them it is nobody can tell. */
function rangTooEarly({ waiting, closing, expiresAt }: Of<'awaiting_payment'>, at: string): boolean {
  return waiting !== undefined && closing === undefined && later(at, CLOCKS_DIFFER_MS) < expiresAt;
}

function ended(reason: EndReason): OrderEvent {
  if (reason === 'expired') return { type: 'OrderExpired' };
  return { type: 'OrderCancelled', ...(reason === 'session-cancelled' ? { because: reason } : {}) };
}

function whose({ by }: Command<'CancelOrder'>): EndReason {
  return by === 'session' ? 'session-cancelled' : 'cancelled';
}

function paid(paymentId: string | undefined, at: string): OrderEvent {
  return { type: 'OrderPaid', paymentId, at, issueBy: later(at, ISSUE_WITHIN_MS) };
}

/** SAL-50: the right is dead already; the money follows, from what the order has kept. */
function returnTicket(
  state: FulfilledOrder,
  { returned, atDeadline, at }: Command<'ReturnTicket'>,
): readonly OrderEvent[] {
  const { refundId, rightId, returned: amount } = returned;
  if (state.returned.some((ticket) => ticket.refundId === refundId)) return [];
  const cause = atDeadline === true ? 'deadline' : 'holder';
  const { together, events } = oweBack(state, { refundId, of: refundId, amount }, { cause, rightId, at });
  return [{ type: 'TicketReturned', returned, ...(together ? { together } : {}) }, ...events];
}

/** Its timer may have been on its way when what was collected went back, and more was collected since. */
function sendOwedBack({ owed, ...state }: FulfilledOrder, at: string): readonly OrderEvent[] {
  if (owed === undefined) return [];
  return later(at, CLOCKS_DIFFER_MS) < owed.sendBy
    ? [{ type: 'ReminderRenewed', what: 'send-back', due: remindAgainAt(owed.sendBy, at) }]
    : sentTogether(state, owed.items);
}

function noteCompensation(state: FulfilledOrder, { compensation }: Command<'NoteCompensation'>): readonly OrderEvent[] {
  const known = state.compensations?.some(({ refundId }) => refundId === compensation.refundId) === true;
  return known ? [] : [{ type: 'CompensationNoted', compensation }];
}

/** SAL-52: once per ticket, and once that it stays good after all; one that came to the session later, by an exchange that was under way, is told by itself. */
function tellDisruption(state: FulfilledOrder, { told }: Command<'TellDisruption'>): readonly OrderEvent[] {
  const before = state.told.filter(
    ({ disruptionId, kept }) => disruptionId === told.disruptionId && kept === told.kept,
  );
  const known = new Set(before.flatMap(({ ticketNumbers }) => ticketNumbers));
  const ticketNumbers = told.ticketNumbers.filter((number) => !known.has(number));
  return ticketNumbers.length === 0 ? [] : [{ type: 'DisruptionTold', told: { ...told, ticketNumbers } }];
}

export const orderDecider: Decider<OrderState, OrderCommand, OrderEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
