// Own event → what others must hear of an error: finance pays what was approved.
import { payCompensation } from '@tongpiao/contracts';
import { say, type Said } from '@tongpiao/persistence';
import type { StaffErrorEvent, StaffErrorState } from './staff-error.ts';

export function staffErrorMessages(
  event: StaffErrorEvent,
  { state }: { readonly state: StaffErrorState },
): readonly Said[] {
  if (event.type !== 'CompensationApproved' || state.status !== 'paying') return [];
  const { compensationId, orderId, proposal, approval, applicationId: about } = state;
  return [say(payCompensation, { compensationId, orderId, amount: proposal.amount, about, approvedBy: approval.by })];
}
