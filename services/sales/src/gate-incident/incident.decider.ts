// state ↓ \ command →   FindIncident           CloseIncident
// none                  found (open | noted¹)  not-found
// open                  -                      closed
// noted                 -                      incident-closed
// closed                -                      - (same finding, same person) | incident-closed
//
// ¹ a forgery that the gate refused
// The id of an incident follows from the scan, so whoever tells it again finds it there.
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import type { Closure, IncidentCommand, IncidentEvent, IncidentState } from './incident.ts';

function close(state: IncidentState, closure: Closure): readonly IncidentEvent[] {
  switch (state.status) {
    case 'none':
      throw new DomainError('platform.not-found', 'There is no such incident.');
    case 'open':
      return [{ type: 'IncidentClosed', closure }];
    case 'closed':
      if (state.closure.finding === closure.finding && state.closure.by === closure.by) return [];
      throw over(state.closure.at);
    case 'noted':
      throw over(state.foundAt);
  }
}

function over(at: string): DomainError {
  return new DomainError('sales.incident-closed', 'The incident is closed.', { at });
}

function decide(state: IncidentState, command: IncidentCommand): readonly IncidentEvent[] {
  switch (command.type) {
    case 'FindIncident':
      return state.status === 'none' ? [{ type: 'IncidentFound', facts: command.facts }] : [];
    case 'CloseIncident':
      return close(state, command.closure);
    default:
      return unreachable(command, 'incident command');
  }
}

function evolve(state: IncidentState, event: IncidentEvent): IncidentState {
  switch (event.type) {
    case 'IncidentFound': {
      if (state.status !== 'none') return state;
      return { ...event.facts, status: event.facts.kind === 'forged-refused' ? 'noted' : 'open' };
    }
    case 'IncidentClosed':
      return state.status === 'open' ? { ...state, status: 'closed', closure: event.closure } : state;
  }
}

export const incidentDecider: Decider<IncidentState, IncidentCommand, IncidentEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
