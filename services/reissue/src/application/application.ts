// The words of an application for a new ticket: what it can be, what it can be asked, what can happen to it. No logic.
import type { Bilingual, DataOf, Language, PaymentMethod, ReissueKind, ticketReissued } from '@tongpiao/contracts';
import type { Fen, IdType } from '@tongpiao/kernel';
import type { PersonalValue } from '@tongpiao/persistence';
import type { Policy } from '../policy/policy.ts';

/** What staff write may name anybody: it is sealed. An older case may have it as text. */
export type Words = PersonalValue | string;

type Reason = 'lost' | 'damaged' | 'not-received' | 'wrong-data' | 'system-fault' | 'other';
export type Channel = 'web' | 'app' | 'counter' | 'hotline' | 'kiosk' | 'ota' | 'batch';
export type Person = { readonly name: PersonalValue; readonly idType: IdType; readonly idNumber: PersonalValue };

/** The ticket as it was when it was applied for. */
type AppliedTicket = {
  readonly rightId: string;
  readonly number: string;
  readonly orderId: string;
  readonly siteId: string;
  readonly productId: string;
  readonly product: Bilingual;
  readonly ticketTypeId: string;
  readonly ticketType: Bilingual;
  readonly startsAt: string;
  readonly validUntil: string;
  readonly amount: Fen;
  readonly realName: boolean;
  /** REI-22: the law has a lost real-name road ticket reissued free of charge. */
  readonly road: boolean;
  /** It was reissued before, so often. */
  readonly reissues: number;
};

export type CaseFacts = {
  readonly kind: ReissueKind;
  readonly reason: Reason;
  readonly channel: Channel;
  readonly language: Language;
  readonly ticket: AppliedTicket;
  /** Of the purchase. */
  readonly contact: {
    readonly name: PersonalValue;
    readonly phone: PersonalValue;
    readonly email?: PersonalValue | undefined;
  };
  /** On a real-name ticket. */
  readonly traveller?: Person | undefined;
  /** REI-31: how the traveller's data should read. */
  readonly correction?: Person | undefined;
  readonly note?: PersonalValue | undefined;
  /** PLA-04: the member of staff who entered it decides nothing on it. */
  readonly enteredBy?: string | undefined;
  readonly userId?: string | undefined;
  /** REI-53: the list that it is of, and its line there. */
  readonly batch?: { readonly id: string; readonly line: number } | undefined;
  /** Blind index of whoever applies: the document on the ticket, else the phone of its purchase. */
  readonly personIndex: string;
  readonly addressIndex: string;
  /** REI-11: of the device, where the client names it. */
  readonly deviceIndex?: string | undefined;
  readonly accessHash: string;
  readonly submittedAt: string;
  /** What judges this case, whatever the tenant's policy becomes (REI-51). */
  readonly policy: Policy;
};

type ProofHow = 'code' | 'document' | 'purchase-proof' | 'order-token' | 'login';
type SentCode = {
  readonly hash: string;
  readonly sentAt: string;
  readonly validUntil: string;
  readonly misses: number;
};
export type Identity = 'match' | 'mismatch' | 'not-needed';

/** What is known of the person and the place beside this case, counted when it was assessed. */
export type History = {
  /** Other applications of the person on this day. */
  readonly sameDay: number;
  /** Of the person within the last ninety days that were refused. */
  readonly refused: number;
  /** Earlier applications for this ticket. */
  readonly sameTicket: number;
  /** Other people's applications from this address within the last thirty days. */
  readonly sharedAddress: number;
  /** Other people's applications from this device within the last thirty days. */
  readonly sharedDevice: number;
  /** REI-51: earlier ones of the person in the same month, for the figures of years whose people are erased. Counts for nothing. */
  readonly sameMonth?: number | undefined;
  /** Proofs and identity checks that failed in other cases of the person, within the days that the policy names. */
  readonly failedChecks: number;
  /** How often the ticket was held up at a gate, and let in or not. */
  readonly scansAdmitted: number;
  readonly scansRefused: number;
};

export type Finding = {
  readonly factor: string;
  readonly points: number;
  /** What was counted. */
  readonly value: number;
};

export type Desk = 'operator' | 'reviewer' | 'manager';

export type Assessment = {
  readonly policyVersion: number;
  readonly identity: Identity;
  readonly history: History;
  readonly findings: readonly Finding[];
  readonly score: number;
  readonly desk: Desk;
  /** Why it is not an operator's. */
  readonly escalatedFor: readonly string[];
  /** REI-11: a reviewer has to clear it first. */
  readonly suspended: boolean;
  readonly fee: Fen;
  /** Why nothing is charged, where something could be. */
  readonly waivedFor?: string | undefined;
  /** REI-43 */
  readonly selfService: boolean;
};

/** Until when staff decide. Provisional: counted into a year whose working days nobody has told yet. */
export type DecideBy = { readonly decideBy: string; readonly provisional?: true };

export type Staff = { readonly id: string; readonly desk: Desk };
type Verdict = 'approve' | 'refuse';

export type Decision = {
  readonly verdict: Verdict;
  /** A member of staff, or `policy:<version>`. */
  readonly by: string;
  readonly reason: Words;
  readonly at: string;
  /** REI-43: looked at again by a person. */
  readonly sampled?: boolean | undefined;
  /** Of a person's decision: the desk on which it lay. */
  readonly desk?: Desk | undefined;
};

type Approval = Decision & {
  /** 补发标识码: with it the ticket is replaced once, whatever is retried (REI-23). */
  readonly code: string;
  readonly fee: Fen;
  readonly waivedFor?: string | undefined;
};

export type Refusal = {
  readonly reason: string;
  readonly words?: Words | undefined;
  readonly by: string;
  readonly at: string;
  /** Of a person's refusal: the desk on which it lay. */
  readonly desk?: Desk | undefined;
  /** Until when an appeal is taken; absent when there is none (REI-41). */
  readonly appealBy?: string | undefined;
};

export type Recommendation = { readonly verdict: Verdict; readonly by: string; readonly reason: Words };

export type FeePayment = {
  readonly id: string;
  readonly method: PaymentMethod;
  readonly amount: Fen;
  readonly status: 'requested' | 'opened' | 'captured' | 'failed' | 'closed';
  readonly payUrl?: string | undefined;
  /** When it was begun. */
  readonly at?: string | undefined;
  /** Of the fee that the case has: under which id it goes back, should it have to. */
  readonly refundId?: string | undefined;
};
export type FeeRefund = {
  readonly id: string;
  readonly paymentId: string;
  readonly amount: Fen;
  readonly reason: 'late-payment' | 'double-payment' | 'cancelled';
  /** Failed: a person at finance has to look, and may try it again. */
  readonly status: 'requested' | 'done' | 'failed';
  /** Why it has failed, in finance's word. */
  readonly problem?: string | undefined;
};

export const FILE_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'application/pdf'] as const;
export type FileType = (typeof FILE_TYPES)[number];
/** What a photo or paper is said to show. */
export const ATTACHMENT_SUBJECTS = ['ticket', 'identity', 'purchase', 'other'] as const;

/** REI-03: what the journal keeps of a file; its bytes lie sealed beside the case. */
export type Attachment = {
  readonly id: string;
  readonly about: (typeof ATTACHMENT_SUBJECTS)[number];
  /** By content. */
  readonly type: FileType;
  readonly bytes: number;
  /** Hexadecimal, of the file as it came. */
  readonly sha256: string;
  /** Of an image, by its header. */
  readonly pixels?: number | undefined;
  /** Under which the sealed bytes lie. */
  readonly blob: string;
  readonly by: string;
  readonly at: string;
};

type Material = {
  readonly what: Words;
  readonly by: string;
  readonly until: string;
  readonly at: string;
  readonly supplied?:
    | {
        readonly note: PersonalValue;
        readonly at: string;
        /** Those of the case that show it. */
        readonly attachments?: readonly string[] | undefined;
      }
    | undefined;
};
type PhoneCall = { readonly by: string; readonly note: Words; readonly at: string };

type SampleReview = {
  readonly verdict: 'confirm' | 'contest';
  readonly by: string;
  readonly words: string;
  readonly at: string;
};

type Common = CaseFacts & {
  readonly freeze: 'none' | 'asked' | 'frozen';
  readonly proof?:
    | {
        readonly how: ProofHow;
        readonly by?: string | undefined;
        readonly at: string;
        /** Which proof of purchase was seen, in the words of whoever saw it. */
        readonly words?: PersonalValue | undefined;
        /** REI-02: when the document was shown, where something else had proven the ticket. */
        readonly documentAt?: string | undefined;
      }
    | undefined;
  /** REI-02: proven and frozen, and goes on when the document of the purchase is shown, until then. */
  readonly documentBy?: string | undefined;
  readonly codes: number;
  readonly code?: SentCode | undefined;
  /** Proofs that failed, of every kind. */
  readonly misses: number;
  /** Everybody who has decided, recommended or cleared something. */
  readonly deciders: readonly string[];
  readonly materials: readonly Material[];
  readonly attachments: readonly Attachment[];
  readonly calls: readonly PhoneCall[];
  readonly payments: readonly FeePayment[];
  readonly refunds: readonly FeeRefund[];
  readonly paidBy?: string | undefined;
  readonly appeal?: { readonly words: PersonalValue; readonly at: string } | undefined;
  /** REI-43: the second look at what the policy has decided alone. */
  readonly sampleReview?: SampleReview | undefined;
  /** REI-42: how often a deadline for staff passed. */
  readonly overdue: number;
};
/** REI-42: from the proof (or its document) on somebody has to find out who it is. Cases of an earlier day have no such time. */
type Verified = Common & {
  readonly verifyBy?: string | undefined;
  /** The first of these times that has passed. */
  readonly overdueSince?: string | undefined;
};
type Judged = Common & { readonly assessment: Assessment };
type OnDesk = Judged & {
  readonly desk: Desk;
  readonly decideBy: string;
  /** From when that was counted. */
  readonly countedFrom?: string | undefined;
  /** REI-42: into a year whose working days are not told yet; counted again when they are. */
  readonly provisional: boolean;
  /** REI-42: the first deadline that has passed on this desk. */
  readonly overdueSince?: string | undefined;
  readonly recommendation?: Recommendation | undefined;
};

type DeskStatus = 'risk_check' | 'deciding' | 'reviewing';

/** The paper ticket on its way. */
type Shipment = {
  readonly carrier: string;
  readonly trackingNumber: string;
  /** Of the numbered sheet that is in it. */
  readonly serial?: string | undefined;
  readonly by: string;
  readonly at: string;
};

/** Gates of the site that judge by lists, when all of them had one that knows the new ticket. */
type ListedGates = { readonly count: number; readonly lastAt: string; readonly knowMs: number };

export type ApplicationState =
  | { readonly status: 'none' }
  | (Verified & { readonly status: 'submitted' | 'verifying' })
  | (Verified & { readonly status: 'waiting_identity'; readonly tries: number })
  | (OnDesk & { readonly status: DeskStatus })
  | (OnDesk & { readonly status: 'material_wanted'; readonly back: DeskStatus })
  | (Judged & { readonly status: 'fee_due'; readonly approval: Approval; readonly payBy: string })
  | (Judged & {
      readonly status: 'executing';
      readonly approval: Approval;
      /** When sales was asked. */ readonly orderedAt: string;
    })
  | (Judged & {
      readonly status: 'reissued';
      readonly approval: Approval;
      readonly newNumber: string;
      readonly reissuedAt: string;
      /** REI-35: from the decision (or the payment of its fee) until we have heard that sales refuses the old ticket. */
      readonly carriedOutMs: number;
      /** From when that was counted. */
      readonly orderedAt?: string | undefined;
      /** REI-30: by post; the last one counts. */
      readonly shipments?: readonly Shipment[] | undefined;
      /** REI-35: absent until the last gate's list knows of it. */
      readonly gates?: ListedGates | undefined;
      /** Until then: what a list that comes in looks for. */
      readonly awaitsGates?: true | undefined;
    })
  | (Common & {
      readonly status: 'refused';
      readonly refusal: Refusal;
      readonly assessment?: Assessment | undefined;
      readonly approval?: Approval | undefined;
    })
  | (OnDesk & { readonly status: 'appealing'; readonly refusal: Refusal })
  | (Common & {
      readonly status: 'withdrawn' | 'closed';
      readonly endReason: string;
      readonly endedAt: string;
      readonly assessment?: Assessment | undefined;
    });
export type LiveApplication = Exclude<ApplicationState, { status: 'none' }>;
export type Of<Status extends ApplicationState['status']> = Extract<ApplicationState, { status: Status }>;
export type CaseOnDesk = Of<DeskStatus>;

export type TimerName = 'proof' | 'decision' | 'material-reminder' | 'material' | 'fee';
export type NewTicket = DataOf<typeof ticketReissued>['ticket'];

export type ApplicationCommand =
  | { readonly type: 'SubmitApplication'; readonly facts: CaseFacts }
  /** REI-53: a line of an approved list. The fault is ours, so nothing is proven, frozen or paid. */
  | {
      readonly type: 'BeginInBatch';
      readonly facts: CaseFacts;
      /** Who has approved the list, and why. */
      readonly by: Staff;
      readonly reason: string;
      readonly code: string;
      readonly at: string;
    }
  | { readonly type: 'SendCode'; readonly code: PersonalValue; readonly hash: string; readonly at: string }
  | {
      readonly type: 'ProveOwnership';
      readonly how: ProofHow;
      /** What was shown, as it is compared: the hash of a code, whether a document is the ticket's. */
      readonly shown: { readonly codeHash: string } | { readonly matches: boolean };
      readonly by?: string | undefined;
      /** Of a proof of purchase: what was seen. */
      readonly words?: PersonalValue | undefined;
      readonly at: string;
    }
  | { readonly type: 'ConfirmFreeze'; readonly at: string }
  | { readonly type: 'RefuseFreeze'; readonly reason: string; readonly at: string }
  | {
      readonly type: 'RecordVerification';
      readonly outcome: Identity | 'unavailable';
      readonly history: History;
      /** The reissue code, should the case be decided at once. */
      readonly code: string;
      /** REI-43: 0 to below 1, drawn outside; small ones are sampled. */
      readonly draw: number;
      readonly at: string;
    }
  /** REI-11: how often the ticket was held up at a gate until today. */
  | { readonly type: 'CountScans'; readonly admitted: number; readonly refused: number; readonly at: string }
  | {
      readonly type: 'EndTicket';
      readonly how: 'used' | 'refunded' | 'exchanged' | 'superseded' | 'expired';
      /** Which of the right's tickets; none: the one that lives. */
      readonly number?: string | undefined;
      readonly at: string;
    }
  | {
      readonly type: 'Decide';
      readonly by: Staff;
      readonly verdict: Verdict;
      readonly reason: Words;
      /** REI-22: nothing is charged when the fault is ours. */
      readonly ourFault: boolean;
      readonly code: string;
      readonly at: string;
    }
  | {
      readonly type: 'Escalate';
      readonly by: Staff;
      readonly to: 'reviewer' | 'manager';
      readonly verdict: Verdict;
      readonly reason: Words;
      readonly at: string;
    }
  | { readonly type: 'ClearRisk'; readonly by: Staff; readonly reason: Words; readonly at: string }
  | { readonly type: 'AskMaterial'; readonly by: Staff; readonly what: Words; readonly at: string }
  | { readonly type: 'ConfirmByPhone'; readonly by: Staff; readonly note: Words; readonly at: string }
  | {
      readonly type: 'SupplyMaterial';
      readonly note: PersonalValue;
      readonly attachments?: readonly string[] | undefined;
      readonly at: string;
    }
  | { readonly type: 'AddAttachment'; readonly attachment: Attachment }
  | {
      readonly type: 'RequestPayment';
      readonly paymentId: string;
      readonly method: PaymentMethod;
      readonly takenBy?: string | undefined;
      /** Somebody of the staff begins it with the applicant: no limit of theirs holds it up. */
      readonly helped?: true | undefined;
      readonly at: string;
    }
  | { readonly type: 'OpenPayment'; readonly paymentId: string; readonly payUrl?: string | undefined }
  | {
      readonly type: 'CapturePayment';
      readonly paymentId: string;
      readonly amount: Fen;
      /** Should it have to go back. */
      readonly refundId: string;
      readonly at: string;
    }
  | { readonly type: 'EndPayment'; readonly paymentId: string; readonly how: 'failed' | 'closed' }
  | { readonly type: 'ConfirmRefund'; readonly refundId: string }
  | { readonly type: 'FailRefund'; readonly refundId: string; readonly problem: string }
  | {
      readonly type: 'ConfirmReissue';
      readonly code: string;
      readonly ticket: NewTicket;
      /** As sales has stamped the new ticket, before it was signed and written. */
      readonly at: string;
      /** Sales has written it by then. */
      readonly heardAt: string;
    }
  | {
      readonly type: 'RefuseReissue';
      readonly code: string;
      readonly reason: string;
      readonly refundId: string;
      readonly at: string;
    }
  | { readonly type: 'Appeal'; readonly words: PersonalValue; readonly at: string }
  | { readonly type: 'Withdraw'; readonly at: string }
  | {
      readonly type: 'Remind';
      readonly what: TimerName;
      /** Of the desk on which it lies, where the tenant has named one. */
      readonly mailbox?: PersonalValue | undefined;
      readonly at: string;
    }
  /** REI-42: the tenant's calendar as it is now. */
  | { readonly type: 'RecountDeadline'; readonly calendar: Policy['calendar']; readonly at: string }
  | { readonly type: 'RecordShipment'; readonly shipment: Shipment }
  | { readonly type: 'ConfirmGates'; readonly count: number; readonly lastAt: string }
  | ({ readonly type: 'ReviewSample' } & SampleReview)
  | { readonly type: 'RecordReveal'; readonly purpose: string; readonly request: string };

/** What ends a case undoes what it has begun. */
type Undoing = { readonly thaw: boolean };

export type ApplicationEvent =
  | { readonly type: 'ApplicationSubmitted'; readonly facts: CaseFacts; readonly proveBy: string }
  | {
      readonly type: 'CaseBegunInBatch';
      readonly facts: CaseFacts;
      readonly assessment: Assessment;
      readonly approval: Approval;
    }
  | {
      readonly type: 'CodeSent';
      readonly code: PersonalValue;
      readonly hash: string;
      readonly at: string;
      readonly validUntil: string;
    }
  | { readonly type: 'ProofMissed'; readonly how: ProofHow; readonly at: string }
  | {
      readonly type: 'OwnershipProven';
      readonly how: ProofHow;
      readonly by?: string | undefined;
      readonly words?: PersonalValue | undefined;
      readonly freeze: boolean;
      readonly at: string;
      readonly documentBy?: string | undefined;
      readonly verifyBy?: string | undefined;
    }
  | {
      readonly type: 'DocumentShown';
      readonly by?: string | undefined;
      readonly at: string;
      readonly verifyBy?: string | undefined;
    }
  | {
      readonly type: 'VerificationOverdue';
      readonly mailbox?: PersonalValue | undefined;
      /** The next one. */
      readonly verifyBy: string;
      readonly at: string;
    }
  | { readonly type: 'FreezeConfirmed'; readonly at: string }
  /** The ticket was frozen for a case that is over. */
  | { readonly type: 'FreezeUndone'; readonly at: string }
  | { readonly type: 'IdentityUnavailable'; readonly tries: number; readonly tryAgainAt: string; readonly at: string }
  | ({ readonly type: 'CaseAssessed'; readonly assessment: Assessment; readonly at: string } & DecideBy)
  /** It was held up at a gate after the case was assessed; a deadline where it suspends the case. */
  | ({ readonly type: 'ScansCounted'; readonly assessment: Assessment; readonly at: string } & Partial<DecideBy>)
  | ({
      readonly type: 'RiskCleared';
      readonly by: string;
      readonly reason: Words;
      readonly at: string;
    } & DecideBy)
  | ({
      readonly type: 'CaseEscalated';
      readonly to: Desk;
      readonly recommendation: Recommendation;
      /** The reviewer contradicted the operator (REI-20). */
      readonly conflict: boolean;
      readonly at: string;
    } & DecideBy)
  | { readonly type: 'MaterialWanted'; readonly material: Material; readonly remindAt: string }
  | { readonly type: 'MaterialReminded'; readonly at: string }
  /** A timer rang before its deadline, and is set anew. */
  | { readonly type: 'ReminderRenewed'; readonly what: TimerName; readonly due: string }
  | ({
      readonly type: 'MaterialSupplied';
      readonly note: PersonalValue;
      readonly attachments?: readonly string[] | undefined;
      readonly at: string;
    } & DecideBy)
  | { readonly type: 'AttachmentAdded'; readonly attachment: Attachment }
  | { readonly type: 'PhoneConfirmed'; readonly call: PhoneCall }
  | { readonly type: 'CaseApproved'; readonly approval: Approval; readonly payBy: string }
  | ({ readonly type: 'CaseRefused'; readonly refusal: Refusal } & Undoing)
  | { readonly type: 'PaymentRequested'; readonly payment: FeePayment; readonly takenBy?: string | undefined }
  | { readonly type: 'PaymentOpened'; readonly paymentId: string; readonly payUrl?: string | undefined }
  | { readonly type: 'PaymentEnded'; readonly paymentId: string; readonly how: 'failed' | 'closed' }
  | {
      readonly type: 'FeePaid';
      readonly paymentId: string;
      readonly refundId?: string | undefined;
      readonly at: string;
    }
  | { readonly type: 'RefundRequested'; readonly refund: FeeRefund }
  | { readonly type: 'RefundDone'; readonly refundId: string }
  | { readonly type: 'RefundFailed'; readonly refundId: string; readonly problem: string }
  | { readonly type: 'CaseReissued'; readonly ticket: NewTicket; readonly carriedOutMs: number; readonly at: string }
  | ({
      readonly type: 'AppealFiled';
      readonly words: PersonalValue;
      /** REI-04: lost, and proven before; the refusal had thawed it. */
      readonly freeze?: true | undefined;
      readonly at: string;
    } & DecideBy)
  | ({ readonly type: 'CaseWithdrawn'; readonly at: string } & Undoing)
  | ({ readonly type: 'CaseClosed'; readonly reason: string; readonly at: string } & Undoing)
  | ({
      readonly type: 'CaseOverdue';
      readonly mailbox?: PersonalValue | undefined;
      readonly at: string;
    } & DecideBy)
  | ({ readonly type: 'DeadlineRecounted'; readonly calendar: Policy['calendar']; readonly at: string } & DecideBy)
  | { readonly type: 'TicketShipped'; readonly shipment: Shipment }
  | { readonly type: 'GatesKnow'; readonly gates: ListedGates }
  | { readonly type: 'SampleReviewed'; readonly review: SampleReview }
  | { readonly type: 'DataRevealed'; readonly purpose: string; readonly request: string };
