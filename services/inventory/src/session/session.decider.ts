// state ↓ \ command →  OpenSession     ChangeCapacity                      SetStatus
// none                 SessionOpened   platform.not-found                  platform.not-found
// open | closed        -               SessionCapacityChanged | - (same)   SessionStatusChanged | - (same)
//
// Whether a lower capacity is possible at all is decided on the counters, before this is asked.
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import type { SessionCommand, SessionEvent, SessionState } from './session.ts';

function decide(state: SessionState, command: SessionCommand): readonly SessionEvent[] {
  if (command.type === 'OpenSession') return state.status === 'none' ? [{ ...command, type: 'SessionOpened' }] : [];
  if (state.status === 'none') throw new DomainError('platform.not-found', 'There is no such session.');
  switch (command.type) {
    case 'ChangeCapacity':
      return command.capacity === state.capacity ? [] : [{ ...command, type: 'SessionCapacityChanged' }];
    case 'SetStatus':
      return command.status === state.status ? [] : [{ ...command, type: 'SessionStatusChanged' }];
    default:
      return unreachable(command, 'session command');
  }
}

function evolve(state: SessionState, event: SessionEvent): SessionState {
  if (event.type === 'SessionOpened') {
    const { type: _type, ...settings } = event;
    return state.status === 'none' ? { ...settings, status: 'open' } : state;
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'SessionCapacityChanged':
      return { ...state, capacity: event.capacity };
    case 'SessionStatusChanged':
      return { ...state, status: event.status };
  }
}

export const sessionDecider: Decider<SessionState, SessionCommand, SessionEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
