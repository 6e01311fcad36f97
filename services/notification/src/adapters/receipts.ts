// Reads delivery receipts (SMPP 3.4, appendix B and the optional parameters) and folds those of a long message's parts
// into one: delivered when every part is, failed when one is not.
import type { PDU } from 'smpp';
import type { SmsReceipt } from './providers.ts';

const deliveryReceiptClass = 0x04;
// Bits 2–5 of esm_class name the type of the message; the rest are features.
const messageTypeMask = 0x3c;

const states: Readonly<Record<number, readonly [SmsReceipt['status'] | 'pending', string]>> = {
  1: ['pending', 'ENROUTE'],
  2: ['delivered', 'DELIVRD'],
  3: ['failed', 'EXPIRED'],
  4: ['failed', 'DELETED'],
  5: ['failed', 'UNDELIV'],
  6: ['pending', 'ACCEPTD'],
  7: ['unknown', 'UNKNOWN'],
  8: ['failed', 'REJECTD'],
};

export const statusOfState = (state: number): SmsReceipt['status'] | 'pending' => states[state]?.[0] ?? 'unknown';
const statusOfWord = (word: string): SmsReceipt['status'] | 'pending' =>
  Object.values(states).find(([, known]) => known === word)?.[0] ?? 'unknown';

export type PartReceipt = Omit<SmsReceipt, 'providerReference' | 'status'> & {
  readonly messageId: string;
  readonly status: SmsReceipt['status'] | 'pending';
};

const textOf = (content: PDU['short_message'] | PDU['message_payload']): string => {
  if (content === undefined) return '';
  if (typeof content === 'string') return content;
  return Buffer.isBuffer(content) ? content.toString('latin1') : content.message.toString();
};

/** @returns undefined where the deliver_sm is a message from a person or names no message */
export const readReceipt = (pdu: PDU, at: Date): PartReceipt | undefined => {
  if (((pdu.esm_class ?? 0) & messageTypeMask) !== deliveryReceiptClass) return undefined;
  const text = textOf(pdu.short_message) || textOf(pdu.message_payload);
  const field = (name: string): string => new RegExp(`(?:^|\\s)${name}:(\\S*)`, 'i').exec(text)?.[1] ?? '';
  const messageId = pdu.receipted_message_id ?? field('id');
  if (messageId === '') return undefined;
  const word = field('stat').toUpperCase();
  const status = pdu.message_state === undefined ? statusOfWord(word) : statusOfState(pdu.message_state);
  const error = field('err');
  const name = word === '' ? (states[pdu.message_state ?? 0]?.[1] ?? 'UNKNOWN') : word;
  return { messageId, status, at, code: error === '' || /^0+$/.test(error) ? name : `${name} ${error}` };
};

type Tracked = {
  readonly reference: string;
  readonly open: Set<string>;
  complete: boolean;
  worst: PartReceipt | undefined;
};

// Receipts come within days; a part that is forgotten by then is reported under its own id, which for messages of one
// part is the reference itself.
const maximumTracked = 100_000;

export type ReceiptFold = {
  /** A part was accepted; the first one's id is the reference of the whole. @returns that reference */
  partAccepted(messageId: string, first: string | undefined): string;
  /** All parts are accepted: from now on the fold may speak. */
  messageComplete(reference: string): SmsReceipt | undefined;
  receive(receipt: PartReceipt): SmsReceipt | undefined;
};

const forgetOldest = (tracked: Map<string, Tracked>): void => {
  if (tracked.size > maximumTracked) for (const oldest of tracked.keys()) if (tracked.delete(oldest)) break;
};

export const createReceiptFold = (): ReceiptFold => {
  // A part is gone with its receipt, the whole when it is concluded: receipts may come before the next part is accepted.
  const byPart = new Map<string, Tracked>();
  const byReference = new Map<string, Tracked>();
  const severity = { delivered: 0, pending: 0, unknown: 1, failed: 2 } as const;

  const conclude = (tracked: Tracked): SmsReceipt | undefined => {
    const { worst } = tracked;
    if (!tracked.complete || tracked.open.size > 0 || worst === undefined || worst.status === 'pending')
      return undefined;
    byReference.delete(tracked.reference);
    return { providerReference: tracked.reference, status: worst.status, at: worst.at, code: worst.code };
  };

  return {
    partAccepted(messageId, first) {
      const reference = first ?? messageId;
      const tracked = (first === undefined ? undefined : byReference.get(first)) ?? {
        reference,
        open: new Set<string>(),
        complete: false,
        worst: undefined,
      };
      tracked.open.add(messageId);
      byPart.set(messageId, tracked);
      byReference.set(reference, tracked);
      forgetOldest(byPart);
      forgetOldest(byReference);
      return reference;
    },
    messageComplete(reference) {
      const tracked = byReference.get(reference);
      if (tracked === undefined) return undefined;
      tracked.complete = true;
      return conclude(tracked);
    },
    receive(receipt) {
      // A state on the way is no fate; the final receipt is still to come.
      if (receipt.status === 'pending') return undefined;
      const { messageId, status, at, code } = receipt;
      const tracked = byPart.get(messageId);
      if (tracked === undefined) return { providerReference: messageId, status, at, code };
      byPart.delete(messageId);
      tracked.open.delete(messageId);
      if (tracked.worst === undefined || severity[status] > severity[tracked.worst.status]) tracked.worst = receipt;
      return conclude(tracked);
    },
  };
};
