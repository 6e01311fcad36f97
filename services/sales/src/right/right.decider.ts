// RecordReveal is TravellerRevealed in every status but none, where it is platform.not-found.
//
// status ↓ \ command →                              IssueTicket    CheckIn
// none                                              TicketIssued   sales.ticket-refused (unknown)
// issued | checked_in                               -              TicketCheckedIn | sales.ticket-refused (policy's reason)
// used                                              -              sales.ticket-refused (already-used, where and when)
// refunded exchanged voided superseded frozen expired   -          sales.ticket-refused (that reason)
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import { admission } from './admission.policy.ts';
import type { RightCommand, RightEvent, RightState } from './right.ts';

function decide(state: RightState, command: RightCommand): readonly RightEvent[] {
  switch (command.type) {
    case 'IssueTicket':
      return state.status === 'none' ? [{ type: 'TicketIssued', facts: command.facts }] : [];
    case 'CheckIn': {
      const answer = admission(state, command.scan);
      if (!answer.admitted)
        throw new DomainError('sales.ticket-refused', 'The ticket does not open the gate.', { ...answer });
      return [{ type: 'TicketCheckedIn', use: { at: command.scan.at, gateId: command.scan.gateId } }];
    }
    case 'RecordReveal':
      if (state.status === 'none') throw new DomainError('platform.not-found', 'There is no such ticket.');
      return [{ type: 'TravellerRevealed', purpose: command.purpose, request: command.request }];
    default:
      return unreachable(command, 'right command');
  }
}

function evolve(state: RightState, event: RightEvent): RightState {
  switch (event.type) {
    case 'TicketIssued':
      return state.status === 'none' ? { ...event.facts, status: 'issued', revision: 1, uses: [] } : state;
    case 'TicketCheckedIn': {
      if (state.status === 'none') return state;
      const uses = [...state.uses, event.use];
      return { ...state, uses, status: uses.length >= state.entries ? 'used' : 'checked_in' };
    }
    case 'TravellerRevealed':
      return state;
  }
}

export const rightDecider: Decider<RightState, RightCommand, RightEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
