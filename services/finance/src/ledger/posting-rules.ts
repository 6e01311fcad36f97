// The chart of accounts and the posting rules, as data (FIN-12): what an event means for the books. A tenant may get a set of its own;
// until then every book follows this one. A rule never changes what was booked: a new version applies to what is booked from then on.
import type { Bilingual } from '@tongpiao/contracts';

type AccountKind = 'asset' | 'liability' | 'revenue' | 'expense';
export type Account = { readonly id: string; readonly kind: AccountKind; readonly name: Bilingual };

/** An account, or one per value of a field of the event. */
export type AccountChoice = string | { readonly by: string; readonly of: Readonly<Record<string, string>> };

/** A field that holds fen, or a count at a price in thousandths of a fen, rounded half up. */
export type AmountChoice = string | { readonly count: string; readonly priceMilliFen: number };

type PostingRule = {
  readonly name: string;
  /** Type of the event that is booked. */
  readonly event: string;
  readonly debit: AccountChoice;
  readonly credit: AccountChoice;
  readonly amount: AmountChoice;
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

/** 4.5 fen per segment: a usual price for larger contracts. */
const SMS_SEGMENT_MILLI_FEN = 4_500;

export const DEFAULT_RULES: PostingRules = {
  version: 1,
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
    { id: 'messaging-payable', kind: 'liability', name: { zh: '应付账款—短信', en: 'Payable for messages' } },
    { id: 'admission-revenue', kind: 'revenue', name: { zh: '主营业务收入—门票', en: 'Admission revenue' } },
    { id: 'messaging-expense', kind: 'expense', name: { zh: '短信费', en: 'Messaging expense' } },
  ],
  rules: [
    {
      name: 'payment-captured',
      event: 'finance.payment.captured.v1',
      debit: WHERE_MONEY_LIES,
      credit: 'deferred-takings',
      amount: 'amount',
    },
    {
      // It is owed to the payer until it has gone back, like everything that was paid and not used.
      name: 'surplus-received',
      event: 'finance.payment.surplus-received.v1',
      debit: WHERE_MONEY_LIES,
      credit: 'deferred-takings',
      amount: 'amount',
    },
    {
      name: 'payment-refunded',
      event: 'finance.payment.refunded.v1',
      debit: 'deferred-takings',
      credit: WHERE_MONEY_LIES,
      amount: 'amount',
    },
    {
      name: 'ticket-used',
      event: 'sales.ticket.used.v1',
      debit: 'deferred-takings',
      credit: 'admission-revenue',
      amount: 'amount',
    },
    {
      name: 'sms-charged',
      event: 'notification.sms.charged.v1',
      debit: 'messaging-expense',
      credit: 'messaging-payable',
      amount: { count: 'segments', priceMilliFen: SMS_SEGMENT_MILLI_FEN },
    },
  ],
};
