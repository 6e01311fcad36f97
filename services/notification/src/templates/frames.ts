// What templates have in common: the frame of a mail, how a ticket is shown in it, and the bounds that keep an SMS in its segment.
import type { MailTemplate, SmsTemplate, Variables } from './template.ts';

export const PRODUCT = { max: 14 } as const;
export const english = { product: { max: 40 } } as const;

export const PLAIN_MAIL = {
  name: { max: 60, personal: true },
  product: { max: 200 },
  order: { max: 40 },
} as const satisfies Variables;

export const ticketVariables = {
  number: { max: 20 },
  type: { max: 200 },
  when: { max: 40 },
  amount: { max: 20 },
} as const satisfies Variables;

export const page = (body: string): string =>
  `<!doctype html><html><body style="font-family:sans-serif;color:#222;max-width:36em">${body}</body></html>`;

export const ticketHtml =
  '<div style="border:1px solid #ccc;padding:12px;margin:12px 0"><b>{number}</b><br>{type} · {when} · {amount}<br>{{qr}}</div>';

/** An SMS in both languages. */
export type SmsWords = {
  readonly id: string;
  readonly zh: string;
  readonly en: string;
  readonly variables: Variables;
  /** Where English needs more room. */
  readonly wider?: Variables;
};

export function inBothLanguages({ id, zh, en, variables, wider = {} }: SmsWords): readonly SmsTemplate[] {
  return [
    { id, channel: 'sms', language: 'zh-CN', version: 1, variables, text: zh },
    { id, channel: 'sms', language: 'en', version: 1, variables: { ...variables, ...wider }, text: en },
  ];
}

/** A mail of one paragraph, in both languages. */
export function plainMail(
  id: string,
  words: Readonly<Record<'zh-CN' | 'en', { subject: string; body: string }>>,
  variables: Variables = PLAIN_MAIL,
): readonly MailTemplate[] {
  return (['zh-CN', 'en'] as const).map((language) => {
    const { subject, body } = words[language];
    const [hello, order] = language === 'en' ? ['Dear {name},', 'Order'] : ['{name}，您好：', '订单'];
    return {
      id,
      channel: 'email',
      language,
      version: 1,
      variables,
      subject,
      text: `${hello}\n\n${body}\n\n${order} {order}\n`,
      html: page(`<p>${hello}</p><p>${body}</p><p>${order} {order}</p>`),
    };
  });
}
