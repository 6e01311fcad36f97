// A product and its ticket types, prices and selling rules: what SAL-01 … SAL-04 and SAL-10 call data. One page of words.
import type { Bilingual, SalesChannel } from '@tongpiao/contracts';
import type { EligibilityRules, Fen } from '@tongpiao/kernel';
import type { ExchangeRules, RefundRules } from '../after-sale/fee-rules.ts';

export type TicketType = {
  readonly id: string;
  readonly name: Bilingual;
  /** SAL-02: names are taken and compared at the gate. */
  readonly realName: boolean;
  /** Entries that one ticket allows. */
  readonly entries: number;
  /** People that one entry lets in, and places that one ticket takes: more than one for a group's ticket (SAL-42). 1 if left out. */
  readonly admits?: number | undefined;
  /** Gates that it opens; none named: every gate of the site. */
  readonly gateIds?: readonly string[] | undefined;
  /** Pause between two entries with one ticket. */
  readonly minutesBetweenEntries?: number | undefined;
  /** Who may use it: any one of the grounds suffices, none means everybody. */
  readonly eligibility: EligibilityRules;
  readonly limits: {
    readonly perOrder?: number | undefined;
    readonly perDocumentAndDay?: number | undefined;
  };
  /** A child needs a grown-up in the same order. */
  readonly accompanied: boolean;
};

/** The first price that fits wins; what is not named fits always. */
export type Price = {
  readonly ticketTypeId: string;
  readonly amount: Fen;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly weekdays?: readonly number[] | undefined;
  /** Start times of the slots that it is for, `HH:MM`. */
  readonly slots?: readonly string[] | undefined;
  readonly channels?: readonly SalesChannel[] | undefined;
};

type SalesRules = {
  readonly onSaleFrom?: string | undefined;
  readonly onSaleUntil?: string | undefined;
  /** How many days ahead may be sold (presale window). */
  readonly presaleDays: number;
  /** Sales close so many minutes before the session ends. */
  readonly cutOffMinutesBeforeEnd: number;
  /** Minutes to pay (SAL-21). */
  readonly payWithinMinutes: number;
  readonly ticketsPerOrder: number;
  /** SAL-29: unpaid orders at a time. */
  readonly unpaidPerPhone: number;
  readonly unpaidPerAddress: number;
};

type Validity = {
  /** Check-in opens before the session starts, and closes after it ends. */
  readonly opensMinutesBefore: number;
  readonly closesMinutesAfter: number;
};

/** SAL-26: standing in line when a session is sold out. Without these rules there is no line. */
type WaitingRules = {
  readonly lineMax: number;
  /** Minutes to pay once places are there, for who has not paid beforehand. */
  readonly payWithinMinutes: number;
};

/** SAL-51: refunds beyond the rules up to this much need the small approval, larger ones the large one. */
type ExceptionRules = { readonly smallUpTo: Fen };

export type ProductSettings = {
  readonly siteId: string;
  /** `trip`: rides on a line without seats (流水班), sold by the day or part of it like an admission (INV-06). */
  readonly kind: 'admission' | 'trip';
  readonly name: Bilingual;
  readonly description: Bilingual;
  readonly ticketTypes: readonly TicketType[];
  readonly prices: readonly Price[];
  readonly rules: SalesRules;
  readonly validity: Validity;
  /** SAL-50: by the day of the sale the newest that was in force; none: DEFAULT_REFUND_RULES. */
  readonly refunds?: readonly RefundRules[] | undefined;
  /** SAL-53: likewise; none: DEFAULT_EXCHANGE_RULES. */
  readonly exchanges?: readonly ExchangeRules[] | undefined;
  readonly waiting?: WaitingRules | undefined;
  readonly exceptions?: ExceptionRules | undefined;
};

export type ProductStatus = 'draft' | 'on_sale' | 'paused' | 'retired';

export type ProductState = { readonly status: 'none' } | (ProductSettings & { readonly status: ProductStatus });
export type Product = Exclude<ProductState, { status: 'none' }>;

export type ProductCommand =
  | { readonly type: 'CreateProduct'; readonly settings: ProductSettings }
  | {
      readonly type: 'ChangeProduct';
      readonly settings: ProductSettings;
      readonly reason: string;
      readonly at: string;
    }
  | { readonly type: 'SetStatus'; readonly status: Exclude<ProductStatus, 'draft'>; readonly reason: string };

export type ProductEvent =
  | { readonly type: 'ProductCreated'; readonly settings: ProductSettings }
  | { readonly type: 'ProductChanged'; readonly settings: ProductSettings; readonly reason: string }
  | {
      readonly type: 'ProductStatusChanged';
      readonly status: Exclude<ProductStatus, 'draft'>;
      readonly reason: string;
    };
