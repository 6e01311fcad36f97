// The chart of accounts and the posting rules, as data (FIN-12): what an event means for the books. A tenant may get a set of its own;
// until then every book follows this one. A rule never changes what was booked: a new version applies to what is booked from then on.
import type { Bilingual } from '@tongpiao/contracts';

type AccountKind = 'asset' | 'liability' | 'revenue' | 'expense';
export type Account = { readonly id: string; readonly kind: AccountKind; readonly name: Bilingual };

/** An account, or one per value of a field of the event; `otherwise` where the event does not have the field. */
export type AccountChoice =
  string | { readonly by: string; readonly of: Readonly<Record<string, string>>; readonly otherwise?: string };

/** A field that holds fen, or a count at a price in thousandths of a fen, rounded half up. */
export type AmountChoice = string | { readonly count: string; readonly priceMilliFen: number };

/** Moves one amount from one account to another; where there is nothing to move it is left out of the entry. */
export type Leg = { readonly debit: AccountChoice; readonly credit: AccountChoice; readonly amount: AmountChoice };

type PostingRule = {
  readonly name: string;
  /** Type of the event that is booked. */
  readonly event: string;
  /** Only where a field of the event begins so; the first rule that fits an event books it. */
  readonly when?: { readonly field: string; readonly begins: string };
  readonly legs: readonly Leg[];
  /** Fields that must come to the same sum; an event whose figures do not is shown to people instead of booked. */
  readonly adds?: { readonly up: readonly string[]; readonly to: readonly string[] };
};

export type PostingRules = {
  readonly version: number;
  readonly accounts: readonly Account[];
  readonly rules: readonly PostingRule[];
};

/** Where the money of each method lies until it reaches the bank. */
const WHERE_MONEY_LIES = {
  by: 'method',
  of: {
    wechat: 'wechat-clearing',
    alipay: 'alipay-clearing',
    sandbox: 'sandbox-clearing',
    cash: 'cash-on-hand',
  },
} as const;

/** Money that was owed by a sale goes back from there; for a ticket that was given back it is owed by the books already; what makes good our own error is an expense. */
const WHAT_A_REFUND_SETTLES = {
  by: 'reason',
  of: {
    'late-payment': 'deferred-takings',
    'double-payment': 'deferred-takings',
    cancelled: 'deferred-takings',
    refund: 'refunds-payable',
    compensation: 'compensation-expense',
  },
} as const;

/** The price of a ticket is deferred until it is used or expires; one that was, is given back out of what it has earned. */
const WHERE_A_PRICE_LIES = {
  by: 'outOf',
  of: { deferred: 'deferred-takings', earned: 'admission-revenue' },
  otherwise: 'deferred-takings',
} as const;

/** Nobody pays a fee for a session that did not take place: what stays then is what was used of it. */
const WHAT_A_FEE_EARNS = {
  by: 'reason',
  of: {
    customer: 'refund-fee-revenue',
    exception: 'refund-fee-revenue',
    'session-cancelled': 'admission-revenue',
    'session-reduced': 'admission-revenue',
  },
  otherwise: 'refund-fee-revenue',
} as const;

/** A ticket is given back or exchanged: the fee is earned, what the customer gets is owed until the provider confirms it. */
const feeAndReturn = (from: AccountChoice): readonly Leg[] => [
  { debit: from, credit: WHAT_A_FEE_EARNS, amount: 'fee' },
  { debit: from, credit: 'refunds-payable', amount: 'returned' },
];

/** Paid for a new ticket in the place of a lost or wrong one (REI-22): earned with it, and no ticket's price. */
const OF_A_REISSUE = { field: 'orderId', begins: 'rei_' } as const;

/** 4.5 fen per segment: a usual price for larger contracts. */
const SMS_SEGMENT_MILLI_FEN = 4_500;

export const DEFAULT_RULES: PostingRules = {
  version: 6,
  accounts: [
    { id: 'cash-on-hand', kind: 'asset', name: { zh: '库存现金', en: 'Cash on hand' } },
    { id: 'wechat-clearing', kind: 'asset', name: { zh: '其他货币资金—微信支付', en: 'WeChat Pay clearing' } },
    { id: 'alipay-clearing', kind: 'asset', name: { zh: '其他货币资金—支付宝', en: 'Alipay clearing' } },
    { id: 'sandbox-clearing', kind: 'asset', name: { zh: '演示支付', en: 'Demonstration payments' } },
    {
      id: 'deferred-takings',
      kind: 'liability',
      name: { zh: '合同负债—预收票款', en: 'Takings for tickets not yet used' },
    },
    { id: 'refunds-payable', kind: 'liability', name: { zh: '其他应付款—应付退票款', en: 'Refunds payable' } },
    { id: 'messaging-payable', kind: 'liability', name: { zh: '应付账款—短信', en: 'Payable for messages' } },
    { id: 'admission-revenue', kind: 'revenue', name: { zh: '主营业务收入—门票', en: 'Admission revenue' } },
    {
      id: 'refund-fee-revenue',
      kind: 'revenue',
      name: { zh: '其他业务收入—退票及改签手续费', en: 'Fees for refunds and exchanges' },
    },
    {
      id: 'reissue-fee-revenue',
      kind: 'revenue',
      name: { zh: '其他业务收入—补票工本费', en: 'Fees for reissued tickets' },
    },
    {
      id: 'compensation-expense',
      kind: 'expense',
      name: { zh: '营业外支出—客户赔付', en: 'Compensation to customers' },
    },
    { id: 'messaging-expense', kind: 'expense', name: { zh: '短信费', en: 'Messaging expense' } },
  ],
  rules: [
    {
      name: 'reissue-fee-captured',
      event: 'finance.payment.captured.v1',
      when: OF_A_REISSUE,
      legs: [{ debit: WHERE_MONEY_LIES, credit: 'reissue-fee-revenue', amount: 'amount' }],
    },
    {
      name: 'reissue-fee-surplus-received',
      event: 'finance.payment.surplus-received.v1',
      when: OF_A_REISSUE,
      legs: [{ debit: WHERE_MONEY_LIES, credit: 'reissue-fee-revenue', amount: 'amount' }],
    },
    {
      // Too late, twice, or for a case that came to nothing: whatever the reason, it reverses what its capture has booked.
      name: 'reissue-fee-refunded',
      event: 'finance.payment.refunded.v1',
      when: OF_A_REISSUE,
      legs: [{ debit: 'reissue-fee-revenue', credit: WHERE_MONEY_LIES, amount: 'amount' }],
    },
    {
      name: 'payment-captured',
      event: 'finance.payment.captured.v1',
      legs: [{ debit: WHERE_MONEY_LIES, credit: 'deferred-takings', amount: 'amount' }],
    },
    {
      // It is owed to the payer until it has gone back, like everything that was paid and not used.
      name: 'surplus-received',
      event: 'finance.payment.surplus-received.v1',
      legs: [{ debit: WHERE_MONEY_LIES, credit: 'deferred-takings', amount: 'amount' }],
    },
    {
      name: 'payment-refunded',
      event: 'finance.payment.refunded.v1',
      legs: [{ debit: WHAT_A_REFUND_SETTLES, credit: WHERE_MONEY_LIES, amount: 'amount' }],
    },
    {
      name: 'ticket-used',
      event: 'sales.ticket.used.v1',
      legs: [{ debit: 'deferred-takings', credit: 'admission-revenue', amount: 'amount' }],
    },
    { name: 'ticket-refunded', event: 'sales.ticket.refunded.v1', legs: feeAndReturn(WHERE_A_PRICE_LIES) },
    {
      // What was paid for it beforehand was deferred by its capture; so what stays deferred is the new ticket's price.
      name: 'ticket-exchanged',
      event: 'sales.ticket.exchanged.v1',
      legs: feeAndReturn('deferred-takings'),
      adds: { up: ['previousAmount', 'paid'], to: ['amount', 'fee', 'returned'] },
    },
    {
      name: 'ticket-expired',
      event: 'sales.ticket.expired.v1',
      legs: [{ debit: 'deferred-takings', credit: 'admission-revenue', amount: 'amount' }],
    },
    {
      name: 'sms-charged',
      event: 'notification.sms.charged.v1',
      legs: [
        {
          debit: 'messaging-expense',
          credit: 'messaging-payable',
          amount: { count: 'segments', priceMilliFen: SMS_SEGMENT_MILLI_FEN },
        },
      ],
    },
  ],
};
