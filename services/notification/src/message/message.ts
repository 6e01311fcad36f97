// A message to one person over one channel (NOT-03): its states, what may happen to it, and what is told about it. The text and
// the receiver are not here: they are sealed beside the state and needed by nobody who only decides.
import type { Language } from '@tongpiao/contracts';

export type Channel = 'sms' | 'email';

/** Which queue of work it belongs to, the first first: codes never stand behind receipts, receipts not behind mass sends (NOT-08). */
export const LANE_NAMES = ['code-sms', 'code-email', 'sms', 'email', 'bulk-sms', 'bulk-email'] as const;
export type LaneName = (typeof LANE_NAMES)[number];

export type MessageFacts = {
  readonly channel: Channel;
  readonly lane: LaneName;
  /** The order, or the request for a code. */
  readonly about: string;
  readonly template: string;
  readonly templateVersion: number;
  readonly language: Language;
  /** Masked: enough to recognise one's own. */
  readonly receiver: string;
  /** Blind index: who it is, without saying so. */
  readonly receiverIndex: string;
  /** Hash of the sealed receiver and values, so that the journal vouches for them too. */
  readonly contentHash: string;
  readonly createdAt: string;
  /** Worthless afterwards: not sent any more. */
  readonly expiresAt?: string | undefined;
};

export type Attempt = { readonly id: string; readonly at: string };

export type Submission = {
  readonly provider: string;
  readonly reference: string;
  /** 0 for mail. */
  readonly segments: number;
  readonly sentAt: string;
};

type Live = MessageFacts & {
  /** Submissions begun so far. */
  readonly tries: number;
};

export type MessageState =
  | { readonly status: 'none' }
  | (Live & { readonly status: 'queued'; readonly dueAt: string; readonly reason?: string | undefined })
  | (Live & { readonly status: 'sending'; readonly attempt: Attempt })
  | (Live & { readonly status: 'sent'; readonly submission: Submission })
  | (Live & { readonly status: 'delivered'; readonly submission: Submission; readonly endedAt: string })
  | (Live & {
      readonly status: 'failed';
      readonly reason: string;
      readonly endedAt: string;
      readonly submission?: Submission | undefined;
    })
  | (Live & { readonly status: 'suppressed'; readonly reason: string; readonly endedAt: string })
  /** Perhaps sent. Never sent again by itself; a late answer or a receipt may still tell. */
  | (Live & {
      readonly status: 'unknown';
      readonly reason: string;
      readonly endedAt: string;
      readonly attempt: Attempt;
      readonly submission?: Submission | undefined;
    });

export type LiveMessage = Exclude<MessageState, { status: 'none' }>;

export type MessageCommand =
  /** With `attempt` the record is born as `sending`: whoever inserts it sends it, in one write. */
  | { readonly type: 'QueueMessage'; readonly facts: MessageFacts; readonly attempt?: Attempt | undefined }
  | { readonly type: 'SuppressMessage'; readonly facts: MessageFacts; readonly reason: string }
  | { readonly type: 'BeginSending'; readonly attempt: Attempt }
  | { readonly type: 'AcceptMessage'; readonly attemptId: string; readonly submission: Submission }
  | { readonly type: 'RefuseMessage'; readonly attemptId: string; readonly reason: string; readonly at: string }
  /** Certainly not sent, and worth another try. */
  | { readonly type: 'PostponeMessage'; readonly attemptId: string; readonly reason: string; readonly at: string }
  /** The instance stops before it has begun: no try was made. */
  | { readonly type: 'ReturnMessage'; readonly attemptId: string; readonly at: string }
  | { readonly type: 'LoseAnswer'; readonly attemptId: string; readonly reason: string; readonly at: string }
  /** The sweep: whoever began has not been heard of for too long. */
  | { readonly type: 'GiveUpWaiting'; readonly begunBefore: string; readonly at: string }
  | {
      readonly type: 'RecordReceipt';
      readonly reference: string;
      readonly outcome: 'delivered' | 'failed' | 'unknown';
      readonly code: string;
      readonly at: string;
    };

export type MessageEvent =
  | { readonly type: 'MessageQueued'; readonly facts: MessageFacts }
  | { readonly type: 'MessageSuppressed'; readonly facts: MessageFacts; readonly reason: string }
  | { readonly type: 'SendingBegun'; readonly attempt: Attempt }
  | { readonly type: 'MessageSent'; readonly submission: Submission }
  | { readonly type: 'SendingPostponed'; readonly reason: string; readonly dueAt: string }
  | { readonly type: 'SendingReturned'; readonly dueAt: string }
  | { readonly type: 'MessageFailed'; readonly reason: string; readonly at: string }
  | { readonly type: 'MessageBecameUnknown'; readonly reason: string; readonly at: string }
  | { readonly type: 'MessageDelivered'; readonly at: string };
