// The payment's words: what it can be, what it can be told, what can happen to it (FIN-01 … FIN-03). One page, no logic.
import type { PaymentMethod } from '@tongpiao/contracts';
import type { Fen } from '@tongpiao/kernel';

export type PaymentFacts = {
  readonly orderId: string;
  /** What was asked for; what came is in the capture. */
  readonly amount: Fen;
  readonly method: PaymentMethod;
  readonly description: string;
  readonly expiresAt: string;
  readonly requestedAt: string;
  /** Clerk who took the cash. */
  readonly takenBy?: string | undefined;
};

/** One transaction at the provider: money that is there. */
export type Capture = { readonly transactionId: string; readonly amount: Fen; readonly at: string };

type RefundReason = 'late-payment' | 'double-payment' | 'cancelled' | 'refund' | 'compensation';

/**
 * requested: ours to ask for · accepted: under way at the provider · done: confirmed · failed: will not happen, the amount is
 * free again · abnormal: neither, a person has to look, the amount stays set aside · refused: never asked for · to-hand-over: cash
 * that the customer has not fetched yet
 */
type RefundStatus = 'requested' | 'accepted' | 'done' | 'failed' | 'abnormal' | 'refused' | 'to-hand-over';

export type Refund = {
  readonly id: string;
  readonly amount: Fen;
  readonly reason: RefundReason;
  readonly status: RefundStatus;
  /** The transaction that it gives back. */
  readonly transactionId: string;
  readonly requestedAt: string;
  readonly asked: number;
  /** Counts the numbers it has had at the provider, where each starts one refund at most. Absent: the first. */
  readonly attempt?: number | undefined;
  readonly providerRefundId?: string | undefined;
  readonly refundedAt?: string | undefined;
  /** Clerk who handed the cash over. */
  readonly paidOutBy?: string | undefined;
  readonly problem?: string | undefined;
};

type Live = PaymentFacts & {
  readonly refunds: readonly Refund[];
  /** FIN-03: further transactions for a payment that was captured already; each goes back by itself. */
  readonly surplus: readonly Capture[];
  /** It is to be closed at the provider, and that is not confirmed yet. */
  readonly closing: boolean;
  /** How often the provider was asked since it was opened. */
  readonly asked: number;
  readonly payUrl?: string | undefined;
};

export type PaymentState =
  /** `closedFor`: the order that wanted it closed before it was ever requested. */
  | { readonly status: 'none'; readonly closedFor?: string | undefined }
  | (Live & { readonly status: 'requested' | 'opened' | 'closed' })
  | (Live & { readonly status: 'captured'; readonly capture: Capture })
  | (Live & { readonly status: 'failed'; readonly reason: string });

export type LivePayment = Exclude<PaymentState, { status: 'none' }>;

export type PaymentCommand =
  | {
      readonly type: 'RequestPayment';
      readonly facts: PaymentFacts;
      /** Why this method cannot be used here, found before anything is asked of a provider. */
      readonly refusal?: string | undefined;
      /** It is open at the provider already: requested and opened are one write. */
      readonly payUrl?: string | undefined;
    }
  | { readonly type: 'OpenPayment'; readonly payUrl: string; readonly at: string }
  /** The provider refused for good and holds nothing open for it. */
  | { readonly type: 'RefusePayment'; readonly reason: string; readonly at: string }
  | {
      readonly type: 'CapturePayment';
      readonly capture: Capture;
      /** Id of the refund, should this transaction be one too many. */
      readonly surplusRefundId: string;
      readonly at: string;
    }
  | { readonly type: 'ClosePayment'; readonly orderId: string; readonly at: string }
  | { readonly type: 'ConfirmClosed'; readonly at: string }
  /** The provider was asked and knows of no money, or could not be asked. */
  | { readonly type: 'ReportUnpaid'; readonly at: string }
  | {
      readonly type: 'RequestRefund';
      readonly refundId: string;
      readonly amount: Fen;
      readonly reason: RefundReason;
      readonly at: string;
    }
  /** A person wants a refund that failed or was refused to be tried again. */
  | { readonly type: 'RetryRefund'; readonly refundId: string; readonly at: string }
  /** A clerk has handed the cash over. */
  | { readonly type: 'PayOutRefund'; readonly refundId: string; readonly by: string; readonly at: string }
  | RefundAnswer;

/** What the provider says about a refund; late words about an earlier attempt say nothing about this one. */
export type RefundAnswer = { readonly refundId: string; readonly attempt: number; readonly at: string } & (
  | {
      readonly type: 'ConfirmRefund';
      readonly refundedAt: string;
      readonly providerRefundId?: string | undefined;
    }
  | {
      readonly type: 'FailRefund';
      readonly problem: string;
      /** False: nobody knows yet where the money is. */
      readonly final: boolean;
    }
  /** It was asked about and its end is not known. Without the provider's id the provider could not be asked. */
  | { readonly type: 'ReportRefundPending'; readonly providerRefundId?: string | undefined }
);

type At = { readonly at: string };

export type PaymentEvent = At &
  (
    | { readonly type: 'PaymentRequested'; readonly facts: PaymentFacts }
    | { readonly type: 'PaymentOpened'; readonly payUrl: string; readonly askAt: string }
    /** Opened at the provider after it had ended here: it has to be closed there again. */
    | { readonly type: 'PaymentOpenedLate'; readonly askAt: string }
    | { readonly type: 'PaymentFailed'; readonly reason: string }
    | { readonly type: 'PaymentCaptured'; readonly capture: Capture }
    | { readonly type: 'SurplusReceived'; readonly capture: Capture }
    | { readonly type: 'PaymentForbidden'; readonly orderId: string }
    | { readonly type: 'CloseRequested'; readonly askAt: string }
    | { readonly type: 'PaymentClosed' }
    | { readonly type: 'PaymentClosedAgain' }
    | { readonly type: 'PaymentStillUnpaid'; readonly askAt: string }
    | {
        readonly type: 'RefundRequested';
        readonly refund: Pick<Refund, 'id' | 'amount' | 'reason' | 'transactionId'>;
        readonly askAt: string;
      }
    | {
        readonly type: 'RefundRefused';
        readonly refund: Pick<Refund, 'id' | 'amount' | 'reason'>;
        readonly problem: string;
      }
    | { readonly type: 'RefundAccepted'; readonly refundId: string; readonly providerRefundId: string }
    /** Cash waits at the counter. */
    | { readonly type: 'RefundToHandOver'; readonly refundId: string }
    | { readonly type: 'RefundStillPending'; readonly refundId: string; readonly askAt: string }
    | {
        readonly type: 'RefundDone';
        readonly refundId: string;
        readonly refundedAt: string;
        readonly providerRefundId?: string | undefined;
        readonly paidOutBy?: string | undefined;
      }
    | { readonly type: 'RefundFailed'; readonly refundId: string; readonly problem: string; readonly final: boolean }
    | {
        readonly type: 'RefundRetried';
        readonly refundId: string;
        readonly transactionId: string;
        readonly attempt: number;
        readonly askAt: string;
      }
  );

export type RefundEvent = Extract<PaymentEvent, { type: `Refund${string}` }>;
