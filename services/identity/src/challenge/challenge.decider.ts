// state ↓ \ command →               SendCode                                    TryCode
// none                              CodeSent                                    identity.sign-in-refused
// known, no code | expired | tried out   CodeSent | identity.too-many-codes     identity.sign-in-refused
// known, code pending               CodeSent (replaces it) | too-many-codes     CodeAccepted (and it is used up) | CodeMissed
// A missed try is an event, not a throw: it has to be counted. The slice answers it like every other refusal.
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import type { ChallengeCommand, ChallengeEvent, ChallengeState } from './challenge.ts';
import { DAY_MS, secondsUntilNextCode } from './code-limits.policy.ts';

export const CODE_VALID_MINUTES = 5;
/** Five tries at a million codes: a chance of one in two hundred thousand per code. */
export const CODE_TRIES = 5;

export function signInRefused(): DomainError {
  return new DomainError('identity.sign-in-refused', 'These credentials open nothing.');
}

function send(
  state: ChallengeState,
  command: Extract<ChallengeCommand, { type: 'SendCode' }>,
): readonly ChallengeEvent[] {
  const { channel, to, code, hash, language, at, limited } = command;
  const wait = limited && state.status === 'known' ? secondsUntilNextCode(state.sentAt, at) : 0;
  if (wait > 0) {
    throw new DomainError('identity.too-many-codes', 'Too many codes were sent there.', { retryAfterSeconds: wait });
  }
  const expiresAt = new Date(Date.parse(at) + CODE_VALID_MINUTES * 60_000).toISOString();
  return [{ type: 'CodeSent', channel, to, code, hash, language, at, expiresAt }];
}

function decide(state: ChallengeState, command: ChallengeCommand): readonly ChallengeEvent[] {
  switch (command.type) {
    case 'SendCode':
      return send(state, command);
    case 'TryCode': {
      const pending = state.status === 'known' ? state.pending : undefined;
      if (pending === undefined || pending.triesLeft <= 0 || Date.parse(command.at) >= Date.parse(pending.expiresAt)) {
        throw signInRefused();
      }
      return [{ type: pending.hash === command.hash ? 'CodeAccepted' : 'CodeMissed', at: command.at }];
    }
    default:
      return unreachable(command, 'challenge command');
  }
}

function evolve(state: ChallengeState, event: ChallengeEvent): ChallengeState {
  switch (event.type) {
    case 'CodeSent': {
      const since = Date.parse(event.at) - DAY_MS;
      const before = state.status === 'known' ? state.sentAt.filter((at) => Date.parse(at) > since) : [];
      const { hash, expiresAt } = event;
      // Without limits the list would grow; the newest ten are all that any limit looks at.
      return {
        status: 'known',
        sentAt: [...before, event.at].slice(-10),
        pending: { hash, expiresAt, triesLeft: CODE_TRIES },
      };
    }
    case 'CodeAccepted':
      return state.status === 'known' ? { status: 'known', sentAt: state.sentAt } : state;
    case 'CodeMissed': {
      if (state.status === 'none' || state.pending === undefined) return state;
      const { pending } = state;
      return { ...state, pending: { ...pending, triesLeft: Math.max(0, pending.triesLeft - 1) } };
    }
  }
}

export const challengeDecider: Decider<ChallengeState, ChallengeCommand, ChallengeEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
