// What a payer sees behind the QR code: the amount and two buttons.
import { keyOf } from '../payment/transaction.ts';
import type { Transaction } from '../payment/transaction.ts';
import { yuanOf } from '../payment/spelling.ts';
import { escape, page } from './layout.ts';
import type { Language } from './layout.ts';

const words = {
  zh: {
    wechat: '微信支付(沙箱)',
    alipay: '支付宝(沙箱)',
    pay: '确认支付',
    fail: '支付失败',
    not_paid: '待支付',
    paid: '已支付',
    closed: '已关闭',
    failed: '支付失败',
  },
  en: {
    wechat: 'WeChat Pay (sandbox)',
    alipay: 'Alipay (sandbox)',
    pay: 'Pay',
    fail: 'Fail',
    not_paid: 'Waiting for payment',
    paid: 'Paid',
    closed: 'Closed',
    failed: 'Failed',
  },
} as const;

export const payPage = (language: Language, transaction: Transaction): string => {
  const word = words[language];
  const action = `/pay/${encodeURIComponent(keyOf(transaction.provider, transaction.outTradeNo))}?lang=${language}`;
  const buttons =
    transaction.status === 'not_paid'
      ? `<form method="post" action="${action}"><button class="go" name="action" value="pay">${word.pay}</button>` +
        `<button name="action" value="fail">${word.fail}</button></form>`
      : '';
  return page(
    language,
    word[transaction.provider],
    `<main class="card"><h1>${word[transaction.provider]}</h1><p>${escape(transaction.description)}</p>` +
      `<p class="amount">¥${yuanOf(transaction.amountFen)}</p>` +
      `<p><span class="mark ${transaction.status}">${word[transaction.status]}</span></p>${buttons}` +
      `<p class="empty">${escape(transaction.outTradeNo)}</p></main>`,
  );
};
