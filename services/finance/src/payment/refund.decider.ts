// The refunds of one payment (FIN-02, FIN-03): several, in parts, never more of a transaction than came by it. What failed can be tried
// again by a person: no money that is owed gets lost.
//
// input ↓ \ refund →   unknown                      requested        accepted   done   failed          abnormal   refused          to-hand-over
// RequestRefund        requested (+ waits¹) | refused²  -            -          -      -               -          -                -
// RetryRefund          NotYet                       -                -          -      retried¹ | 409³  -⁴        retried¹ | 409³  -
// ConfirmRefund        NotYet                       done             done       -      done | 409⁵     done       409⁵             -
// FailRefund           NotYet                       failed⁶          failed⁶    -      -               failed⁶    -                -
// ReportRefundPending  NotYet                       again⁷           again      -      -               - | again⁷  -               -
// PayOutRefund         NotYet                       409⁸             409⁸       - | 409⁸  409⁸         409⁸       409⁸             done
//
// An answer about an earlier attempt: 409⁵ where it says that the money went, else -.
//
// ¹ cash is to be handed over in the same write: the books owe it until a clerk says that it was   ² more than what is left of the capture, or nothing captured: told, and shown
// ³ its money is promised elsewhere by now, or was never there   ⁴ the provider is asked instead: the money may have arrived   ⁵ the
// provider contradicts itself, and the money is promised elsewhere   ⁶ or abnormal   ⁷ accepted first, where the provider says so
// ⁸ there is no cash to hand over
import { DomainError, NotYet, unreachable } from '@tongpiao/kernel';
import { isRetryable, leftFor, nextRefundAsk, numberAfter, refundable, transactionOf } from './payment.policy.ts';
import type {
  Capture,
  LivePayment,
  PaymentCommand,
  PaymentEvent,
  Refund,
  RefundAnswer,
  RefundEvent,
} from './payment.ts';

type CommandOf<Type extends PaymentCommand['type']> = Extract<PaymentCommand, { type: Type }>;

/** FIN-03: nobody has to ask for money that came once too often. */
export function giveBack(id: string, { transactionId, amount }: Capture, at: string): PaymentEvent {
  const refund = { id, amount, reason: 'double-payment', transactionId } as const;
  return { type: 'RefundRequested', refund, askAt: nextRefundAsk(at, 0), at };
}

export function requestRefund(state: LivePayment, command: CommandOf<'RequestRefund'>): readonly PaymentEvent[] {
  const { refundId: id, amount, reason, at } = command;
  if (state.refunds.some((refund) => refund.id === id)) return [];
  const refused = (problem: string): readonly PaymentEvent[] => [
    { type: 'RefundRefused', refund: { id, amount, reason }, problem, at },
  ];
  if (state.status !== 'captured') return refused('nothing-captured');
  if (amount <= 0) return refused('nothing-to-refund');
  if (amount > refundable(state)) return refused('exceeds-captured');
  const { transactionId } = state.capture;
  const refund = { id, amount, reason, transactionId };
  return overTheCounter(state, id, { type: 'RefundRequested', refund, askAt: nextRefundAsk(at, 0), at });
}

export function retryRefund(state: LivePayment, { refundId, at }: CommandOf<'RetryRefund'>): readonly PaymentEvent[] {
  const refund = refundOf(state, refundId);
  if (refund.status !== 'failed' && refund.status !== 'refused') return [];
  if (!isRetryable(state, refund))
    throw new DomainError('finance.refund-not-possible', 'There is not that much left of the payment.', { refundId });
  const transactionId = transactionOf(state, refund);
  const attempt = numberAfter(refund);
  const askAt = nextRefundAsk(at, 0);
  return overTheCounter(state, refundId, { type: 'RefundRetried', refundId, transactionId, attempt, askAt, at });
}

/** FIN-02: nobody has been given cash because a refund was decided; who gives it says so. */
export function payOutRefund(
  state: LivePayment,
  { refundId, by, at }: CommandOf<'PayOutRefund'>,
): readonly PaymentEvent[] {
  const { status } = refundOf(state, refundId);
  if (state.method === 'cash' && status === 'done') return [];
  if (status !== 'to-hand-over')
    throw new DomainError('finance.refund-not-cash', 'There is no cash to hand over for this refund.', { refundId });
  return [{ type: 'RefundDone', refundId, refundedAt: at, paidOutBy: by, at }];
}

/** Cash waits at the counter. */
function overTheCounter(state: LivePayment, refundId: string, asked: PaymentEvent): readonly PaymentEvent[] {
  return state.method === 'cash' ? [asked, { type: 'RefundToHandOver', refundId, at: asked.at }] : [asked];
}

export function answerRefund(state: LivePayment, answer: RefundAnswer): readonly PaymentEvent[] {
  const refund = refundOf(state, answer.refundId);
  if (answer.attempt === (refund.attempt ?? 1)) return take(state, refund, answer);
  if (answer.type === 'ConfirmRefund') throw contradiction(refund);
  return [];
}

function take(state: LivePayment, refund: Refund, answer: RefundAnswer): readonly PaymentEvent[] {
  const { at } = answer;
  const { id: refundId, status } = refund;
  // No provider knows of cash.
  if (status === 'to-hand-over') return [];
  const underWay = status === 'requested' || status === 'accepted';
  switch (answer.type) {
    case 'ConfirmRefund': {
      if (status === 'done') return [];
      if (!underWay && status !== 'abnormal') assertUnspent(state, refund);
      const { refundedAt, providerRefundId } = answer;
      const named = providerRefundId === undefined ? {} : { providerRefundId };
      return [{ type: 'RefundDone', refundId, refundedAt, at, ...named }];
    }
    case 'FailRefund':
      if (status === 'abnormal' ? !answer.final : !underWay) return [];
      return [{ type: 'RefundFailed', refundId, problem: answer.problem, final: answer.final, at }];
    case 'ReportRefundPending': {
      const { providerRefundId } = answer;
      if (!underWay && (status !== 'abnormal' || providerRefundId === undefined)) return [];
      const again: PaymentEvent = {
        type: 'RefundStillPending',
        refundId,
        askAt: nextRefundAsk(at, refund.asked + 1),
        at,
      };
      if (status === 'accepted' || providerRefundId === undefined) return [again];
      return [{ type: 'RefundAccepted', refundId, providerRefundId, at }, again];
    }
    default:
      return unreachable(answer, 'answer about a refund');
  }
}

/** A refund that had failed was carried out after all: true only as long as its money was not promised again. */
function assertUnspent(state: LivePayment, refund: Refund): void {
  if (refund.status === 'refused' || refund.amount > leftFor(state, refund)) throw contradiction(refund);
}

function contradiction({ id: refundId }: Refund): DomainError {
  const detail = 'The provider confirms a refund that it had refused.';
  return new DomainError('finance.refund-contradiction', detail, { refundId });
}

function refundOf(state: LivePayment, refundId: string): Refund {
  const refund = state.refunds.find(({ id }) => id === refundId);
  if (refund === undefined) throw new NotYet('finance.refund-unknown', 'There is no such refund yet.');
  return refund;
}

export function evolveRefunds(refunds: readonly Refund[], event: RefundEvent): readonly Refund[] {
  switch (event.type) {
    case 'RefundRequested':
      return [...refunds, { ...event.refund, status: 'requested', requestedAt: event.at, asked: 0 }];
    case 'RefundRefused': {
      const { refund, problem, at } = event;
      return [...refunds, { ...refund, transactionId: '', status: 'refused', requestedAt: at, asked: 0, problem }];
    }
    default:
      return refunds.map((refund) =>
        refund.id === event.refundId ? { ...refund, ...changeOf(refund, event) } : refund,
      );
  }
}

type Change = Exclude<RefundEvent, { type: 'RefundRequested' | 'RefundRefused' }>;

function changeOf(refund: Refund, event: Change): Partial<Refund> {
  switch (event.type) {
    case 'RefundRetried': {
      const { transactionId, attempt } = event;
      return { status: 'requested', transactionId, attempt, asked: 0, problem: undefined };
    }
    case 'RefundAccepted':
      return { status: 'accepted', providerRefundId: event.providerRefundId };
    case 'RefundStillPending':
      return { asked: refund.asked + 1 };
    case 'RefundDone': {
      const { refundedAt, providerRefundId = refund.providerRefundId, paidOutBy } = event;
      const by = paidOutBy === undefined ? {} : { paidOutBy };
      return { status: 'done', refundedAt, providerRefundId, problem: undefined, ...by };
    }
    case 'RefundToHandOver':
      // What waits for a person has a problem: by it the list finds it.
      return { status: 'to-hand-over', problem: 'to-hand-over' };
    case 'RefundFailed':
      return { status: event.final ? 'failed' : 'abnormal', problem: event.problem };
    default:
      return unreachable(event, 'refund event');
  }
}
