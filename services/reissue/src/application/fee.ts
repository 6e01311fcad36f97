// The fee of a case (REI-22): approval waits for it, money that is not for this case goes back in full, once, and so does the fee
// of a case that sales cannot carry out any more.
import { DomainError, NotYet } from '@tongpiao/kernel';
import { paymentRulesOf } from '../policy/policy.ts';
import { ended, paidFee, refusedWith } from './ending.ts';
import { later } from './times.ts';
import type { ApplicationCommand, ApplicationEvent, FeePayment, FeeRefund, LiveApplication } from './application.ts';

type Command<Type extends ApplicationCommand['type']> = Extract<ApplicationCommand, { type: Type }>;

/** Of one fee in all, whoever begins them: each is read with the case at every step. */
const PAYMENTS_CEILING = 100;

export function isOpen({ status }: FeePayment): boolean {
  return status === 'requested' || status === 'opened';
}

export function requestPayment(
  state: LiveApplication,
  command: Command<'RequestPayment'>,
): readonly ApplicationEvent[] {
  const { paymentId, method, takenBy, at } = command;
  if (state.payments.some(({ id }) => id === paymentId)) return [];
  switch (state.status) {
    case 'fee_due': {
      mayBeginPayment(state, command);
      const payment = { id: paymentId, method, amount: state.approval.fee, status: 'requested', at } as const;
      return [{ type: 'PaymentRequested', payment, ...(takenBy === undefined ? {} : { takenBy }) }];
    }
    case 'executing':
    case 'reissued':
      if (state.paidBy !== undefined) throw new DomainError('reissue.fee-paid', 'The fee is paid.');
      throw noFee();
    case 'refused':
    case 'withdrawn':
    case 'closed':
      throw ended();
    case 'submitted':
    case 'verifying':
    case 'waiting_identity':
    case 'risk_check':
    case 'deciding':
    case 'reviewing':
    case 'material_wanted':
    case 'appealing':
      throw noFee();
  }
}

/** REI-22: another method may be chosen, and what fails is tried again; who begins too many waits a while, or has staff begin it. */
function mayBeginPayment({ payments, policy }: LiveApplication, { helped, at }: Command<'RequestPayment'>): void {
  if (payments.length >= PAYMENTS_CEILING)
    throw new DomainError('reissue.no-more-payments', 'No more payments are begun for this fee.');
  if (helped === true) return;
  const { maxAtOnce, againAfterMinutes } = paymentRulesOf(policy);
  const begun = payments.flatMap((payment) => (payment.at === undefined ? [] : [payment.at])).slice(-maxAtOnce);
  const [oldest] = begun;
  if (oldest === undefined || begun.length < maxAtOnce) return;
  const againAt = later(oldest, againAfterMinutes * 60_000);
  if (Date.parse(at) < Date.parse(againAt))
    throw new DomainError('reissue.too-many-payments', 'Too many payments were begun for this fee.', {
      againAt,
      minutes: Math.ceil((Date.parse(againAt) - Date.parse(at)) / 60_000),
    });
}

function noFee(): NotYet {
  return new NotYet('reissue.no-fee-due', 'No fee is due.');
}

function paymentOf(state: LiveApplication, paymentId: string): FeePayment | undefined {
  return state.payments.find(({ id }) => id === paymentId);
}

export function openPayment(state: LiveApplication, command: Command<'OpenPayment'>): readonly ApplicationEvent[] {
  const { paymentId, payUrl } = command;
  if (state.status !== 'fee_due' || paymentOf(state, paymentId)?.status !== 'requested') return [];
  return [{ type: 'PaymentOpened', paymentId, ...(payUrl === undefined ? {} : { payUrl }) }];
}

export function captured(state: LiveApplication, command: Command<'CapturePayment'>): readonly ApplicationEvent[] {
  const { paymentId, amount, refundId, at } = command;
  if (state.paidBy === paymentId) return [];
  if (state.refunds.some((refund) => refund.paymentId === paymentId)) return [];
  const known = paymentOf(state, paymentId);
  if (takesFee(state) && known !== undefined && known.amount === amount)
    return [{ type: 'FeePaid', paymentId, refundId, at }];
  const reason = state.paidBy === undefined ? 'late-payment' : 'double-payment';
  return [refund({ id: refundId, paymentId, amount, reason, status: 'requested' })];
}

/** Also while a risk holds up what was approved: it is kept for the decision. */
function takesFee(state: LiveApplication): boolean {
  if (state.status === 'fee_due') return true;
  const isWaiting = ['risk_check', 'deciding', 'reviewing', 'material_wanted'].includes(state.status);
  return isWaiting && paidFee(state) === undefined;
}

function refund(asked: FeeRefund): ApplicationEvent {
  return { type: 'RefundRequested', refund: asked };
}

export function endPayment(state: LiveApplication, command: Command<'EndPayment'>): readonly ApplicationEvent[] {
  const { paymentId, how } = command;
  const known = paymentOf(state, paymentId);
  return known !== undefined && isOpen(known) ? [{ type: 'PaymentEnded', paymentId, how }] : [];
}

export function confirmRefund(state: LiveApplication, refundId: string): readonly ApplicationEvent[] {
  // Finance may have tried again what had failed.
  return state.refunds.some(({ id, status }) => id === refundId && status !== 'done')
    ? [{ type: 'RefundDone', refundId }]
    : [];
}

export function failRefund(state: LiveApplication, command: Command<'FailRefund'>): readonly ApplicationEvent[] {
  const { refundId, problem } = command;
  const known = state.refunds.find(({ id }) => id === refundId);
  if (known === undefined || known.status === 'done' || known.problem === problem) return [];
  return [{ type: 'RefundFailed', refundId, problem }];
}

/** Sales has found the ticket used, given back or exchanged meanwhile. */
export function refuseReissue(state: LiveApplication, command: Command<'RefuseReissue'>): readonly ApplicationEvent[] {
  if (state.status !== 'executing' || state.approval.code !== command.code) return [];
  const { reason, refundId, at } = command;
  return refusedWith(state, { reason, by: 'sales', at }, refundId);
}
