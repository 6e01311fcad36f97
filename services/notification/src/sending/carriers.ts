// Puts a message into words and hands it to whoever carries it: SMS to the message centre, mail to the mail server.
import type { Submission } from '../message/message.ts';
import { createSmppProvider } from '../adapters/smpp.ts';
import { createSmtpProvider } from '../adapters/smtp.ts';
import type { MailAttachment, MailProvider, SmsProvider } from '../adapters/providers.ts';
import type { Config } from '../config.ts';
import { inlineCode, ticketsAttachment } from '../mail/attachments.ts';
import { renderMail, renderSms, type Templates } from '../templates/template.ts';
import type { Job } from './lane.ts';

/** Submissions without an answer: as many as the lanes send at once. */
const SMPP_WINDOW = 50;
/** A code waits for one of these to be free, for a few ms. */
const SMTP_CONNECTIONS = 12;

export function openSms(
  config: Config,
  responseTimeoutMs: number,
  onTrouble: (what: string, error?: Error) => void,
): SmsProvider {
  const { hostname, port, username, password } = new URL(config.SMPP_URL);
  return createSmppProvider({
    name: 'smpp',
    host: hostname,
    port: Number(port),
    systemId: decodeURIComponent(username),
    password: decodeURIComponent(password),
    sourceAddress: config.SMS_SOURCE_ADDRESS,
    window: SMPP_WINDOW,
    responseTimeoutMs,
    onTrouble,
  });
}

export function openMail(config: Config): MailProvider {
  const { protocol, hostname, port, username, password } = new URL(config.SMTP_URL);
  const secure = protocol === 'smtps:';
  return createSmtpProvider({
    name: 'smtp',
    host: hostname,
    port: port === '' ? (secure ? 465 : 25) : Number(port),
    secure,
    from: config.MAIL_FROM,
    messageIdDomain: new URL(config.PUBLIC_BASE_URL).hostname,
    connections: SMTP_CONNECTIONS,
    ...(username === ''
      ? {}
      : { credentials: { user: decodeURIComponent(username), password: decodeURIComponent(password) } }),
  });
}

export function submitSms(
  provider: SmsProvider,
  templates: Templates,
  clock: () => Date,
): (job: Job) => Promise<Submission> {
  return async ({ held: { id, state }, content }) => {
    const template = templates.at(state.template, 'sms', state.language, state.templateVersion);
    if (template.channel !== 'sms') throw new Error(`${template.id} is no SMS`);
    const { text } = renderSms(template, content.signature, content.values);
    const { providerReference, segments } = await provider.submit({ reference: id, to: content.to, text });
    return { provider: provider.name, reference: providerReference, segments, sentAt: clock().toISOString() };
  };
}

export function submitMail(
  provider: MailProvider,
  templates: Templates,
  clock: () => Date,
): (job: Job) => Promise<Submission> {
  return async ({ held: { id, state }, content }) => {
    const template = templates.at(state.template, 'email', state.language, state.templateVersion);
    if (template.channel !== 'email') throw new Error(`${template.id} is no mail`);
    const codes: MailAttachment[] = [];
    const { subject, text, html } = renderMail(template, content, ({ qr = '' }, index) => {
      if (qr === '') return '';
      const code = inlineCode(qr, index, id);
      codes.push(code.attachment);
      return code.html;
    });
    const attachments = [...codes, ...ticketsAttachment(state.about, content.pages ?? [])];
    const mail = { reference: id, to: content.to, subject, text, html, attachments };
    const { providerReference } = await provider.send(mail);
    return { provider: provider.name, reference: providerReference, segments: 0, sentAt: clock().toISOString() };
  };
}
