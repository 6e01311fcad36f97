// What others must hear of an exchange: inventory holds, confirms or frees the new place, finance closes what is open, the customer is
// told how it ended. The old place and the ledger are the right's to tell.
import {
  closePayment,
  confirmHold,
  exchangeCompleted,
  exchangeFailed,
  expireExchange,
  placeHold,
  releaseHold,
  replaceTicket,
} from '@tongpiao/contracts';
import { ZERO_FEN } from '@tongpiao/kernel';
import { remind, say, type Said } from '@tongpiao/persistence';
import type { Exchange, ExchangeEvent } from './exchange.ts';
import { aboutOrder, cashOf, toldTicket } from './order-words.ts';
import { openPayments } from './order.evolve.ts';
import type { LiveOrder } from './order.ts';

const expireTimer = (exchangeId: string): string => `expire:${exchangeId}`;
const replaceTimer = (exchangeId: string): string => `replace:${exchangeId}`;

export function exchangeMessages(event: ExchangeEvent, orderId: string, state: LiveOrder): readonly Said[] {
  const exchangeId = event.type === 'ExchangeBegun' ? event.facts.id : event.exchangeId;
  const exchange = state.exchanges.find(({ id }) => id === exchangeId);
  if (exchange === undefined) return [];
  const hold = { holdId: exchange.holdId, orderId };
  const about = { orderId, exchangeId };
  switch (event.type) {
    case 'ExchangeBegun': {
      const { line, expiresAt } = exchange;
      return [
        say(placeHold, {
          ...hold,
          lines: [{ sessionId: line.sessionId, quantity: line.admits }],
          channel: state.channel,
          expiresAt,
        }),
        remind(expireTimer(exchangeId), expiresAt, expireExchange, about),
      ];
    }
    case 'ExchangeHeld':
      return [];
    case 'ExchangeSettled':
      return [
        { cancelTimer: expireTimer(exchangeId) },
        ...closeOpenPayments(orderId, state, exchangeId),
        remind(replaceTimer(exchangeId), event.replaceBy, replaceTicket, about),
      ];
    case 'ExchangeClosing':
      return [
        ...closeOpenPayments(orderId, state, exchangeId),
        remind(expireTimer(exchangeId), event.askAgainAt, expireExchange, about),
      ];
    case 'ExchangeCompleted':
      return [
        { cancelTimer: replaceTimer(exchangeId) },
        say(confirmHold, hold),
        say(exchangeCompleted, {
          ...aboutOrder(orderId, state),
          exchangeId,
          previousNumber: exchange.number,
          ticket: toldTicket(state, exchange.line, event.ticket),
          fee: exchange.fee,
          returned: exchange.returned,
          ...cashOf(state, exchangeId),
        }),
      ];
    case 'ExchangeFailed':
      return [
        { cancelTimer: expireTimer(exchangeId) },
        { cancelTimer: replaceTimer(exchangeId) },
        say(releaseHold, { ...hold, reason: event.reason === 'expired' ? 'expired' : 'cancelled' }),
        failed(orderId, state, exchange, event.reason),
      ];
    case 'ExchangeHoldLetGo':
      return [say(releaseHold, { ...hold, reason: 'cancelled' })];
    case 'ExchangeHoldKept':
      return [say(confirmHold, hold)];
  }
}

function closeOpenPayments(orderId: string, state: LiveOrder, exchangeId: string): readonly Said[] {
  return openPayments(state, exchangeId).map(({ id }) => say(closePayment, { paymentId: id, orderId }));
}

function failed(orderId: string, state: LiveOrder, exchange: Exchange, reason: string): Said {
  return say(exchangeFailed, {
    ...aboutOrder(orderId, state),
    exchangeId: exchange.id,
    ticketNumber: exchange.number,
    reason,
    returned: exchange.paidBy === undefined ? ZERO_FEN : exchange.due,
  });
}
