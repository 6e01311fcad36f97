// Own event → what others must hear. Pure and exhaustive: a new event without a line here does not compile.
import {
  closePayment,
  confirmHold,
  expireOrder,
  extendHold,
  holderKeepsTickets,
  holderToldOfDisruption,
  issueTickets,
  orderClosed,
  orderFulfilled,
  paymentReturned,
  placeHold,
  refundPayment,
  releaseHold,
  requestPayment,
  sendOwedBack,
  ticketsRecorded,
  ticketsRefunded,
  waitingJoined,
  waitingServed,
} from '@tongpiao/contracts';
import { formatYuan, unreachable } from '@tongpiao/kernel';
import { remind, say, type Said } from '@tongpiao/persistence';
import { exchangeMessages } from './exchange.messages.ts';
import { aboutOrder, cashOf, contactFor, productOf, recordedTicket, toldTicket } from './order-words.ts';
import { openPayments } from './order.evolve.ts';
import type { LiveOrder, OrderEvent, OrderState, ReturnedTicket } from './order.ts';

const EXPIRE = 'expire';
const ISSUE = 'issue-tickets';
const SEND_BACK = 'send-back';
/** One message names so many tickets. */
const TOLD_MAX = 500;

export function orderMessages(event: OrderEvent, facts: { id: string; state: OrderState }): readonly Said[] {
  const { id: orderId, state } = facts;
  if (state.status === 'none') return [];
  const hold = { holdId: state.holdId, orderId };
  switch (event.type) {
    case 'OrderPlaced': {
      const { lines, channel, expiresAt, waiting } = event.facts;
      const line = waiting === undefined ? {} : { waiting: { until: waiting.until, lineMax: waiting.lineMax } };
      return [
        say(placeHold, {
          ...hold,
          lines: lines.map(({ sessionId, quantity, admits }) => ({ sessionId, quantity: quantity * admits })),
          channel,
          expiresAt,
          ...line,
        }),
        remind(EXPIRE, expiresAt, expireOrder, { orderId }),
      ];
    }
    case 'OrderQueued':
      return [
        say(waitingJoined, {
          ...aboutOrder(orderId, state),
          startsAt: firstStart(state),
          position: event.position,
          until: state.expiresAt,
        }),
      ];
    case 'HoldGranted': {
      const { payBy } = event;
      if (payBy === undefined || state.status !== 'awaiting_payment') return [];
      const timed = [say(extendHold, { ...hold, expiresAt: payBy }), remind(EXPIRE, payBy, expireOrder, { orderId })];
      if (event.fromLine !== true) return timed;
      const { total } = state;
      return [
        ...timed,
        say(waitingServed, { ...aboutOrder(orderId, state), startsAt: firstStart(state), total, payBy }),
      ];
    }
    case 'PaymentRequested': {
      const { id: paymentId, amount, method, exchangeId } = event.payment;
      const exchange = state.exchanges.find(({ id }) => id === exchangeId);
      const description =
        exchange === undefined
          ? descriptionOf(state)
          : `${exchange.line.productName.zh} 改签 ${formatYuan(amount)}`.slice(0, 120);
      const takenBy = event.takenBy === undefined ? {} : { takenBy: event.takenBy };
      const expiresAt = exchange?.expiresAt ?? state.expiresAt;
      return [say(requestPayment, { paymentId, orderId, amount, method, description, expiresAt, ...takenBy })];
    }
    case 'OrderClosing':
      return [...closeOpenPayments(orderId, state), remind(EXPIRE, event.askAgainAt, expireOrder, { orderId })];
    case 'ReminderRenewed':
      return [remind(event.what, event.due, event.what === EXPIRE ? expireOrder : sendOwedBack, { orderId })];
    case 'OrderRejected':
      return [
        { cancelTimer: EXPIRE },
        ...(event.fromLine === true ? [...closeOpenPayments(orderId, state), closed(orderId, state, 'rejected')] : []),
      ];
    case 'OrderExpired':
      return [
        { cancelTimer: EXPIRE },
        say(releaseHold, { ...hold, reason: 'expired' }),
        closed(orderId, state, 'expired'),
      ];
    case 'OrderCancelled':
      return [
        { cancelTimer: EXPIRE },
        say(releaseHold, { ...hold, reason: 'cancelled' }),
        closed(orderId, state, 'cancelled'),
      ];
    case 'OrderPaid':
      return [
        { cancelTimer: EXPIRE },
        say(confirmHold, hold),
        ...closeOpenPayments(orderId, state),
        remind(ISSUE, event.issueBy, issueTickets, { orderId }),
      ];
    case 'OrderFulfilled':
      return [{ cancelTimer: ISSUE }, fulfilled(orderId, state, event), recorded(orderId, state, event)];
    case 'RefundRequested': {
      const { id: refundId, paymentId, amount, reason } = event.refund;
      return [say(refundPayment, { refundId, paymentId, orderId, amount, reason })];
    }
    case 'RefundDone': {
      const refund = state.refunds.find(({ id }) => id === event.refundId);
      // What a ticket was worth is told with the ticket; here is told what came in for nothing.
      if (refund === undefined || (refund.of !== undefined && refund.of !== 'prepayment')) return [];
      return [say(paymentReturned, { ...aboutOrder(orderId, state), amount: refund.amount })];
    }
    case 'TicketReturned': {
      const { returned, together } = event;
      return together === true ? [] : [givenBack(orderId, state, [returned], returned.refundId)];
    }
    case 'MoneyCollected':
      return event.sendBy === undefined ? [] : [remind(SEND_BACK, event.sendBy, sendOwedBack, { orderId })];
    case 'OwedSentBack':
      return [{ cancelTimer: SEND_BACK }, ...allGivenBack(orderId, state, event.covers)];
    case 'DisruptionTold': {
      const { ticketNumbers, kept, ...told } = event.told;
      const about = { ...aboutOrder(orderId, state), ticketNumbers: [...ticketNumbers] };
      const { disruptionId, startsAt } = told;
      if (kept === true) return [say(holderKeepsTickets, { ...about, disruptionId, startsAt })];
      return [say(holderToldOfDisruption, { ...about, ...told })];
    }
    case 'HoldLetGo':
      return [
        say(releaseHold, {
          holdId: event.holdId ?? state.holdId,
          orderId,
          reason: letGoFor(state),
        }),
      ];
    case 'HoldKept':
      return [say(confirmHold, hold)];
    case 'PrepaymentCaptured':
      return closeOpenPayments(orderId, state);
    case 'OrderRefused':
    case 'PaymentOpened':
    case 'PaymentFailed':
    case 'PaymentClosed':
    case 'RefundFailed':
    case 'CompensationNoted':
      return [];
    case 'ExchangeBegun':
    case 'ExchangeHeld':
    case 'ExchangeSettled':
    case 'ExchangeClosing':
    case 'ExchangeCompleted':
    case 'ExchangeFailed':
    case 'ExchangeHoldLetGo':
    case 'ExchangeHoldKept':
      return exchangeMessages(event, orderId, state);
    default:
      return unreachable(event, 'order event');
  }
}

/** SAL-50, SAL-52: whoever gets several back together hears of them once, for each reason. */
function allGivenBack(orderId: string, state: LiveOrder, covers: readonly string[]): readonly Said[] {
  const covered = new Set(covers);
  const tickets = state.returned.filter(({ refundId }) => covered.has(refundId));
  return [...Map.groupBy(tickets, ({ reason }) => reason).values()]
    .flatMap((group) =>
      Array.from({ length: Math.ceil(group.length / TOLD_MAX) }, (_, page) =>
        group.slice(page * TOLD_MAX, (page + 1) * TOLD_MAX),
      ),
    )
    .map((group) => givenBack(orderId, state, group, covers[0] ?? ''));
}

/** @param of what the money belongs to that comes with it */
function givenBack(orderId: string, state: LiveOrder, tickets: readonly ReturnedTicket[], of: string): Said {
  const [first] = tickets;
  if (first === undefined) throw new Error('nothing was given back');
  const { refundId, reason } = first;
  const fee = tickets.reduce<number>((sum, ticket) => sum + ticket.fee, 0);
  const returned = tickets.reduce<number>((sum, ticket) => sum + ticket.returned, 0);
  const ticketNumbers = tickets.map(({ number }) => number);
  const told = { ...aboutOrder(orderId, state), refundId, ticketNumbers, fee, returned, reason };
  return say(ticketsRefunded, { ...told, ...cashOf(state, of) });
}

function closeOpenPayments(orderId: string, state: LiveOrder): readonly Said[] {
  return openPayments(state).map(({ id }) => say(closePayment, { paymentId: id, orderId }));
}

function letGoFor(state: LiveOrder): 'expired' | 'cancelled' | 'rejected' {
  if (state.status === 'expired' || state.status === 'cancelled') return state.status;
  if (state.status !== 'placed' || state.closing === undefined) return 'rejected';
  return state.closing === 'expired' ? 'expired' : 'cancelled';
}

function firstStart(state: LiveOrder): string {
  return new Date(Math.min(...state.lines.map(({ startsAt }) => Date.parse(startsAt)))).toISOString();
}

function closed(orderId: string, state: LiveOrder, status: 'expired' | 'cancelled' | 'rejected'): Said {
  const reason = 'reason' in state ? state.reason : status;
  return say(orderClosed, { ...aboutOrder(orderId, state), status, reason, notify: true });
}

function fulfilled(orderId: string, state: LiveOrder, event: Extract<OrderEvent, { type: 'OrderFulfilled' }>): Said {
  const lines = new Map(state.lines.map((line) => [line.lineId, line]));
  const tickets = event.told.flatMap((ticket) => {
    const line = lines.get(ticket.lineId);
    return line === undefined ? [] : [toldTicket(state, line, ticket)];
  });
  return say(orderFulfilled, {
    orderId,
    language: state.language,
    contact: contactFor(state),
    total: state.total,
    product: productOf(state),
    tickets,
  });
}

/** The same tickets for the reissue service, which has to recognise their owners one day. */
function recorded(orderId: string, state: LiveOrder, event: Extract<OrderEvent, { type: 'OrderFulfilled' }>): Said {
  const tickets = state.lines.flatMap((line) =>
    event.tickets
      .filter(({ lineId }) => lineId === line.lineId)
      .map(({ rightId, number }, index) => recordedTicket(line, { rightId, number }, line.travellers[index])),
  );
  const { channel, language, placedAt, userId, accessHash } = state;
  return say(ticketsRecorded, {
    orderId,
    channel,
    language,
    placedAt,
    contact: contactFor(state, 'reissue'),
    accessHash,
    ...(userId === undefined ? {} : { userId }),
    tickets,
  });
}

/** What the payer reads in the wallet. */
function descriptionOf(state: LiveOrder): string {
  const quantity = state.lines.reduce((sum, line) => sum + line.quantity, 0);
  return `${productOf(state).zh} ×${quantity} ${formatYuan(state.total)}`.slice(0, 120);
}
