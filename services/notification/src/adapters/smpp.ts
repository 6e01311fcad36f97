// An SMPP 3.4 client (ESME): one transceiver session that binds again when it breaks, a bounded window of submissions,
// long texts cut into parts. An answer that does not come is never taken for a refusal.
import smpp from 'smpp';
import type { PDU, Session } from 'smpp';
import { SubmitOutcomeUnknown, SubmitRefused } from './providers.ts';
import type { LateAnswer, SmsMessage, SmsProvider, SmsReceipt, SmsSubmission } from './providers.ts';
import { createReceiptFold, readReceipt, statusOfState } from './receipts.ts';
import { splitSegments } from './segments.ts';
import type { SmsEncoding } from './segments.ts';

export type SmppOptions = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  /** What recipients see as the sender: the service number. */
  readonly sourceAddress: string;
  /** Submissions without an answer yet; centres allow 10 to 100. Default 50. */
  readonly window?: number;
  /** Submissions that wait for a place in the window before more are refused. Default 1,000. */
  readonly maximumWaiting?: number;
  /** Default 10 s. */
  readonly responseTimeoutMs?: number;
  /** Pause between enquire_link probes. Default 15 s. */
  readonly enquireLinkMs?: number;
  /** First pause before binding again; doubles up to 30 s. Default 250 ms. */
  readonly reconnectMs?: number;
  /** First pause before a later part that was refused for the moment is tried again; doubles four times. Default 250 ms. */
  readonly resubmitMs?: number;
  /** Told about breaks and refused binds, without message content. */
  readonly onTrouble?: (what: string, error?: Error) => void;
};

const dataCoding: Readonly<Record<SmsEncoding, number>> = { gsm7: 0, ucs2: 8 };
const interfaceVersion = 0x34;
// For bind and enquire_link, which a living centre answers at once.
const transportTimeoutMs = 5_000;
const maximumReconnectMs = 30_000;

/** Command statuses that say "this message, never"; all others may pass (throttling, full queue, system error). */
const permanentStatuses = new Set([
  0x01, 0x02, 0x0a, 0x0b, 0x0c, 0x15, 0x33, 0x34, 0x40, 0x43, 0x48, 0x49, 0x50, 0x51, 0x61, 0x62, 0x66, 0x101, 0x103,
  0x104,
]);

/** Concatenation element with a 16-bit reference would cost a character more; 256 open messages per number suffice. */
const concatenationHeader = (reference: number, total: number, index: number): Buffer =>
  Buffer.from([0x05, 0x00, 0x03, reference & 0xff, total, index]);

const maximumParts = 255;
// For all parts of a message together: at most 250 ms × 31, since a stop of the service waits 8 s for what has begun.
const maximumResubmissions = 5;

type Outstanding = { readonly fail: (error: Error) => void };

export const createSmppProvider = (options: SmppOptions): SmsProvider => {
  const windowSize = options.window ?? 50;
  const maximumWaiting = options.maximumWaiting ?? 1_000;
  const responseTimeoutMs = options.responseTimeoutMs ?? 10_000;
  const firstReconnectMs = options.reconnectMs ?? 250;
  const firstResubmitMs = options.resubmitMs ?? 250;
  const receiptListeners: ((receipt: SmsReceipt) => void)[] = [];
  const lateListeners: ((answer: LateAnswer) => void)[] = [];
  const fold = createReceiptFold();
  const outstanding = new Set<Outstanding>();
  const waiting: (() => void)[] = [];
  let session: Session | undefined;
  let bound = false;
  let closing = false;
  let reconnectMs = firstReconnectMs;
  let reconnectTimer: NodeJS.Timeout | undefined;
  let enquireTimer: NodeJS.Timeout | undefined;
  let concatenation = Math.floor(Math.random() * 256);
  let inWindow = 0;

  const trouble = (what: string, error?: Error): void => options.onTrouble?.(what, error);
  const announce = (receipt: SmsReceipt | undefined): void => {
    if (receipt !== undefined) for (const listener of receiptListeners) listener(receipt);
  };

  const enterWindow = async (): Promise<void> => {
    if (inWindow < windowSize) {
      inWindow += 1;
      return;
    }
    if (waiting.length >= maximumWaiting) {
      throw new SubmitRefused('window-full', 'Too many messages wait for this provider.', false);
    }
    // The place is handed over, so the count stays.
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leaveWindow = (): void => {
    const next = waiting.shift();
    if (next === undefined) inWindow -= 1;
    else next();
  };

  const enquire = (probed: Session): void => {
    const deadline = setTimeout(() => {
      trouble('no answer to enquire_link');
      probed.destroy();
    }, transportTimeoutMs);
    enquireTimer = deadline;
    const sent = probed.enquire_link({}, () => {
      clearTimeout(deadline);
      if (session === probed && bound)
        enquireTimer = setTimeout(() => enquire(probed), options.enquireLinkMs ?? 15_000);
    });
    if (!sent) probed.destroy();
  };

  const lost = (broken: Session): void => {
    if (session !== broken) return;
    session = undefined;
    bound = false;
    clearTimeout(enquireTimer);
    for (const { fail } of [...outstanding]) {
      fail(new SubmitOutcomeUnknown('connection-lost', 'The connection broke before the answer came.'));
    }
    if (closing) return;
    reconnectTimer = setTimeout(connect, reconnectMs);
    reconnectMs = Math.min(reconnectMs * 2, maximumReconnectMs);
  };

  const hear = (pdu: PDU, opened: Session): void => {
    // Acknowledged first: a listener that fails must not make the centre repeat itself for ever.
    opened.send(pdu.response());
    const receipt = readReceipt(pdu, new Date());
    if (receipt !== undefined) announce(fold.receive(receipt));
  };

  const connect = (): void => {
    const opened = smpp.connect({ host: options.host, port: options.port });
    session = opened;
    // Parts of one message follow each other's answers; Nagle's algorithm would add 40 ms to each.
    opened.socket.setNoDelay(true);
    const deadline = setTimeout(() => {
      trouble('no answer to bind');
      opened.destroy();
    }, transportTimeoutMs);
    opened.on('connect', () => {
      const credentials = {
        system_id: options.systemId,
        password: options.password,
        interface_version: interfaceVersion,
      };
      opened.bind_transceiver(credentials, (answer) => {
        clearTimeout(deadline);
        if (answer.command_status !== 0) {
          trouble(`bind refused with status ${answer.command_status}`);
          opened.destroy();
          return;
        }
        bound = true;
        reconnectMs = firstReconnectMs;
        enquire(opened);
      });
    });
    opened.on('deliver_sm', (pdu: PDU) => hear(pdu, opened));
    opened.on('enquire_link', (pdu: PDU) => opened.send(pdu.response()));
    opened.on('unbind', (pdu: PDU) => {
      opened.send(pdu.response());
      opened.close();
    });
    opened.on('error', (error: Error) => {
      trouble('session broke', error);
      opened.destroy();
    });
    opened.on('close', () => {
      clearTimeout(deadline);
      lost(opened);
    });
  };

  /**
   * Sends one request and waits for its answer. `heard` learns of every answer before anything else that came in the same packet,
   * and whether it is late, that is, nobody waits for it any more.
   */
  const ask = (
    send: (current: Session, answered: (answer: PDU) => void) => boolean,
    heard: (answer: PDU, late: boolean) => void,
  ): Promise<PDU> =>
    new Promise((resolve, reject) => {
      const current = session;
      if (current === undefined || !bound) {
        reject(new SubmitRefused('not-bound', 'There is no session with the message centre.', false));
        return;
      }
      let settled = false;
      const settle = (act: () => void): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        outstanding.delete(entry);
        act();
      };
      const entry: Outstanding = { fail: (error) => settle(() => reject(error)) };
      const timer = setTimeout(
        () => entry.fail(new SubmitOutcomeUnknown('timeout', `No answer within ${responseTimeoutMs} ms.`)),
        responseTimeoutMs,
      );
      outstanding.add(entry);
      const sent = send(current, (answer) => {
        heard(answer, settled);
        settle(() => resolve(answer));
      });
      if (!sent) entry.fail(new SubmitRefused('not-bound', 'The connection was closing.', false));
    });

  const digits = (address: string): string => address.replace(/\D/g, '');

  const submitPart = async (
    message: SmsMessage,
    encoding: SmsEncoding,
    content: { readonly message: string; readonly udh?: Buffer },
    accepted: (messageId: string, late: boolean) => void,
  ): Promise<void> => {
    const answer = await ask(
      (current, answered) =>
        current.submit_sm(
          {
            source_addr: options.sourceAddress,
            dest_addr_ton: 1,
            dest_addr_npi: 1,
            destination_addr: digits(message.to),
            registered_delivery: 1,
            data_coding: dataCoding[encoding],
            short_message: content,
          },
          answered,
        ),
      (answer, late) => {
        if (answer.command_status === 0) accepted(answer.message_id ?? '', late);
      },
    );
    if (answer.command_status !== 0) {
      const code = `0x${answer.command_status.toString(16).padStart(8, '0')}`;
      throw new SubmitRefused(
        code,
        `The message centre refused with ${code}.`,
        permanentStatuses.has(answer.command_status),
      );
    }
  };

  /**
   * From the first accepted part on a message is no longer certainly not sent, and sent again as a whole it would be paid for twice:
   * what is missing is tried again alone, and in the end the outcome is unknown.
   * @param already how often parts of this message were tried again before
   * @returns the same, with this part
   */
  const submitLaterPart = async (submit: () => Promise<void>, already: number): Promise<number> => {
    for (let resubmissions = already; ; resubmissions += 1) {
      try {
        await submit();
        return resubmissions;
      } catch (error) {
        if (!(error instanceof SubmitRefused)) throw error;
        if (error.permanent || closing || resubmissions >= maximumResubmissions) {
          const detail = 'Earlier parts were accepted, and this one was refused.';
          throw new SubmitOutcomeUnknown(`partly-sent ${error.code}`, detail, { cause: error });
        }
      }
      // Messages that were throttled together should not all come back together.
      const pauseMs = firstResubmitMs * 2 ** resubmissions * (0.5 + Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };

  const submitParts = async (message: SmsMessage): Promise<SmsSubmission> => {
    const { encoding, parts } = splitSegments(message.text);
    if (parts.length > maximumParts) throw new SubmitRefused('too-long', 'The text needs more than 255 parts.', true);
    concatenation = (concatenation + 1) & 0xff;
    const number = concatenation;
    const messageIds: string[] = [];
    let resubmissions = 0;
    const accepted = (messageId: string, late: boolean): void => {
      if (!late) {
        fold.partAccepted(messageId, messageIds[0]);
        messageIds.push(messageId);
        return;
      }
      // Of a message in several parts the rest was never sent, so only a single one can turn out accepted.
      if (parts.length > 1) return;
      const providerReference = fold.partAccepted(messageId, undefined);
      for (const listener of lateListeners) listener({ reference: message.reference, providerReference, segments: 1 });
      announce(fold.messageComplete(providerReference));
    };
    // One after the other: if a part is refused, the rest is not paid for.
    for (const [index, part] of parts.entries()) {
      const content =
        parts.length === 1
          ? { message: part }
          : { message: part, udh: concatenationHeader(number, parts.length, index + 1) };
      const submit = (): Promise<void> => submitPart(message, encoding, content, accepted);
      if (index === 0) await submit();
      else resubmissions = await submitLaterPart(submit, resubmissions);
    }
    const [complete] = messageIds;
    if (complete === undefined) throw new Error('A text without parts.');
    // The caller learns the reference before the first receipt for it.
    setImmediate(() => announce(fold.messageComplete(complete)));
    return { providerReference: complete, segments: parts.length };
  };

  connect();

  return {
    name: options.name,
    async submit(message) {
      if (!bound) throw new SubmitRefused('not-bound', 'There is no session with the message centre.', false);
      await enterWindow();
      try {
        return await submitParts(message);
      } finally {
        leaveWindow();
      }
    },
    onReceipt(listener) {
      receiptListeners.push(listener);
    },
    onLateAnswer(listener) {
      lateListeners.push(listener);
    },
    async query({ providerReference }) {
      const request = { message_id: providerReference, source_addr: options.sourceAddress };
      const answer = await ask(
        (current, answered) => current.query_sm(request, answered),
        () => undefined,
      );
      return answer.command_status === 0 ? statusOfState(answer.message_state ?? 0) : 'unknown';
    },
    healthy: () => bound,
    async close() {
      closing = true;
      clearTimeout(reconnectTimer);
      clearTimeout(enquireTimer);
      const current = session;
      if (current === undefined) return;
      await new Promise<void>((resolve) => {
        const deadline = setTimeout(() => current.destroy(), 1_000);
        current.on('close', () => {
          clearTimeout(deadline);
          resolve();
        });
        // A polite goodbye where somebody listens; otherwise the connection is simply ended.
        if (!bound || !current.unbind({}, () => current.close())) current.destroy();
      });
    },
  };
};
