// Own event → what others must hear, and the case's timers. Pure and exhaustive: a new event without a line here does not compile.
import {
  applicationOverdue,
  applicationProgressed,
  applicationReissued,
  applicationShipped,
  closePayment,
  freezeTicket,
  reissueTicket,
  refundPayment,
  remindApplication,
  requestPayment,
  sendCode,
  thawTicket,
  verifyApplication,
} from '@tongpiao/contracts';
import { formatYuan, unreachable } from '@tongpiao/kernel';
import { forRecipient, remind, say, type Said } from '@tongpiao/persistence';
import { CODE_VALID_MINUTES } from './application.decider.ts';
import { VERIFYING_DESK } from './application.policy.ts';
import { isOpen } from './fee.ts';
import type {
  ApplicationEvent,
  ApplicationState,
  LiveApplication,
  NewTicket,
  TimerName,
  Words,
} from './application.ts';

const TIMERS: readonly TimerName[] = ['proof', 'decision', 'material-reminder', 'material', 'fee'];
const VERIFY = 'verify';

type News = {
  readonly reason?: string;
  readonly words?: Words;
  readonly fee?: number;
  readonly until?: string;
  readonly wanted?: Words;
  readonly reminder?: true;
  readonly returned?: number;
  readonly inCash?: true;
};

export function applicationMessages(
  event: ApplicationEvent,
  facts: { id: string; state: ApplicationState; at: string },
): readonly Said[] {
  const { id: applicationId, state, at } = facts;
  if (state.status === 'none') return [];
  const { rightId } = state.ticket;
  const ofTicket = { rightId, applicationId };
  const { number } = state.ticket;
  const timer = (what: TimerName, due: string): Said => remind(what, due, remindApplication, { applicationId, what });
  const told = (news: News = {}): Said => progressed(applicationId, state, at, news);
  switch (event.type) {
    case 'ApplicationSubmitted':
      return [timer('proof', event.proveBy)];
    case 'CaseBegunInBatch':
      return [ordered(applicationId, state, event.approval.code)];
    case 'CodeSent':
      return [
        say(sendCode, {
          channel: 'sms',
          to: forRecipient('notification', state.contact.phone),
          code: forRecipient('notification', event.code),
          minutesValid: CODE_VALID_MINUTES,
          language: state.language,
        }),
      ];
    case 'OwnershipProven':
      return [
        event.documentBy === undefined ? { cancelTimer: 'proof' } : timer('proof', event.documentBy),
        ...(event.verifyBy === undefined ? [] : [timer('decision', event.verifyBy)]),
        ...(event.freeze
          ? [say(freezeTicket, { ...ofTicket, number })]
          : event.documentBy === undefined
            ? [say(verifyApplication, { applicationId })]
            : []),
        told(event.documentBy === undefined ? {} : { until: event.documentBy }),
      ];
    case 'DocumentShown':
      return [
        { cancelTimer: 'proof' },
        ...(event.verifyBy === undefined ? [] : [timer('decision', event.verifyBy)]),
        // Else the answer to the freeze sets it going.
        ...(state.freeze === 'asked' ? [] : [say(verifyApplication, { applicationId })]),
        told(),
      ];
    case 'FreezeConfirmed':
      return state.status === 'verifying' && state.documentBy === undefined
        ? [say(verifyApplication, { applicationId })]
        : [];
    case 'FreezeUndone':
      return [say(thawTicket, ofTicket)];
    case 'IdentityUnavailable':
      return [
        remind(VERIFY, event.tryAgainAt, verifyApplication, { applicationId }),
        ...(event.tries === 1 ? [told()] : []),
      ];
    case 'ScansCounted':
      // What was approved and is not paid yet is decided anew.
      return event.decideBy === undefined ? [] : [{ cancelTimer: 'fee' }, timer('decision', event.decideBy)];
    case 'CaseAssessed':
      return [{ cancelTimer: VERIFY }, timer('decision', event.decideBy)];
    case 'RiskCleared':
    case 'CaseEscalated':
    case 'DeadlineRecounted':
      return [timer('decision', event.decideBy)];
    case 'CaseOverdue':
      return [timer('decision', event.decideBy), urged(applicationId, state, event, event.decideBy)];
    case 'VerificationOverdue':
      return [timer('decision', event.verifyBy), urged(applicationId, state, event, event.verifyBy)];
    case 'MaterialWanted':
      return [
        { cancelTimer: 'decision' },
        timer('material-reminder', event.remindAt),
        timer('material', event.material.until),
        told({ until: event.material.until, wanted: event.material.what }),
      ];
    case 'ReminderRenewed':
      return [timer(event.what, event.due)];
    case 'MaterialReminded': {
      const last = state.materials.at(-1);
      return last === undefined ? [] : [told({ until: last.until, wanted: last.what, reminder: true })];
    }
    case 'MaterialSupplied':
      return [{ cancelTimer: 'material-reminder' }, { cancelTimer: 'material' }, timer('decision', event.decideBy)];
    case 'CaseApproved': {
      const { fee } = event.approval;
      return [
        { cancelTimer: 'decision' },
        ...(state.status === 'fee_due'
          ? [timer('fee', event.payBy), told({ fee, until: event.payBy })]
          : [ordered(applicationId, state, event.approval.code)]),
      ];
    }
    case 'PaymentRequested': {
      const { id: paymentId, amount, method } = event.payment;
      const description = `${state.ticket.product.zh} 补发工本费 ${formatYuan(amount)}`.slice(0, 120);
      const expiresAt = state.status === 'fee_due' ? state.payBy : at;
      const takenBy = event.takenBy === undefined ? {} : { takenBy: event.takenBy };
      return [
        say(requestPayment, { paymentId, orderId: applicationId, amount, method, description, expiresAt, ...takenBy }),
      ];
    }
    case 'FeePaid':
      return [
        { cancelTimer: 'fee' },
        ...closings(applicationId, state),
        ...(state.status === 'executing' ? [ordered(applicationId, state, state.approval.code)] : []),
      ];
    case 'RefundRequested': {
      const { id: refundId, paymentId, amount, reason } = event.refund;
      return [say(refundPayment, { paymentId, orderId: applicationId, refundId, amount, reason })];
    }
    case 'CaseReissued':
      return [reissued(applicationId, state, event)];
    case 'TicketShipped':
      return [shipped(applicationId, state, event)];
    case 'AppealFiled':
      return [
        ...(event.freeze === true ? [say(freezeTicket, { ...ofTicket, number, again: true })] : []),
        timer('decision', event.decideBy),
        told(),
      ];
    case 'CaseRefused':
    case 'CaseWithdrawn':
    case 'CaseClosed':
      return [
        ...[...TIMERS, VERIFY].map((cancelTimer) => ({ cancelTimer })),
        ...(event.thaw ? [say(thawTicket, ofTicket)] : []),
        ...closings(applicationId, state),
        // Who has not applied is told of a new ticket only.
        ...(state.batch === undefined ? [told(endOf(event, state))] : []),
      ];
    case 'ProofMissed':
    case 'AttachmentAdded':
    case 'PhoneConfirmed':
    case 'PaymentOpened':
    case 'PaymentEnded':
    case 'RefundDone':
    case 'RefundFailed':
    case 'GatesKnow':
    case 'SampleReviewed':
    case 'DataRevealed':
      return [];
    default:
      return unreachable(event, 'application event');
  }
}

type End = Extract<ApplicationEvent, { type: 'CaseRefused' | 'CaseWithdrawn' | 'CaseClosed' }>;

function endOf(event: End, state: LiveApplication): News {
  if (event.type === 'CaseWithdrawn') return {};
  if (event.type === 'CaseClosed') return { reason: event.reason };
  const { reason, words, appealBy: until } = event.refusal;
  const paid = state.payments.find(({ id }) => id === state.paidBy);
  return {
    reason,
    ...(words === undefined ? {} : { words }),
    ...(until === undefined ? {} : { until }),
    ...(paid === undefined ? {} : { returned: paid.amount }),
    ...(paid?.method === 'cash' ? { inCash: true } : {}),
  };
}

function closings(orderId: string, state: LiveApplication): readonly Said[] {
  return state.payments.filter(isOpen).map(({ id }) => say(closePayment, { paymentId: id, orderId }));
}

function ordered(applicationId: string, state: LiveApplication, reissueCode: string): Said {
  const { ticket, kind, correction } = state;
  const traveller =
    correction === undefined
      ? {}
      : {
          traveller: {
            name: forRecipient('sales', correction.name),
            idType: correction.idType,
            idNumber: forRecipient('sales', correction.idNumber),
          },
        };
  const { rightId, number } = ticket;
  return say(reissueTicket, { rightId, number, applicationId, reissueCode, kind, ...traveller });
}

function contactFor(state: LiveApplication): {
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

function about(applicationId: string, state: LiveApplication) {
  const { ticket, kind, language } = state;
  const { orderId, product } = ticket;
  return { applicationId, orderId, kind, language, product, contact: contactFor(state) };
}

function progressed(applicationId: string, state: LiveApplication, at: string, { words, wanted, ...news }: News): Said {
  return say(applicationProgressed, {
    ...about(applicationId, state),
    ticketNumber: state.ticket.number,
    status: state.status,
    frozen: state.freeze !== 'none',
    proven: state.proof !== undefined,
    at,
    ...news,
    ...said('words', 'sealedWords', words),
    ...said('wanted', 'sealedWanted', wanted),
  });
}

/** Sealed for whoever tells the applicant; what an older case has as text goes as text. */
function said<Plain extends string, Sealed extends string>(plain: Plain, sealed: Sealed, words: Words | undefined) {
  if (words === undefined) return {};
  return typeof words === 'string' ? { [plain]: words } : { [sealed]: forRecipient('notification', words) };
}

function reissued(
  applicationId: string,
  state: LiveApplication,
  { ticket, at }: Extract<ApplicationEvent, { type: 'CaseReissued' }>,
): Said {
  return say(applicationReissued, {
    ...about(applicationId, state),
    previousNumber: state.ticket.number,
    ticket: withTraveller(state, ticket),
    approvedAt: 'approval' in state && state.approval !== undefined ? state.approval.at : at,
    reissuedAt: at,
    ...(state.batch === undefined ? {} : { batchId: state.batch.id }),
  });
}

/** Sales cannot tell whom the ticket names: what it seals for us opens in its own message only. We say it from the case (REI-30). */
function withTraveller(state: LiveApplication, { page, ...ticket }: NewTicket) {
  const person = state.correction ?? state.traveller;
  if (page === undefined || state.contact.email === undefined) return ticket;
  if (person === undefined) return { ...ticket, page };
  const traveller = {
    name: forRecipient('notification', person.name),
    idType: person.idType,
    idNumber: forRecipient('notification', person.idNumber),
  };
  return { ...ticket, page: { ...page, traveller } };
}

/** REI-42: whoever sits at the desk, not the applicant. What is not verified yet is for those who take applications. */
function urged(
  applicationId: string,
  state: LiveApplication,
  { mailbox, at }: Extract<ApplicationEvent, { type: 'CaseOverdue' | 'VerificationOverdue' }>,
  nextBy: string,
): Said {
  const { ticket, kind, overdue: times } = state;
  const desk = 'desk' in state ? state.desk : VERIFYING_DESK;
  const since = ('overdueSince' in state ? state.overdueSince : undefined) ?? at;
  const { orderId, product, number: ticketNumber } = ticket;
  return say(applicationOverdue, {
    ...{ applicationId, orderId, kind, product, ticketNumber, desk, since, times, nextBy },
    ...(mailbox === undefined ? {} : { to: forRecipient('notification', mailbox) }),
  });
}

function shipped(
  applicationId: string,
  state: LiveApplication,
  { shipment: { carrier, trackingNumber, at } }: Extract<ApplicationEvent, { type: 'TicketShipped' }>,
): Said {
  const ticketNumber = state.status === 'reissued' ? state.newNumber : state.ticket.number;
  return say(applicationShipped, {
    ...about(applicationId, state),
    ...{ ticketNumber, carrier, trackingNumber, shippedAt: at },
  });
}
