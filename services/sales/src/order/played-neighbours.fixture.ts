// Inventory and finance in small, for the properties of an order's whole life: they keep what was really held and really paid, so that
// what sales believes can be compared with it. They answer by letters, which the world delivers as it likes.
import {
  closePayment,
  confirmHold,
  extendHold,
  holdGranted,
  holdQueued,
  holdRejected,
  paymentCaptured,
  paymentClosed,
  paymentFailed,
  paymentOpened,
  paymentRefunded,
  placeHold,
  refundPayment,
  releaseHold,
  requestPayment,
  returnPlaces,
  type DataOf,
  type MessageDefinition,
} from '@tongpiao/contracts';
import type { z } from 'zod';

/** A message on its way. */
export type Letter = { readonly id: string; readonly definition: MessageDefinition; readonly data: unknown };
export type Send = (letter: Letter) => void;

/** What a letter says, if it is one of these; its data are checked against the contract by the way. */
export function read<Data extends z.ZodType>(
  letter: Letter,
  definition: MessageDefinition<Data>,
): z.output<Data> | undefined {
  return letter.definition.type === definition.type ? definition.data.parse(letter.data) : undefined;
}

/** True, but too early: the letter is delivered again. */
export class TooEarly extends Error {}

export type Hold = {
  readonly id: string;
  readonly orderId: string;
  readonly quantity: number;
  status: 'queued' | 'held' | 'sold' | 'free' | 'refused';
  readonly returned: Map<string, number>;
};

/** Places of a hold that somebody has or keeps from others. */
export const takenOf = (hold: Hold): number =>
  hold.status === 'held' || hold.status === 'sold'
    ? hold.quantity - [...hold.returned.values()].reduce((sum, quantity) => sum + quantity, 0)
    : 0;

export function playInventory(send: Send) {
  const holds = new Map<string, Hold>();

  function grant(hold: Hold): void {
    hold.status = 'held';
    send({ id: `${hold.id}:granted`, definition: holdGranted, data: { holdId: hold.id, orderId: hold.orderId } });
  }

  function place(data: DataOf<typeof placeHold>, fate: number): void {
    const { holdId: id, orderId, lines, waiting } = data;
    if (holds.has(id)) return;
    const quantity = lines.reduce((sum, line) => sum + line.quantity, 0);
    const hold: Hold = { id, orderId, quantity, status: 'refused', returned: new Map() };
    holds.set(id, hold);
    const about = { holdId: id, orderId, sessionId: 'ses_1' };
    if (waiting === undefined ? fate % 5 < 4 : fate % 5 === 0) grant(hold);
    else if (waiting === undefined || fate % 5 === 4)
      send({ id: `${id}:rejected`, definition: holdRejected, data: { ...about, reason: 'sold-out', available: 0 } });
    else {
      hold.status = 'queued';
      send({ id: `${id}:queued`, definition: holdQueued, data: { ...about, position: 1 } });
    }
  }

  function release(holdId: string, orderId: string): void {
    const hold = holds.get(holdId);
    // Released before it was placed: nothing is given when it comes.
    if (hold === undefined)
      holds.set(holdId, { id: holdId, orderId, quantity: 0, status: 'free', returned: new Map() });
    else if (hold.status === 'sold') throw new Error(`places of ${holdId} were sold and are released`);
    else if (hold.status !== 'refused') hold.status = 'free';
  }

  function confirm(holdId: string): void {
    const hold = holds.get(holdId);
    if (hold === undefined) throw new TooEarly();
    if (hold.status !== 'held' && hold.status !== 'sold')
      throw new Error(`${holdId} is ${hold.status}, and is confirmed`);
    hold.status = 'sold';
  }

  function giveBack(data: DataOf<typeof returnPlaces>): void {
    const hold = holds.get(data.holdId);
    if (hold === undefined || hold.status === 'held') throw new TooEarly();
    if (hold.status !== 'sold') throw new Error(`places of ${data.holdId} come back, and it is ${hold.status}`);
    hold.returned.set(data.returnId, data.quantity);
    if (takenOf(hold) < 0) throw new Error(`more places of ${data.holdId} come back than it has`);
  }

  return {
    holds,
    hear(letter: Letter, fate: number): void {
      const placed = read(letter, placeHold);
      if (placed !== undefined) place(placed, fate);
      const released = read(letter, releaseHold);
      if (released !== undefined) release(released.holdId, released.orderId);
      const confirmed = read(letter, confirmHold);
      if (confirmed !== undefined) confirm(confirmed.holdId);
      const returned = read(letter, returnPlaces);
      if (returned !== undefined) giveBack(returned);
      const extended = read(letter, extendHold);
      if (extended !== undefined && !holds.has(extended.holdId)) throw new TooEarly();
    },
    /** Places came back: whoever stands in line gets them. */
    serve(hold: Hold): void {
      if (hold.status === 'queued') grant(hold);
    },
    /** The session is closed: whoever stands in line is sent home. */
    sendHome(hold: Hold): void {
      if (hold.status !== 'queued') return;
      hold.status = 'refused';
      const data = { holdId: hold.id, orderId: hold.orderId, reason: 'session-closed', sessionId: 'ses_1' };
      send({ id: `${hold.id}:rejected`, definition: holdRejected, data });
    },
  };
}

export type PlayedPayment = {
  readonly id: string;
  readonly orderId: string;
  readonly amount: number;
  readonly exchangeId?: string;
  status: 'open' | 'captured' | 'failed' | 'closed';
  captured: number;
  readonly refunds: Map<string, number>;
};

/** Money that came in with a payment and was not sent back. */
export const keptOf = (payment: PlayedPayment): number =>
  payment.captured - [...payment.refunds.values()].reduce((sum, amount) => sum + amount, 0);

const NOW = '2026-12-01T02:00:00.000Z';

export function playFinance(send: Send) {
  const payments = new Map<string, PlayedPayment>();

  function tell(payment: PlayedPayment): void {
    const { id: paymentId, orderId, captured: amount, status } = payment;
    const about = { paymentId, orderId };
    const id = `${paymentId}:${status}`;
    const facts = { ...about, amount, method: 'wechat', transactionId: 'tx', capturedAt: NOW };
    if (status === 'captured') send({ id, definition: paymentCaptured, data: facts });
    if (status === 'closed') send({ id, definition: paymentClosed, data: about });
    if (status === 'failed') send({ id, definition: paymentFailed, data: { ...about, reason: 'refused' } });
    if (status === 'open') send({ id, definition: paymentOpened, data: { ...about, method: 'wechat', payUrl: 'x' } });
  }

  function refund(data: DataOf<typeof refundPayment>): void {
    const payment = payments.get(data.paymentId);
    if (payment?.status !== 'captured') throw new Error(`${data.paymentId} was never captured and is refunded`);
    payment.refunds.set(data.refundId, data.amount);
    if (keptOf(payment) < 0) throw new Error(`more than ${payment.captured} fen of ${payment.id} go back`);
    const { refundId, ...rest } = data;
    const facts = { ...rest, refundId, method: 'wechat', refundedAt: NOW };
    send({ id: `${refundId}:done`, definition: paymentRefunded, data: facts });
  }

  return {
    payments,
    hear(letter: Letter): void {
      const requested = read(letter, requestPayment);
      if (requested !== undefined && !payments.has(requested.paymentId)) {
        const { paymentId: id, orderId, amount } = requested;
        payments.set(id, { id, orderId, amount, status: 'open', captured: 0, refunds: new Map() });
        tell({ id, orderId, amount, status: 'open', captured: 0, refunds: new Map() });
      }
      const closed = read(letter, closePayment);
      if (closed !== undefined) {
        const payment = payments.get(closed.paymentId);
        if (payment === undefined) throw new TooEarly();
        if (payment.status === 'open') payment.status = 'closed';
        tell(payment);
      }
      const refunded = read(letter, refundPayment);
      if (refunded !== undefined) refund(refunded);
    },
    /** The payer pays, the price or another amount. */
    capture(payment: PlayedPayment, amount: number): void {
      if (payment.status !== 'open') return;
      payment.status = 'captured';
      payment.captured = amount;
      tell(payment);
    },
    fail(payment: PlayedPayment): void {
      if (payment.status !== 'open') return;
      payment.status = 'failed';
      tell(payment);
    },
    retell: tell,
  };
}
