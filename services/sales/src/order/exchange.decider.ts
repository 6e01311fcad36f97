// The exchange of a ticket (SAL-53). Whatever fails or dies, the customer holds exactly one valid ticket and has paid exactly its price
// and fee: first a place is held and what is due is paid, which can both be undone; then the right gets its new ticket in one write,
// which is the step of no return; then the hold is confirmed and what is too much goes back, which can be repeated until it works.
//
// input ↓ \ exchange is →   none        holding            awaiting_payment            replacing        done             failed
// BeginExchange             begun¹      -                  -                           -                -                -
// GrantHold                 NotYet      held | settled²    -                           -                -                let go
// RejectHold                NotYet      failed             -                           -                -                -
// RequestPayment            not-found   NotYet             requested | -⁶ | ended      -⁶ | paid        -⁶ | paid        -⁶ | ended
// OpenPayment               -           -                  opened                      -                -                -
// FailPayment ClosePayment  -           -                  ended (+ failed³)           ended            ended            ended
// CapturePayment            -           -                  settled | wrong: refund³    - | double       - | double       late refund
// EndExchange               not-found   failed             closing⁴ | failed | -⁷      - | settled⁵     - | settled⁵     -
// CompleteExchange          NotYet      NotYet             NotYet                      done (+ refund)  -                -
// FailExchange              NotYet      -                  -                           failed (+ refund) -               -
// ReviewHold                let go      -                  -                           -                kept             let go
//
// ¹ refused while another exchange of the ticket is under way, or after twenty   ² nothing is due   ³ when it is closing and nothing is open any more
// ⁴ while something is open at the provider: it is closed there first; if it turns out paid, the exchange goes on   ⁵ refused when the
// customer cancels or the new session is cancelled, nothing when the timer rings   ⁶ a payment that was asked before, in whatever state: a retry finds it   ⁷ cancelled
// while it is closing; the timer asks the provider again
//
// The old ticket's time may run out while the exchange is closing or replacing: until the exchange has ended the ticket does not expire
// (expire-tickets.ts), so one that turns out paid finds it living. Without an offer the time to pay ends with the ticket's own.
import { addFen, DomainError, fen, NotYet, unreachable, ZERO_FEN } from '@tongpiao/kernel';
import type { Exchange, ExchangeEnd } from './exchange.ts';
import { isOpen, lateMoney, later, moneyBack, paymentEnded, paymentOf } from './order-money.ts';
import type { FulfilledOrder, OrderCommand, OrderEvent, OrderPayment } from './order.ts';
import { oweBack } from './owed-back.ts';

/** A settled exchange whose ticket is not replaced after this time is taken up again by its timer. */
const REPLACE_WITHIN_MS = 5_000;
/** Finance is asked again to close a payment when it has not answered for this long. */
const CLOSE_AGAIN_MS = 60_000;
/** More payments for one exchange are a mistake of the caller's. */
const PAYMENTS_MAX = 5;
/** Each that is begun and comes to nothing holds a place for a while and stays on record: more of them for one ticket are a mistake, or no customer. */
const EXCHANGES_MAX = 20;

type AboutExchange = Extract<
  OrderCommand,
  {
    type:
      | 'BeginExchange'
      | 'EndExchange'
      | 'CompleteExchange'
      | 'FailExchange'
      | 'GrantHold'
      | 'RejectHold'
      | 'RequestPayment'
      | 'OpenPayment'
      | 'FailPayment'
      | 'ClosePayment'
      | 'CapturePayment'
      | 'ReviewHold';
  }
>;

/** The exchange that a command is about, `none` for one that is not there, undefined for a command about the order itself. */
export function aboutExchange(
  state: FulfilledOrder,
  command: OrderCommand,
): { readonly command: AboutExchange; readonly exchange: Exchange | undefined } | undefined {
  const byId = (id: string | undefined): Exchange | undefined => state.exchanges.find((one) => one.id === id);
  switch (command.type) {
    case 'BeginExchange':
      return { command, exchange: byId(command.facts.id) };
    case 'EndExchange':
    case 'CompleteExchange':
    case 'FailExchange':
      return { command, exchange: byId(command.exchangeId) };
    case 'GrantHold':
    case 'RejectHold':
    case 'ReviewHold':
      return command.holdId === state.holdId
        ? undefined
        : { command, exchange: state.exchanges.find(({ holdId }) => holdId === command.holdId) };
    case 'RequestPayment':
      return command.exchangeId === undefined ? undefined : { command, exchange: byId(command.exchangeId) };
    case 'OpenPayment':
    case 'FailPayment':
    case 'ClosePayment':
    case 'CapturePayment': {
      const exchange = byId(paymentOf(state, command.paymentId)?.exchangeId);
      return exchange === undefined ? undefined : { command, exchange };
    }
    default:
      return undefined;
  }
}

export function decideExchange(
  state: FulfilledOrder,
  exchange: Exchange | undefined,
  command: AboutExchange,
): readonly OrderEvent[] {
  if (exchange === undefined) return decideNone(state, command);
  switch (exchange.status) {
    case 'holding':
      return decideHolding(exchange, command);
    case 'awaiting_payment':
      return decideAwaiting(state, exchange, command);
    case 'replacing':
    case 'done':
      return decideSettled(state, exchange, command);
    case 'failed':
      return decideFailed(state, exchange, command);
  }
}

function decideNone(state: FulfilledOrder, command: AboutExchange): readonly OrderEvent[] {
  switch (command.type) {
    case 'BeginExchange': {
      const { rightId } = command.facts;
      const before = state.exchanges.filter((one) => one.rightId === rightId);
      if (before.some(({ status }) => status !== 'done' && status !== 'failed'))
        throw new DomainError('sales.exchange-under-way', 'The ticket is being exchanged already.');
      if (before.length >= EXCHANGES_MAX)
        throw new DomainError('sales.too-many-exchanges', 'Too many exchanges were begun for this ticket.', {
          limit: EXCHANGES_MAX,
        });
      return [{ type: 'ExchangeBegun', facts: command.facts }];
    }
    case 'RequestPayment':
    case 'EndExchange':
      throw new DomainError('platform.not-found', 'There is no such exchange.');
    case 'ReviewHold':
      // Its order never began it: whoever asked for these places has died before saying so.
      return [{ type: 'HoldLetGo', holdId: command.holdId }];
    default:
      throw new NotYet('sales.exchange-unknown', 'The exchange is not there yet.');
  }
}

function decideHolding(exchange: Exchange, command: AboutExchange): readonly OrderEvent[] {
  const exchangeId = exchange.id;
  switch (command.type) {
    case 'GrantHold':
      return [
        { type: 'ExchangeHeld', exchangeId },
        ...(exchange.due > ZERO_FEN ? [] : [settled(exchange, command.at)]),
      ];
    case 'RejectHold':
      return [{ type: 'ExchangeFailed', exchangeId, reason: command.reason }];
    case 'EndExchange':
      return [{ type: 'ExchangeFailed', exchangeId, reason: command.reason }];
    case 'RequestPayment':
      throw new NotYet('sales.order-not-payable-yet', 'The new place is not set aside yet.');
    case 'CompleteExchange':
      throw new NotYet('sales.exchange-not-settled', 'The exchange is not settled yet.');
    case 'BeginExchange':
    case 'OpenPayment':
    case 'FailPayment':
    case 'ClosePayment':
    case 'CapturePayment':
    case 'FailExchange':
    case 'ReviewHold':
      return [];
    default:
      return unreachable(command, 'exchange command');
  }
}

function decideAwaiting(state: FulfilledOrder, exchange: Exchange, command: AboutExchange): readonly OrderEvent[] {
  switch (command.type) {
    case 'RequestPayment':
      return requestPayment(state, exchange, command);
    case 'OpenPayment':
      return paymentOf(state, command.paymentId)?.status === 'requested'
        ? [{ type: 'PaymentOpened', paymentId: command.paymentId, payUrl: command.payUrl }]
        : [];
    case 'FailPayment':
    case 'ClosePayment': {
      if (!isOpen(paymentOf(state, command.paymentId))) return [];
      const event = paymentEnded(command);
      return stillOpen(state, exchange, command.paymentId) || exchange.closing === undefined
        ? [event]
        : [event, { type: 'ExchangeFailed', exchangeId: exchange.id, reason: exchange.closing }];
    }
    case 'CapturePayment': {
      if (state.refunds.some(({ paymentId }) => paymentId === command.paymentId)) return [];
      if (command.amount === exchange.due) return [settled(exchange, command.at, command.paymentId)];
      const back = lateMoney(state, command, 'late-payment');
      return stillOpen(state, exchange, command.paymentId) || exchange.closing === undefined
        ? back
        : [...back, { type: 'ExchangeFailed', exchangeId: exchange.id, reason: exchange.closing }];
    }
    case 'EndExchange':
      if (command.reason !== 'expired' && exchange.closing !== undefined) return [];
      return end(state, exchange, exchange.closing ?? command.reason, command.at);
    case 'CompleteExchange':
      throw new NotYet('sales.exchange-not-settled', 'The exchange is not settled yet.');
    case 'BeginExchange':
    case 'GrantHold':
    case 'RejectHold':
    case 'FailExchange':
    case 'ReviewHold':
      return [];
    default:
      return unreachable(command, 'exchange command');
  }
}

function decideSettled(state: FulfilledOrder, exchange: Exchange, command: AboutExchange): readonly OrderEvent[] {
  const exchangeId = exchange.id;
  switch (command.type) {
    case 'CompleteExchange': {
      if (exchange.status === 'done') return [];
      const { ticket, refundId, waived, at } = command;
      const owed = { refundId, of: exchangeId, amount: addFen(exchange.returned, waived ?? ZERO_FEN) };
      const free = waived === undefined ? {} : { waived };
      const completed: OrderEvent = { type: 'ExchangeCompleted', exchangeId, ticket, ...free };
      return [completed, ...oweBack(state, owed, { cause: 'holder', at }).events];
    }
    case 'FailExchange': {
      if (exchange.status === 'done') return [];
      const failed: OrderEvent = { type: 'ExchangeFailed', exchangeId, reason: command.reason };
      const { paidBy, due } = exchange;
      if (paidBy === undefined) return [failed];
      // Another ticket's refund may have taken from this payment: what is missing comes from where that should have taken it.
      return [failed, ...moneyBack(state, due, command.refundId, 'cancelled', exchangeId, paidBy)];
    }
    case 'CapturePayment':
      return command.paymentId === exchange.paidBy ? [] : lateMoney(state, command, 'double-payment');
    case 'FailPayment':
    case 'ClosePayment':
      return isOpen(paymentOf(state, command.paymentId)) ? [paymentEnded(command)] : [];
    case 'RequestPayment':
      if (paymentOf(state, command.paymentId) !== undefined) return [];
      throw new DomainError('sales.order-already-paid', 'The exchange is paid already.');
    case 'EndExchange':
      if (command.reason === 'expired') return [];
      throw new DomainError('sales.exchange-settled', 'The exchange is settled and cannot be taken back.');
    case 'ReviewHold':
      return exchange.status === 'done' ? [{ type: 'ExchangeHoldKept', exchangeId }] : [];
    case 'BeginExchange':
    case 'GrantHold':
    case 'RejectHold':
    case 'OpenPayment':
      return [];
    default:
      return unreachable(command, 'exchange command');
  }
}

function decideFailed(state: FulfilledOrder, exchange: Exchange, command: AboutExchange): readonly OrderEvent[] {
  switch (command.type) {
    case 'GrantHold':
    case 'ReviewHold':
      return [{ type: 'ExchangeHoldLetGo', exchangeId: exchange.id }];
    case 'CapturePayment':
      return lateMoney(state, command, 'late-payment');
    case 'FailPayment':
    case 'ClosePayment':
      return isOpen(paymentOf(state, command.paymentId)) ? [paymentEnded(command)] : [];
    case 'RequestPayment':
      if (paymentOf(state, command.paymentId) !== undefined) return [];
      throw new DomainError('sales.exchange-ended', 'The exchange has ended.', { reason: exchange.reason ?? '' });
    case 'BeginExchange':
    case 'RejectHold':
    case 'OpenPayment':
    case 'EndExchange':
    case 'CompleteExchange':
    case 'FailExchange':
      return [];
    default:
      return unreachable(command, 'exchange command');
  }
}

function requestPayment(
  state: FulfilledOrder,
  exchange: Exchange,
  command: Extract<OrderCommand, { type: 'RequestPayment' }>,
): readonly OrderEvent[] {
  if (paymentOf(state, command.paymentId) !== undefined) return [];
  if (exchange.closing !== undefined || command.at >= exchange.expiresAt)
    throw new DomainError('sales.exchange-ended', 'The time to settle the exchange is over.', {
      reason: exchange.closing ?? 'expired',
    });
  if (state.payments.filter(({ exchangeId }) => exchangeId === exchange.id).length >= PAYMENTS_MAX)
    throw new DomainError('sales.too-many-payments', 'Too many payments were started for this exchange.', {
      limit: PAYMENTS_MAX,
    });
  const payment: OrderPayment = {
    id: command.paymentId,
    method: command.method,
    amount: fen(exchange.due),
    status: 'requested',
    requestedAt: command.at,
    exchangeId: exchange.id,
  };
  return [{ type: 'PaymentRequested', payment, takenBy: command.takenBy }];
}

function end(state: FulfilledOrder, exchange: Exchange, reason: ExchangeEnd, at: string): readonly OrderEvent[] {
  const exchangeId = exchange.id;
  if (!stillOpen(state, exchange, '')) return [{ type: 'ExchangeFailed', exchangeId, reason }];
  return [{ type: 'ExchangeClosing', exchangeId, reason, askAgainAt: later(at, CLOSE_AGAIN_MS) }];
}

function settled(exchange: Exchange, at: string, paymentId?: string): OrderEvent {
  return {
    type: 'ExchangeSettled',
    exchangeId: exchange.id,
    replaceBy: later(at, REPLACE_WITHIN_MS),
    ...(paymentId === undefined ? {} : { paymentId }),
  };
}

function stillOpen(state: FulfilledOrder, exchange: Exchange, besides: string): boolean {
  return state.payments.some(
    (payment) => payment.exchangeId === exchange.id && payment.id !== besides && isOpen(payment),
  );
}
