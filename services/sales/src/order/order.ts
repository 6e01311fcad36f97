// The order's words: what it can be, what it can be asked, what can happen to it. No logic (SAL-20, SAL-21). What its exchanges can
// be is in exchange.ts.
import type { Language, PaymentMethod, RefundReason, SalesChannel } from '@tongpiao/contracts';
import type { Fen } from '@tongpiao/kernel';
import type { PersonalValue } from '@tongpiao/persistence';
import type { Exchange, ExchangeCommand, ExchangeEvent } from './exchange.ts';
import type { OrderLine, ToldTicket } from './sold-line.ts';

export type { OrderLine, ToldTicket, Traveller } from './sold-line.ts';

export type Contact = {
  readonly name: PersonalValue;
  readonly phone: PersonalValue;
  readonly email?: PersonalValue | undefined;
};

export type OrderFacts = {
  readonly channel: SalesChannel;
  readonly language: Language;
  readonly contact: Contact;
  readonly lines: readonly OrderLine[];
  readonly total: Fen;
  readonly placedAt: string;
  readonly expiresAt: string;
  readonly holdId: string;
  /** Hash of the order's own bearer token. */
  readonly accessHash: string;
  /** Signed-in buyer, if any. */
  readonly userId?: string | undefined;
  /** Staff who sold it at a counter. */
  readonly clerkId?: string | undefined;
  /** SAL-29: blind index of the buyer's address. */
  readonly addressIndex?: string | undefined;
  /** SAL-26: it stands in line where there is no room. */
  readonly waiting?: Waiting | undefined;
};

export type Waiting = {
  readonly until: string;
  /** Paid while it stands in line: places make it fulfilled by itself. */
  readonly prepaid: boolean;
  readonly payWithinMinutes: number;
  readonly lineMax: number;
};

export type OrderPayment = {
  readonly id: string;
  readonly method: PaymentMethod;
  readonly amount: Fen;
  readonly status: 'requested' | 'opened' | 'captured' | 'failed' | 'closed';
  readonly payUrl?: string | undefined;
  readonly requestedAt: string;
  /** What it pays for, when that is not the order itself. */
  readonly exchangeId?: string | undefined;
};

/** Money on its way back. What was received by mistake or for nothing, or what a ticket was worth. */
export type OrderRefund = {
  readonly id: string;
  readonly paymentId: string;
  readonly amount: Fen;
  readonly reason: 'late-payment' | 'double-payment' | 'cancelled' | 'refund';
  /** failed: it did not arrive, and waits for a person at finance, who may try it again. */
  readonly status: 'requested' | 'done' | 'failed';
  /** The refund of a ticket or the exchange that it belongs to: one may take money from several payments. */
  readonly of?: string | undefined;
  /** All that it belongs to, where it carries the money of several. */
  readonly covers?: readonly string[] | undefined;
};

/** Money that is to go back and was not asked for yet. */
export type OwedBack = {
  /** The refund's, if it goes back by itself. */
  readonly refundId: string;
  /** The refund of a ticket, or the exchange. */
  readonly of: string;
  readonly amount: Fen;
};

/** REI-52: what finance has sent over a payment of the order to make an error good. It is not there any more for tickets. */
type Compensation = { readonly refundId: string; readonly paymentId: string; readonly amount: Fen };

/** SAL-50: a ticket that was given back. */
export type ReturnedTicket = {
  readonly refundId: string;
  readonly rightId: string;
  readonly number: string;
  readonly fee: Fen;
  readonly returned: Fen;
  readonly reason: RefundReason;
  readonly at: string;
};

/** SAL-52: its session was cancelled or reduced, and its holder was told. */
export type ToldDisruption = {
  readonly disruptionId: string;
  readonly kind: 'cancelled' | 'reduced';
  /** INV-20: there is room after all, and these tickets stay good. */
  readonly kept?: true | undefined;
  readonly ticketNumbers: readonly string[];
  readonly startsAt: string;
  readonly reason: string;
  readonly decideBy: string;
};

/** `session-cancelled`: by the tenant, before it was paid. */
export type EndReason = 'expired' | 'cancelled' | 'session-cancelled';

type Sold = OrderFacts & {
  readonly payments: readonly OrderPayment[];
  readonly refunds: readonly OrderRefund[];
  readonly exchanges: readonly Exchange[];
  readonly returned: readonly ReturnedTicket[];
  readonly told: readonly ToldDisruption[];
  /** The payment that came while it stood in line. */
  readonly prepaidBy?: string | undefined;
};
export type TicketReference = { readonly rightId: string; readonly number: string; readonly lineId: string };

export type OrderState =
  | { readonly status: 'none' }
  | (Sold & { readonly status: 'holding' })
  /** It stands in line. */
  | (Sold & { readonly status: 'placed'; readonly closing?: EndReason | undefined })
  | (Sold & { readonly status: 'awaiting_payment'; readonly closing?: EndReason | undefined })
  | (Sold & { readonly status: 'paid'; readonly paidAt: string; readonly paidBy?: string | undefined })
  | (Sold & {
      readonly status: 'fulfilled' | 'partially_refunded' | 'refunded';
      readonly paidAt: string;
      readonly paidBy?: string | undefined;
      readonly tickets: readonly TicketReference[];
      /** Collected, to go back together. */
      readonly owed?: { readonly items: readonly OwedBack[]; readonly sendBy: string } | undefined;
      readonly compensations?: readonly Compensation[] | undefined;
    })
  | (Sold & {
      readonly status: 'rejected' | 'expired' | 'cancelled';
      readonly reason: string;
      readonly reasonData: Readonly<Record<string, unknown>>;
    });

export type LiveOrder = Exclude<OrderState, { status: 'none' }>;
export type Of<Status extends LiveOrder['status']> = Extract<LiveOrder, { status: Status }>;
/** It has its tickets. */
export type FulfilledOrder = Extract<LiveOrder, { tickets: readonly TicketReference[] }>;

export type OrderCommand =
  | { readonly type: 'PlaceOrder'; readonly facts: OrderFacts }
  /** A limit refuses it before anything is held: it is kept as a rejected order, so that the caller can read why. */
  | {
      readonly type: 'RefuseOrder';
      readonly facts: OrderFacts;
      readonly reason: string;
      readonly reasonData: Readonly<Record<string, unknown>>;
    }
  | ExchangeCommand
  | { readonly type: 'QueueHold'; readonly holdId: string; readonly position: number }
  | { readonly type: 'GrantHold'; readonly holdId: string; readonly at: string }
  | {
      readonly type: 'RejectHold';
      readonly holdId: string;
      readonly reason: string;
      readonly reasonData: Readonly<Record<string, unknown>>;
      readonly refundId: string;
    }
  | {
      readonly type: 'RequestPayment';
      readonly paymentId: string;
      readonly method: PaymentMethod;
      readonly takenBy?: string | undefined;
      readonly exchangeId?: string | undefined;
      readonly at: string;
    }
  | { readonly type: 'OpenPayment'; readonly paymentId: string; readonly payUrl?: string | undefined }
  /** `refundId`: of the money that goes back if this ends what waited for it. */
  | { readonly type: 'FailPayment'; readonly paymentId: string; readonly reason: string; readonly refundId: string }
  | { readonly type: 'ClosePayment'; readonly paymentId: string; readonly at: string; readonly refundId: string }
  | {
      readonly type: 'CapturePayment';
      readonly paymentId: string;
      readonly amount: Fen;
      readonly refundId: string;
      readonly at: string;
    }
  | { readonly type: 'ExpireOrder'; readonly at: string; readonly refundId: string }
  | {
      readonly type: 'CancelOrder';
      readonly at: string;
      /** `session`: there is nothing left to pay for. */
      readonly by: 'customer' | 'staff' | 'session';
      readonly refundId: string;
    }
  /** A ticket of it was given back; its right says so. */
  | {
      readonly type: 'ReturnTicket';
      readonly returned: ReturnedTicket;
      /** Not by its holder, but at the deadline of a disruption. */
      readonly atDeadline?: true | undefined;
      readonly at: string;
    }
  /** What was collected goes back. */
  | { readonly type: 'SendOwedBack'; readonly at: string }
  | { readonly type: 'TellDisruption'; readonly told: ToldDisruption }
  | { readonly type: 'FulfilOrder'; readonly tickets: readonly TicketReference[]; readonly told: readonly ToldTicket[] }
  | { readonly type: 'ConfirmRefund'; readonly refundId: string }
  | { readonly type: 'FailRefund'; readonly refundId: string }
  | { readonly type: 'NoteCompensation'; readonly compensation: Compensation }
  | { readonly type: 'ReviewHold'; readonly holdId: string };

export type OrderEvent =
  | { readonly type: 'OrderPlaced'; readonly facts: OrderFacts }
  | {
      readonly type: 'OrderRefused';
      readonly facts: OrderFacts;
      readonly reason: string;
      readonly reasonData: Readonly<Record<string, unknown>>;
    }
  | ExchangeEvent
  | { readonly type: 'OrderQueued'; readonly position: number }
  /** `payBy` for an order that stood or could have stood in line: its time to pay begins only now. */
  | { readonly type: 'HoldGranted'; readonly payBy?: string | undefined; readonly fromLine?: true | undefined }
  | { readonly type: 'PrepaymentCaptured'; readonly paymentId: string }
  | {
      readonly type: 'OrderRejected';
      readonly reason: string;
      readonly reasonData: Readonly<Record<string, unknown>>;
      readonly fromLine?: true | undefined;
    }
  | { readonly type: 'PaymentRequested'; readonly payment: OrderPayment; readonly takenBy?: string | undefined }
  | { readonly type: 'PaymentOpened'; readonly paymentId: string; readonly payUrl?: string | undefined }
  | { readonly type: 'PaymentFailed'; readonly paymentId: string; readonly reason: string }
  | { readonly type: 'PaymentClosed'; readonly paymentId: string }
  | { readonly type: 'OrderClosing'; readonly reason: EndReason; readonly askAgainAt: string }
  | { readonly type: 'OrderExpired' }
  /** A timer rang before its time, and is set anew. */
  | { readonly type: 'ReminderRenewed'; readonly what: 'expire' | 'send-back'; readonly due: string }
  | { readonly type: 'OrderCancelled'; readonly because?: 'session-cancelled' | undefined }
  | {
      readonly type: 'OrderPaid';
      readonly paymentId?: string | undefined;
      readonly at: string;
      readonly issueBy: string;
    }
  | {
      readonly type: 'OrderFulfilled';
      readonly tickets: readonly TicketReference[];
      readonly told: readonly ToldTicket[];
    }
  | { readonly type: 'RefundRequested'; readonly refund: OrderRefund }
  | { readonly type: 'RefundDone'; readonly refundId: string }
  | { readonly type: 'RefundFailed'; readonly refundId: string }
  | { readonly type: 'CompensationNoted'; readonly compensation: Compensation }
  /** `together`: its holder hears of it with others. */
  | { readonly type: 'TicketReturned'; readonly returned: ReturnedTicket; readonly together?: true | undefined }
  /** `sendBy` where that is sooner than what was collected before has to wait. */
  | { readonly type: 'MoneyCollected'; readonly owed: OwedBack; readonly sendBy?: string | undefined }
  | { readonly type: 'OwedSentBack'; readonly covers: readonly string[] }
  | { readonly type: 'DisruptionTold'; readonly told: ToldDisruption }
  /** `holdId` of an exchange that was never begun. */
  | { readonly type: 'HoldLetGo'; readonly holdId?: string | undefined }
  | { readonly type: 'HoldKept' };
