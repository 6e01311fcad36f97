// An SMTP server that accepts every mail and keeps it to be looked at. Two local parts misbehave on purpose:
// `bounce@` is refused at RCPT TO, `slow@` is taken but answered late.
import { once } from 'node:events';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream } from 'smtp-server';
import type { Logger } from 'pino';
import { createAttachmentShelf, type AttachmentShelf } from './attachment-shelf.ts';
import { createRingBuffer } from '../ring-buffer.ts';
import type { Settings } from '../settings.ts';

type ReceivedAttachment = {
  readonly filename: string;
  readonly mimeType: string;
  readonly bytes: number;
  /** The HTML shows it as `cid:<contentId>`. */
  readonly contentId?: string;
  /** Where it can be fetched, as long as it is kept. */
  readonly path: string;
};

export type ReceivedMail = {
  readonly id: string;
  readonly messageId: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly ReceivedAttachment[];
  readonly at: string;
};

export type MailServer = {
  readonly port: number;
  /** Newest first; `to` is compared without regard to case. */
  find(to: string | undefined, limit: number): readonly ReceivedMail[];
  get(id: string): ReceivedMail | undefined;
  /** `at` counts from 0. */
  attachment(id: string, at: number): ReturnType<AttachmentShelf['get']>;
  stop(): Promise<void>;
};

const keptMails = 10_000;
// Larger than any ticket PDF, small enough that ten thousand mails cannot be ten thousand of these by accident.
const maximumMailBytes = 10 * 1024 * 1024;
// What is kept of one body; the page and the tests need the beginning, not a newsletter's megabyte.
const keptCharacters = 200_000;
// Some two thousand mails with a ticket each.
const keptAttachmentBytes = 64 * 1024 * 1024;

class MailRefused extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

const localPart = (address: string): string => address.split('@')[0]?.toLowerCase() ?? '';

const readAll = async (stream: SMTPServerDataStream): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const bytesOf = (content: string | ArrayBuffer | Uint8Array): Buffer =>
  typeof content === 'string' ? Buffer.from(content) : Buffer.from(new Uint8Array(content));

const contentIdOf = (header: string | undefined): { readonly contentId?: string } =>
  header === undefined ? {} : { contentId: header.replaceAll(/^<|>$/g, '') };

export const startMailServer = async (options: {
  readonly host: string;
  readonly port: number;
  readonly settings: () => Settings;
  readonly logger: Logger;
}): Promise<MailServer> => {
  const received = createRingBuffer<ReceivedMail>(keptMails);
  const shelf = createAttachmentShelf(keptAttachmentBytes);
  const timers = new Set<NodeJS.Timeout>();
  let count = 0;

  const keep = async (raw: Buffer, from: string, to: readonly string[]): Promise<void> => {
    const mail = await PostalMime.parse(raw);
    count += 1;
    const id = `mail-${String(count)}`;
    const attached = mail.attachments.map(({ filename, mimeType, content, contentId }) => ({
      filename: filename ?? '',
      mimeType,
      content: bytesOf(content),
      ...contentIdOf(contentId),
    }));
    shelf.put(id, attached);
    received.push({
      id,
      messageId: mail.messageId ?? '',
      from,
      to,
      subject: mail.subject ?? '',
      text: (mail.text ?? '').slice(0, keptCharacters),
      html: (mail.html ?? '').slice(0, keptCharacters),
      attachments: attached.map(({ content, ...facts }, index) => ({
        ...facts,
        bytes: content.length,
        path: `/mail/${id}/attachments/${index}`,
      })),
      at: new Date().toISOString(),
    });
  };

  const later = (delayMs: number, act: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
  };

  const server = new SMTPServer({
    name: 'sandbox',
    banner: 'sandbox',
    authOptional: true,
    // There is no certificate to offer; authentication is accepted with any name and password.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    size: maximumMailBytes,
    logger: false,
    // A stopped sandbox is gone at once; nobody waits for idle pooled connections.
    closeTimeout: 100,
    onAuth: (auth, _session, answer) => answer(null, { user: auth.username ?? 'anonymous' }),
    onRcptTo: (address, _session, answer) =>
      localPart(address.address) === 'bounce' ? answer(new MailRefused(550, 'No such mailbox')) : answer(),
    onData: (stream, session, answer) => {
      const recipients = session.envelope.rcptTo.map((recipient) => recipient.address);
      const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
      readAll(stream)
        .then((raw) => {
          if (stream.sizeExceeded) throw new MailRefused(552, 'Message too large');
          return keep(raw, from, recipients);
        })
        .then(
          () => {
            if (recipients.some((recipient) => localPart(recipient) === 'slow')) {
              later(options.settings().mailSlowMs, () => answer());
            } else answer();
          },
          (error: unknown) => answer(error instanceof Error ? error : new Error(String(error))),
        );
    },
  });
  server.on('error', (error) => options.logger.debug({ err: error }, 'SMTP session broke'));
  const listening = once(server.server, 'listening');
  server.listen(options.port, options.host);
  await listening;
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('The SMTP server has no port.');

  return {
    port: address.port,
    find(to, limit) {
      const asked = to?.toLowerCase() ?? '';
      return received.newest(
        limit,
        asked === '' ? undefined : (mail) => mail.to.some((recipient) => recipient.toLowerCase() === asked),
      );
    },
    get: (id) => received.newest(1, (mail) => mail.id === id)[0],
    attachment: (id, at) => shelf.get(id, at),
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
};
