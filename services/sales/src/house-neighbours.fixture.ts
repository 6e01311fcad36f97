// Inventory and finance as the sales house plays them: places are counted, who does not fit may stand in line, sold places come back one
// by one, money goes back in parts. Whatever cannot be in a world where sales is right is written down as a complaint.
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
  paymentRefundFailed,
  placeHold,
  refundPayment,
  releaseHold,
  requestPayment,
  returnPlaces,
  waitingLineChanged,
  type DataOf,
  type Envelope,
  type MessageDefinition,
  type sessionChanged,
} from '@tongpiao/contracts';
import { NotYet } from '@tongpiao/kernel';
import { isMessage, type Broker } from '@tongpiao/messaging';

type PlacedHold = Envelope<DataOf<typeof placeHold>>;
export type PlayedSession = { data: DataOf<typeof sessionChanged>; tenantId: string; free: number };
export type PlayedHold = {
  status: 'held' | 'sold' | 'free' | 'refused' | 'queued';
  readonly place: PlacedHold;
  /** Places that came back of it, by the id of their return. */
  readonly returned: Map<string, number>;
  expiresAt: string;
};
export type Plays = {
  inventory: 'on' | 'silent';
  /** Whether places that come back are given to the line at once, or when the spec says so. */
  line: 'on' | 'waits';
  close: 'closed' | 'captured' | 'silent';
  /** `fails`: it does not arrive, until a person tries it again. */
  refund: 'on' | 'silent' | 'fails';
  /** Every message twice. */
  twice: boolean;
};
type Tell = <Definition extends MessageDefinition>(
  definition: Definition,
  data: DataOf<Definition>,
  options: { id?: string; cause?: Envelope; sequence?: number },
) => Promise<void>;
type Stage = {
  readonly broker: Broker;
  readonly tell: Tell;
  readonly plays: Plays;
  /** What was asked, also by whom it was not answered. */
  readonly asked: Envelope[];
  readonly complaints: string[];
};

/** WeChat Pay’s and Alipay’s own, for one payment. */
const REFUNDS_MAX = 50;

const quantityOf = ({ place }: Pick<PlayedHold, 'place'>): number =>
  place.data.lines.reduce((sum, { quantity }) => sum + quantity, 0);

export async function playInventory({ broker, tell, plays, asked, complaints }: Stage) {
  const sessions = new Map<string, PlayedSession>();
  const holds = new Map<string, PlayedHold>();
  const unanswered: PlacedHold[] = [];
  let tellings = 0;

  const fits = ({ data }: PlacedHold): boolean =>
    data.lines.every(({ sessionId, quantity }) => (sessions.get(sessionId)?.free ?? 0) >= quantity);
  const lineOf = (sessionId: string): PlayedHold[] =>
    [...holds.values()].filter(({ status, place }) => status === 'queued' && isFor(place, sessionId));
  const isFor = (place: PlacedHold, sessionId: string): boolean =>
    place.data.lines.some((line) => line.sessionId === sessionId);

  function move({ data }: PlacedHold, sign: 1 | -1): void {
    for (const { sessionId, quantity } of data.lines) {
      const session = sessions.get(sessionId);
      if (session !== undefined) session.free += sign * quantity;
    }
  }
  async function grant(hold: PlayedHold): Promise<void> {
    const { holdId, orderId } = hold.place.data;
    hold.status = 'held';
    move(hold.place, -1);
    await tell(holdGranted, { holdId, orderId }, { id: `${holdId}:1:0`, cause: hold.place });
  }
  async function refuse(hold: PlayedHold, reason: 'sold-out' | 'session-closed'): Promise<void> {
    const { holdId, orderId, lines } = hold.place.data;
    hold.status = 'refused';
    const about = { holdId, orderId, sessionId: lines[0]?.sessionId ?? '', available: 0, reason };
    await tell(holdRejected, about, { id: `${holdId}:rejected`, cause: hold.place });
  }
  async function tellLine(sessionId: string, cause: Envelope): Promise<void> {
    const orderIds = lineOf(sessionId).map(({ place }) => place.data.orderId);
    tellings += 1;
    await tell(waitingLineChanged, { sessionId, orderIds }, { cause, sequence: tellings });
  }

  /** Decides a hold; a repeated request gets no second answer. */
  async function decide(place: PlacedHold): Promise<void> {
    const { holdId, orderId, waiting, expiresAt, lines } = place.data;
    if (holds.has(holdId)) return;
    const sessionId = lines[0]?.sessionId ?? '';
    const inLine = lineOf(sessionId).length;
    const hold: PlayedHold = { status: 'refused', place, returned: new Map(), expiresAt };
    holds.set(holdId, hold);
    if (fits(place)) return grant(hold);
    if (waiting === undefined || inLine >= waiting.lineMax) return refuse(hold, 'sold-out');
    hold.status = 'queued';
    await tell(
      holdQueued,
      { holdId, orderId, sessionId, position: inLine + 1 },
      { id: `${holdId}:queued`, cause: place },
    );
    await tellLine(sessionId, place);
  }

  /** First come first served, as long as the first fits. */
  async function serveLine(sessionId: string): Promise<void> {
    for (const hold of lineOf(sessionId)) {
      if (!fits(hold.place)) return;
      await grant(hold);
      await tellLine(sessionId, hold.place);
    }
  }
  async function cameBack(sessionId: string): Promise<void> {
    if (plays.line === 'on') await serveLine(sessionId);
  }

  async function release({ data }: Envelope<DataOf<typeof releaseHold>>): Promise<void> {
    const hold = holds.get(data.holdId);
    if (hold === undefined) return;
    const { status, place } = hold;
    if (status === 'sold') complaints.push(`${data.holdId} was sold and is released`);
    if (status === 'held') move(place, 1);
    if (status !== 'sold') hold.status = 'free';
    for (const { sessionId } of place.data.lines) {
      if (status === 'queued') await tellLine(sessionId, place);
      await cameBack(sessionId);
    }
  }
  function confirm({ data }: Envelope<DataOf<typeof confirmHold>>): void {
    const hold = holds.get(data.holdId);
    if (hold === undefined || hold.status === 'queued') throw new NotYet('inventory.unknown-hold', 'not placed yet');
    if (hold.status !== 'held' && hold.status !== 'sold')
      complaints.push(`${data.holdId} was ${hold.status} and is confirmed`);
    else hold.status = 'sold';
  }
  async function giveBack({ data }: Envelope<DataOf<typeof returnPlaces>>): Promise<void> {
    const { holdId, returnId, sessionId, quantity } = data;
    const hold = holds.get(holdId);
    if (hold === undefined || hold.status === 'held') throw new NotYet('inventory.unknown-hold', 'not sold yet');
    if (hold.status !== 'sold') complaints.push(`places of ${holdId} come back, which was ${hold.status}`);
    if (hold.returned.has(returnId)) return;
    hold.returned.set(returnId, quantity);
    if ([...hold.returned.values()].reduce((sum, count) => sum + count, 0) > quantityOf(hold))
      complaints.push(`more places of ${holdId} came back than it had`);
    const session = sessions.get(sessionId);
    if (session !== undefined) session.free += quantity;
    await cameBack(sessionId);
  }

  await broker.consume({
    slice: 'decide-holds',
    definitions: [placeHold, confirmHold, releaseHold, returnPlaces, extendHold],
    singleActive: true,
    handle: async (message) => {
      asked.push(message.envelope);
      if (isMessage(message, placeHold)) {
        if (plays.inventory === 'silent') unanswered.push(message.envelope);
        else await decide(message.envelope);
      } else if (isMessage(message, confirmHold)) confirm(message.envelope);
      else if (isMessage(message, releaseHold)) await release(message.envelope);
      else if (isMessage(message, returnPlaces)) await giveBack(message.envelope);
      else if (isMessage(message, extendHold)) {
        const hold = holds.get(message.envelope.data.holdId);
        if (hold !== undefined) hold.expiresAt = message.envelope.data.expiresAt;
      }
    },
  });

  return {
    sessions,
    holds,
    serveLine,
    lineOf: (sessionId: string): readonly string[] => lineOf(sessionId).map(({ place }) => place.data.orderId),
    /** The session is closed: whoever stands in line is sent home. */
    async sendHome(sessionId: string): Promise<void> {
      for (const hold of lineOf(sessionId)) await refuse(hold, 'session-closed');
    },
    /** Answers what it was silent about. */
    async answerHolds(): Promise<void> {
      plays.inventory = 'on';
      for (const envelope of unanswered.splice(0)) await decide(envelope);
    },
  };
}

export async function playFinance({ broker, tell, plays, asked, complaints }: Stage) {
  const payments = new Map<string, Envelope<DataOf<typeof requestPayment>>>();
  const captured = new Map<string, number>();
  const back = new Map<string, Map<string, number>>();
  const silent: Envelope<DataOf<typeof refundPayment>>[] = [];

  const requestOf = (paymentId: string): Envelope<DataOf<typeof requestPayment>> => {
    const request = payments.get(paymentId);
    if (request === undefined) throw new Error(`nobody asked for ${paymentId}`);
    return request;
  };
  const sentBack = (paymentId: string): number =>
    [...(back.get(paymentId)?.values() ?? [])].reduce((sum, amount) => sum + amount, 0);

  async function capture(paymentId: string, change: { amount?: number } = {}): Promise<void> {
    const request = requestOf(paymentId);
    const { orderId, amount: price, method } = request.data;
    const amount = change.amount ?? price;
    captured.set(paymentId, amount);
    const capturedAt = new Date().toISOString();
    await tell(
      paymentCaptured,
      { paymentId, orderId, amount, method, transactionId: `tx-${paymentId}`, capturedAt },
      { id: `${paymentId}:captured`, cause: request },
    );
  }

  async function open(request: Envelope<DataOf<typeof requestPayment>>): Promise<void> {
    const { paymentId, orderId, method } = request.data;
    if (payments.has(paymentId)) return;
    payments.set(paymentId, request);
    if (method === 'sandbox' || method === 'cash') return capture(paymentId);
    const about = { paymentId, orderId, method, payUrl: `weixin://${paymentId}` };
    await tell(paymentOpened, about, { id: `${paymentId}:opened`, cause: request });
  }
  async function close(request: Envelope<DataOf<typeof closePayment>>): Promise<void> {
    const { paymentId, orderId } = request.data;
    if (plays.close === 'captured') await capture(paymentId);
    else if (plays.close === 'closed')
      await tell(paymentClosed, { paymentId, orderId }, { id: `${paymentId}:closed`, cause: request });
  }
  async function refund(request: Envelope<DataOf<typeof refundPayment>>): Promise<void> {
    const { paymentId, orderId, refundId, amount } = request.data;
    const known = back.get(paymentId);
    // As providers do: no more of one payment than that.
    const tooMany = known !== undefined && !known.has(refundId) && known.size >= REFUNDS_MAX;
    if (plays.refund === 'fails' || tooMany) {
      if (!tooMany) silent.push(request);
      const failed = { paymentId, orderId, refundId, amount, problem: 'finance.refund-refused' };
      await tell(paymentRefundFailed, failed, { id: `${refundId}:failed`, cause: request });
      return;
    }
    const ofPayment = back.get(paymentId) ?? new Map<string, number>();
    back.set(paymentId, ofPayment.set(refundId, amount));
    if (sentBack(paymentId) > (captured.get(paymentId) ?? 0))
      complaints.push(`more than ${captured.get(paymentId) ?? 0} fen of ${paymentId} go back`);
    const data = { ...request.data, method: 'wechat', refundedAt: new Date().toISOString() } as const;
    if (plays.refund === 'silent') silent.push(request);
    else await tell(paymentRefunded, data, { id: `${refundId}:done`, cause: request });
  }

  await broker.consume({
    slice: 'payments',
    definitions: [requestPayment, closePayment, refundPayment],
    singleActive: true,
    handle: async (message) => {
      asked.push(message.envelope);
      if (isMessage(message, requestPayment)) await open(message.envelope);
      else if (isMessage(message, closePayment)) await close(message.envelope);
      else if (isMessage(message, refundPayment)) await refund(message.envelope);
    },
  });

  return {
    payments,
    capture,
    async fail(paymentId: string): Promise<void> {
      const request = requestOf(paymentId);
      const { orderId } = request.data;
      await tell(
        paymentFailed,
        { paymentId, orderId, reason: 'refused' },
        { id: `${paymentId}:failed`, cause: request },
      );
    },
    /** Refunds that it was silent about, or that had failed, arrive. */
    async answerRefunds(): Promise<void> {
      plays.refund = 'on';
      for (const request of silent.splice(0)) await refund(request);
    },
    /** Money of an order that is here: what came in, less what went back. */
    kept: (orderId: string): number =>
      [...payments.values()]
        .filter(({ data }) => data.orderId === orderId)
        .reduce((sum, { data }) => sum + (captured.get(data.paymentId) ?? 0) - sentBack(data.paymentId), 0),
  };
}
