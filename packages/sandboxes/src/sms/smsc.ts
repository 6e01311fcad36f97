// A short message centre that speaks SMPP 3.4: takes messages, answers with ids, and reports each message's fate as a
// delivery receipt to a session of the same account. What happens to a number is decided by a small table of rules.
import { once } from 'node:events';
import smpp from 'smpp';
import type { PDU, Session } from 'smpp';
import type { Logger } from 'pino';
import { createRingBuffer } from '../ring-buffer.ts';
import type { Settings, SmsRule } from '../settings.ts';
import { commandStatus, deliveryReceiptClass, messageState } from './numbers.ts';
import { createReassembly, readPart } from './reassembly.ts';

export type ReceivedSms = {
  readonly id: string;
  readonly messageIds: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly segments: number;
  readonly at: string;
  /** What the rules do with this number; the receipt follows a moment later. */
  readonly fate: SmsRule['behaviour'];
};

export type Smsc = {
  readonly port: number;
  /** Newest first; `to` matches with or without country code and punctuation. */
  find(to: string | undefined, limit: number): readonly ReceivedSms[];
  stop(): Promise<void>;
};

type Account = { readonly systemId: string; readonly password: string };
type Bound = { readonly session: Session; readonly receives: boolean; readonly transmits: boolean };

// Receipts that nobody is bound to receive wait, as at a real centre, but not without end.
const maximumWaitingReceipts = 10_000;
const keptMessages = 10_000;
// Enough to answer query_sm for what a test can still remember.
const keptStates = 50_000;

const digitsOf = (number: string): string => number.replace(/\D/g, '');
const sameNumber = (stored: string, asked: string): boolean => {
  const national = (digits: string): string =>
    digits.length === 13 && digits.startsWith('86') ? digits.slice(2) : digits;
  return national(digitsOf(stored)) === national(digitsOf(asked));
};

/** `YYMMDDhhmm` in UTC, the form of the receipt text in appendix B of the specification. */
const receiptDate = (at: Date): string => at.toISOString().replace(/\D/g, '').slice(2, 12);

const receiptText = (id: string, submittedAt: Date, doneAt: Date, delivered: boolean): string =>
  `id:${id} sub:001 dlvrd:${delivered ? '001' : '000'} submit date:${receiptDate(submittedAt)} ` +
  `done date:${receiptDate(doneAt)} stat:${delivered ? 'DELIVRD' : 'UNDELIV'} err:${delivered ? '000' : '001'} text:`;

/** Counts messages in the running second; more than `perSecond` of them are throttled. */
const createThrottle = (): ((perSecond: number) => boolean) => {
  let second = 0;
  let count = 0;
  return (perSecond) => {
    if (perSecond === 0) return false;
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      count = 0;
    }
    count += 1;
    return count > perSecond;
  };
};

export const startSmsc = async (options: {
  readonly host: string;
  readonly port: number;
  readonly account: Account;
  readonly settings: () => Settings;
  readonly logger: Logger;
}): Promise<Smsc> => {
  const { account, settings, logger } = options;
  const received = createRingBuffer<ReceivedSms>(keptMessages);
  const reassembly = createReassembly();
  const throttled = createThrottle();
  const bound = new Map<Session, Bound>();
  const states = new Map<string, number>();
  const waitingReceipts: Parameters<Session['deliver_sm']>[0][] = [];
  const timers = new Set<NodeJS.Timeout>();
  // Ids go on across restarts of the process, so that an old receipt cannot be mistaken for a new one.
  let lastId = BigInt(Date.now()) * 1_000n;

  const receiver = (preferred: Session): Session | undefined =>
    bound.get(preferred)?.receives === true
      ? preferred
      : [...bound.values()].find((candidate) => candidate.receives)?.session;

  const deliver = (preferred: Session, receipt: Parameters<Session['deliver_sm']>[0]): void => {
    const session = receiver(preferred);
    if (session?.deliver_sm({ ...receipt }) === true) return;
    if (waitingReceipts.length < maximumWaitingReceipts) waitingReceipts.push(receipt);
  };

  const scheduleReceipt = (session: Session, pdu: PDU, id: string, delivered: boolean): void => {
    const submittedAt = new Date();
    const timer = setTimeout(() => {
      timers.delete(timer);
      states.set(id, delivered ? messageState.delivered : messageState.undeliverable);
      // Bits 0 and 1 of registered_delivery: 0 none, 1 always, 2 on failure only.
      const asked = (pdu.registered_delivery ?? 0) & 0x03;
      if (asked === 0 || (asked === 2 && delivered)) return;
      deliver(session, {
        source_addr: pdu.destination_addr ?? '',
        destination_addr: pdu.source_addr ?? '',
        esm_class: deliveryReceiptClass,
        data_coding: 0,
        short_message: receiptText(id, submittedAt, new Date(), delivered),
        receipted_message_id: id,
        message_state: delivered ? messageState.delivered : messageState.undeliverable,
      });
    }, settings().smsReceiptDelayMs);
    timers.add(timer);
  };

  const keepState = (id: string): void => {
    states.set(id, messageState.enroute);
    if (states.size > keptStates) for (const oldest of states.keys()) if (states.delete(oldest)) break;
  };

  const submit = (session: Session, pdu: PDU): void => {
    const { smsRules, smsPerSecond } = settings();
    const to = pdu.destination_addr ?? '';
    const digits = digitsOf(to);
    const fate = smsRules.find((rule) => digits.endsWith(rule.suffix))?.behaviour ?? 'delivered';
    if (fate === 'throttled' || throttled(smsPerSecond)) {
      session.send(pdu.response({ command_status: commandStatus.throttled }));
      return;
    }
    if (fate === 'refused' || digits.length < 5) {
      session.send(pdu.response({ command_status: commandStatus.invalidDestination }));
      return;
    }
    lastId += 1n;
    const id = lastId.toString();
    keepState(id);
    const from = pdu.source_addr ?? '';
    const whole = reassembly.add(from, to, readPart(pdu), id);
    if (whole !== null) received.push({ id, from, to, ...whole, at: new Date().toISOString(), fate });
    // `silent` keeps the message and its answer to itself: the sender cannot know what happened.
    if (fate === 'silent') return;
    session.send(pdu.response({ message_id: id }));
    scheduleReceipt(session, pdu, id, fate === 'delivered');
  };

  const bind = (session: Session, pdu: PDU, rights: Omit<Bound, 'session'>): void => {
    if (bound.has(session)) {
      session.send(pdu.response({ command_status: commandStatus.alreadyBound }));
      return;
    }
    if (pdu.system_id !== account.systemId || pdu.password !== account.password) {
      session.send(pdu.response({ command_status: commandStatus.invalidPassword }));
      session.close();
      return;
    }
    bound.set(session, { session, ...rights });
    session.send(pdu.response({ system_id: 'sandbox' }));
    if (rights.receives) for (const receipt of waitingReceipts.splice(0)) deliver(session, receipt);
  };

  const query = (session: Session, pdu: PDU): void => {
    const state = states.get(pdu.message_id ?? '');
    session.send(
      state === undefined
        ? pdu.response({ command_status: commandStatus.invalidMessageId })
        : pdu.response({ message_id: pdu.message_id ?? '', final_date: '', message_state: state, error_code: 0 }),
    );
  };

  const server = smpp.createServer((session) => {
    session.socket.setNoDelay(true);
    const transmitting = (act: (session: Session, pdu: PDU) => void) => (pdu: PDU) => {
      if (bound.get(session)?.transmits === true) act(session, pdu);
      else session.send(pdu.response({ command_status: commandStatus.invalidBindStatus }));
    };
    session.on('bind_transceiver', (pdu: PDU) => bind(session, pdu, { receives: true, transmits: true }));
    session.on('bind_receiver', (pdu: PDU) => bind(session, pdu, { receives: true, transmits: false }));
    session.on('bind_transmitter', (pdu: PDU) => bind(session, pdu, { receives: false, transmits: true }));
    session.on('submit_sm', transmitting(submit));
    session.on('query_sm', transmitting(query));
    session.on('enquire_link', (pdu: PDU) => session.send(pdu.response()));
    session.on('unbind', (pdu: PDU) => {
      session.send(pdu.response());
      session.close();
    });
    session.on('unknown', (pdu: PDU) => session.send(pdu.response()));
    session.on('close', () => bound.delete(session));
    session.on('error', (error: Error) => {
      logger.debug({ err: error }, 'SMPP session broke');
      session.destroy();
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The SMPP server has no port.');

  return {
    port: address.port,
    find: (to, limit) =>
      received.newest(limit, to === undefined || to === '' ? undefined : (sms) => sameNumber(sms.to, to)),
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      for (const session of [...server.sessions]) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
