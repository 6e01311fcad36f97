// What each event makes of a case. Total: an event that does not fit the status changes nothing.
import { unreachable } from '@tongpiao/kernel';
import { appealDeskOf, higherOf, suspendedDeskOf } from './application.policy.ts';
import { paidFee } from './ending.ts';
import type {
  ApplicationEvent,
  ApplicationState,
  Assessment,
  CaseOnDesk,
  DecideBy,
  FeePayment,
  FeeRefund,
  LiveApplication,
  Of,
} from './application.ts';

type Event<Type extends ApplicationEvent['type']> = Extract<ApplicationEvent, { type: Type }>;

export function evolve(state: ApplicationState, event: ApplicationEvent): ApplicationState {
  if (event.type === 'ApplicationSubmitted') return state.status === 'none' ? begun(event) : state;
  if (event.type === 'CaseBegunInBatch') return state.status === 'none' ? begunInBatch(event) : state;
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'CodeSent': {
      const code = { hash: event.hash, sentAt: event.at, validUntil: event.validUntil, misses: 0 };
      return { ...state, code, codes: state.codes + 1 };
    }
    case 'ProofMissed': {
      const { code } = state;
      const missed = event.how === 'code' && code !== undefined ? { code: { ...code, misses: code.misses + 1 } } : {};
      return { ...state, ...missed, misses: state.misses + 1 };
    }
    case 'OwnershipProven':
      return proven(state, event);
    case 'DocumentShown': {
      if (state.status !== 'verifying') return state;
      const { documentBy: _shown, ...rest } = state;
      const { proof } = state;
      const verify = event.verifyBy === undefined ? {} : { verifyBy: event.verifyBy };
      return { ...rest, ...verify, ...(proof === undefined ? {} : { proof: { ...proof, documentAt: event.at } }) };
    }
    case 'FreezeConfirmed':
      return { ...state, freeze: 'frozen' };
    case 'FreezeUndone':
    case 'MaterialReminded':
    case 'ReminderRenewed':
    case 'DataRevealed':
      return state;
    case 'IdentityUnavailable':
      return state.status === 'verifying' || state.status === 'waiting_identity'
        ? { ...state, status: 'waiting_identity', tries: event.tries }
        : state;
    case 'VerificationOverdue': {
      if (state.status !== 'verifying' && state.status !== 'waiting_identity') return state;
      const { verifyBy, at } = event;
      const overdueSince = state.overdueSince ?? state.verifyBy ?? at;
      return { ...state, verifyBy, overdueSince, overdue: state.overdue + 1 };
    }
    case 'CaseAssessed':
      return assessed(state, event);
    case 'ScansCounted':
      return scansCounted(state, event);
    case 'RiskCleared':
      return state.status === 'risk_check'
        ? withDecider(
            { ...inTime(state), ...deadlineOf(event), status: 'reviewing', desk: higherOf(state.desk, 'reviewer') },
            event.by,
          )
        : state;
    case 'CaseEscalated': {
      if (!isOnDesk(state)) return state;
      const { to, recommendation } = event;
      const status = state.status === 'risk_check' ? 'risk_check' : 'reviewing';
      return withDecider(
        { ...inTime(state), ...deadlineOf(event), status, desk: to, recommendation },
        recommendation.by,
      );
    }
    case 'MaterialWanted':
      return isOnDesk(state)
        ? {
            ...inTime(state),
            status: 'material_wanted',
            back: state.status,
            materials: [...state.materials, event.material],
          }
        : state;
    case 'MaterialSupplied':
      return supplied(state, event);
    case 'AttachmentAdded':
      return { ...state, attachments: [...state.attachments, event.attachment] };
    case 'PhoneConfirmed':
      return { ...state, calls: [...state.calls, event.call] };
    case 'CaseApproved':
      return approved(state, event);
    case 'CaseRefused':
      return ended(state, { status: 'refused', refusal: event.refusal }, event.refusal.by);
    case 'CaseWithdrawn':
      return ended(state, { status: 'withdrawn', endReason: 'withdrawn', endedAt: event.at });
    case 'CaseClosed':
      return ended(state, { status: 'closed', endReason: event.reason, endedAt: event.at });
    case 'PaymentRequested':
      return { ...state, payments: [...state.payments, event.payment] };
    case 'PaymentOpened': {
      const opened = event.payUrl === undefined ? {} : { payUrl: event.payUrl };
      return payment(state, event.paymentId, { status: 'opened', ...opened });
    }
    case 'PaymentEnded':
      return payment(state, event.paymentId, { status: event.how });
    case 'FeePaid':
      return feePaid(state, event);
    case 'RefundRequested':
      return {
        ...payment(state, event.refund.paymentId, { status: 'captured' }),
        refunds: [...state.refunds, event.refund],
      };
    case 'RefundDone':
      return {
        ...state,
        refunds: state.refunds.map((refund) => (refund.id === event.refundId ? paidBack(refund) : refund)),
      };
    case 'RefundFailed': {
      const { refundId, problem } = event;
      const refunds = state.refunds.map((refund) =>
        refund.id === refundId ? { ...refund, status: 'failed' as const, problem } : refund,
      );
      return { ...state, refunds };
    }
    case 'CaseReissued':
      return reissued(state, event);
    case 'TicketShipped':
      return state.status === 'reissued'
        ? { ...state, shipments: [...(state.shipments ?? []), event.shipment] }
        : state;
    case 'GatesKnow':
      return gatesKnow(state, event);
    case 'AppealFiled':
      return appealed(state, event);
    case 'CaseOverdue':
      return 'decideBy' in state
        ? {
            ...state,
            ...deadlineOf(event),
            overdue: state.overdue + 1,
            overdueSince: state.overdueSince ?? state.decideBy,
          }
        : state;
    case 'SampleReviewed':
      return { ...state, sampleReview: event.review };
    case 'DeadlineRecounted': {
      if (!('decideBy' in state)) return state;
      // Counted from the same moment as before.
      const { countedFrom = event.at, policy } = state;
      return { ...state, ...deadlineOf(event), countedFrom, policy: { ...policy, calendar: event.calendar } };
    }
    default:
      return unreachable(event, 'application event');
  }
}

function begunInBatch({ facts, assessment, approval }: Event<'CaseBegunInBatch'>): ApplicationState {
  const { at: orderedAt, by } = approval;
  return { ...begun({ facts }), status: 'executing', assessment, approval, orderedAt, deciders: [by] };
}

function begun({ facts }: Pick<Event<'ApplicationSubmitted'>, 'facts'>): Of<'submitted' | 'verifying'> {
  return {
    ...facts,
    status: 'submitted',
    freeze: 'none',
    codes: 0,
    misses: 0,
    deciders: [],
    materials: [],
    attachments: [],
    calls: [],
    payments: [],
    refunds: [],
    overdue: 0,
  };
}

function deadlineOf({
  decideBy,
  provisional,
  at,
}: DecideBy & { readonly at: string }): Pick<CaseOnDesk, 'decideBy' | 'countedFrom' | 'provisional'> {
  return { decideBy, countedFrom: at, provisional: provisional === true };
}

/** Somebody has seen to it: what was overdue is not any more. */
function inTime<State extends CaseOnDesk>({ overdueSince: _past, ...state }: State): Omit<State, 'overdueSince'> {
  return state;
}

function isOnDesk(state: LiveApplication): state is CaseOnDesk {
  return state.status === 'risk_check' || state.status === 'deciding' || state.status === 'reviewing';
}

function withDecider<State extends LiveApplication>(state: State, by: string): State {
  return state.deciders.includes(by) ? state : { ...state, deciders: [...state.deciders, by] };
}

function proven(state: LiveApplication, event: Event<'OwnershipProven'>): ApplicationState {
  if (state.status !== 'submitted') return state;
  const { how, by, words, freeze, at, documentBy, verifyBy } = event;
  const { code: _over, ...rest } = state;
  return {
    ...rest,
    status: 'verifying',
    freeze: freeze ? 'asked' : 'none',
    proof: { how, at, ...(by === undefined ? {} : { by }), ...(words === undefined ? {} : { words }) },
    ...(documentBy === undefined ? {} : { documentBy }),
    ...(verifyBy === undefined ? {} : { verifyBy }),
  };
}

function assessed(state: LiveApplication, event: Event<'CaseAssessed'>): ApplicationState {
  if (state.status !== 'verifying' && state.status !== 'waiting_identity') return state;
  const { assessment } = event;
  const status = assessment.suspended ? 'risk_check' : assessment.desk === 'operator' ? 'deciding' : 'reviewing';
  const desk = assessment.suspended ? higherOf(assessment.desk, 'reviewer') : assessment.desk;
  return { ...commonOf(state), status, assessment, desk, ...deadlineOf(event) };
}

function scansCounted(state: LiveApplication, event: Event<'ScansCounted'>): ApplicationState {
  const { assessment, decideBy, at } = event;
  if (state.status === 'appealing' || state.status === 'risk_check') return { ...state, assessment };
  if (state.status !== 'material_wanted' && state.status !== 'fee_due' && !isOnDesk(state)) return state;
  const desk = suspendedDeskOf(assessment, state);
  if (state.status === 'material_wanted') return { ...state, assessment, back: 'risk_check', desk };
  if (decideBy === undefined) return state;
  if (state.status === 'fee_due')
    return { ...commonOf(state), status: 'risk_check', assessment, desk, ...deadlineOf({ ...event, decideBy, at }) };
  return { ...inTime(state), ...deadlineOf({ ...event, decideBy, at }), status: 'risk_check', assessment, desk };
}

function supplied(state: LiveApplication, event: Event<'MaterialSupplied'>): ApplicationState {
  if (state.status !== 'material_wanted') return state;
  const { back, materials, ...rest } = state;
  const { note, attachments, at } = event;
  const brought = { note, at, ...(attachments === undefined ? {} : { attachments }) };
  const last = materials.length - 1;
  return {
    ...rest,
    status: back,
    ...deadlineOf(event),
    materials: materials.map((material, index) => (index === last ? { ...material, supplied: brought } : material)),
  };
}

function approved(state: LiveApplication, { approval, payBy }: Event<'CaseApproved'>): ApplicationState {
  if (!isOnDesk(state) && state.status !== 'appealing') return state;
  const common = withDecider(
    { ...commonOf(state), assessment: state.assessment, status: 'executing', approval, orderedAt: approval.at },
    approval.by,
  );
  if (approval.fee === 0 || paidFee(state) !== undefined) return common;
  const { orderedAt: _notYet, ...waiting } = common;
  return { ...waiting, status: 'fee_due', payBy };
}

function feePaid(state: LiveApplication, { paymentId, refundId, at }: Event<'FeePaid'>): ApplicationState {
  const change = { status: 'captured', ...(refundId === undefined ? {} : { refundId }) } as const;
  // A risk holds it up: it is kept for the decision.
  if (isOnDesk(state) || state.status === 'material_wanted')
    return payment({ ...state, paidBy: paymentId }, paymentId, change);
  if (state.status !== 'fee_due') return state;
  const { approval, assessment } = state;
  const paid = {
    ...commonOf(state),
    status: 'executing',
    approval,
    assessment,
    orderedAt: at,
    paidBy: paymentId,
  } as const;
  return payment(paid, paymentId, change);
}

function reissued(state: LiveApplication, event: Event<'CaseReissued'>): ApplicationState {
  if (state.status !== 'executing') return state;
  const { ticket, carriedOutMs, at } = event;
  const done = { newNumber: ticket.number, reissuedAt: at, carriedOutMs, awaitsGates: true } as const;
  return { ...state, status: 'reissued', freeze: 'none', ...done };
}

function gatesKnow(state: LiveApplication, { gates }: Event<'GatesKnow'>): ApplicationState {
  if (state.status !== 'reissued') return state;
  const { awaitsGates: _told, ...known } = state;
  return { ...known, gates };
}

function appealed(state: LiveApplication, event: Event<'AppealFiled'>): ApplicationState {
  if (state.status !== 'refused' || state.assessment === undefined) return state;
  const { words, freeze, at } = event;
  const { refusal, assessment } = state;
  const desk = appealDeskOf(assessment, refusal);
  // What was paid has gone back with the refusal.
  const { paidBy: _back, ...common } = commonOf(state);
  return {
    ...common,
    freeze: freeze === true ? 'asked' : 'none',
    status: 'appealing',
    refusal,
    assessment,
    desk,
    appeal: { words, at },
    ...deadlineOf(event),
  };
}

type Ending =
  Pick<Of<'refused'>, 'status' | 'refusal'> | Pick<Of<'withdrawn' | 'closed'>, 'status' | 'endReason' | 'endedAt'>;

function ended(state: LiveApplication, ending: Ending, by?: string): ApplicationState {
  const kept: { assessment?: Assessment } =
    'assessment' in state && state.assessment !== undefined ? { assessment: state.assessment } : {};
  const approval =
    ending.status === 'refused' && 'approval' in state && state.approval !== undefined
      ? { approval: state.approval }
      : {};
  const over = { ...commonOf(state), ...kept, ...approval, ...ending, freeze: 'none' } as const;
  return by === undefined ? over : withDecider(over, by);
}

function payment<State extends LiveApplication>(state: State, id: string, change: Partial<FeePayment>): State {
  return { ...state, payments: state.payments.map((one) => (one.id === id ? { ...one, ...change } : one)) };
}

function paidBack({ problem: _before, ...refund }: FeeRefund): FeeRefund {
  return { ...refund, status: 'done' };
}

type Common = Omit<Of<'submitted' | 'verifying'>, 'status'>;

/** What every case has, without what belongs to the status that it leaves. */
function commonOf(state: LiveApplication): Common {
  const { kind, reason, channel, language, ticket, contact, traveller, correction, note, enteredBy, userId, batch } =
    state;
  const { personIndex, addressIndex, accessHash, submittedAt, policy, freeze, proof, codes, code, misses } = state;
  const { deciders, materials, attachments, calls, payments, refunds, paidBy, appeal, overdue } = state;
  const { deviceIndex, sampleReview } = state;
  return {
    ...{ kind, reason, channel, language, ticket, contact, personIndex, addressIndex, accessHash, submittedAt, policy },
    ...{ freeze, codes, misses, deciders, materials, attachments, calls, payments, refunds, overdue },
    ...(traveller === undefined ? {} : { traveller }),
    ...(correction === undefined ? {} : { correction }),
    ...(note === undefined ? {} : { note }),
    ...(enteredBy === undefined ? {} : { enteredBy }),
    ...(userId === undefined ? {} : { userId }),
    ...(batch === undefined ? {} : { batch }),
    ...(proof === undefined ? {} : { proof }),
    ...(code === undefined ? {} : { code }),
    ...(paidBy === undefined ? {} : { paidBy }),
    ...(appeal === undefined ? {} : { appeal }),
    ...(deviceIndex === undefined ? {} : { deviceIndex }),
    ...(sampleReview === undefined ? {} : { sampleReview }),
  };
}
