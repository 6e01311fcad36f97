// The life of a batch (REI-53). Every step of its work is finished by one command that names it, so that a message which comes twice, late
// or after a crash finds its step done and does nothing.
//
// input ↓ \ status →  none      entering   checking      waiting               running          paused     finishing   done     rejected  cancelled
// EnterBatch          entered   -          -             -                     -                -          -           -        -         -
// FinishEntering      -         taken      -             -                     -                -          -           -        -         -
// Abandon¹            -         cancelled  -             -                     -                -          -           -        -         -
// FinishChecking¹     -         -          checked       -                     -                -          -           -        -         -
// EndChecking¹        -         -          list checked  -                     -                -          -           -        -         -
// Decide              404       early      early         approved | rejected²  decided          decided    decided     decided  decided   over
// Pause               404       idle       idle          idle                  paused           -          all begun   over     over      over
// GoOn                404       idle       idle          idle                  -                went on    -           over     over      over
// Cancel              404       cancelled  cancelled     cancelled             cancelled        cancelled  all begun   over     over      -
// FinishLines¹        -         -          -             -                     begun            -          -           -        -         -
// EndLines¹           -         -          -             -                     through          -          -           -        -         -
// CountExecuting¹     -         -          -             -                     waited           -          done | waited  -     -         -
// ResumeWork¹         -         resumed    resumed       -                     resumed          -          resumed     -        -         - ³
//
// ¹ of another step: -   ² refused: own-batch (PLA-04), batch-not-your-desk by its size, batch-nothing-to-reissue   ³ where nothing is due,
// or has not been for long: -
import { DomainError, NotYet, standsStill, unreachable, type Decider } from '@tongpiao/kernel';
import { ranksBelow } from '../application/application.policy.ts';
import { later } from '../application/times.ts';
import type { Batch, BatchCommand, BatchEvent, BatchOf, BatchState } from './batch.ts';

type Of<Type extends BatchCommand['type']> = Extract<BatchCommand, { type: Type }>;

/** Storing fifty thousand lines takes seconds; whoever has not finished by now has gone away. */
const ABANDONED_MS = 15 * 60_000;
/** Nothing moves while sales is away: the pause grows, since what is in the way goes away by itself. */
const WAIT_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000] as const;
function decide(state: BatchState, command: BatchCommand): readonly BatchEvent[] {
  if (state.status === 'none') return decideNone(command);
  if ('step' in command && command.step !== state.step) return [];
  switch (command.type) {
    case 'EnterBatch':
      return [];
    case 'FinishEntering':
      return state.status === 'entering' ? [{ type: 'ListTaken', nextAt: command.at }] : [];
    case 'Abandon':
      return state.status === 'entering'
        ? [{ type: 'BatchCancelled', by: 'reissue', reason: 'reissue.batch-abandoned', at: command.at }]
        : [];
    case 'FinishChecking':
      return state.status === 'checking' ? [{ type: 'LinesChecked', cursor: command.cursor, nextAt: command.at }] : [];
    case 'EndChecking':
      return state.status === 'checking' ? [{ type: 'ListChecked', ready: command.ready, at: command.at }] : [];
    case 'Decide':
      return decideBatch(state, command);
    case 'Pause':
      return pause(state, command);
    case 'GoOn':
      return goOn(state, command);
    case 'Cancel':
      return cancel(state, command);
    case 'FinishLines': {
      const { cursor, begun, refused, at: nextAt } = command;
      return state.status === 'running' ? [{ type: 'LinesBegun', cursor, begun, refused, nextAt }] : [];
    }
    case 'EndLines':
      return state.status === 'running' ? [{ type: 'LinesThrough', nextAt: command.at }] : [];
    case 'CountExecuting':
      if (state.status === 'running') return [waited(state, command)];
      if (state.status !== 'finishing') return [];
      return command.executing > 0 ? [waited(state, command)] : [{ type: 'BatchDone', at: command.at }];
    case 'ResumeWork':
      return standsStill(state.nextAt, command.at) ? [{ type: 'WorkResumed', nextAt: command.at }] : [];
    default:
      return unreachable(command, 'batch command');
  }
}

function decideNone(command: BatchCommand): readonly BatchEvent[] {
  switch (command.type) {
    case 'EnterBatch': {
      const { facts } = command;
      return [{ type: 'BatchEntered', facts, nextAt: later(facts.enteredAt, ABANDONED_MS) }];
    }
    case 'Decide':
    case 'Pause':
    case 'GoOn':
    case 'Cancel':
      throw new DomainError('platform.not-found', 'There is no such list.');
    default:
      return [];
  }
}

function over(): DomainError {
  return new DomainError('reissue.batch-over', 'The list is over.');
}

function idle(): DomainError {
  return new DomainError('reissue.batch-not-running', 'The list is not being carried out.');
}

function allBegun(): DomainError {
  return new DomainError('reissue.batch-all-begun', 'Every line has begun.');
}

function decideBatch(state: Batch, { by, approve, reason, at }: Of<'Decide'>): readonly BatchEvent[] {
  switch (state.status) {
    case 'entering':
    case 'checking':
      throw new NotYet('reissue.batch-not-checked', 'The list is still being checked.');
    case 'waiting': {
      const { ready, enteredBy, policy } = state;
      if (enteredBy === by.id)
        throw new DomainError('reissue.own-batch', 'Nobody decides on a list that they entered.');
      const desk = ready >= policy.batches.managerFromLines ? 'manager' : 'reviewer';
      if (ranksBelow(by.desk, desk))
        throw new DomainError('reissue.batch-not-your-desk', 'A list of this size is for somebody else.', { desk });
      const decided = { by: by.id, desk: by.desk, reason, at };
      if (!approve) return [{ type: 'BatchRejected', rejection: decided }];
      if (ready === 0)
        throw new DomainError('reissue.batch-nothing-to-reissue', 'No line of the list can be reissued.');
      return [{ type: 'BatchApproved', approval: decided, nextAt: at }];
    }
    case 'running':
    case 'paused':
    case 'finishing':
    case 'done':
    case 'rejected':
      throw new DomainError('reissue.batch-decided', 'The list is decided already.');
    case 'cancelled':
      throw over();
  }
}

function pause(state: Batch, { by, reason, at }: Of<'Pause'>): readonly BatchEvent[] {
  switch (state.status) {
    case 'running':
      return [{ type: 'BatchPaused', by, reason, at }];
    case 'paused':
      return [];
    case 'finishing':
      throw allBegun();
    case 'entering':
    case 'checking':
    case 'waiting':
      throw idle();
    case 'done':
    case 'rejected':
    case 'cancelled':
      throw over();
  }
}

function goOn(state: Batch, { by, reason, at }: Of<'GoOn'>): readonly BatchEvent[] {
  switch (state.status) {
    case 'paused':
      return [{ type: 'BatchWentOn', by, reason, at, nextAt: at }];
    case 'running':
    case 'finishing':
      return [];
    case 'entering':
    case 'checking':
    case 'waiting':
      throw idle();
    case 'done':
    case 'rejected':
    case 'cancelled':
      throw over();
  }
}

function cancel(state: Batch, { by, reason, at }: Of<'Cancel'>): readonly BatchEvent[] {
  switch (state.status) {
    case 'entering':
    case 'checking':
    case 'waiting':
    case 'running':
    case 'paused':
      return [{ type: 'BatchCancelled', by, reason, at }];
    case 'cancelled':
      return [];
    case 'finishing':
      throw allBegun();
    case 'done':
    case 'rejected':
      throw over();
  }
}

function waited(state: BatchOf<'running' | 'finishing'>, { executing, at }: Of<'CountExecuting'>): BatchEvent {
  const pause = WAIT_MS[Math.min(stuckAfter(state, executing), WAIT_MS.length) - 1] ?? 0;
  return { type: 'WorkWaited', executing, nextAt: later(at, pause) };
}

/** Whatever has moved since the last time is a reason to look again soon. */
function stuckAfter(state: Batch, executing: number): number {
  return executing === state.executing ? state.stuck + 1 : 1;
}

function evolve(state: BatchState, event: BatchEvent): BatchState {
  if (event.type === 'BatchEntered')
    return state.status === 'none'
      ? { ...event.facts, status: 'entering', step: 0, cursor: 0, stuck: 0, nextAt: event.nextAt }
      : state;
  if (state.status === 'none') return state;
  const next = { step: state.step + 1, nextAt: 'nextAt' in event ? event.nextAt : undefined };
  switch (event.type) {
    case 'ListTaken':
      return state.status === 'entering' ? { ...state, ...next, status: 'checking' } : state;
    case 'LinesChecked':
      return { ...state, ...next, cursor: event.cursor };
    case 'ListChecked':
      return state.status === 'checking' ? { ...state, ...next, status: 'waiting', ready: event.ready } : state;
    case 'BatchApproved':
      return state.status === 'waiting'
        ? { ...state, ...next, status: 'running', approval: event.approval, cursor: 0 }
        : state;
    case 'BatchRejected':
      return state.status === 'waiting' ? { ...state, ...next, status: 'rejected', rejection: event.rejection } : state;
    case 'BatchPaused':
      return state.status === 'running' ? { ...state, ...next, status: 'paused' } : state;
    case 'BatchWentOn':
      return state.status === 'paused' ? { ...state, ...next, status: 'running', stuck: 0 } : state;
    case 'BatchCancelled': {
      const { by, reason, at } = event;
      return isOver(state) ? state : { ...state, ...next, status: 'cancelled', cancellation: { by, reason, at } };
    }
    case 'LinesBegun':
      return { ...state, ...next, cursor: event.cursor, stuck: 0 };
    case 'WorkWaited':
      return { ...state, ...next, executing: event.executing, stuck: stuckAfter(state, event.executing) };
    case 'LinesThrough':
      return state.status === 'running' ? { ...state, ...next, status: 'finishing', stuck: 0 } : state;
    case 'BatchDone':
      return state.status === 'finishing' ? { ...state, ...next, status: 'done', finishedAt: event.at } : state;
    // As it was, under a new number: the message that was parked must do nothing any more.
    case 'WorkResumed':
      return { ...state, ...next };
    default:
      return unreachable(event, 'batch event');
  }
}

function isOver(state: Batch): state is BatchOf<'done' | 'rejected' | 'cancelled'> {
  return state.status === 'done' || state.status === 'rejected' || state.status === 'cancelled';
}

export const batchDecider: Decider<BatchState, BatchCommand, BatchEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
