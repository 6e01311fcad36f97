// The words about what happens to an order after it was sold, and about waiting for it: refunds, exchanges, the line, sessions that do
// not take place. A Chinese SMS is one segment with its longest values, so it says what to do and leaves the rest to the mail.
import {
  english,
  inBothLanguages,
  page,
  PLAIN_MAIL,
  plainMail,
  PRODUCT,
  ticketHtml,
  ticketVariables,
  type SmsWords,
} from './frames.ts';
import type { MailTemplate, Template } from './template.ts';

/** `¥999999.99`; an amount must never be cut. */
const AMOUNT = { max: 10 } as const;
const NUMBER = { max: 15 } as const;
/** One number, or the first and how many. */
const NUMBERS = { max: 20 } as const;
/** `12月31日09:00`; in English `Dec 31 09:00`. */
const MOMENT = { max: 11 } as const;
const MOMENT_EN = { max: 12 } as const;

const NUMBERS_EN = { tickets: { max: 36 } } as const;

const WORDS: readonly SmsWords[] = [
  {
    id: 'tickets-refunded',
    zh: '票{tickets}已退，手续费{fee}，{amount}将原路退回。',
    en: 'Given back: {tickets}. Fee {fee}; {amount} goes back the way it was paid.',
    variables: { tickets: NUMBERS, fee: AMOUNT, amount: AMOUNT },
    wider: NUMBERS_EN,
  },
  {
    id: 'tickets-refunded-free',
    zh: '因{cause}，票{tickets}免费退票，{amount}将原路退回。',
    en: '{cause}: {tickets} given back free of charge. {amount} goes back the way it was paid.',
    variables: { cause: { max: 6 }, tickets: NUMBERS, amount: AMOUNT },
    wider: { ...NUMBERS_EN, cause: { max: 30 } },
  },
  {
    id: 'tickets-refunded-cash',
    zh: '票{tickets}已退，手续费{fee}，{amount}请到窗口领取。',
    en: 'Given back: {tickets}. Fee {fee}; please fetch the {amount} at a counter: cash goes back in cash.',
    variables: { tickets: NUMBERS, fee: AMOUNT, amount: AMOUNT },
    wider: NUMBERS_EN,
  },
  {
    id: 'tickets-refunded-free-cash',
    zh: '因{cause}，票{tickets}免费退票，{amount}请到窗口领取。',
    en: '{cause}: {tickets} given back free of charge. Please fetch the {amount} at a counter.',
    variables: { cause: { max: 6 }, tickets: NUMBERS, amount: AMOUNT },
    wider: { ...NUMBERS_EN, cause: { max: 30 } },
  },
  {
    id: 'tickets-given-back',
    zh: '票{tickets}已退，手续费{fee}，无退款。',
    en: 'Given back: {tickets}. Fee {fee}; no money comes back.',
    variables: { tickets: NUMBERS, fee: AMOUNT },
    wider: NUMBERS_EN,
  },
  {
    id: 'exchange-completed',
    zh: '{product}已改签：{when}，新票号{number}。',
    en: '{product}: exchanged. {when}, new ticket {number}; the old one is void.',
    variables: { product: PRODUCT, when: { max: 18 }, number: NUMBER },
    wider: { ...english, when: { max: 28 } },
  },
  {
    id: 'exchange-failed',
    zh: '{product}改签未成功，原票{number}仍然有效。',
    en: '{product}: the exchange did not work out. Your ticket {number} stays valid.',
    variables: { product: PRODUCT, number: NUMBER },
    wider: english,
  },
  {
    id: 'exchange-failed-returned',
    zh: '{product}改签失败，原票{number}仍有效，已付{amount}将退回。',
    en: '{product}: the exchange did not work out. Your ticket {number} stays valid; the {amount} paid for it go back.',
    variables: { product: PRODUCT, number: NUMBER, amount: AMOUNT },
    wider: english,
  },
  {
    id: 'waiting-joined',
    zh: '{product}{when}候补已登记，当前第{position}位，截止{until}。',
    en: '{product}, {when}: you are number {position} in line, until {until}.',
    variables: { product: PRODUCT, when: MOMENT, position: { max: 4 }, until: MOMENT },
    wider: { ...english, when: MOMENT_EN, until: MOMENT_EN },
  },
  {
    id: 'waiting-served',
    zh: '{product}{when}候补到位，请于{payBy}前支付{amount}。',
    en: '{product}, {when}: there is room for you. Pay {amount} by {payBy}.',
    variables: { product: PRODUCT, when: MOMENT, payBy: { max: 8 }, amount: AMOUNT },
    wider: { ...english, when: MOMENT_EN, payBy: MOMENT_EN },
  },
  {
    id: 'session-cancelled',
    zh: '{when}场次因{reason}取消，{until}前可选退票或改签，逾期自动退款。',
    en: '{when} is cancelled: {reason}. Choose a refund or another session by {until}, else your money comes back.',
    variables: { when: MOMENT, reason: { max: 12 }, until: MOMENT },
    wider: { reason: { max: 60 }, when: MOMENT_EN, until: MOMENT_EN },
  },
  {
    id: 'session-reduced',
    zh: '因{reason}，{when}场次名额缩减，{until}前可退票或改签，逾期自动退款。',
    en: '{when} has fewer places: {reason}. Choose a refund or another session by {until}, else your money comes back.',
    variables: { when: MOMENT, reason: { max: 10 }, until: MOMENT },
    wider: { reason: { max: 60 }, when: MOMENT_EN, until: MOMENT_EN },
  },
  {
    id: 'session-kept',
    zh: '{when}场次已有足够余位，票{tickets}仍然有效，不再自动退款。',
    en: '{when}: there is room for you after all. You can use {tickets} as before; no money comes back.',
    variables: { when: MOMENT, tickets: NUMBERS },
    wider: { ...NUMBERS_EN, when: MOMENT_EN },
  },
];

const money = { amount: { max: 20 } } as const;
const fee = { fee: { max: 20 } } as const;
/** All of them, or the first ten and how many. */
const numbers = { tickets: { max: 200 } } as const;
const moment = { max: 40 } as const;
const choice = { ...PLAIN_MAIL, ...numbers, when: moment, reason: { max: 500 }, until: moment } as const;

const CHOOSE_ZH = '请于{until}前选择退票或改签到其他场次；逾期未选，款项将自动全额退回，不收手续费。';
const CHOOSE_EN =
  'Please choose a refund or another session by {until}; if we hear nothing, all of your money comes back by itself, without a fee.';

const plain: readonly MailTemplate[] = [
  ...plainMail(
    'tickets-refunded',
    {
      'zh-CN': {
        subject: '已退票：{product}',
        body: '您的{product}（票号{tickets}）已退。手续费{fee}，{amount}将原路退回，到账时间以支付机构为准。',
      },
      en: {
        subject: 'Given back: {product}',
        body: 'your tickets for {product} ({tickets}) were given back. The fee is {fee}; {amount} goes back the way it was paid.',
      },
    },
    { ...PLAIN_MAIL, ...numbers, ...fee, ...money },
  ),
  ...plainMail(
    'tickets-refunded-free',
    {
      'zh-CN': {
        subject: '已免费退票：{product}',
        body: '因{cause}，您的{product}（票号{tickets}）已退，不收手续费。{amount}将原路退回，到账时间以支付机构为准。',
      },
      en: {
        subject: 'Given back free of charge: {product}',
        body: '{cause}: your tickets for {product} ({tickets}) were given back without a fee. {amount} goes back the way it was paid.',
      },
    },
    { ...PLAIN_MAIL, ...numbers, ...money, cause: { max: 60 } },
  ),
  ...plainMail(
    'tickets-refunded-cash',
    {
      'zh-CN': {
        subject: '已退票：{product}',
        body: '您的{product}（票号{tickets}）已退。手续费{fee}，应退{amount}。以现金支付的部分请携带订单号到售票窗口领取，其余将原路退回。',
      },
      en: {
        subject: 'Given back: {product}',
        body: 'your tickets for {product} ({tickets}) were given back. The fee is {fee}; {amount} is yours. What was paid in cash waits for you at a counter: bring the number of your order. The rest goes back the way it was paid.',
      },
    },
    { ...PLAIN_MAIL, ...numbers, ...fee, ...money },
  ),
  ...plainMail(
    'tickets-refunded-free-cash',
    {
      'zh-CN': {
        subject: '已免费退票：{product}',
        body: '因{cause}，您的{product}（票号{tickets}）已退，不收手续费，应退{amount}。以现金支付的部分请携带订单号到售票窗口领取，其余将原路退回。',
      },
      en: {
        subject: 'Given back free of charge: {product}',
        body: '{cause}: your tickets for {product} ({tickets}) were given back without a fee; {amount} is yours. What was paid in cash waits for you at a counter: bring the number of your order. The rest goes back the way it was paid.',
      },
    },
    { ...PLAIN_MAIL, ...numbers, ...money, cause: { max: 60 } },
  ),
  ...plainMail(
    'tickets-given-back',
    {
      'zh-CN': { subject: '已退票：{product}', body: '您的{product}（票号{tickets}）已退。手续费{fee}，无退款。' },
      en: {
        subject: 'Given back: {product}',
        body: 'your tickets for {product} ({tickets}) were given back. The fee is {fee}; no money comes back.',
      },
    },
    { ...PLAIN_MAIL, ...numbers, ...fee },
  ),
  ...plainMail(
    'exchange-failed',
    {
      'zh-CN': {
        subject: '改签未成功：{product}',
        body: '您的{product}改签未成功，原票{number}仍然有效，请照常使用。',
      },
      en: {
        subject: 'Exchange not possible: {product}',
        body: 'the exchange of your ticket for {product} did not work out. Ticket {number} stays valid as it was.',
      },
    },
    { ...PLAIN_MAIL, number: { max: 20 } },
  ),
  ...plainMail(
    'exchange-failed-returned',
    {
      'zh-CN': {
        subject: '改签未成功：{product}',
        body: '您的{product}改签未成功，原票{number}仍然有效，请照常使用。为改签支付的{amount}将原路全额退回。',
      },
      en: {
        subject: 'Exchange not possible: {product}',
        body: 'the exchange of your ticket for {product} did not work out. Ticket {number} stays valid as it was; the {amount} that you paid for the exchange go back in full.',
      },
    },
    { ...PLAIN_MAIL, ...money, number: { max: 20 } },
  ),
  ...plainMail(
    'waiting-joined',
    {
      'zh-CN': {
        subject: '候补已登记：{product}',
        body: '您的{product}（{when}）候补已登记，当前第{position}位，截止{until}。有位时我们会另行通知。',
      },
      en: {
        subject: 'You stand in line: {product}',
        body: 'you stand in line for {product} ({when}) as number {position}, until {until}. We tell you when there is room.',
      },
    },
    { ...PLAIN_MAIL, when: moment, position: { max: 6 }, until: moment },
  ),
  ...plainMail(
    'waiting-served',
    {
      'zh-CN': {
        subject: '候补到位，请支付：{product}',
        body: '您候补的{product}（{when}）已有位，请于{payBy}前支付{amount}；逾期未付，名额将让给下一位。',
      },
      en: {
        subject: 'There is room for you, please pay: {product}',
        body: 'there is room for you: {product} ({when}). Please pay {amount} by {payBy}; after that the places go to the next in line.',
      },
    },
    { ...PLAIN_MAIL, ...money, when: moment, payBy: moment },
  ),
  ...plainMail(
    'session-cancelled',
    {
      'zh-CN': {
        subject: '场次取消，请选择退票或改签：{product} {when}',
        body: `很抱歉，{product}（{when}，票号{tickets}）因{reason}取消。${CHOOSE_ZH}`,
      },
      en: {
        subject: 'Cancelled, please choose: {product} {when}',
        body: `we are sorry: {product} ({when}, {tickets}) is cancelled. {reason}. ${CHOOSE_EN}`,
      },
    },
    choice,
  ),
  ...plainMail(
    'session-reduced',
    {
      'zh-CN': {
        subject: '场次名额缩减，请选择退票或改签：{product} {when}',
        body: `很抱歉，因{reason}，{product}（{when}）名额缩减，您的票（票号{tickets}）受到影响。${CHOOSE_ZH}`,
      },
      en: {
        subject: 'Fewer places, please choose: {product} {when}',
        body: `we are sorry: {product} ({when}) has fewer places than were sold, and there is none left for {tickets}. {reason}. ${CHOOSE_EN}`,
      },
    },
    choice,
  ),
  ...plainMail(
    'session-kept',
    {
      'zh-CN': {
        subject: '您的票仍然有效：{product} {when}',
        body: '此前通知{product}（{when}）名额缩减。现已有足够余位，您的票（票号{tickets}）仍然有效，请按时入场；不再自动退款。',
      },
      en: {
        subject: 'Your ticket stays good: {product} {when}',
        body: 'we told you that {product} ({when}) has fewer places. There is room for you after all: you can use {tickets} as before, and no money comes back by itself.',
      },
    },
    { ...PLAIN_MAIL, ...numbers, when: moment },
  ),
];

const exchanged = {
  ...PLAIN_MAIL,
  ...fee,
  previous: { max: 20 },
  more: { max: 200 },
} as const;

/** Like the mail of a new order: the ticket itself is in it. */
const exchangeCompleted: readonly MailTemplate[] = [
  {
    id: 'exchange-completed',
    channel: 'email',
    language: 'zh-CN',
    version: 1,
    variables: exchanged,
    subject: '改签成功：{product}',
    text: '{name}，您好：\n\n您的{product}已改签，原票{previous}作废，请使用新票。手续费{fee}。{more}\n\n{{items}}\n\n订单 {order}\n',
    html: page(
      '<p>{name}，您好：</p><p>您的{product}已改签，原票{previous}作废，请使用新票。手续费{fee}。{more}</p>{{items}}<p>订单 {order}</p>',
    ),
    item: { variables: ticketVariables, text: '{number}  {type}  {when}  {amount}', html: ticketHtml },
  },
  {
    id: 'exchange-completed',
    channel: 'email',
    language: 'en',
    version: 1,
    variables: exchanged,
    subject: 'Exchanged: {product}',
    text: 'Dear {name},\n\nyour ticket for {product} is exchanged; {previous} is void, please use the new one. The fee is {fee}. {more}\n\n{{items}}\n\nOrder {order}\n',
    html: page(
      '<p>Dear {name},</p><p>your ticket for {product} is exchanged; {previous} is void, please use the new one. The fee is {fee}. {more}</p>' +
        '{{items}}<p>Order {order}</p>',
    ),
    item: { variables: ticketVariables, text: '{number}  {type}  {when}  {amount}', html: ticketHtml },
  },
];

export const afterSaleTemplates: readonly Template[] = [
  ...WORDS.flatMap(inBothLanguages),
  ...plain,
  ...exchangeCompleted,
];
