// An error of staff in a case (REI-52): named by somebody else, made good with money that one person proposes and another approves (PLA-04),
// paid through finance once. One per case, under an id that follows from the case.
//
// input ↓ \ status →   none      marked      proposed              paying     paid     failed
// MarkError            marked¹   - | 409²    - | 409²              - | 409²   - | 409² - | 409²
// ProposeCompensation  404       proposed³   - | 409⁴              409⁵       409⁵     409⁵
// DecideCompensation   404       409⁶        approved | declined⁷  - | 409⁵   - | 409⁵ - | 409⁵
// ConfirmPaid          NotYet    -           -                     paid       -        paid⁸
// FailPayment          NotYet    -           -                     failed     -        -
//
// ¹ 403 for one's own error, 422 for somebody who had no hand in the case   ² another error is marked   ³ 403 for one's own error, 422
// beyond the policy's bound   ⁴ another amount is proposed   ⁵ decided already; the same decision again is -   ⁶ nothing is proposed
// ⁷ 403 for who has proposed it or is named   ⁸ finance's staff have tried again
import { DomainError, NotYet, type Decider } from '@tongpiao/kernel';
import type { LiveStaffError, StaffErrorCommand, StaffErrorEvent, StaffErrorState } from './staff-error.ts';

type Command<Type extends StaffErrorCommand['type']> = Extract<StaffErrorCommand, { type: Type }>;

function decide(state: StaffErrorState, command: StaffErrorCommand): readonly StaffErrorEvent[] {
  if (state.status === 'none') return decideNone(command);
  switch (command.type) {
    case 'MarkError':
      return marked(state, command);
    case 'ProposeCompensation':
      return proposed(state, command);
    case 'DecideCompensation':
      return decided(state, command);
    case 'ConfirmPaid':
      return (state.status === 'paying' || state.status === 'failed') && state.compensationId === command.compensationId
        ? [{ type: 'CompensationPaid', at: command.at }]
        : [];
    case 'FailPayment':
      return state.status === 'paying' && state.compensationId === command.compensationId
        ? [{ type: 'CompensationFailed', problem: command.problem }]
        : [];
  }
}

function decideNone(command: StaffErrorCommand): readonly StaffErrorEvent[] {
  switch (command.type) {
    case 'MarkError': {
      const { facts, involved } = command;
      if (facts.whose === facts.markedBy) throw ownError();
      if (!involved.includes(facts.whose))
        throw new DomainError('reissue.not-involved', 'Whoever is named had no hand in this case.');
      return [{ type: 'ErrorMarked', facts }];
    }
    case 'ProposeCompensation':
    case 'DecideCompensation':
      throw new DomainError('platform.not-found', 'No error is marked in this case.');
    case 'ConfirmPaid':
    case 'FailPayment':
      throw new NotYet('reissue.error-unknown', 'The error is not there yet.');
  }
}

function ownError(): DomainError {
  return new DomainError('reissue.own-error', 'Nobody marks or makes good an error of their own.');
}

function marked(state: LiveStaffError, { facts }: Command<'MarkError'>): readonly StaffErrorEvent[] {
  if (state.whose === facts.whose && state.kind === facts.kind && state.markedBy === facts.markedBy) return [];
  throw new DomainError('reissue.error-marked', 'An error is marked in this case already.');
}

function proposed(
  state: LiveStaffError,
  { proposal, max }: Command<'ProposeCompensation'>,
): readonly StaffErrorEvent[] {
  switch (state.status) {
    case 'marked':
      if (proposal.by === state.whose) throw ownError();
      if (proposal.amount > max)
        throw new DomainError('reissue.compensation-too-high', 'The policy does not go so far.', { max });
      return [{ type: 'CompensationProposed', proposal }];
    case 'proposed':
      if (state.proposal.amount === proposal.amount && state.proposal.by === proposal.by) return [];
      throw new DomainError('reissue.compensation-proposed', 'Another amount waits for its approval.');
    case 'paying':
    case 'paid':
    case 'failed':
      throw compensated();
  }
}

function compensated(): DomainError {
  return new DomainError('reissue.compensation-decided', 'A compensation was approved for this case already.');
}

function decided(state: LiveStaffError, command: Command<'DecideCompensation'>): readonly StaffErrorEvent[] {
  const { verdict, by, reason, compensationId, at } = command;
  switch (state.status) {
    case 'marked':
      throw new DomainError('reissue.no-compensation-proposed', 'Nothing is proposed.');
    case 'proposed':
      if (by === state.whose) throw ownError();
      // PLA-04: two people.
      if (by === state.proposal.by)
        throw new DomainError('reissue.own-proposal', 'Nobody approves what they have proposed.');
      return verdict === 'approve'
        ? [{ type: 'CompensationApproved', approval: { by, reason, at }, compensationId }]
        : [{ type: 'CompensationDeclined', by, reason, at }];
    case 'paying':
    case 'paid':
    case 'failed':
      if (verdict === 'approve' && by === state.approval.by) return [];
      throw compensated();
  }
}

function evolve(state: StaffErrorState, event: StaffErrorEvent): StaffErrorState {
  if (event.type === 'ErrorMarked')
    return state.status === 'none' ? { ...event.facts, status: 'marked', declined: [] } : state;
  switch (event.type) {
    case 'CompensationProposed':
      return state.status === 'marked' ? { ...state, status: 'proposed', proposal: event.proposal } : state;
    case 'CompensationDeclined': {
      if (state.status !== 'proposed') return state;
      const { proposal, ...rest } = state;
      const declined = { ...proposal, declinedBy: event.by, declinedFor: event.reason };
      return { ...rest, status: 'marked', declined: [...rest.declined, declined] };
    }
    case 'CompensationApproved': {
      if (state.status !== 'proposed') return state;
      const { approval, compensationId } = event;
      return { ...state, status: 'paying', approval, compensationId };
    }
    case 'CompensationPaid': {
      if (state.status === 'paying') return { ...state, status: 'paid', paidAt: event.at };
      if (state.status !== 'failed') return state;
      const { problem: _mended, ...rest } = state;
      return { ...rest, status: 'paid', paidAt: event.at };
    }
    case 'CompensationFailed':
      return state.status === 'paying' ? { ...state, status: 'failed', problem: event.problem } : state;
  }
}

export const staffErrorDecider: Decider<StaffErrorState, StaffErrorCommand, StaffErrorEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
