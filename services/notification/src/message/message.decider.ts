// input ↓ \ status →  none               queued           sending                sent                          delivered  failed  suppressed  unknown
// QueueMessage        queued (+ begun)   -                -                      -                             -          -       -           -
// SuppressMessage     suppressed         -                -                      -                             -          -       -           -
// BeginSending        -                  begun | failed¹  -                      -                             -          -       -           -
// AcceptMessage²      -                  -                sent                   -                             -          -       -           sent³
// RefuseMessage²      -                  -                failed                 -                             -          -       -           failed³
// PostponeMessage²    -                  -                postponed | failed⁴    -                             -          -       -           postponed | failed³⁴
// ReturnMessage²      -                  -                returned               -                             -          -       -           returned³
// LoseAnswer²         -                  -                unknown                -                             -          -       -           -
// GiveUpWaiting       -                  -                unknown⁵ | -           -                             -          -       -           -
// RecordReceipt⁶      -                  -                -                      delivered | failed | unknown  -          -       -           delivered | failed | -
//
// ¹ past its use   ² of another attempt: -   ³ only while no submission is known: what the sender of this attempt knows now is better
// than what the sweep supposed   ⁴ tried often enough, or the next try would come when it is of no use any more   ⁵ begun long enough
// ago   ⁶ for another reference: -; a receipt for a message whose submission is not written yet is kept by whoever took it
import { unreachable, type Decider } from '@tongpiao/kernel';
import type { LiveMessage, MessageCommand, MessageEvent, MessageState } from './message.ts';
import { waitAfter } from './retry.policy.ts';

type Of<Status extends LiveMessage['status']> = Extract<LiveMessage, { status: Status }>;
type Receipt = Extract<MessageCommand, { type: 'RecordReceipt' }>;

function decide(state: MessageState, command: MessageCommand): readonly MessageEvent[] {
  switch (command.type) {
    case 'QueueMessage':
      return state.status === 'none' ? queued(command) : [];
    case 'SuppressMessage':
      return state.status === 'none'
        ? [{ type: 'MessageSuppressed', facts: command.facts, reason: command.reason }]
        : [];
    case 'BeginSending':
      return state.status === 'queued' ? begin(state, command) : [];
    case 'AcceptMessage':
      return awaits(state, command.attemptId) ? [{ type: 'MessageSent', submission: command.submission }] : [];
    case 'RefuseMessage':
      return awaits(state, command.attemptId)
        ? [{ type: 'MessageFailed', reason: command.reason, at: command.at }]
        : [];
    case 'PostponeMessage':
      return awaits(state, command.attemptId) ? postpone(state, command) : [];
    case 'ReturnMessage':
      return awaits(state, command.attemptId) ? [{ type: 'SendingReturned', dueAt: command.at }] : [];
    case 'LoseAnswer':
      return state.status === 'sending' && state.attempt.id === command.attemptId
        ? [{ type: 'MessageBecameUnknown', reason: command.reason, at: command.at }]
        : [];
    case 'GiveUpWaiting':
      return state.status === 'sending' && state.attempt.at < command.begunBefore
        ? [{ type: 'MessageBecameUnknown', reason: 'sender-lost', at: command.at }]
        : [];
    case 'RecordReceipt':
      return state.status === 'sent' || state.status === 'unknown' ? receipt(state, command) : [];
    default:
      return unreachable(command, 'message command');
  }
}

function queued(command: Extract<MessageCommand, { type: 'QueueMessage' }>): readonly MessageEvent[] {
  const { facts, attempt } = command;
  const first: MessageEvent = { type: 'MessageQueued', facts };
  return attempt === undefined ? [first] : [first, { type: 'SendingBegun', attempt }];
}

function begin(
  state: Of<'queued'>,
  { attempt }: Extract<MessageCommand, { type: 'BeginSending' }>,
): readonly MessageEvent[] {
  if (state.expiresAt !== undefined && attempt.at >= state.expiresAt)
    return [{ type: 'MessageFailed', reason: 'expired', at: attempt.at }];
  return [{ type: 'SendingBegun', attempt }];
}

function postpone(
  state: Of<'sending'> | Of<'unknown'>,
  { reason, at }: Extract<MessageCommand, { type: 'PostponeMessage' }>,
): readonly MessageEvent[] {
  const wait = waitAfter(state.tries);
  const dueAt = new Date(Date.parse(at) + (wait ?? 0)).toISOString();
  if (wait === undefined || (state.expiresAt !== undefined && dueAt >= state.expiresAt))
    return [{ type: 'MessageFailed', reason, at }];
  return [{ type: 'SendingPostponed', reason, dueAt }];
}

function receipt(state: Of<'sent'> | Of<'unknown'>, command: Receipt): readonly MessageEvent[] {
  if (state.submission?.reference !== command.reference) return [];
  switch (command.outcome) {
    case 'delivered':
      return [{ type: 'MessageDelivered', at: command.at }];
    case 'failed':
      return [{ type: 'MessageFailed', reason: command.code, at: command.at }];
    case 'unknown':
      return state.status === 'sent' ? [{ type: 'MessageBecameUnknown', reason: command.code, at: command.at }] : [];
  }
}

/** The outcome of this attempt is not known yet. */
function awaits(state: MessageState, attemptId: string): state is Of<'sending'> | Of<'unknown'> {
  if (state.status === 'sending') return state.attempt.id === attemptId;
  return state.status === 'unknown' && state.submission === undefined && state.attempt.id === attemptId;
}

function evolve(state: MessageState, event: MessageEvent): MessageState {
  switch (event.type) {
    case 'MessageQueued':
      return { ...event.facts, status: 'queued', tries: 0, dueAt: event.facts.createdAt };
    case 'MessageSuppressed':
      return { ...event.facts, status: 'suppressed', tries: 0, reason: event.reason, endedAt: event.facts.createdAt };
    default:
      return state.status === 'none' ? state : { ...base(state), ...after(state, event) };
  }
}

type Rest = Exclude<MessageEvent, { type: 'MessageQueued' | 'MessageSuppressed' }>;
type Base = ReturnType<typeof base>;
type Without<State> = State extends unknown ? Omit<State, Exclude<keyof Base, 'tries'>> : never;

function after(state: LiveMessage, event: Rest): Without<LiveMessage> {
  const { tries } = state;
  const submission = 'submission' in state ? state.submission : undefined;
  switch (event.type) {
    case 'SendingBegun':
      return { status: 'sending', tries: tries + 1, attempt: event.attempt };
    case 'MessageSent':
      return { status: 'sent', tries, submission: event.submission };
    case 'SendingPostponed':
      return { status: 'queued', tries, dueAt: event.dueAt, reason: event.reason };
    case 'SendingReturned':
      return { status: 'queued', tries: Math.max(0, tries - 1), dueAt: event.dueAt };
    case 'MessageFailed':
      return { status: 'failed', tries, reason: event.reason, endedAt: event.at, submission };
    case 'MessageBecameUnknown': {
      const attempt = 'attempt' in state ? state.attempt : { id: '', at: event.at };
      return { status: 'unknown', tries, reason: event.reason, endedAt: event.at, attempt, submission };
    }
    case 'MessageDelivered':
      // `decide` asks for the submission's reference, so there is one; an event that does not apply changes nothing.
      return submission === undefined ? state : { status: 'delivered', tries, submission, endedAt: event.at };
    default:
      return unreachable(event, 'message event');
  }
}

/** What every status shares, without the fields of the status that is left. */
function base(state: LiveMessage) {
  const { channel, lane, about, template, templateVersion, language, receiver, receiverIndex, contentHash } = state;
  const { createdAt, expiresAt, tries } = state;
  return {
    channel,
    lane,
    about,
    template,
    templateVersion,
    language,
    receiver,
    receiverIndex,
    contentHash,
    createdAt,
    expiresAt,
    tries,
  };
}

export const messageDecider: Decider<MessageState, MessageCommand, MessageEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
