// state ↓ \ command →  OpenSession     ChangeCapacity               SetStatus                    ReduceSession         CancelSession
// none                 SessionOpened   platform.not-found           platform.not-found           platform.not-found    platform.not-found
// open | closed        -               SessionCapacityChanged | -¹  SessionStatusChanged | -¹    SessionReduced | -²   SessionCancelled
// cancelled            -               session-cancelled | -⁴       inventory.session-cancelled  -                     -
//
// state ↓ \ command →  ProposeCapacity                    ApproveCapacity
// none                 platform.not-found                 platform.not-found
// open | closed        CapacityProposed³ | -²             CapacityApproved | -²
// cancelled            inventory.session-cancelled        -
//
// ¹ the same already, or a change that takes a reduction back and is known by its id. ² known by its id; and of a cancelled session all places go anyway. ³ in place of one that stood; any other
// change of the capacity, and a cancellation, ends it, because it was proposed for another session than there is now.
// Whether a lower capacity is possible at all, and how many places go, is decided on the counters before this is asked; who may
// change it alone, or approve, is `approval.policy.ts`'s. A reduction that was proposed and approved is ReduceSession with its approval:
// it ends the proposal and is the new measure. ⁴ inventory.session-cancelled; a change that takes a reduction back was decided on the
// counters before the cancellation, and all places go anyway.
import { DomainError, unreachable, type Decider } from '@tongpiao/kernel';
import type { Disruption, LiveSession, SessionCommand, SessionEvent, SessionState } from './session.ts';

function decide(state: SessionState, command: SessionCommand): readonly SessionEvent[] {
  if (command.type === 'OpenSession') return state.status === 'none' ? [{ ...command, type: 'SessionOpened' }] : [];
  if (state.status === 'none') throw new DomainError('platform.not-found', 'There is no such session.');
  switch (command.type) {
    case 'ChangeCapacity':
      if (command.restored === undefined) refuseCancelled(state);
      return isDone(state, command) ? [] : [{ ...command, type: 'SessionCapacityChanged' }];
    case 'SetStatus':
      refuseCancelled(state);
      return command.status === state.status ? [] : [{ ...command, type: 'SessionStatusChanged' }];
    case 'ProposeCapacity':
      refuseCancelled(state);
      return state.proposal?.id === command.proposalId || state.approved?.proposalId === command.proposalId
        ? []
        : [{ ...command, type: 'CapacityProposed' }];
    case 'ApproveCapacity':
      return state.status === 'cancelled' || state.approved?.proposalId === command.proposalId
        ? []
        : [{ ...command, type: 'CapacityApproved' }];
    case 'ReduceSession':
      return state.status === 'cancelled' || disruptionOf(state, command.disruptionId) !== undefined
        ? []
        : [{ ...command, type: 'SessionReduced' }];
    case 'CancelSession':
      return state.status === 'cancelled' ? [] : [{ ...command, type: 'SessionCancelled' }];
    default:
      return unreachable(command, 'session command');
  }
}

function isDone(
  { status, capacity, restorations = [] }: LiveSession,
  command: Extract<SessionCommand, { readonly type: 'ChangeCapacity' }>,
): boolean {
  return command.restored === undefined
    ? command.capacity === capacity
    : status === 'cancelled' || restorations.includes(command.restored.restoreId);
}

function refuseCancelled(state: LiveSession): void {
  if (state.status === 'cancelled')
    throw new DomainError('inventory.session-cancelled', 'The session was cancelled for good.');
}

export function disruptionOf(state: LiveSession, id: string): Disruption | undefined {
  return state.disruptions?.find((disruption) => disruption.id === id);
}

/** How a cancelled session was cancelled. */
export function cancellationOf(state: LiveSession): Disruption | undefined {
  return state.disruptions?.find(({ kind }) => kind === 'cancellation');
}

/** More than a session is ever disrupted, or that is taken back; what lies further back is in the journal. */
const DISRUPTIONS_KEPT = 50;

function evolve(state: SessionState, event: SessionEvent): SessionState {
  if (event.type === 'SessionOpened') {
    const { type: _type, ...settings } = event;
    return state.status === 'none' ? { ...settings, status: 'open' } : state;
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'SessionCapacityChanged':
      return { ...changed(state, event.capacity), ...restoredBy(state, event) };
    case 'SessionStatusChanged':
      return { ...state, status: event.status };
    case 'SessionReduced': {
      const { type: _type, disruptionId: id, approval, ...facts } = event;
      const disruptions = disrupted(state, { ...facts, id, kind: 'reduction' });
      if (approval === undefined) return { ...changed(state, event.capacity), ...disruptions };
      return { ...approvedAs(state, event.capacity, approval), ...disruptions };
    }
    case 'SessionCancelled': {
      const { type: _type, disruptionId: id, ...facts } = event;
      const cancellation: Disruption = { ...facts, id, kind: 'cancellation', capacity: state.capacity };
      const { proposal: _proposal, ...rest } = state;
      return { ...rest, status: 'cancelled', ...disrupted(state, cancellation) };
    }
    case 'CapacityProposed': {
      const { type: _type, proposalId: id, ...facts } = event;
      return { ...state, proposal: { ...facts, id } };
    }
    case 'CapacityApproved':
      return { ...approvedAs(state, event.capacity, event), ...restoredBy(state, event) };
  }
}

function restoredBy(
  state: LiveSession,
  { restored }: Extract<SessionEvent, { readonly type: 'SessionCapacityChanged' | 'CapacityApproved' }>,
): Pick<LiveSession, 'restorations'> {
  if (restored === undefined) return {};
  return { restorations: [...(state.restorations ?? []), restored.restoreId].slice(-DISRUPTIONS_KEPT) };
}

/** By a second person: the new measure. */
function approvedAs(
  state: LiveSession,
  capacity: number,
  { proposalId, approvedBy: by }: { readonly proposalId: string; readonly approvedBy: string },
): LiveSession {
  return { ...changed(state, capacity), approvedCapacity: capacity, approved: { proposalId, capacity, by } };
}

/** By one person: what it is measured against stays. */
function changed(state: LiveSession, capacity: number): LiveSession {
  const { proposal: _proposal, ...rest } = state;
  return { ...rest, capacity, approvedCapacity: state.approvedCapacity ?? state.capacity };
}

function disrupted(state: LiveSession, disruption: Disruption): Required<Pick<LiveSession, 'disruptions'>> {
  return { disruptions: [...(state.disruptions ?? []), disruption].slice(-DISRUPTIONS_KEPT) };
}

export const sessionDecider: Decider<SessionState, SessionCommand, SessionEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
