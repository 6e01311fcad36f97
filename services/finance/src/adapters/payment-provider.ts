// The port to a payment provider: what finance asks for and what it may be told. Amounts are integer fen.
// Errors: TransientError where the same call may succeed later (network, 5xx, rate, an answer whose signature does not
// hold), DomainError where the provider refused for good. A call that ended in TransientError may have been carried
// out; all calls are idempotent by our own ids, so repeating is safe.

export type ProviderName = 'wechat' | 'alipay';

export type PaymentRequest = {
  /** 6–32 characters of `0-9 A-Z a-z _ - | *`: the narrower of the providers' rules for merchant order numbers. */
  readonly paymentId: string;
  readonly amountFen: number;
  /** Shown to the payer; cut to what the provider takes. */
  readonly description: string;
  /** Absolute address without a query. */
  readonly notifyUrl: string;
  readonly expiresAt: Date;
  /** Asks a sandbox to pay by itself. Real providers hand the mark back unread. */
  readonly auto: boolean;
};

export type ProviderPaymentState =
  | { readonly status: 'paid'; readonly transactionId: string; readonly paidAt: Date; readonly amountFen: number }
  /** `closed`: nothing can be paid any more. `unknown`: the provider has never heard of it. */
  | { readonly status: 'not_paid' | 'closed' | 'unknown' };

export type RefundRequest = {
  /** The refund's number there: 1–64 characters; unique for the merchant, not only for the payment. */
  readonly refundId: string;
  readonly paymentId: string;
  readonly amountFen: number;
  /** What was paid in total; WeChat Pay compares it. */
  readonly totalFen: number;
  readonly reason: string;
  /** Alipay ignores it and tells the payment's address. */
  readonly notifyUrl: string;
};

export type ProviderRefundState =
  | { readonly status: 'processing' | 'succeeded' | 'failed' | 'abnormal'; readonly providerRefundId: string }
  /** The provider has never heard of it: the request may be repeated. */
  | { readonly status: 'unknown' };

export type ProviderCallback =
  | {
      readonly kind: 'payment';
      readonly paymentId: string;
      readonly status: 'paid' | 'closed';
      readonly transactionId: string;
      readonly amountFen: number;
      readonly at: Date;
    }
  | {
      readonly kind: 'refund';
      readonly paymentId: string;
      readonly refundId: string;
      readonly status: 'succeeded' | 'failed' | 'abnormal';
      readonly transactionId: string;
      /** This refund's amount; null where the provider tells only the sum of all refunds so far (Alipay). */
      readonly amountFen: number | null;
      /** As `refund` answers it. */
      readonly providerRefundId: string;
      readonly at: Date;
    };

export type CallbackInput = {
  /** Names in lower case, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they came: a parsed and re-serialised body has another signature. */
  readonly body: Buffer;
};

export type CallbackAnswer = { readonly status: number; readonly contentType: string; readonly body: string };

export type PaymentProvider = {
  readonly name: ProviderName;
  /** Idempotent by `paymentId`. @throws DomainError `finance.payment-*`, TransientError */
  create(request: PaymentRequest): Promise<{ readonly payUrl: string }>;
  query(paymentId: string): Promise<ProviderPaymentState>;
  /** A payment that the provider has never heard of counts as closed; one that still arrives is a late payment (FIN-03). */
  close(paymentId: string): Promise<'closed' | 'already_paid'>;
  /** Idempotent by `refundId`. @throws DomainError `finance.refund-refused`, `finance.payment-not-found`, TransientError */
  refund(request: RefundRequest): Promise<ProviderRefundState>;
  queryRefund(refundId: string, paymentId: string): Promise<ProviderRefundState>;
  /** @throws ProviderCallbackRefused where anything about it is not the provider's */
  verifyCallback(input: CallbackInput): ProviderCallback;
  callbackAnswer(ok: boolean, message?: string): CallbackAnswer;
  /** Ends the connections; calls under way fail. */
  stop(): Promise<void>;
};

/** A call-back that is not believed (FIN-02). Its reason is for the log, never for the sender. */
export class ProviderCallbackRefused extends Error {
  override readonly name = 'ProviderCallbackRefused';
  readonly code = 'finance.callback-refused';
  readonly reason: 'headers' | 'serial' | 'timestamp' | 'nonce' | 'signature' | 'body' | 'account';

  constructor(reason: ProviderCallbackRefused['reason'], detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.reason = reason;
  }
}
