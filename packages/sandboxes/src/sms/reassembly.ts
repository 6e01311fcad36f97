// Puts the parts of a long message together again, as a telephone does, so that tests read what a person would read.
import type { PDU } from 'smpp';

type Part = { readonly reference: number; readonly total: number; readonly index: number };
export type ReceivedPart = { readonly text: string; readonly part: Part | null };

const decodeText = (message: string | Buffer): string =>
  typeof message === 'string' ? message : message.toString('latin1');

/** Concatenation elements of 3GPP TS 23.040: 0x00 with an 8-bit, 0x08 with a 16-bit reference. */
const partOfHeader = (elements: readonly Buffer[]): Part | null => {
  for (const element of elements) {
    if (element[0] === 0x00 && element.length === 5) {
      return { reference: element.readUInt8(2), total: element.readUInt8(3), index: element.readUInt8(4) };
    }
    if (element[0] === 0x08 && element.length === 6) {
      return { reference: element.readUInt16BE(2), total: element.readUInt8(4), index: element.readUInt8(5) };
    }
  }
  return null;
};

const partOfOptionalParameters = (pdu: PDU): Part | null =>
  pdu.sar_msg_ref_num === undefined || pdu.sar_total_segments === undefined || pdu.sar_segment_seqnum === undefined
    ? null
    : { reference: pdu.sar_msg_ref_num, total: pdu.sar_total_segments, index: pdu.sar_segment_seqnum };

/** Text and place of one submit_sm, whichever of short_message and message_payload carries it. */
export const readPart = (pdu: PDU): ReceivedPart => {
  const short = pdu.short_message;
  const payload = pdu.message_payload;
  const content =
    short !== undefined && typeof short !== 'string' && short.message.length > 0 ? short : (payload ?? short ?? '');
  if (typeof content === 'string' || Buffer.isBuffer(content)) {
    return { text: decodeText(content), part: partOfOptionalParameters(pdu) };
  }
  const text = decodeText(content.message);
  return { text, part: partOfHeader(content.udh ?? []) ?? partOfOptionalParameters(pdu) };
};

type Pending = { readonly texts: Map<number, string>; readonly messageIds: string[]; readonly total: number };

export type Assembled = { readonly text: string; readonly messageIds: readonly string[]; readonly segments: number };

// A sender that never finishes its messages may not fill the memory; the oldest incomplete message goes first.
const maximumPending = 5_000;

export const createReassembly = (): {
  add(from: string, to: string, received: ReceivedPart, messageId: string): Assembled | null;
} => {
  const pending = new Map<string, Pending>();
  return {
    add(from, to, { text, part }, messageId) {
      if (part === null || part.total <= 1) return { text, messageIds: [messageId], segments: 1 };
      const key = `${from}|${to}|${String(part.reference)}|${String(part.total)}`;
      const message = pending.get(key) ?? { texts: new Map<number, string>(), messageIds: [], total: part.total };
      if (!message.texts.has(part.index)) message.messageIds.push(messageId);
      message.texts.set(part.index, text);
      if (message.texts.size < message.total) {
        pending.set(key, message);
        if (pending.size > maximumPending) for (const oldest of pending.keys()) if (pending.delete(oldest)) break;
        return null;
      }
      pending.delete(key);
      const ordered = [...message.texts].sort(([a], [b]) => a - b).map(([, piece]) => piece);
      return { text: ordered.join(''), messageIds: message.messageIds, segments: message.total };
    },
  };
};
