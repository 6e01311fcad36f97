// An error of staff as managers, reviewers and auditors see it.
import { z } from 'zod';
import { ERROR_KINDS, type LiveStaffError } from './staff-error.ts';

const money = z.object({ amount: z.int(), currency: z.literal('CNY') });
export const STAFF_ERROR_STATUSES = ['marked', 'proposed', 'paying', 'paid', 'failed'] as const;

export const staffErrorView = z
  .object({
    id: z.string(),
    applicationId: z.string(),
    status: z.enum(STAFF_ERROR_STATUSES),
    whose: z.string().describe('A member of staff, or `policy:<version>` where nobody looked.'),
    kind: z.enum(ERROR_KINDS),
    words: z.string(),
    markedBy: z.string(),
    markedAt: z.string(),
    compensation: z
      .object({
        amount: money,
        reason: z.string(),
        proposedBy: z.string(),
        proposedAt: z.string(),
        approvedBy: z.string().optional(),
        approvedAt: z.string().optional(),
        paidAt: z.string().optional(),
        problem: z.string().optional().describe('Why the money has not found its way.'),
      })
      .optional(),
    declined: z.array(
      z.object({ amount: money, proposedBy: z.string(), declinedBy: z.string(), declinedFor: z.string() }),
    ),
  })
  .meta({ id: 'StaffError' });
type View = z.input<typeof staffErrorView>;

const yuan = (amount: number): z.input<typeof money> => ({ amount, currency: 'CNY' });

export function viewStaffError(id: string, state: LiveStaffError): View {
  const { applicationId, status, whose, kind, words, markedBy, markedAt, declined } = state;
  return {
    ...{ id, applicationId, status, whose, kind, words, markedBy, markedAt },
    ...(status === 'marked' ? {} : { compensation: compensationOf(state) }),
    declined: declined.map(({ amount, by, declinedBy, declinedFor }) => ({
      ...{ amount: yuan(amount), proposedBy: by, declinedBy, declinedFor },
    })),
  };
}

function compensationOf(state: Exclude<LiveStaffError, { status: 'marked' }>): NonNullable<View['compensation']> {
  const { amount, reason, by, at } = state.proposal;
  const approval = 'approval' in state ? { approvedBy: state.approval.by, approvedAt: state.approval.at } : {};
  return {
    ...{ amount: yuan(amount), reason, proposedBy: by, proposedAt: at },
    ...approval,
    ...(state.status === 'paid' ? { paidAt: state.paidAt } : {}),
    ...(state.status === 'failed' ? { problem: state.problem } : {}),
  };
}
