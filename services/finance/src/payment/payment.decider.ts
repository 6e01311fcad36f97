// The life of a payment (FIN-01 … FIN-03). What sales asks for and what the provider says may come late, twice and in any order.
//
// input ↓ \ status →    none      requested          opened             captured               failed        closed
// RequestPayment        asked¹    -                  -                  -                      -             -
// OpenPayment           NotYet    opened             -                  -                      opened late²  opened late²
// RefusePayment         NotYet    failed             failed             -                      -             -
// CapturePayment        NotYet    captured           captured           - | surplus³           captured⁴     captured⁴
// ClosePayment          never⁷    closing | -        closing | -        -                      -             -
// ConfirmClosed         NotYet    closed             closed             -                      - | again²    - | again²
// ReportUnpaid          NotYet    - | ask again⁵     ask again⁵         -                      - | again⁵    - | again⁵
// RequestRefund         NotYet    NotYet             NotYet             requested | - | refused⁶  refused⁶   refused⁶
// others of refunds     NotYet    see refund.decider.ts
//
// ¹ in the same write: opened if the provider has it open, captured if it is cash, failed if the method cannot be used or it was
// closed before   ² it ended here while it was being opened there: it is closed there once more   ³ - for the same transaction;
// another one goes back by itself   ⁴ the money is there: sales is told and decides   ⁵ when it is open or closing; past its time it is
// closed instead   ⁶ more than what is left of the capture, or nothing captured: told, and shown   ⁷ it overtook the request, or the
// request never came: told as closed
import { NotYet, unreachable, type Decider } from '@tongpiao/kernel';
import type { LivePayment, PaymentCommand, PaymentEvent, PaymentState } from './payment.ts';
import { isOverdue, nextPaymentAsk } from './payment.policy.ts';
import { answerRefund, evolveRefunds, giveBack, requestRefund, payOutRefund, retryRefund } from './refund.decider.ts';

type CommandOf<Type extends PaymentCommand['type']> = Extract<PaymentCommand, { type: Type }>;

function decide(state: PaymentState, command: PaymentCommand): readonly PaymentEvent[] {
  if (command.type === 'RequestPayment') return state.status === 'none' ? request(state, command) : [];
  if (command.type === 'ClosePayment' && state.status === 'none') return forbid(state, command);
  if (state.status === 'none') throw new NotYet('finance.payment-unknown', 'There is no such payment yet.');
  switch (command.type) {
    case 'OpenPayment':
      return open(state, command);
    case 'RefusePayment':
      return isOpen(state) ? [{ type: 'PaymentFailed', reason: command.reason, at: command.at }] : [];
    case 'CapturePayment':
      return capture(state, command);
    case 'ClosePayment':
      return isOpen(state) && !state.closing
        ? [{ type: 'CloseRequested', askAt: nextPaymentAsk(command.at, 0), at: command.at }]
        : [];
    case 'ConfirmClosed':
      if (isOpen(state)) return [{ type: 'PaymentClosed', at: command.at }];
      return state.closing ? [{ type: 'PaymentClosedAgain', at: command.at }] : [];
    case 'ReportUnpaid':
      return reportUnpaid(state, command.at);
    case 'RequestRefund':
      if (isOpen(state))
        throw new NotYet('finance.payment-not-captured', 'The money of this payment is not there yet.');
      return requestRefund(state, command);
    case 'RetryRefund':
      return retryRefund(state, command);
    case 'PayOutRefund':
      return payOutRefund(state, command);
    case 'ConfirmRefund':
    case 'FailRefund':
    case 'ReportRefundPending':
      return answerRefund(state, command);
    default:
      return unreachable(command, 'payment command');
  }
}

type Unknown = Extract<PaymentState, { status: 'none' }>;

function forbid(state: Unknown, { orderId, at }: CommandOf<'ClosePayment'>): readonly PaymentEvent[] {
  return state.closedFor === undefined ? [{ type: 'PaymentForbidden', orderId, at }] : [];
}

function request(state: Unknown, { facts, refusal, payUrl }: CommandOf<'RequestPayment'>): readonly PaymentEvent[] {
  const at = facts.requestedAt;
  const asked: PaymentEvent = { type: 'PaymentRequested', facts, at };
  const askAt = nextPaymentAsk(at, 0);
  if (state.closedFor !== undefined) {
    const failed: PaymentEvent = { type: 'PaymentFailed', reason: 'closed-before-requested', at };
    return payUrl === undefined ? [asked, failed] : [asked, failed, { type: 'PaymentOpenedLate', askAt, at }];
  }
  if (refusal !== undefined) return [asked, { type: 'PaymentFailed', reason: refusal, at }];
  if (payUrl !== undefined) return [asked, { type: 'PaymentOpened', payUrl, askAt, at }];
  if (facts.method !== 'cash') return [asked];
  return [asked, { type: 'PaymentCaptured', capture: { transactionId: 'cash', amount: facts.amount, at }, at }];
}

function open(state: LivePayment, { payUrl, at }: CommandOf<'OpenPayment'>): readonly PaymentEvent[] {
  switch (state.status) {
    case 'requested':
      return [{ type: 'PaymentOpened', payUrl, askAt: nextPaymentAsk(at, 0), at }];
    case 'failed':
    case 'closed':
      return state.closing ? [] : [{ type: 'PaymentOpenedLate', askAt: nextPaymentAsk(at, 0), at }];
    case 'opened':
    case 'captured':
      return [];
  }
}

function capture(state: LivePayment, command: CommandOf<'CapturePayment'>): readonly PaymentEvent[] {
  const { capture: received, surplusRefundId, at } = command;
  if (state.status !== 'captured') return [{ type: 'PaymentCaptured', capture: received, at }];
  const known = [state.capture, ...state.surplus].some(({ transactionId }) => transactionId === received.transactionId);
  if (known) return [];
  return [{ type: 'SurplusReceived', capture: received, at }, giveBack(surplusRefundId, received, at)];
}

function reportUnpaid(state: LivePayment, at: string): readonly PaymentEvent[] {
  if (!state.closing && state.status === 'opened' && isOverdue(state, at)) {
    return [{ type: 'CloseRequested', askAt: nextPaymentAsk(at, state.asked + 1), at }];
  }
  if (!state.closing && state.status !== 'opened') return [];
  return [{ type: 'PaymentStillUnpaid', askAt: nextPaymentAsk(at, state.asked + 1), at }];
}

function isOpen(state: LivePayment): boolean {
  return state.status === 'requested' || state.status === 'opened';
}

function evolve(state: PaymentState, event: PaymentEvent): PaymentState {
  if (event.type === 'PaymentRequested') {
    return {
      ...event.facts,
      status: 'requested',
      refunds: [],
      surplus: [],
      closing: false,
      asked: 0,
    };
  }
  if (state.status === 'none')
    return event.type === 'PaymentForbidden' ? { ...state, closedFor: event.orderId } : state;
  switch (event.type) {
    case 'PaymentForbidden':
      return state;
    case 'PaymentOpened':
      return { ...liveOf(state), status: 'opened', payUrl: event.payUrl };
    case 'PaymentOpenedLate':
    case 'CloseRequested':
      return { ...state, closing: true };
    case 'PaymentFailed':
      return { ...liveOf(state), status: 'failed', reason: event.reason, closing: false };
    case 'PaymentCaptured':
      return { ...liveOf(state), status: 'captured', capture: event.capture, closing: false };
    case 'SurplusReceived':
      return { ...state, surplus: [...state.surplus, event.capture] };
    case 'PaymentClosed':
      return { ...liveOf(state), status: 'closed', closing: false };
    case 'PaymentClosedAgain':
      return { ...state, closing: false };
    case 'PaymentStillUnpaid':
      return { ...state, asked: state.asked + 1 };
    case 'RefundRequested':
    case 'RefundRefused':
    case 'RefundRetried':
    case 'RefundAccepted':
    case 'RefundStillPending':
    case 'RefundToHandOver':
    case 'RefundDone':
    case 'RefundFailed':
      return { ...state, refunds: evolveRefunds(state.refunds, event) };
    default:
      return unreachable(event, 'payment event');
  }
}

/** What every status shares, without the fields of the status that is left. */
function liveOf(
  state: LivePayment,
): Omit<Extract<LivePayment, { status: 'requested' | 'opened' | 'closed' }>, 'status'> {
  const { orderId, amount, method, description, expiresAt, requestedAt, takenBy } = state;
  const { refunds, surplus, closing, asked, payUrl } = state;
  const facts = { orderId, amount, method, description, expiresAt, requestedAt, takenBy };
  return { ...facts, refunds, surplus, closing, asked, payUrl };
}

export const paymentDecider: Decider<PaymentState, PaymentCommand, PaymentEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
