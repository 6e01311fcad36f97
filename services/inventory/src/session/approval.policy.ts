// Who may change a capacity alone (INV-20). Up to a share of what was opened or last approved one person is enough, however many steps
// it is done in; beyond that a second person approves what the first proposed, also when it has a plan for those who hold tickets. A
// cancellation needs no second person: it is for storms and fires, and nobody shall set out for a closed gate while it waits.
import { DomainError } from '@tongpiao/kernel';
import type { LiveSession, Proposal } from './session.ts';

/** Unless the calendar says otherwise. */
const APPROVAL_ABOVE_PERCENT = 30;

/** @param abovePercent of the capacity that was opened or last approved */
export function needsApproval(state: LiveSession, capacity: number, abovePercent = APPROVAL_ABOVE_PERCENT): boolean {
  if (capacity === state.capacity) return false;
  const approved = state.approvedCapacity ?? state.capacity;
  return Math.abs(capacity - approved) * 100 > approved * abovePercent;
}

/** @throws DomainError when one person may not do it alone */
export function refuseAlone(state: LiveSession, capacity: number, abovePercent = APPROVAL_ABOVE_PERCENT): void {
  if (!needsApproval(state, capacity, abovePercent)) return;
  throw new DomainError('inventory.capacity-needs-approval', 'A second person has to approve such a change.', {
    percent: abovePercent,
  });
}

/**
 * @param by the person who approves
 * @throws DomainError when that is another proposal than the one that stands, or one's own
 */
export function approvable(state: LiveSession, proposalId: string, by: string): Proposal {
  const { proposal } = state;
  if (proposal?.id !== proposalId)
    throw new DomainError('inventory.unknown-proposal', 'This proposal does not stand (any more).');
  if (proposal.by === by)
    throw new DomainError('inventory.own-proposal', 'Somebody else has to approve what one proposes.');
  return proposal;
}
