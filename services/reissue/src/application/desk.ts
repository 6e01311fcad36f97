// What people decide (REI-11, REI-20, REI-21, REI-41): whose desk a case lies on, who may not decide it, and what a decision makes of it.
import { DomainError, ZERO_FEN } from '@tongpiao/kernel';
import { appealDeskOf, assess, higherOf, ranksBelow, suspendedDeskOf } from './application.policy.ts';
import { documentNeeded, ended, feeBack, refusedWith } from './ending.ts';
import { approval, decideWithin, later, passed } from './times.ts';
import type {
  ApplicationCommand,
  ApplicationEvent,
  CaseOnDesk,
  LiveApplication,
  Of,
  Recommendation,
  Staff,
} from './application.ts';

type Command<Type extends ApplicationCommand['type']> = Extract<ApplicationCommand, { type: Type }>;

/** Half of the time to bring something is left when the applicant is reminded. */
const REMIND_AT_SHARE = 0.5;

/** The case, where it lies on a desk. @throws DomainError that says why it does not */
function onDesk(state: LiveApplication): CaseOnDesk {
  switch (state.status) {
    case 'risk_check':
    case 'deciding':
    case 'reviewing':
      return state;
    case 'fee_due':
    case 'executing':
    case 'reissued':
    case 'refused':
      throw new DomainError('reissue.already-decided', 'The application is decided already.', { status: state.status });
    case 'withdrawn':
    case 'closed':
      throw ended();
    case 'submitted':
    case 'verifying':
    case 'waiting_identity':
    case 'material_wanted':
    case 'appealing':
      if (state.documentBy !== undefined) throw documentNeeded();
      throw new DomainError('reissue.not-decidable-yet', 'The application is not ready for this.', {
        status: state.status,
      });
  }
}

/** PLA-04: nobody decides on what they entered, applied for themselves, or vouched for. */
export function notOwn({ enteredBy, userId, proof }: LiveApplication, by: Pick<Staff, 'id'>): void {
  const vouched = proof?.how === 'purchase-proof' ? proof.by : undefined;
  if ([enteredBy, userId, vouched].includes(by.id))
    throw new DomainError('reissue.own-case', 'Nobody decides on an application that they entered.');
}

/** REI-11: what is suspended is a reviewer's, whoever asked for more before. */
function reaches(state: CaseOnDesk | Of<'appealing'>, by: Staff): void {
  const desk = state.status === 'risk_check' ? higherOf(state.desk, 'reviewer') : state.desk;
  if (ranksBelow(by.desk, desk))
    throw new DomainError('reissue.not-your-desk', 'This application is for somebody else to decide.', { desk });
}

export function decided(state: LiveApplication, command: Command<'Decide'>): readonly ApplicationEvent[] {
  if (state.status === 'appealing') return decidedOnAppeal(state, command);
  const desk = onDesk(state);
  const { by, verdict, reason, at } = command;
  notOwn(desk, by);
  reaches(desk, by);
  if (desk.status === 'risk_check' && verdict === 'approve')
    throw new DomainError('reissue.risk-open', 'The risk has to be cleared before it can be approved.');
  const recommended = desk.recommendation;
  if (recommended?.verdict !== undefined && recommended.verdict !== verdict && by.desk === 'reviewer') {
    const recommendation = { verdict, by: by.id, reason };
    return [escalation(desk, 'manager', recommendation, true, at)];
  }
  return outcome(desk, command, true);
}

/** REI-41: by somebody who has not decided before, and for good. */
function decidedOnAppeal(state: Of<'appealing'>, command: Command<'Decide'>): readonly ApplicationEvent[] {
  const { by } = command;
  notOwn(state, by);
  reaches(state, by);
  if (state.deciders.includes(by.id))
    throw new DomainError('reissue.decided-before', 'An appeal is decided by somebody who has not decided before.');
  return outcome(state, command, false);
}

function outcome(
  state: CaseOnDesk | Of<'appealing'>,
  { by, verdict, reason, ourFault, code, at }: Command<'Decide'>,
  appealable: boolean,
): readonly ApplicationEvent[] {
  const { policy, assessment, desk } = state;
  if (verdict === 'approve') {
    const approved = approval(policy, { verdict, by: by.id, reason, at, desk }, code, assessment, ourFault);
    // REI-22: paid before the ticket was tried at a gate, and nothing is charged after all.
    return [approved, ...(approved.approval.fee === ZERO_FEN ? feeBack(state) : [])];
  }
  const appealBy = appealable ? { appealBy: later(at, policy.deadlines.appealHours * 3_600_000) } : {};
  return refusedWith(state, {
    reason: 'reissue.decided-against',
    words: reason,
    by: by.id,
    at,
    desk,
    ...appealBy,
  });
}

function escalation(
  state: CaseOnDesk,
  to: 'reviewer' | 'manager',
  recommendation: Recommendation,
  conflict: boolean,
  at: string,
): ApplicationEvent {
  return { type: 'CaseEscalated', to, recommendation, conflict, at, ...decideWithin(state.policy, to, at) };
}

export function escalate(state: LiveApplication, command: Command<'Escalate'>): readonly ApplicationEvent[] {
  const desk = onDesk(state);
  const { by, to, verdict, reason, at } = command;
  notOwn(desk, by);
  if (!ranksBelow(desk.desk, to)) return [];
  return [escalation(desk, to, { verdict, by: by.id, reason }, false, at)];
}

export function clearRisk(state: LiveApplication, command: Command<'ClearRisk'>): readonly ApplicationEvent[] {
  if (state.status === 'appealing') return [];
  const desk = onDesk(state);
  const { by, reason, at } = command;
  if (desk.status !== 'risk_check') return [];
  notOwn(desk, by);
  reaches(desk, by);
  return [{ type: 'RiskCleared', by: by.id, reason, at, ...decideWithin(desk.policy, desk.desk, at) }];
}

/** REI-11: whoever has reported it lost does not hold it up; what was cleared, or approved, was so without knowing this. */
export function scansCounted(state: LiveApplication, command: Command<'CountScans'>): readonly ApplicationEvent[] {
  if (!('desk' in state) && state.status !== 'fee_due') return [];
  const { admitted: scansAdmitted, refused: scansRefused, at } = command;
  const { policy, misses, assessment: before } = state;
  const history = { ...before.history, scansAdmitted, scansRefused };
  const assessment = assess(policy, state, { identity: before.identity, history, misses });
  // The tenth time is as bad as the third.
  if (assessment.score <= before.score) return [];
  const suspends = assessment.suspended && ['deciding', 'reviewing', 'fee_due'].includes(state.status);
  const desk = suspendedDeskOf(assessment, state);
  return [{ type: 'ScansCounted', assessment, at, ...(suspends ? decideWithin(policy, desk, at) : {}) }];
}

export function askMaterial(state: LiveApplication, command: Command<'AskMaterial'>): readonly ApplicationEvent[] {
  if (state.status === 'material_wanted') return [];
  const desk = onDesk(state);
  const { by, what, at } = command;
  reaches(desk, by);
  const withinMs = desk.policy.deadlines.materialHours * 3_600_000;
  const material = { what, by: by.id, at, until: later(at, withinMs) };
  return [{ type: 'MaterialWanted', material, remindAt: later(at, withinMs * REMIND_AT_SHARE) }];
}

export function confirmByPhone(
  state: LiveApplication,
  command: Command<'ConfirmByPhone'>,
): readonly ApplicationEvent[] {
  if (state.status !== 'material_wanted' && state.status !== 'appealing') onDesk(state);
  const { by, note, at } = command;
  return [{ type: 'PhoneConfirmed', call: { by: by.id, note, at } }];
}

export function supplyMaterial(
  state: LiveApplication,
  command: Command<'SupplyMaterial'>,
): readonly ApplicationEvent[] {
  if (state.status !== 'material_wanted')
    throw new DomainError('reissue.no-material-wanted', 'Nothing more is wanted at the moment.');
  const { note, attachments, at } = command;
  for (const id of attachments ?? []) {
    if (!state.attachments.some((known) => known.id === id))
      throw new DomainError('reissue.attachment-unknown', 'This file is none of the case’s.', { attachmentId: id });
  }
  const shown = attachments === undefined ? {} : { attachments };
  return [{ type: 'MaterialSupplied', note, ...shown, at, ...decideWithin(state.policy, state.desk, at) }];
}

/** REI-41: once, in time, and only against a person's decision. */
export function appealed(state: LiveApplication, { words, at }: Command<'Appeal'>): readonly ApplicationEvent[] {
  if (state.status === 'appealing') return [];
  if (state.status !== 'refused') throw new DomainError('reissue.nothing-to-appeal', 'There is no refusal to appeal.');
  const { appealBy } = state.refusal;
  if (appealBy === undefined || state.assessment === undefined)
    throw new DomainError('reissue.not-appealable', 'This decision is final.');
  if (passed(appealBy, at))
    throw new DomainError('reissue.appeal-too-late', 'The time to appeal is over.', { appealBy });
  // Until it is decided for good, whoever found it does not use it.
  const freeze = state.reason === 'lost' && state.proof !== undefined ? { freeze: true as const } : {};
  const desk = appealDeskOf(state.assessment, state.refusal);
  return [{ type: 'AppealFiled', words, ...freeze, at, ...decideWithin(state.policy, desk, at) }];
}
