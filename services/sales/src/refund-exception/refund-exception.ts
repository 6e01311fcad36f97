// The words of a refund beyond the rules (SAL-51): somebody asks with a reason, somebody else approves by the amount, the ticket is given
// back. No logic.
import type { Fen } from '@tongpiao/kernel';

export type ExceptionFacts = {
  readonly rightId: string;
  readonly orderId: string;
  readonly productId: string;
  readonly ticketNumber: string;
  /** The ticket that it is asked for: one that was exchanged meanwhile is another. */
  readonly revision: number;
  readonly price: Fen;
  /** What shall come back; the rest of the price is kept as the fee. */
  readonly amount: Fen;
  readonly reason: string;
  /** It was used up by then, and whoever decides knows it. */
  readonly used?: true | undefined;
  /** As journals name the caller. */
  readonly requestedBy: string;
  readonly requester: 'staff' | 'customer';
  readonly requestedAt: string;
};

export type ExceptionDecision = {
  readonly by: string;
  readonly approved: boolean;
  readonly remark: string;
  readonly at: string;
};

/** Its session was cancelled or reduced meanwhile, so the whole that is owed went back, and not what was asked for. */
export type PaidInstead = { readonly reason: 'session-cancelled' | 'session-reduced'; readonly returned: Fen };

type ExceptionStatus = 'requested' | 'approved' | 'refused' | 'withdrawn' | 'done' | 'failed';

export type ExceptionState =
  | { readonly status: 'none' }
  | (ExceptionFacts & {
      readonly status: ExceptionStatus;
      /** The right, while this is open: a second request for it finds it taken. */
      readonly openFor?: string | undefined;
      readonly decision?: ExceptionDecision | undefined;
      /** Code of what was in the way at the ticket. */
      readonly failure?: string | undefined;
      readonly instead?: PaidInstead | undefined;
      readonly endedAt?: string | undefined;
    });
export type RefundException = Exclude<ExceptionState, { status: 'none' }>;

export type ExceptionCommand =
  | { readonly type: 'RequestException'; readonly facts: ExceptionFacts }
  | {
      readonly type: 'DecideException';
      readonly by: string;
      readonly approve: boolean;
      readonly remark: string;
      /** The largest amount that whoever decides may decide; left out: any. */
      readonly mayUpTo?: Fen | undefined;
      readonly at: string;
    }
  | { readonly type: 'WithdrawException'; readonly by: string; readonly at: string }
  /** The ticket was given back. */
  | { readonly type: 'CompleteException'; readonly instead?: PaidInstead | undefined; readonly at: string }
  /** It could not be: it was used, given back or exchanged meanwhile. */
  | { readonly type: 'FailException'; readonly failure: string; readonly at: string };

export type ExceptionEvent =
  | { readonly type: 'ExceptionRequested'; readonly facts: ExceptionFacts }
  | { readonly type: 'ExceptionApproved'; readonly decision: ExceptionDecision }
  | { readonly type: 'ExceptionRefused'; readonly decision: ExceptionDecision }
  | { readonly type: 'ExceptionWithdrawn'; readonly by: string; readonly at: string }
  | { readonly type: 'ExceptionDone'; readonly instead?: PaidInstead | undefined; readonly at: string }
  | { readonly type: 'ExceptionFailed'; readonly failure: string; readonly at: string };
