// The front page: what the stand-in worlds received last.
import type { ReceivedMail } from '../mail/smtp.ts';
import { keyOf, refundedFen } from '../payment/transaction.ts';
import type { Transaction } from '../payment/transaction.ts';
import { yuanOf } from '../payment/spelling.ts';
import type { ReceivedSms } from '../sms/smsc.ts';
import { escape, page } from './layout.ts';
import type { Language } from './layout.ts';

const words = {
  zh: {
    title: '沙箱:短信、邮件与支付',
    other: 'English',
    sms: '短信',
    mail: '邮件',
    payments: '支付',
    empty: '暂无',
    columns: {
      sms: ['时间', '收件人', '发件人', '内容', '条数', '结果'],
      mail: ['时间', '收件人', '主题', '附件'],
      payments: ['时间', '渠道', '商户订单号', '说明', '金额', '已退', '状态'],
    },
  },
  en: {
    title: 'Sandboxes: SMS, mail and payments',
    other: '中文',
    sms: 'SMS',
    mail: 'Mail',
    payments: 'Payments',
    empty: 'Nothing yet',
    columns: {
      sms: ['Time', 'To', 'From', 'Text', 'Segments', 'Fate'],
      mail: ['Time', 'To', 'Subject', 'Attachments'],
      payments: ['Time', 'Provider', 'Order number', 'Description', 'Amount', 'Refunded', 'Status'],
    },
  },
} as const;

const time = (at: string | number): string => {
  const iso = new Date(at).toISOString();
  return `<td class="when"><time datetime="${iso}">${iso.slice(5, 19).replace('T', ' ')}Z</time></td>`;
};
const cell = (text: string): string => `<td>${escape(text)}</td>`;

const table = (heading: string, columns: readonly string[], rows: readonly string[], empty: string): string =>
  `<h2>${heading}</h2>` +
  (rows.length === 0
    ? `<p class="empty">${empty}</p>`
    : `<div class="scroll"><table><thead><tr>${columns.map((column) => `<th>${column}</th>`).join('')}</tr></thead>` +
      `<tbody>${rows.map((row) => `<tr>${row}</tr>`).join('')}</tbody></table></div>`);

// Fetches itself every three seconds and swaps the tables, so that reading is not interrupted by a reload.
const refresh = `setInterval(async()=>{if(document.hidden)return;try{const answer=await fetch(location.href);
const next=new DOMParser().parseFromString(await answer.text(),'text/html').querySelector('main');
if(next)document.querySelector('main').replaceWith(next)}catch{}},3000)`;

export const indexPage = (
  language: Language,
  content: {
    readonly sms: readonly ReceivedSms[];
    readonly mails: readonly ReceivedMail[];
    readonly payments: readonly Transaction[];
  },
): string => {
  const word = words[language];
  const sms = content.sms.map(
    (item) =>
      time(item.at) + cell(item.to) + cell(item.from) + cell(item.text) + cell(String(item.segments)) + cell(item.fate),
  );
  const mails = content.mails.map(
    (item) =>
      time(item.at) +
      cell(item.to.join(', ')) +
      `<td><a href="/mail/${encodeURIComponent(item.id)}">${escape(item.subject === '' ? '—' : item.subject)}</a></td>` +
      cell(
        item.attachments
          .filter(({ contentId }) => contentId === undefined)
          .map(({ filename }) => filename)
          .join(', '),
      ),
  );
  const payments = content.payments.map(
    (item) =>
      time(item.createdAt) +
      cell(item.provider) +
      `<td><a href="/pay/${encodeURIComponent(keyOf(item.provider, item.outTradeNo))}">${escape(item.outTradeNo)}</a></td>` +
      cell(item.description) +
      cell(`¥${yuanOf(item.amountFen)}`) +
      cell(`¥${yuanOf(refundedFen(item))}`) +
      `<td><span class="mark ${item.status}">${item.status}</span></td>`,
  );
  const other = language === 'zh' ? 'en' : 'zh';
  return page(
    language,
    word.title,
    `<header><h1>${word.title}</h1><nav><a href="/?lang=${other}">${word.other}</a></nav></header><main>` +
      table(word.sms, word.columns.sms, sms, word.empty) +
      table(word.mail, word.columns.mail, mails, word.empty) +
      table(word.payments, word.columns.payments, payments, word.empty) +
      '</main>',
    refresh,
  );
};

/** Pictures that came with the mail are fetched from here. */
const withPictures = ({ html, attachments }: ReceivedMail): string =>
  attachments.reduce(
    (shown, { contentId, path }) => (contentId === undefined ? shown : shown.replaceAll(`cid:${contentId}`, path)),
    html,
  );

export const mailPage = (language: Language, mail: ReceivedMail): string =>
  page(
    language,
    mail.subject,
    `<header><h1>${escape(mail.subject)}</h1><nav><a href="/?lang=${language}">${words[language].mail}</a></nav></header><main>` +
      `<p>${escape(mail.from)} → ${escape(mail.to.join(', '))} · ${escape(mail.at)}</p>` +
      `<p>${mail.attachments
        .filter(({ contentId }) => contentId === undefined)
        .map(({ filename, bytes, path }) => `<a class="mark" href="${path}">${escape(filename)} (${bytes} B)</a>`)
        .join(' ')}</p>` +
      (mail.html === '' ? '' : `<iframe sandbox title="HTML" srcdoc="${escape(withPictures(mail))}"></iframe>`) +
      `<pre>${escape(mail.text)}</pre></main>`,
  );
