// The life of a refund beyond the rules (SAL-51). Who asks does not decide, and an amount needs the right for its size; of two who decide
// at the same moment the second finds it decided.
//
// input ↓ \ status →   none        requested                               approved            refused | withdrawn | done | failed
// RequestException     requested   -                                       -                   -
// DecideException      not-found   approved | refused | own | too-large    - (same) | decided  - (same) | decided
// WithdrawException    not-found   withdrawn | not-yours                   decided             - (withdrawn) | decided
// CompleteException    -           -                                       done                -
// FailException        -           -                                       failed              -
import { DomainError, fen, unreachable, type Decider } from '@tongpiao/kernel';
import type {
  ExceptionCommand,
  ExceptionDecision,
  ExceptionEvent,
  ExceptionFacts,
  ExceptionState,
  RefundException,
} from './refund-exception.ts';

type Of<Type extends ExceptionCommand['type']> = Extract<ExceptionCommand, { type: Type }>;

/** Where a product says nothing: refunds up to 500 yuan need the small approval. */
export const SMALL_UP_TO = fen(50_000);

function decide(state: ExceptionState, command: ExceptionCommand): readonly ExceptionEvent[] {
  switch (command.type) {
    case 'RequestException':
      return state.status === 'none' ? request(command.facts) : [];
    case 'DecideException':
      return decideException(existing(state), command);
    case 'WithdrawException':
      return withdraw(existing(state), command);
    case 'CompleteException':
      return state.status === 'approved' ? [complete(command)] : [];
    case 'FailException':
      return state.status === 'approved' ? [{ type: 'ExceptionFailed', failure: command.failure, at: command.at }] : [];
    default:
      return unreachable(command, 'refund exception command');
  }
}

function existing(state: ExceptionState): RefundException {
  if (state.status === 'none') throw new DomainError('platform.not-found', 'There is no such request.');
  return state;
}

function request(facts: ExceptionFacts): readonly ExceptionEvent[] {
  if (facts.amount < 1 || facts.amount > facts.price)
    throw new DomainError('sales.refund-exception-amount', 'More than nothing and at most the price can come back.', {
      max: facts.price,
    });
  return [{ type: 'ExceptionRequested', facts }];
}

function decideException(state: RefundException, command: Of<'DecideException'>): readonly ExceptionEvent[] {
  const { by, approve, remark, at, mayUpTo } = command;
  const before = state.decision;
  if (before?.by === by && before.approved === approve) return [];
  if (state.status !== 'requested') throw decided(state);
  if (state.requestedBy === by)
    throw new DomainError('sales.refund-exception-own', 'Somebody else decides what one has asked for.');
  if (mayUpTo !== undefined && state.amount > mayUpTo)
    throw new DomainError('sales.refund-exception-too-large', 'The amount needs the right for large ones.', {
      limit: mayUpTo,
    });
  const decision: ExceptionDecision = { by, approved: approve, remark, at };
  return [{ type: approve ? 'ExceptionApproved' : 'ExceptionRefused', decision }];
}

function complete({ instead, at }: Of<'CompleteException'>): ExceptionEvent {
  return { type: 'ExceptionDone', ...(instead === undefined ? {} : { instead }), at };
}

function withdraw(state: RefundException, { by, at }: Of<'WithdrawException'>): readonly ExceptionEvent[] {
  if (state.requestedBy !== by)
    throw new DomainError('sales.refund-exception-not-yours', 'Only who has asked can take it back.');
  if (state.status === 'withdrawn') return [];
  if (state.status !== 'requested') throw decided(state);
  return [{ type: 'ExceptionWithdrawn', by, at }];
}

function decided({ status }: RefundException): DomainError {
  return new DomainError('sales.refund-exception-decided', 'It is decided already.', { status });
}

function evolve(state: ExceptionState, event: ExceptionEvent): ExceptionState {
  if (event.type === 'ExceptionRequested')
    return state.status === 'none' ? { ...event.facts, status: 'requested', openFor: event.facts.rightId } : state;
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'ExceptionApproved':
      return { ...state, status: 'approved', decision: event.decision };
    case 'ExceptionRefused':
      return { ...ended(state, event.decision.at), status: 'refused', decision: event.decision };
    case 'ExceptionWithdrawn':
      return { ...ended(state, event.at), status: 'withdrawn' };
    case 'ExceptionDone':
      return {
        ...ended(state, event.at),
        status: 'done',
        ...(event.instead === undefined ? {} : { instead: event.instead }),
      };
    case 'ExceptionFailed':
      return { ...ended(state, event.at), status: 'failed', failure: event.failure };
  }
}

function ended(state: RefundException, endedAt: string): RefundException {
  const { openFor: _open, ...kept } = state;
  return { ...kept, endedAt };
}

export const exceptionDecider: Decider<ExceptionState, ExceptionCommand, ExceptionEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
