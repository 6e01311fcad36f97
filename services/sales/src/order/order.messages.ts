// Own event → what others must hear. Pure and exhaustive: a new event without a line here does not compile.
import {
  closePayment,
  confirmHold,
  expireOrder,
  issueTickets,
  orderClosed,
  orderFulfilled,
  paymentReturned,
  placeHold,
  refundPayment,
  releaseHold,
  requestPayment,
  type Bilingual,
} from '@tongpiao/contracts';
import { formatYuan, unreachable } from '@tongpiao/kernel';
import { forRecipient, remind, say, type Said } from '@tongpiao/persistence';
import { isOpen } from './order.decider.ts';
import type { LiveOrder, OrderEvent, OrderState } from './order.ts';

const EXPIRE = 'expire';
const ISSUE = 'issue-tickets';

export function orderMessages(event: OrderEvent, facts: { id: string; state: OrderState }): readonly Said[] {
  const { id: orderId, state } = facts;
  if (state.status === 'none') return [];
  const hold = { holdId: state.holdId, orderId };
  switch (event.type) {
    case 'OrderPlaced': {
      const { lines, channel, expiresAt } = event.facts;
      return [
        say(placeHold, {
          ...hold,
          lines: lines.map(({ sessionId, quantity, admits }) => ({ sessionId, quantity: quantity * admits })),
          channel,
          expiresAt,
        }),
        remind(EXPIRE, expiresAt, expireOrder, { orderId }),
      ];
    }
    case 'PaymentRequested': {
      const { id: paymentId, amount, method } = event.payment;
      const description = descriptionOf(state);
      const takenBy = event.takenBy === undefined ? {} : { takenBy: event.takenBy };
      return [
        say(requestPayment, {
          paymentId,
          orderId,
          amount,
          method,
          description,
          expiresAt: state.expiresAt,
          ...takenBy,
        }),
      ];
    }
    case 'OrderClosing':
      return [...closeOpenPayments(orderId, state), remind(EXPIRE, event.askAgainAt, expireOrder, { orderId })];
    case 'OrderRejected':
      return [{ cancelTimer: EXPIRE }];
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
      return [{ cancelTimer: ISSUE }, fulfilled(orderId, state, event)];
    case 'RefundRequested': {
      const { id: refundId, paymentId, amount, reason } = event.refund;
      return [say(refundPayment, { refundId, paymentId, orderId, amount, reason })];
    }
    case 'RefundDone': {
      const refund = state.refunds.find(({ id }) => id === event.refundId);
      if (refund === undefined) return [];
      return [
        say(paymentReturned, {
          orderId,
          amount: refund.amount,
          language: state.language,
          contact: contactFor(state),
          product: productOf(state),
        }),
      ];
    }
    case 'HoldLetGo':
      return [
        say(releaseHold, {
          ...hold,
          reason: state.status === 'expired' ? 'expired' : state.status === 'cancelled' ? 'cancelled' : 'rejected',
        }),
      ];
    case 'HoldKept':
      return [say(confirmHold, hold)];
    case 'OrderRefused':
    case 'HoldGranted':
    case 'PaymentOpened':
    case 'PaymentFailed':
    case 'PaymentClosed':
      return [];
    default:
      return unreachable(event, 'order event');
  }
}

function closeOpenPayments(orderId: string, state: LiveOrder): readonly Said[] {
  return state.payments.filter(isOpen).map(({ id }) => say(closePayment, { paymentId: id, orderId }));
}

function closed(orderId: string, state: LiveOrder, status: 'expired' | 'cancelled'): Said {
  const reason = status === 'expired' ? 'unpaid' : 'cancelled';
  return say(orderClosed, {
    orderId,
    status,
    reason,
    language: state.language,
    contact: contactFor(state),
    product: productOf(state),
    notify: true,
  });
}

function fulfilled(orderId: string, state: LiveOrder, event: Extract<OrderEvent, { type: 'OrderFulfilled' }>): Said {
  const lines = new Map(state.lines.map((line) => [line.lineId, line]));
  const tickets = event.told.flatMap(({ number, lineId, qr }) => {
    const line = lines.get(lineId);
    if (line === undefined) return [];
    const { ticketTypeName, sessionId, date, startsAt, endsAt, unitAmount } = line;
    return [{ number, ticketType: ticketTypeName, sessionId, date, startsAt, endsAt, amount: unitAmount, qr }];
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

function contactFor(state: LiveOrder): {
  name: ReturnType<typeof forRecipient>;
  phone: ReturnType<typeof forRecipient>;
  email?: ReturnType<typeof forRecipient>;
} {
  const { name, phone, email } = state.contact;
  return {
    name: forRecipient('notification', name),
    phone: forRecipient('notification', phone),
    ...(email === undefined ? {} : { email: forRecipient('notification', email) }),
  };
}

function productOf(state: LiveOrder): Bilingual {
  return state.lines[0]?.productName ?? { zh: '门票', en: 'Tickets' };
}

/** What the payer reads in the wallet. */
function descriptionOf(state: LiveOrder): string {
  const quantity = state.lines.reduce((sum, line) => sum + line.quantity, 0);
  return `${productOf(state).zh} ×${quantity} ${formatYuan(state.total)}`.slice(0, 120);
}
