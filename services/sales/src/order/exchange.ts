// An exchange's words (SAL-53): one ticket of a fulfilled order for another session. It lives inside its order, because places,
// payments and refunds of both are one account.
import type { Fen } from '@tongpiao/kernel';
import type { OrderLine, ToldTicket } from './sold-line.ts';

/** The new place as it would be sold, without people: those stay with the right. */
export type NewLine = Omit<OrderLine, 'travellers'>;

export type ExchangeFacts = {
  readonly id: string;
  readonly rightId: string;
  /** The ticket that it was agreed for. */
  readonly number: string;
  readonly revision: number;
  readonly holdId: string;
  readonly line: NewLine;
  readonly price: Fen;
  readonly fee: Fen;
  /** To be paid before the ticket is replaced; together with `returned` only where the fee is waived afterwards (SAL-52). */
  readonly due: Fen;
  readonly returned: Fen;
  readonly requestedAt: string;
  readonly expiresAt: string;
};

type ExchangeStatus = 'holding' | 'awaiting_payment' | 'replacing' | 'done' | 'failed';

export type Exchange = ExchangeFacts & {
  readonly status: ExchangeStatus;
  /** Ends as soon as what is open at the provider is closed. */
  readonly closing?: ExchangeEnd | undefined;
  readonly paidBy?: string | undefined;
  readonly newNumber?: string | undefined;
  readonly reason?: string | undefined;
};

/** `session-cancelled`: the session that was wished for, by the tenant. */
export type ExchangeEnd = 'expired' | 'cancelled' | 'session-cancelled';

export type ExchangeCommand =
  | { readonly type: 'BeginExchange'; readonly facts: ExchangeFacts }
  | { readonly type: 'EndExchange'; readonly exchangeId: string; readonly reason: ExchangeEnd; readonly at: string }
  /** The right has its new ticket. */
  | {
      readonly type: 'CompleteExchange';
      readonly exchangeId: string;
      readonly ticket: ToldTicket;
      readonly refundId: string;
      /** SAL-52: of the fee, because the session was disrupted after it was agreed; comes back. */
      readonly waived?: Fen | undefined;
      readonly at: string;
    }
  /** The right could not be given a new ticket: it was used, given back or exchanged meanwhile. */
  | {
      readonly type: 'FailExchange';
      readonly exchangeId: string;
      readonly reason: string;
      readonly refundId: string;
    };

export type ExchangeEvent =
  | { readonly type: 'ExchangeBegun'; readonly facts: ExchangeFacts }
  | { readonly type: 'ExchangeHeld'; readonly exchangeId: string }
  /** Nothing is left to wait for: the ticket is to be replaced. */
  | {
      readonly type: 'ExchangeSettled';
      readonly exchangeId: string;
      readonly paymentId?: string | undefined;
      readonly replaceBy: string;
    }
  | {
      readonly type: 'ExchangeClosing';
      readonly exchangeId: string;
      readonly reason: ExchangeEnd;
      readonly askAgainAt: string;
    }
  | {
      readonly type: 'ExchangeCompleted';
      readonly exchangeId: string;
      readonly ticket: ToldTicket;
      readonly waived?: Fen | undefined;
    }
  | { readonly type: 'ExchangeFailed'; readonly exchangeId: string; readonly reason: string }
  /** Places that came after its end, or that inventory asked about. */
  | { readonly type: 'ExchangeHoldLetGo'; readonly exchangeId: string }
  | { readonly type: 'ExchangeHoldKept'; readonly exchangeId: string };
