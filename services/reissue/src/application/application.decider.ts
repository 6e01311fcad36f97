// The life of an application (REI-40). Reissue leads: sales freezes, replaces and thaws the ticket, finance takes the fee, people decide.
//
// input ↓ \ status →  none    submitted      verifying    waiting_identity  desk¹            material_wanted  fee_due        executing  reissued  refused          appealing        ended²
// SubmitApplication   submitted -            -            -                 -                -                -              -          -         -                -                -
// BeginInBatch        begun¹⁵   -            -            -                 -                -                -              -          -         -                -                -
// SendCode            404     sent | limits  proven       proven            proven           proven           proven         proven     ended     ended            proven           ended
// ProveOwnership      404     proven|missed³ shown¹⁷ | -  -                 -                -                -              -          ended     ended            -                ended
// ConfirmFreeze       NotYet  undone         confirmed⁴   -                 -                -                -              -          -         undone           confirmed⁴|undone undone
// RefuseFreeze        NotYet  -              refused      -                 -                -                -              -          -         -                refused⁴ | -     -
// RecordVerification  NotYet  -              assessed | unavailable¹⁷ (both) -                 -                -              -          -         -                -                -
// CountScans          -       -¹⁹            -¹⁹          -¹⁹               suspended | -    noted²⁰ | -      suspended | -  -          -         -                noted | -        -
// EndTicket           -       refused        refused      refused           refused          refused          refused        -⁵         -         -                refused          -
// Decide              404     early          early        early             approved | refused | conflict⁶ -> early          decided    decided   decided          approved|refused⁷ ended
// Escalate            404     early          early        early             escalated | -    early            decided        decided    decided   decided          early            ended
// ClearRisk           404     early          early        early             cleared | -      early            decided        decided    decided   decided          -                ended
// AskMaterial         404     early          early        early             wanted           -                decided        decided    decided   decided          early            ended
// ConfirmByPhone      404     early          early        early             noted            noted            decided        decided    decided   decided          noted            ended
// SupplyMaterial      404     not wanted     not wanted   not wanted        not wanted       supplied         not wanted     not wanted not wanted not wanted      not wanted       not wanted
// AddAttachment       404     added¹³        added        added             added            added            decided        decided    ended     ended            added            ended
// RequestPayment      404     no fee         no fee       no fee            no fee           no fee           requested¹⁸| - paid⁸      paid⁸     ended            no fee           ended
// OpenPayment         NotYet  -              -            -                 -                -                opened         -          -         -                -                -
// CapturePayment      NotYet  refund         refund       refund            paid²¹ | refund  paid²¹ | refund  paid | refund⁹ double | - double | - late | -        late             late | -
// EndPayment          NotYet  noted where the payment is known and open, else - (all)
// ConfirmRefund       NotYet  noted where the refund is known and not done, else - (all)
// FailRefund          NotYet  noted where the refund is known, open or failed otherwise, else - (all)
// ConfirmReissue      NotYet  -              -            -                 -                -                -              reissued   -         -                -                -
// RefuseReissue       NotYet  -              -            -                 -                -                -              refused¹⁰  -         -                -                -
// Appeal              404     none           none         none              none             none             none           none       none      appealed | no¹¹  -                none
// Withdraw            404     withdrawn      withdrawn    withdrawn         withdrawn        withdrawn        withdrawn      executing  ended     ended            withdrawn        - | ended
// Remind²³            -       closed(proof)  overdue²²    overdue²²         overdue          closed(material) closed(fee)    -          -         -                overdue          -
// RecountDeadline     -       -              -            -                 recounted¹² | -  -                -              -          -         -                recounted¹² | -  -
// RecordShipment      404     not reissued in every other status                                                                    shipped¹⁴ not reissued
// ConfirmGates        NotYet  -              -            -                 -                -                -              -          noted | - -                -                -
// ReviewSample        404     not sampled in every other status                                             noted¹⁶ | not sampled (these four)              not sampled      not sampled
// RecordReveal        404     noted in every other status
//
// ¹ deciding, risk_check, reviewing   ² withdrawn, closed   ³ after too many misses: closed   ⁴ only where it was asked for and not confirmed
// yet: an appeal of a lost ticket asks again   ⁵ sales answers; and - everywhere when it is about another ticket of the right   ⁶ refused: own-case (PLA-04: entered, applied for
// or vouched for), not-your-desk, risk-open while suspended; a reviewer against an operator's recommendation makes it a manager's   ⁷ by
// somebody who has not decided before (REI-41); final   ⁸ no fee where nothing was charged ⁹ unknown, wrong amount: it goes back   ¹⁰ with
// the fee back   ¹¹ not-appealable, appeal-too-late   ¹² where it was provisional and the calendar knows the year now   ¹³ the same file
// again: - in every status; more than the policy's count: too-many-attachments   ¹⁴ - when it is known; three times at most   ¹⁵ executing
// at once (REI-53) ¹⁶ the same again: -; somebody else's: sample-reviewed   ¹⁷ a ticket with a name that something else than its
// document has proven waits for the document: missed, shown, or closed at its time; until then nothing is assessed, and staff hear
// document-needed. A proof of purchase of a ticket that waits for its document is document-needed at once.   ¹⁸ too-many-payments for a while, but not with staff's help; no-more-payments   ¹⁹ its assessment counts
// them; later ones only where they add points, and a case that is suspended already stays so   ²⁰ and comes back suspended, to a
// reviewer   ²¹ where it was begun before a scan has suspended the case: kept, so that the next approval is carried out at once; it goes
// back with every other end, and when nothing is charged after all   ²² counted from its proof, or its document where that was waited for
// ²³ before that deadline: the timer is set anew, else nobody would ever look at it again
import { DomainError, NotYet, remindAgainAt, type Decider } from '@tongpiao/kernel';
import { assess, assessedInBatch, higherOf } from './application.policy.ts';
import { addAttachment } from './attaching.ts';
import { evolve } from './application.evolve.ts';
import { gatesConfirmed, shipped } from './after-reissue.ts';
import {
  appealed,
  askMaterial,
  clearRisk,
  confirmByPhone,
  decided,
  escalate,
  scansCounted,
  supplyMaterial,
} from './desk.ts';
import { closed, documentNeeded, ended, feeBack, refused } from './ending.ts';
import { captured, confirmRefund, endPayment, failRefund, openPayment, refuseReissue, requestPayment } from './fee.ts';
import { reviewSample } from './sampling.ts';
import { approval, decideWithin, later, passed, verifyWithin } from './times.ts';
import type {
  ApplicationCommand,
  ApplicationEvent,
  ApplicationState,
  CaseFacts,
  LiveApplication,
  Of,
  TimerName,
} from './application.ts';

/** Codes that are sent for one case, and how often one may be mistaken: 5 × 5 of a million. */
const CODES_MAX = 5;
const MISSES_PER_CODE = 5;
/** Of all kinds together; then the case is over. */
const MISSES_MAX = 10;
const CODE_EVERY_MS = 60_000;
export const CODE_VALID_MINUTES = 10;

type Command<Type extends ApplicationCommand['type']> = Extract<ApplicationCommand, { type: Type }>;

function decide(state: ApplicationState, command: ApplicationCommand): readonly ApplicationEvent[] {
  if (state.status === 'none') return decideNone(command);
  switch (command.type) {
    case 'SubmitApplication':
    case 'BeginInBatch':
      return [];
    case 'SendCode':
      return sendCode(state, command);
    case 'ProveOwnership':
      return prove(state, command);
    case 'ConfirmFreeze':
      return confirmFreeze(state, command.at);
    case 'RefuseFreeze':
      return state.status === 'verifying' || (state.status === 'appealing' && state.freeze === 'asked')
        ? refused(state, command.reason, 'sales', command.at)
        : [];
    case 'RecordVerification':
      return verified(state, command);
    case 'CountScans':
      return scansCounted(state, command);
    case 'EndTicket':
      if (command.number !== undefined && command.number !== state.ticket.number) return [];
      return isBeforeExecution(state) ? refused(state, `reissue.ticket-${command.how}`, 'sales', command.at) : [];
    case 'Decide':
      return decided(state, command);
    case 'Escalate':
      return escalate(state, command);
    case 'ClearRisk':
      return clearRisk(state, command);
    case 'AskMaterial':
      return askMaterial(state, command);
    case 'ConfirmByPhone':
      return confirmByPhone(state, command);
    case 'SupplyMaterial':
      return supplyMaterial(state, command);
    case 'AddAttachment':
      return addAttachment(state, command);
    case 'RequestPayment':
      return requestPayment(state, command);
    case 'OpenPayment':
      return openPayment(state, command);
    case 'CapturePayment':
      return captured(state, command);
    case 'EndPayment':
      return endPayment(state, command);
    case 'ConfirmRefund':
      return confirmRefund(state, command.refundId);
    case 'FailRefund':
      return failRefund(state, command);
    case 'ConfirmReissue':
      return confirmReissue(state, command);
    case 'RefuseReissue':
      return refuseReissue(state, command);
    case 'Appeal':
      return appealed(state, command);
    case 'Withdraw':
      return withdraw(state, command.at);
    case 'Remind':
      return remind(state, command);
    case 'RecountDeadline':
      return recounted(state, command);
    case 'RecordShipment':
      return shipped(state, command);
    case 'ConfirmGates':
      return gatesConfirmed(state, command);
    case 'ReviewSample':
      return reviewSample(state, command);
    case 'RecordReveal':
      return [{ type: 'DataRevealed', purpose: command.purpose, request: command.request }];
  }
}

function decideNone(command: ApplicationCommand): readonly ApplicationEvent[] {
  switch (command.type) {
    case 'SubmitApplication': {
      const { facts } = command;
      return [{ type: 'ApplicationSubmitted', facts, proveBy: proveBy(facts) }];
    }
    case 'BeginInBatch':
      return beginInBatch(command);
    case 'CountScans':
    case 'EndTicket':
    case 'Remind':
    case 'RecountDeadline':
      return [];
    case 'ConfirmFreeze':
    case 'RefuseFreeze':
    case 'RecordVerification':
    case 'OpenPayment':
    case 'CapturePayment':
    case 'EndPayment':
    case 'ConfirmRefund':
    case 'FailRefund':
    case 'ConfirmReissue':
    case 'RefuseReissue':
    case 'ConfirmGates':
      throw new NotYet('reissue.application-unknown', 'The application is not there yet.');
    case 'SendCode':
    case 'ProveOwnership':
    case 'Decide':
    case 'Escalate':
    case 'ClearRisk':
    case 'AskMaterial':
    case 'ConfirmByPhone':
    case 'SupplyMaterial':
    case 'AddAttachment':
    case 'RequestPayment':
    case 'Appeal':
    case 'Withdraw':
    case 'RecordShipment':
    case 'ReviewSample':
    case 'RecordReveal':
      throw new DomainError('platform.not-found', 'There is no such application.');
  }
}

function beginInBatch({ facts, by, reason, code, at }: Command<'BeginInBatch'>): readonly ApplicationEvent[] {
  const { assessment, waivedFor } = assessedInBatch(facts.policy, by.desk);
  const approval = { verdict: 'approve', by: by.id, reason, at, code, fee: assessment.fee, waivedFor } as const;
  return [{ type: 'CaseBegunInBatch', facts, assessment, approval }];
}

/** Nothing irreversible has begun: the case can still come to nothing. */
function isBeforeExecution(
  state: LiveApplication,
): state is Exclude<LiveApplication, { status: 'executing' | 'reissued' | 'refused' | 'withdrawn' | 'closed' }> {
  return !['executing', 'reissued', 'refused', 'withdrawn', 'closed'].includes(state.status);
}

function isOver(state: LiveApplication): state is Of<'reissued'> | Of<'refused'> | Of<'withdrawn' | 'closed'> {
  return ['reissued', 'refused', 'withdrawn', 'closed'].includes(state.status);
}

function sendCode(state: LiveApplication, { code, hash, at }: Command<'SendCode'>): readonly ApplicationEvent[] {
  if (isOver(state)) throw ended();
  if (state.status !== 'submitted') throw new DomainError('reissue.already-proven', 'Ownership is proven already.');
  if (state.codes >= CODES_MAX)
    throw new DomainError('reissue.too-many-codes', 'No more codes are sent for this case.');
  if (state.code !== undefined && !passed(later(state.code.sentAt, CODE_EVERY_MS), at))
    throw new DomainError('reissue.code-too-soon', 'A code was sent a moment ago.');
  return [{ type: 'CodeSent', code, hash, at, validUntil: later(at, CODE_VALID_MINUTES * 60_000) }];
}

function prove(state: LiveApplication, command: Command<'ProveOwnership'>): readonly ApplicationEvent[] {
  if (isOver(state)) throw ended();
  const { how, shown, by, words, at } = command;
  const who = { ...(by === undefined ? {} : { by }), ...(words === undefined ? {} : { words }) };
  if (state.status !== 'submitted') {
    if (state.documentBy === undefined || how !== 'document' || !('matches' in shown)) return [];
    return shown.matches
      ? [{ type: 'DocumentShown', at, verifyBy: verifyWithin(state.policy, at), ...(by === undefined ? {} : { by }) }]
      : missed(state, command);
  }
  if (how === 'purchase-proof' && namesDocument(state)) throw documentNeeded();
  const freeze = state.reason === 'lost';
  if ('matches' in shown ? shown.matches : isCode(state, shown.codeHash, at)) {
    const waits = how !== 'document' && namesDocument(state);
    // Until the document is shown, the applicant is waited for.
    const next = waits
      ? { documentBy: later(at, state.policy.deadlines.proveHours * 3_600_000) }
      : { verifyBy: verifyWithin(state.policy, at) };
    return [{ type: 'OwnershipProven', how, freeze, at, ...who, ...next }];
  }
  return missed(state, command);
}

/** REI-02: whose document was wrong at the purchase cannot show the one on the ticket; the corrected one is checked, and a reviewer decides. */
function namesDocument({ ticket, traveller, correction }: LiveApplication): boolean {
  if (!ticket.realName || traveller === undefined) return false;
  return correction === undefined || correction.idNumber.index === traveller.idNumber.index;
}

function missed(state: LiveApplication, { how, at }: Command<'ProveOwnership'>): readonly ApplicationEvent[] {
  const miss: ApplicationEvent = { type: 'ProofMissed', how, at };
  return state.misses + 1 >= MISSES_MAX ? [miss, ...closed(state, 'reissue.proof-failed', at)] : [miss];
}

function isCode({ code }: Of<'submitted' | 'verifying'>, hash: string, at: string): boolean {
  if (code === undefined) throw new DomainError('reissue.no-code', 'No code was sent.');
  if (code.misses >= MISSES_PER_CODE || passed(code.validUntil, at))
    throw new DomainError('reissue.code-over', 'This code is not good any more.');
  return code.hash === hash;
}

function confirmFreeze(state: LiveApplication, at: string): readonly ApplicationEvent[] {
  switch (state.status) {
    case 'verifying':
      return state.freeze === 'asked' ? [{ type: 'FreezeConfirmed', at }] : [];
    case 'appealing':
      if (state.freeze !== 'none') return state.freeze === 'asked' ? [{ type: 'FreezeConfirmed', at }] : [];
      return [{ type: 'FreezeUndone', at }];
    case 'submitted':
    case 'refused':
    case 'withdrawn':
    case 'closed':
      // The case was over, or had let go of the ticket, before sales' answer came.
      return [{ type: 'FreezeUndone', at }];
    case 'waiting_identity':
    case 'risk_check':
    case 'deciding':
    case 'reviewing':
    case 'material_wanted':
    case 'fee_due':
    case 'executing':
    case 'reissued':
      return [];
  }
}

function verified(state: LiveApplication, command: Command<'RecordVerification'>): readonly ApplicationEvent[] {
  if (state.status !== 'verifying' && state.status !== 'waiting_identity') return [];
  if (state.freeze === 'asked' || state.documentBy !== undefined) return [];
  const { outcome, history, code, draw, at } = command;
  const { policy } = state;
  if (outcome === 'unavailable') {
    const tries = (state.status === 'waiting_identity' ? state.tries : 0) + 1;
    const tryAgainAt = later(at, policy.deadlines.identityRetrySeconds * 1_000);
    return [{ type: 'IdentityUnavailable', tries, tryAgainAt, at }];
  }
  const assessment = assess(policy, state, { identity: outcome, history, misses: state.misses });
  const desk = assessment.suspended ? higherOf(assessment.desk, 'reviewer') : assessment.desk;
  const assessed: ApplicationEvent = { type: 'CaseAssessed', assessment, at, ...decideWithin(policy, desk, at) };
  if (!assessment.selfService) return [assessed];
  const by = `policy:${policy.version}`;
  const sampled = draw < policy.selfService.sampleShare;
  const decision = { verdict: 'approve', by, reason: 'self-service', at, ...(sampled ? { sampled } : {}) } as const;
  return [assessed, approval(policy, decision, code, assessment)];
}

function confirmReissue(state: LiveApplication, command: Command<'ConfirmReissue'>): readonly ApplicationEvent[] {
  if (state.status !== 'executing' || state.approval.code !== command.code) return [];
  const { ticket, at, heardAt } = command;
  const carriedOutMs = Math.max(0, Date.parse(heardAt) - Date.parse(state.orderedAt));
  return [{ type: 'CaseReissued', ticket, carriedOutMs, at }];
}

function withdraw(state: LiveApplication, at: string): readonly ApplicationEvent[] {
  if (state.status === 'withdrawn') return [];
  if (state.status === 'executing') throw new DomainError('reissue.being-carried-out', 'The new ticket is being made.');
  if (!isBeforeExecution(state)) throw ended();
  return [{ type: 'CaseWithdrawn', at, thaw: state.freeze !== 'none' }, ...feeBack(state)];
}

function remind(state: LiveApplication, command: Command<'Remind'>): readonly ApplicationEvent[] {
  const { what, at } = command;
  if (what === 'material-reminder') return state.status === 'material_wanted' ? [{ type: 'MaterialReminded', at }] : [];
  const due = deadlineOf(state, what);
  if (due === undefined) return [];
  // The timer of an earlier step, on its way when the next one was made; or this one, by a clock that is ahead.
  if (!passed(due, at)) return [{ type: 'ReminderRenewed', what, due: remindAgainAt(due, at) }];
  return what === 'decision' ? overdue(state, command) : closed(state, CLOSED_FOR[what], at);
}

const CLOSED_FOR = {
  proof: 'reissue.unproven',
  material: 'reissue.material-missing',
  fee: 'reissue.fee-unpaid',
} as const;

function proveBy({ submittedAt, policy }: Pick<CaseFacts, 'submittedAt' | 'policy'>): string {
  return later(submittedAt, policy.deadlines.proveHours * 3_600_000);
}

/** Until when somebody is waited for; undefined where nobody is. */
function deadlineOf(state: LiveApplication, what: Exclude<TimerName, 'material-reminder'>): string | undefined {
  switch (what) {
    case 'proof':
      return state.status === 'submitted' ? proveBy(state) : state.documentBy;
    case 'material':
      return state.status === 'material_wanted' ? state.materials.at(-1)?.until : undefined;
    case 'fee':
      return state.status === 'fee_due' ? state.payBy : undefined;
    case 'decision':
      if (state.status === 'verifying' || state.status === 'waiting_identity') return state.verifyBy;
      return 'decideBy' in state && state.status !== 'material_wanted' ? state.decideBy : undefined;
  }
}

function overdue(state: LiveApplication, { mailbox, at }: Command<'Remind'>): readonly ApplicationEvent[] {
  const told = mailbox === undefined ? {} : { mailbox };
  if (state.status === 'verifying' || state.status === 'waiting_identity')
    return [{ type: 'VerificationOverdue', ...told, at, verifyBy: verifyWithin(state.policy, at) }];
  return 'decideBy' in state
    ? [{ type: 'CaseOverdue', ...told, at, ...decideWithin(state.policy, state.desk, at) }]
    : [];
}

/** REI-42: the days of a year are told, and a deadline that was counted into it without them is counted again. */
function recounted(state: LiveApplication, { calendar, at }: Command<'RecountDeadline'>): readonly ApplicationEvent[] {
  if (state.status === 'material_wanted' || !('decideBy' in state) || !state.provisional) return [];
  const { deadlines } = state.policy;
  const counted = decideWithin({ calendar, deadlines }, state.desk, state.countedFrom ?? at);
  return counted.provisional === true ? [] : [{ type: 'DeadlineRecounted', calendar, at, ...counted }];
}

export const applicationDecider: Decider<ApplicationState, ApplicationCommand, ApplicationEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
