// The ports to those who carry messages. Three outcomes of a submission matter to the caller: accepted (a reference),
// refused (somebody else may try, or nobody), and unknown (it may have been sent: do not simply send it again, NOT-05).

export type SmsMessage = {
  readonly reference: string;
  /** E.164 with or without `+`; digits are sent. */
  readonly to: string;
  /** With its signature 【…】. */
  readonly text: string;
};

export type SmsSubmission = { readonly providerReference: string; readonly segments: number };

export type SmsReceipt = {
  readonly providerReference: string;
  readonly status: 'delivered' | 'failed' | 'unknown';
  readonly at: Date;
  /** The provider's own word: `DELIVRD`, `UNDELIV 001` … */
  readonly code: string;
};

/** A submission that was reported as unknown and turned out to have been accepted. */
export type LateAnswer = SmsSubmission & { readonly reference: string };

export type SmsProvider = {
  readonly name: string;
  /** @throws SubmitRefused, SubmitOutcomeUnknown */
  submit(message: SmsMessage): Promise<SmsSubmission>;
  onReceipt(listener: (receipt: SmsReceipt) => void): void;
  onLateAnswer(listener: (answer: LateAnswer) => void): void;
  /** Asks for the fate of a message that no receipt came for. @throws SubmitRefused where nobody can be asked */
  query(submission: {
    readonly providerReference: string;
    readonly to: string;
  }): Promise<SmsReceipt['status'] | 'pending'>;
  /** False while submissions would be refused at once. */
  healthy(): boolean;
  close(): Promise<void>;
};

export type MailAttachment = {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
  /** The HTML shows it as `cid:<contentId>`; without one it is offered for keeping. */
  readonly contentId?: string;
};

type Mail = {
  readonly reference: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly attachments?: readonly MailAttachment[];
};

export type MailProvider = {
  readonly name: string;
  /** @throws SubmitRefused, SubmitOutcomeUnknown */
  send(mail: Mail): Promise<{ readonly providerReference: string }>;
  /** False after a failure to connect, until a mail got through or the server answered again. */
  healthy(): boolean;
  close(): Promise<void>;
};

/** Certainly not sent. `permanent`: this message will not be taken by this provider, however often it is tried. */
export class SubmitRefused extends Error {
  override readonly name = 'SubmitRefused';
  readonly permanent: boolean;
  /** The provider's own word for it, or ours: `not-bound`, `window-full`. */
  readonly code: string;

  constructor(code: string, detail: string, permanent: boolean, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
    this.permanent = permanent;
  }
}

/** Perhaps sent: the answer did not come. A receipt, a query or a late answer may tell. */
export class SubmitOutcomeUnknown extends Error {
  override readonly name = 'SubmitOutcomeUnknown';
  readonly code: string;

  constructor(code: string, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }
}
