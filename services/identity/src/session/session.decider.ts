// state ↓ \ command →  OpenSession    RefreshSession                                              EndSession
// none                 SessionOpened  identity.session-over                                       -
// open                 -              expired:            identity.session-over                   SessionEnded
//                                     current generation: SessionRefreshed
//                                     older generation:   SessionEnded (token-reused)
//                                     newer generation:   identity.session-over (cannot be ours)
// ended                -              identity.session-over                                       -
// There is no grace for a refresh whose answer was lost: the thief and the owner would look the same.
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import type { SessionCommand, SessionEvent, SessionState } from './session.ts';

export function sessionOver(): DomainError {
  return new DomainError('identity.session-over', 'The session has ended; sign in again.');
}

function refresh(state: SessionState, generation: number, at: string): readonly SessionEvent[] {
  if (state.status !== 'open' || Date.parse(at) >= Date.parse(state.expiresAt)) throw sessionOver();
  if (generation === state.generation) return [{ type: 'SessionRefreshed', generation: generation + 1, at }];
  if (generation < state.generation) return [{ type: 'SessionEnded', reason: 'token-reused', at }];
  throw sessionOver();
}

function decide(state: SessionState, command: SessionCommand): readonly SessionEvent[] {
  switch (command.type) {
    case 'OpenSession': {
      const { userId, method, at, expiresAt } = command;
      return state.status === 'none' ? [{ type: 'SessionOpened', userId, method, at, expiresAt }] : [];
    }
    case 'RefreshSession':
      return refresh(state, command.generation, command.at);
    case 'EndSession':
      return state.status === 'open' ? [{ type: 'SessionEnded', reason: command.reason, at: command.at }] : [];
    default:
      return unreachable(command, 'session command');
  }
}

function evolve(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'SessionOpened': {
      const { userId, method, at, expiresAt } = event;
      return state.status === 'none'
        ? { status: 'open', userId, method, openedAt: at, expiresAt, generation: 1 }
        : state;
    }
    case 'SessionRefreshed':
      return state.status === 'open' ? { ...state, generation: event.generation } : state;
    case 'SessionEnded':
      return state.status === 'open'
        ? { status: 'ended', userId: state.userId, reason: event.reason, endedAt: event.at }
        : state;
  }
}

export const sessionDecider: Decider<SessionState, SessionCommand, SessionEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
