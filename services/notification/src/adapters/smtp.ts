// Mail over SMTP on pooled connections. The Message-ID is derived from our reference, so that a mail which had to be
// sent twice is recognised as one by mail programs, and bounces can be matched.
import nodemailer from 'nodemailer';
import type Mail from 'nodemailer/lib/mailer/index.js';
import { z } from 'zod';
import { SubmitOutcomeUnknown, SubmitRefused } from './providers.ts';
import type { MailAttachment, MailProvider } from './providers.ts';

export type SmtpOptions = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (port 465); otherwise STARTTLS where offered. */
  readonly secure: boolean;
  readonly credentials?: { readonly user: string; readonly password: string };
  /** `景区 <tickets@example.org>`. */
  readonly from: string;
  /** Right-hand side of Message-IDs. */
  readonly messageIdDomain: string;
  /** Default 5. */
  readonly connections?: number;
  /** Limit for silence on a connection. Default 20 s. */
  readonly timeoutMs?: number;
};

const Failure = z.object({
  code: z.string().default(''),
  command: z.string().default(''),
  responseCode: z.number().optional(),
  syscall: z.string().default(''),
  message: z.string().default(''),
});

/** Failures that happen before the content of a mail can have been taken. */
const neverTaken = new Set([
  'EENVELOPE',
  'EAUTH',
  'ENOAUTH',
  'EOAUTH2',
  'EDNS',
  'ETLS',
  'EREQUIRETLS',
  'ECONFIG',
  'EMAXRECIPIENTS',
]);
const connectTimeoutTexts = /^(Connection timeout|Greeting never received)/;

const permanentReply = (responseCode: number | undefined): boolean =>
  responseCode !== undefined && responseCode >= 500 && responseCode !== 503;

/** Sorts what the mail library threw into our two kinds. When in doubt the outcome is unknown. */
const classifyFailure = (error: unknown): SubmitRefused | SubmitOutcomeUnknown => {
  const failure = Failure.parse(
    typeof error === 'object' && error !== null
      ? { ...error, message: error instanceof Error ? error.message : '' }
      : {},
  );
  const code = failure.responseCode === undefined ? failure.code : String(failure.responseCode);
  const refused =
    failure.responseCode !== undefined ||
    neverTaken.has(failure.code) ||
    failure.syscall === 'connect' ||
    connectTimeoutTexts.test(failure.message);
  return refused
    ? new SubmitRefused(code, 'The mail was not taken.', permanentReply(failure.responseCode), { cause: error })
    : new SubmitOutcomeUnknown(code, 'The connection ended before the server answered.', { cause: error });
};

/** What has an id belongs to the text; mail programs list only the rest. */
const partOf = ({ contentId, ...part }: MailAttachment): Mail.Attachment =>
  contentId === undefined
    ? { ...part, contentDisposition: 'attachment' }
    : { ...part, cid: contentId, contentDisposition: 'inline' };

export const createSmtpProvider = (options: SmtpOptions): MailProvider => {
  const timeoutMs = options.timeoutMs ?? 20_000;
  const transport = nodemailer.createTransport({
    pool: true,
    host: options.host,
    port: options.port,
    secure: options.secure,
    maxConnections: options.connections ?? 5,
    // The library would put a mail whose connection broke back into its queue, even after the content was handed over,
    // and so send it up to six times. Whether to try again is decided by the caller, who knows about duplicates.
    maxRequeues: 0,
    connectionTimeout: Math.min(timeoutMs, 5_000),
    greetingTimeout: Math.min(timeoutMs, 5_000),
    socketTimeout: timeoutMs,
    // Content comes from templates; nothing may make the process read a file or fetch an address.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(options.credentials === undefined
      ? {}
      : { auth: { user: options.credentials.user, pass: options.credentials.password } }),
  });
  let healthy = true;

  return {
    name: options.name,
    async send({ reference, to, subject, text, html, attachments = [] }) {
      const providerReference = `<${encodeURIComponent(reference)}@${options.messageIdDomain}>`;
      try {
        await transport.sendMail({
          from: options.from,
          to,
          subject,
          text,
          ...(html === undefined ? {} : { html }),
          attachments: attachments.map(partOf),
          messageId: providerReference,
          // Keeps vacation notices and the like from answering a machine (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        healthy = true;
        return { providerReference };
      } catch (error) {
        const failure = classifyFailure(error);
        healthy = failure instanceof SubmitRefused && failure.permanent;
        throw failure;
      }
    },
    healthy: () => healthy,
    async close() {
      transport.close();
    },
  };
};
