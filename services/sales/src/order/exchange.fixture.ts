// An exchange for the specs: the first ticket of the order of order.fixture.ts for a dearer session on the next day.
import { fen } from '@tongpiao/kernel';
import { factsOf, fulfilled, granted, opened, paidBy, placed, requested } from './order.fixture.ts';
import type { ExchangeEnd, ExchangeFacts, NewLine } from './exchange.ts';
import type { OrderCommand, OrderEvent } from './order.ts';

const AT = '2026-12-01T02:00:00.000Z';
export const SETTLE_BY = '2026-12-01T02:15:00.000Z';
export const DUE = fen(3_500);
const HOLD = 'hld_2';
export const NEW_TICKET = { number: 'N3', qr: 'qr-N3', lineId: 'l1' };

export function newLine(change: Partial<NewLine> = {}): NewLine {
  const [line] = factsOf().lines;
  if (line === undefined) throw new Error('the fixture has no line');
  const { travellers: _people, ...place } = line;
  return {
    ...place,
    quantity: 1,
    sessionId: 'ses_2',
    date: '2026-12-03',
    startsAt: '2026-12-03T09:00:00+08:00',
    endsAt: '2026-12-03T11:00:00+08:00',
    unitAmount: fen(15_000),
    ...change,
  };
}

const exchangeFacts = (change: Partial<ExchangeFacts> = {}): ExchangeFacts => ({
  id: 'exc_1',
  rightId: 'rgt_1',
  number: 'N1',
  revision: 1,
  holdId: HOLD,
  line: newLine(),
  price: fen(12_000),
  fee: fen(500),
  due: DUE,
  returned: fen(0),
  requestedAt: AT,
  expiresAt: SETTLE_BY,
  ...change,
});
/** To a cheaper place: nothing is due, something comes back. */
export const DOWN: Partial<ExchangeFacts> = {
  line: newLine({ unitAmount: fen(9_000) }),
  due: fen(0),
  returned: fen(2_500),
};

export const withTickets: readonly OrderEvent[] = [
  ...[placed, granted, requested('pay_1'), opened('pay_1'), paidBy('pay_1'), fulfilled],
];
export const begun = (change: Partial<ExchangeFacts> = {}): OrderEvent => ({
  type: 'ExchangeBegun',
  facts: exchangeFacts(change),
});
export const held = (exchangeId = 'exc_1'): OrderEvent => ({ type: 'ExchangeHeld', exchangeId });
export const settledBy = (paymentId: string | undefined, exchangeId = 'exc_1'): OrderEvent => ({
  type: 'ExchangeSettled',
  exchangeId,
  replaceBy: '2026-12-01T02:00:05.000Z',
  ...(paymentId === undefined ? {} : { paymentId }),
});
export const exchangeClosing = (reason: ExchangeEnd): OrderEvent => ({
  type: 'ExchangeClosing',
  exchangeId: 'exc_1',
  reason,
  askAgainAt: '2026-12-01T02:01:00.000Z',
});
export const exchangeDone: OrderEvent = { type: 'ExchangeCompleted', exchangeId: 'exc_1', ticket: NEW_TICKET };
export const exchangeFailed = (reason: string): OrderEvent => ({ type: 'ExchangeFailed', exchangeId: 'exc_1', reason });
export const letGo: OrderEvent = { type: 'ExchangeHoldLetGo', exchangeId: 'exc_1' };
export const exchangeHoldKept: OrderEvent = { type: 'ExchangeHoldKept', exchangeId: 'exc_1' };
export const asked = (id: string, { amount = DUE, exchangeId = 'exc_1' } = {}): OrderEvent => ({
  type: 'PaymentRequested',
  payment: { id, method: 'wechat', amount, status: 'requested', requestedAt: AT, exchangeId },
  takenBy: undefined,
});
export const sentBack = (
  id: string,
  paymentId: string,
  amount: number,
  reason: 'late-payment' | 'double-payment' | 'cancelled' | 'refund',
  of?: string,
): OrderEvent => ({
  type: 'RefundRequested',
  refund: { id, paymentId, amount: fen(amount), reason, status: 'requested', ...(of === undefined ? {} : { of }) },
});

export const beginExchange = (change: Partial<ExchangeFacts> = {}): OrderCommand => ({
  type: 'BeginExchange',
  facts: exchangeFacts(change),
});
export const grantPlace: OrderCommand = { type: 'GrantHold', holdId: HOLD, at: AT };
export const rejectPlace: OrderCommand = {
  type: 'RejectHold',
  holdId: HOLD,
  reason: 'sold-out',
  reasonData: {},
  refundId: 'rfd_line',
};
export const reviewPlace: OrderCommand = { type: 'ReviewHold', holdId: HOLD };
export const endExchange = (reason: ExchangeEnd): OrderCommand => ({
  type: 'EndExchange',
  exchangeId: 'exc_1',
  reason,
  at: AT,
});
export const completeExchange: OrderCommand = {
  type: 'CompleteExchange',
  exchangeId: 'exc_1',
  ticket: NEW_TICKET,
  refundId: 'rfd_exc_1',
  at: AT,
};
export const failExchange: OrderCommand = {
  type: 'FailExchange',
  exchangeId: 'exc_1',
  reason: 'sales.ticket-used',
  refundId: 'rfd_exc_1',
};
