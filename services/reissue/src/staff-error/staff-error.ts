// The words of an error of staff in a case (REI-52): who is named by whom, what it may cost, and what became of the money. No logic.
import type { Fen } from '@tongpiao/kernel';

export const ERROR_KINDS = [
  'wrong-approval',
  'wrong-refusal',
  'wrong-data',
  'too-late',
  'wrong-ticket-made',
  'bad-conduct',
  'policy-too-lenient',
  'other',
] as const;
type ErrorKind = (typeof ERROR_KINDS)[number];

export type ErrorFacts = {
  readonly applicationId: string;
  readonly orderId: string;
  /** A member of staff, or `policy:<version>` where nobody looked. */
  readonly whose: string;
  readonly kind: ErrorKind;
  readonly words: string;
  readonly markedBy: string;
  readonly markedAt: string;
};

type Proposal = {
  readonly amount: Fen;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
};
type Approval = { readonly by: string; readonly reason: string; readonly at: string };
type Declined = Proposal & { readonly declinedBy: string; readonly declinedFor: string };

type Marked = ErrorFacts & { readonly declined: readonly Declined[] };
type Promised = Marked & { readonly proposal: Proposal; readonly approval: Approval; readonly compensationId: string };

export type StaffErrorState =
  | { readonly status: 'none' }
  | (Marked & { readonly status: 'marked' })
  | (Marked & { readonly status: 'proposed'; readonly proposal: Proposal })
  | (Promised & { readonly status: 'paying' })
  | (Promised & { readonly status: 'paid'; readonly paidAt: string })
  /** The money has not found its way; finance lists why, and may still bring it there. */
  | (Promised & { readonly status: 'failed'; readonly problem: string });
export type LiveStaffError = Exclude<StaffErrorState, { status: 'none' }>;

export type StaffErrorCommand =
  | {
      readonly type: 'MarkError';
      readonly facts: ErrorFacts;
      /** Everybody who had a hand in the case. */
      readonly involved: readonly string[];
    }
  | {
      readonly type: 'ProposeCompensation';
      readonly proposal: Proposal;
      /** The most that the tenant's policy lets anybody propose. */
      readonly max: Fen;
    }
  | {
      readonly type: 'DecideCompensation';
      readonly verdict: 'approve' | 'decline';
      readonly by: string;
      readonly reason: string;
      readonly compensationId: string;
      readonly at: string;
    }
  | { readonly type: 'ConfirmPaid'; readonly compensationId: string; readonly at: string }
  | { readonly type: 'FailPayment'; readonly compensationId: string; readonly problem: string };

export type StaffErrorEvent =
  | { readonly type: 'ErrorMarked'; readonly facts: ErrorFacts }
  | { readonly type: 'CompensationProposed'; readonly proposal: Proposal }
  | { readonly type: 'CompensationDeclined'; readonly by: string; readonly reason: string; readonly at: string }
  | { readonly type: 'CompensationApproved'; readonly approval: Approval; readonly compensationId: string }
  | { readonly type: 'CompensationPaid'; readonly at: string }
  | { readonly type: 'CompensationFailed'; readonly problem: string };
