// The words that ship, as data (NOT-02). A changed text is a new version beside the old one: messages that wait were made with theirs.
// Chinese messages fit one segment of 70 characters even with the longest values, signature included; only the numbers of several
// tickets may need a second one.
import { afterSaleTemplates } from './after-sale-templates.ts';
import { english, page, PLAIN_MAIL, plainMail, PRODUCT, ticketHtml, ticketVariables } from './frames.ts';
import { reissueTemplates } from './reissue-templates.ts';
import type { MailTemplate, SmsTemplate, Template, Variables } from './template.ts';

const smsVariables = {
  fulfilled: { product: PRODUCT, when: { max: 18 }, tickets: { max: 20 } },
  closed: { product: PRODUCT },
  returned: { product: PRODUCT, amount: { max: 14 } },
  code: { code: { max: 8, personal: true }, minutes: { max: 2 } },
} as const satisfies Record<string, Variables>;

const sms: readonly SmsTemplate[] = [
  {
    id: 'order-fulfilled',
    channel: 'sms',
    language: 'zh-CN',
    version: 1,
    variables: smsVariables.fulfilled,
    text: '{product}已出票：{when}，票号{tickets}。',
  },
  {
    id: 'order-fulfilled',
    channel: 'sms',
    language: 'en',
    version: 1,
    variables: { ...smsVariables.fulfilled, ...english, when: { max: 28 }, tickets: { max: 36 } },
    text: '{product}: your tickets are ready. {when}, {tickets}.',
  },
  {
    id: 'order-expired',
    channel: 'sms',
    language: 'zh-CN',
    version: 1,
    variables: smsVariables.closed,
    text: '您预订的{product}未在限时内支付，订单已关闭。',
  },
  {
    id: 'order-expired',
    channel: 'sms',
    language: 'en',
    version: 1,
    variables: { ...smsVariables.closed, ...english },
    text: '{product}: the order was not paid in time and is closed.',
  },
  {
    id: 'order-cancelled',
    channel: 'sms',
    language: 'zh-CN',
    version: 1,
    variables: smsVariables.closed,
    text: '您预订的{product}订单已取消。',
  },
  {
    id: 'order-cancelled',
    channel: 'sms',
    language: 'en',
    version: 1,
    variables: { ...smsVariables.closed, ...english },
    text: '{product}: your order is cancelled.',
  },
  {
    id: 'order-rejected',
    channel: 'sms',
    language: 'zh-CN',
    version: 1,
    variables: smsVariables.closed,
    text: '很抱歉，您预订的{product}未能成功，订单已关闭。',
  },
  {
    id: 'order-rejected',
    channel: 'sms',
    language: 'en',
    version: 1,
    variables: { ...smsVariables.closed, ...english },
    text: '{product}: we are sorry, your order could not be confirmed and is closed.',
  },
  {
    id: 'payment-returned',
    channel: 'sms',
    language: 'zh-CN',
    version: 1,
    variables: smsVariables.returned,
    text: '您为{product}支付的{amount}已原路全额退回，到账时间以支付机构为准。',
  },
  {
    id: 'payment-returned',
    channel: 'sms',
    language: 'en',
    version: 1,
    variables: { ...smsVariables.returned, ...english },
    text: '{product}: your payment of {amount} was sent back in full to where it came from.',
  },
  {
    id: 'code',
    channel: 'sms',
    language: 'zh-CN',
    version: 1,
    variables: smsVariables.code,
    text: '验证码{code}，{minutes}分钟内有效。请勿告诉他人。',
  },
  {
    id: 'code',
    channel: 'sms',
    language: 'en',
    version: 1,
    variables: smsVariables.code,
    text: 'Your code is {code}, valid for {minutes} minutes. Tell nobody.',
  },
];

const mailVariables = {
  fulfilled: {
    name: { max: 60, personal: true },
    product: { max: 200 },
    order: { max: 40 },
    count: { max: 3 },
    total: { max: 20 },
    more: { max: 200 },
  },
} as const satisfies Record<string, Variables>;

const mail: readonly MailTemplate[] = [
  {
    id: 'order-fulfilled',
    channel: 'email',
    language: 'zh-CN',
    version: 1,
    variables: mailVariables.fulfilled,
    subject: '已出票：{product}（{count}张）',
    text: '{name}，您好：\n\n您预订的{product}已出票，共{count}张，合计{total}。\n\n{{items}}\n{more}\n订单 {order}\n',
    html: page(
      '<p>{name}，您好：</p><p>您预订的{product}已出票，共{count}张，合计{total}。</p>{{items}}<p>{more}</p>' +
        '<p>订单 {order}</p>',
    ),
    item: { variables: ticketVariables, text: '{number}  {type}  {when}  {amount}', html: ticketHtml },
  },
  {
    id: 'order-fulfilled',
    channel: 'email',
    language: 'en',
    version: 1,
    variables: mailVariables.fulfilled,
    subject: 'Your tickets: {product} ({count})',
    text: 'Dear {name},\n\nyour tickets for {product} are ready: {count} in all, {total}.\n\n{{items}}\n{more}\nOrder {order}\n',
    html: page(
      '<p>Dear {name},</p><p>your tickets for {product} are ready: {count} in all, {total}.</p>{{items}}<p>{more}</p>' +
        '<p>Order {order}</p>',
    ),
    item: { variables: ticketVariables, text: '{number}  {type}  {when}  {amount}', html: ticketHtml },
  },
  ...plainMail('order-expired', {
    'zh-CN': { subject: '订单已关闭：{product}', body: '您预订的{product}未在限时内支付，订单已关闭。' },
    en: {
      subject: 'Order closed: {product}',
      body: 'your order for {product} was not paid in time and is closed.',
    },
  }),
  ...plainMail('order-cancelled', {
    'zh-CN': { subject: '订单已取消：{product}', body: '您预订的{product}订单已取消。' },
    en: { subject: 'Order cancelled: {product}', body: 'your order for {product} is cancelled.' },
  }),
  ...plainMail('order-rejected', {
    'zh-CN': { subject: '订单未成功：{product}', body: '很抱歉，您预订的{product}未能成功，订单已关闭。' },
    en: {
      subject: 'Order not confirmed: {product}',
      body: 'we are sorry: your order for {product} could not be confirmed and is closed.',
    },
  }),
  ...plainMail(
    'payment-returned',
    {
      'zh-CN': {
        subject: '退款通知：{product}',
        body: '您为{product}支付的{amount}已原路全额退回，到账时间以支付机构为准。',
      },
      en: {
        subject: 'Payment sent back: {product}',
        body: 'your payment of {amount} for {product} was sent back in full to where it came from.',
      },
    },
    { ...PLAIN_MAIL, amount: { max: 20 } },
  ),
  {
    id: 'code',
    channel: 'email',
    language: 'zh-CN',
    version: 1,
    variables: smsVariables.code,
    subject: '验证码',
    text: '您的验证码是 {code}，{minutes}分钟内有效。请勿告诉他人。\n',
    html: page('<p>您的验证码是 <b>{code}</b>，{minutes}分钟内有效。请勿告诉他人。</p>'),
  },
  {
    id: 'code',
    channel: 'email',
    language: 'en',
    version: 1,
    variables: smsVariables.code,
    subject: 'Your code',
    text: 'Your code is {code}, valid for {minutes} minutes. Tell nobody.\n',
    html: page('<p>Your code is <b>{code}</b>, valid for {minutes} minutes. Tell nobody.</p>'),
  },
];

export const DEFAULT_TEMPLATES: readonly Template[] = [...sms, ...mail, ...afterSaleTemplates, ...reissueTemplates];
