// The life of a payment (FIN-01 … FIN-03). What sales asks for and what the provider says may come late, twice and in any order.
//
// input ↓ \ status →    none      requested          opened             captured               failed        closed
// RequestPayment        asked¹    -                  -                  -                      -             -
// OpenPayment           NotYet    opened             -                  -                      opened late²  opened late²
// RefusePayment         NotYet    failed             failed             -                      -             -
// CapturePayment        NotYet    captured           captured           - | surplus³           captured⁴     captured⁴
// ClosePayment          never⁹    closing | -        closing | -        -                      -             -
// ConfirmClosed         NotYet    closed             closed             -                      - | again²    - | again²
// ReportUnpaid          NotYet    - | ask again⁵     ask again⁵         -                      - | again⁵    - | again⁵
// RequestRefund         NotYet    NotYet             NotYet             requested | - | refused⁶  refused⁶   refused⁶
//
// input ↓ \ refund →    unknown   requested   accepted   done   failed        abnormal   refused
// AcceptRefund          NotYet    accepted    -          -      -             -          -
// ConfirmRefund         NotYet    done        done       -      done | 409⁷   done       409⁷
// FailRefund            NotYet    failed⁸     failed⁸    -      -             failed⁸    -
// ReportRefundPending   NotYet    ask again   ask again  -      -             -          -
//
// ¹ in the same write: opened if the provider has it open, captured if it is cash, failed if the method cannot be used or it was
// closed before   ² it ended here while it was being opened there: it is closed there once more   ³ - for the same transaction;
// another one goes back by itself   ⁴ the money is there: sales is told and decides   ⁵ when it is open or closing; past its time it is
// closed instead   ⁶ more than what is left of the capture, or nothing captured: told, and shown   ⁷ the provider contradicts itself, and
// the money is promised elsewhere by now   ⁸ or abnormal   ⁹ it overtook the request, or the request never came: told as closed
import { DomainError, NotYet, unreachable, type Decider } from '@tongpiao/kernel';
import type { Capture, LivePayment, PaymentCommand, PaymentEvent, PaymentState, Refund } from './payment.ts';
import { isOverdue, nextPaymentAsk, nextRefundAsk, refundable, setAside, totalOf } from './payment.policy.ts';

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
      return requestRefund(state, command);
    case 'AcceptRefund':
    case 'ConfirmRefund':
    case 'FailRefund':
    case 'ReportRefundPending':
      return answerRefund(state, refundOf(state, command.refundId), command);
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

/** FIN-03: nobody has to ask for money that came once too often. */
function giveBack(id: string, { transactionId, amount }: Capture, at: string): PaymentEvent {
  const refund = { id, amount, reason: 'double-payment', transactionId } as const;
  return { type: 'RefundRequested', refund, askAt: nextRefundAsk(at, 0), at };
}

function reportUnpaid(state: LivePayment, at: string): readonly PaymentEvent[] {
  if (!state.closing && state.status === 'opened' && isOverdue(state, at)) {
    return [{ type: 'CloseRequested', askAt: nextPaymentAsk(at, state.asked + 1), at }];
  }
  if (!state.closing && state.status !== 'opened') return [];
  return [{ type: 'PaymentStillUnpaid', askAt: nextPaymentAsk(at, state.asked + 1), at }];
}

function requestRefund(state: LivePayment, command: CommandOf<'RequestRefund'>): readonly PaymentEvent[] {
  const { refundId: id, amount, reason, at } = command;
  if (isOpen(state)) throw new NotYet('finance.payment-not-captured', 'The money of this payment is not there yet.');
  if (state.refunds.some((refund) => refund.id === id)) return [];
  const refused = (problem: string): readonly PaymentEvent[] => [
    { type: 'RefundRefused', refund: { id, amount, reason }, problem, at },
  ];
  if (state.status !== 'captured') return refused('nothing-captured');
  if (amount <= 0) return refused('nothing-to-refund');
  if (amount > refundable(state)) return refused('exceeds-captured');
  const { transactionId } = state.capture;
  const refund = { id, amount, reason, transactionId };
  const asked: PaymentEvent = { type: 'RefundRequested', refund, askAt: nextRefundAsk(at, 0), at };
  // The clerk hands it over the counter.
  return state.method === 'cash' ? [asked, { type: 'RefundDone', refundId: id, refundedAt: at, at }] : [asked];
}

type RefundAnswer = CommandOf<'AcceptRefund' | 'ConfirmRefund' | 'FailRefund' | 'ReportRefundPending'>;

function answerRefund(state: LivePayment, refund: Refund, command: RefundAnswer): readonly PaymentEvent[] {
  const { at } = command;
  const { id: refundId, status } = refund;
  const underWay = status === 'requested' || status === 'accepted';
  switch (command.type) {
    case 'AcceptRefund':
      if (status !== 'requested') return [];
      return [{ type: 'RefundAccepted', refundId, providerRefundId: command.providerRefundId, at }];
    case 'ConfirmRefund':
      if (status === 'done') return [];
      if (!underWay && status !== 'abnormal') assertUnspent(state, refund);
      return [{ type: 'RefundDone', refundId, refundedAt: command.refundedAt, at }];
    case 'FailRefund':
      if (status === 'abnormal' ? !command.final : !underWay) return [];
      return [{ type: 'RefundFailed', refundId, problem: command.problem, final: command.final, at }];
    case 'ReportRefundPending':
      if (!underWay) return [];
      return [{ type: 'RefundStillPending', refundId, askAt: nextRefundAsk(at, refund.asked + 1), at }];
    default:
      return unreachable(command, 'answer about a refund');
  }
}

/** A refund that had failed was carried out after all: true only as long as its money was not promised again. */
function assertUnspent(state: LivePayment, refund: Refund): void {
  const left = totalOf(state, refund) - setAside(state.refunds, refund.transactionId);
  if (refund.status === 'refused' || refund.amount > left) {
    throw new DomainError('finance.refund-contradiction', 'The provider confirms a refund that it had refused.', {
      refundId: refund.id,
    });
  }
}

function refundOf(state: LivePayment, refundId: string): Refund {
  const refund = state.refunds.find(({ id }) => id === refundId);
  if (refund === undefined) throw new NotYet('finance.refund-unknown', 'There is no such refund yet.');
  return refund;
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
      return withNewRefund(state, { ...event.refund, status: 'requested', requestedAt: event.at, asked: 0 });
    case 'RefundRefused': {
      const { refund, problem } = event;
      return withNewRefund(state, {
        ...refund,
        transactionId: '',
        status: 'refused',
        requestedAt: event.at,
        asked: 0,
        problem,
      });
    }
    case 'RefundAccepted':
      return withRefund(state, event, { status: 'accepted', providerRefundId: event.providerRefundId });
    case 'RefundStillPending': {
      const asked = state.refunds.find(({ id }) => id === event.refundId)?.asked ?? 0;
      return withRefund(state, event, { asked: asked + 1 });
    }
    case 'RefundDone':
      return withRefund(state, event, { status: 'done', refundedAt: event.refundedAt, problem: undefined });
    case 'RefundFailed':
      return withRefund(state, event, { status: event.final ? 'failed' : 'abnormal', problem: event.problem });
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

function withNewRefund(state: LivePayment, refund: Refund): LivePayment {
  return { ...state, refunds: [...state.refunds, refund] };
}

function withRefund(state: LivePayment, event: { refundId: string; at: string }, change: Partial<Refund>): LivePayment {
  const refunds = state.refunds.map((refund) => (refund.id === event.refundId ? { ...refund, ...change } : refund));
  return { ...state, refunds };
}

export const paymentDecider: Decider<PaymentState, PaymentCommand, PaymentEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
