// An order for the specs: its facts and the events that lead it through its life.
import { fen } from '@tongpiao/kernel';
import type {
  EndReason,
  OrderCommand,
  OrderEvent,
  OrderFacts,
  OrderPayment,
  ReturnedTicket,
  Waiting,
} from './order.ts';

const AT = '2026-12-01T02:00:00.000Z';
export const EXPIRES = '2026-12-01T02:15:00.000Z';
export const LATE = '2026-12-01T02:15:00.001Z';
export const TOTAL = fen(24_000);

const value = (text: string): { sealed: string; masked: string; index: string } => ({
  sealed: `sealed-${text}`,
  masked: `${text.slice(0, 1)}*`,
  index: `index-${text}`,
});

export function factsOf(change: Partial<OrderFacts> = {}): OrderFacts {
  return {
    channel: 'web',
    language: 'zh-CN',
    contact: { name: value('张三'), phone: value('13800138000') },
    lines: [
      {
        lineId: 'l1',
        productId: 'prd_1',
        productName: { zh: '门票', en: 'Admission' },
        ticketTypeId: 'tty_1',
        ticketTypeName: { zh: '成人票', en: 'Adult' },
        sessionId: 'ses_1',
        siteId: 'sit_1',
        date: '2026-12-02',
        startsAt: '2026-12-02T09:00:00+08:00',
        endsAt: '2026-12-02T11:00:00+08:00',
        validFrom: '2026-12-02T00:30:00.000Z',
        validUntil: '2026-12-02T03:00:00.000Z',
        unitAmount: fen(12_000),
        quantity: 2,
        entries: 1,
        admits: 1,
        realName: false,
        showAtGate: [],
        travellers: [],
      },
    ],
    total: TOTAL,
    placedAt: AT,
    expiresAt: EXPIRES,
    holdId: 'hld_1',
    accessHash: 'hash',
    ...change,
  };
}

const facts = factsOf();
const paymentOf = (id: string): OrderPayment => ({
  id,
  method: 'wechat',
  amount: TOTAL,
  status: 'requested',
  requestedAt: AT,
});
const TICKETS = [
  { rightId: 'rgt_1', number: 'N1', lineId: 'l1' },
  { rightId: 'rgt_2', number: 'N2', lineId: 'l1' },
];
const TOLD = TICKETS.map(({ number, lineId }) => ({ number, lineId, qr: `qr-${number}` }));

export const placed: OrderEvent = { type: 'OrderPlaced', facts };
export const refused: OrderEvent = { type: 'OrderRefused', facts, reason: 'sales.document-limit', reasonData: {} };
export const granted: OrderEvent = { type: 'HoldGranted' };
/** Of an order that may stand in line. */
export const WAITS_UNTIL = '2026-12-01T12:00:00.000Z';
const waitingFacts = (change: Partial<Waiting> = {}): OrderFacts =>
  factsOf({
    expiresAt: WAITS_UNTIL,
    waiting: { until: WAITS_UNTIL, prepaid: true, payWithinMinutes: 15, lineMax: 100, ...change },
  });
export const waitingFor = (change: Partial<Waiting> = {}): OrderEvent => ({
  type: 'OrderPlaced',
  facts: waitingFacts(change),
});
export const queued: OrderEvent = { type: 'OrderQueued', position: 3 };
export const served: OrderEvent = { type: 'HoldGranted', payBy: EXPIRES, fromLine: true };
export const sentHome: OrderEvent = {
  type: 'OrderRejected',
  reason: 'sold-out',
  reasonData: { available: 0 },
  fromLine: true,
};
export const prepaid = (id: string): OrderEvent => ({ type: 'PrepaymentCaptured', paymentId: id });
export const prepaymentBack = (id: string): OrderEvent => ({
  type: 'RefundRequested',
  refund: { id: 'rfd_line', paymentId: id, amount: TOTAL, reason: 'cancelled', status: 'requested', of: 'prepayment' },
});
export const returnOf = (number: 1 | 2, change: Partial<ReturnedTicket> = {}): ReturnedTicket => ({
  refundId: `rfd_t${number}`,
  rightId: `rgt_${number}`,
  number: `N${number}`,
  fee: fen(1_200),
  returned: fen(10_800),
  reason: 'customer',
  at: AT,
  ...change,
});
/** Given back: what the order says of the ticket, and of its money. */
export const returned = (number: 1 | 2, change: Partial<ReturnedTicket> = {}): readonly OrderEvent[] => {
  const { refundId: id, returned: amount } = returnOf(number, change);
  return [
    { type: 'TicketReturned', returned: returnOf(number, change) },
    {
      type: 'RefundRequested',
      refund: { id, paymentId: 'pay_1', amount, reason: 'refund', status: 'requested', of: id },
    },
  ];
};
export const rejected: OrderEvent = { type: 'OrderRejected', reason: 'sold-out', reasonData: { available: 0 } };
export const expired: OrderEvent = { type: 'OrderExpired' };
export const cancelled: OrderEvent = { type: 'OrderCancelled' };
export const cancelledWithSession: OrderEvent = { type: 'OrderCancelled', because: 'session-cancelled' };
export const requested = (id: string): OrderEvent => ({
  type: 'PaymentRequested',
  payment: paymentOf(id),
  takenBy: undefined,
});
export const opened = (id: string): OrderEvent => ({ type: 'PaymentOpened', paymentId: id, payUrl: 'https://pay' });
export const failed = (id: string): OrderEvent => ({ type: 'PaymentFailed', paymentId: id, reason: 'refused' });
export const closed = (id: string): OrderEvent => ({ type: 'PaymentClosed', paymentId: id });
export const closing = (reason: EndReason): OrderEvent => ({
  type: 'OrderClosing',
  reason,
  askAgainAt: '2026-12-01T02:01:00.000Z',
});
export const paidBy = (id: string | undefined): OrderEvent => ({
  type: 'OrderPaid',
  paymentId: id,
  at: AT,
  issueBy: '2026-12-01T02:00:05.000Z',
});
export const fulfilled: OrderEvent = { type: 'OrderFulfilled', tickets: TICKETS, told: TOLD };
export const refundAsked = (
  id: string,
  reason: 'late-payment' | 'double-payment',
  amount: number = TOTAL,
): OrderEvent => ({
  type: 'RefundRequested',
  refund: { id: `rfd_${id}`, paymentId: id, amount: fen(amount), reason, status: 'requested' },
});
export const refundDone = (id: string): OrderEvent => ({ type: 'RefundDone', refundId: `rfd_${id}` });

export const place: OrderCommand = { type: 'PlaceOrder', facts };
export const refuse: OrderCommand = { type: 'RefuseOrder', facts, reason: 'sales.document-limit', reasonData: {} };
export const placeWaiting: OrderCommand = { type: 'PlaceOrder', facts: waitingFacts() };
export const queue: OrderCommand = { type: 'QueueHold', holdId: 'hld_1', position: 3 };
export const giveBack = (number: 1 | 2, change: Partial<ReturnedTicket> = {}): OrderCommand => ({
  type: 'ReturnTicket',
  returned: returnOf(number, change),
  at: AT,
});
export const grant: OrderCommand = { type: 'GrantHold', holdId: 'hld_1', at: AT };
export const reject: OrderCommand = {
  type: 'RejectHold',
  holdId: 'hld_1',
  reason: 'sold-out',
  reasonData: { available: 0 },
  refundId: 'rfd_line',
};
export const request = (id: string, at = AT, exchangeId?: string): OrderCommand => ({
  type: 'RequestPayment',
  paymentId: id,
  method: 'wechat',
  at,
  ...(exchangeId === undefined ? {} : { exchangeId }),
});
export const open = (id: string): OrderCommand => ({ type: 'OpenPayment', paymentId: id, payUrl: 'https://pay' });
export const fail = (id: string): OrderCommand => ({
  type: 'FailPayment',
  paymentId: id,
  reason: 'refused',
  refundId: 'rfd_line',
});
export const close = (id: string): OrderCommand => ({
  type: 'ClosePayment',
  paymentId: id,
  at: AT,
  refundId: 'rfd_line',
});
export const capture = (id: string, amount: number = TOTAL): OrderCommand => ({
  type: 'CapturePayment',
  paymentId: id,
  amount: fen(amount),
  refundId: `rfd_${id}`,
  at: AT,
});
export const expireAt = (at: string): OrderCommand => ({ type: 'ExpireOrder', at, refundId: 'rfd_line' });
export const expire: OrderCommand = expireAt(AT);
export const cancel: OrderCommand = { type: 'CancelOrder', at: AT, by: 'customer', refundId: 'rfd_line' };
export const sessionGone: OrderCommand = { type: 'CancelOrder', at: AT, by: 'session', refundId: 'rfd_line' };
export const fulfil: OrderCommand = { type: 'FulfilOrder', tickets: TICKETS, told: TOLD };
export const refundConfirmed = (id: string): OrderCommand => ({ type: 'ConfirmRefund', refundId: `rfd_${id}` });
export const refundFailed = (id: string): OrderCommand => ({ type: 'FailRefund', refundId: `rfd_${id}` });
const compensation = { refundId: 'rfd_c', paymentId: 'pay_1', amount: fen(2_000) };
export const noteCompensation: OrderCommand = { type: 'NoteCompensation', compensation };
export const compensationNoted: OrderEvent = { type: 'CompensationNoted', compensation };
export const sendOwed: OrderCommand = { type: 'SendOwedBack', at: AT };
export const review: OrderCommand = { type: 'ReviewHold', holdId: 'hld_1' };
